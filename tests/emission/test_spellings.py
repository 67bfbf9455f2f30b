"""Heads written out by hand: the same word however they are spelled, in Keras' own graph and in a `call` of the user's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

import logit_magic

I = layers.Input((8,))  # noqa: E741


def normalised(e, total):
    return e / total


SPELLINGS = {
    "exp by its sum": (lambda z: normalised(e := ops.exp(z), ops.sum(e, -1, keepdims=True)), "class-probabilities"),
    "with a guard": (
        lambda z: normalised(e := ops.exp(z), ops.sum(e, -1, keepdims=True) + 1e-9),
        "class-probabilities",
    ),
    "axis put back by expand_dims": (
        lambda z: normalised(e := ops.exp(z), ops.expand_dims(ops.sum(e, -1), -1)),
        "class-probabilities",
    ),
    "axis put back by an index": (lambda z: normalised(e := ops.exp(z), ops.sum(e, 1)[:, None]), "class-probabilities"),
    "times the reciprocal": (
        lambda z: (e := ops.exp(z)) * ops.reciprocal(ops.sum(e, -1, keepdims=True)),
        "class-probabilities",
    ),
    "times one by the sum": (
        lambda z: (1.0 / ops.sum(e := ops.exp(z), -1, keepdims=True)) * e,
        "class-probabilities",
    ),
    "relu by its sum, with a guard": (
        lambda z: normalised(r := ops.relu(z), ops.sum(r, -1, keepdims=True) + 1e-9),
        "bounded",  # rows of zeros sum to 0
    ),
    "exp by the sum of others": (lambda z: normalised(ops.exp(z), ops.sum(ops.exp(2 * z), -1)[:, None]), "unknown"),
    "exp by one plus itself": (lambda z: (e := ops.exp(z)) / (1.0 + e), "independent-probabilities"),
    "exp by two plus itself": (lambda z: (e := ops.exp(z)) / (2.0 + e), "unknown"),
    "log-odds": (lambda z: ops.log((p := ops.sigmoid(z)) / (1.0 - p)), "logits"),
}  # fmt: skip


class Own(keras.Model):
    """The same in a `call` that Keras has no graph of."""

    def __init__(self, last) -> None:
        super().__init__()
        self.out, self.last = layers.Dense(5), last

    def call(self, inputs):
        return self.last(self.out(inputs))


def models(last):
    own = Own(last)
    own(np.zeros((2, 8), "float32"))
    return keras.Model(I, last(layers.Dense(5)(I))), own


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_what_is_emitted_is_told(spelling) -> None:
    last, kind = spelling
    for model in models(last):
        emission = logit_magic.check(model, "mse", samples=0).pairs[0].emission
        said = emission.kind
        if kind == "unknown":
            assert said in ("unknown", "bounded", "nonnegative")
            continue
        assert said == kind or (kind == "bounded" and said == "unknown")
        values = ops.convert_to_numpy(model(np.random.default_rng(0).normal(size=(16, 8)).astype("float32")))
        assert values.min() >= emission.low - 1e-5 and values.max() <= emission.high + 1e-5
        if kind == "class-probabilities":
            np.testing.assert_allclose(values.sum(emission.axis), 1.0, atol=1e-4)


def test_a_division_is_called_one() -> None:
    model = keras.Model(I, ops.sigmoid(layers.Dense(5)(I)) / (2.0 + ops.square(layers.Dense(5)(I))) - 3.0)
    emission = logit_magic.check(model, "mse", samples=0).pairs[0].emission
    assert emission.kind == "unknown" and "divides two tensors" in emission.reason


class Unused(keras.Model):
    """Has a layer that its `call` uses in training alone, or never."""

    def __init__(self, when: str) -> None:
        super().__init__()
        self.other, self.out, self.when = layers.Dense(5), layers.Dense(5), when

    def call(self, inputs, training=False):
        z = self.out(inputs)
        return self.other(z) if self.when == "training" and training else z


@pytest.mark.parametrize("when", ["never", "training"])
@pytest.mark.filterwarnings("ignore:`build")
def test_a_layer_that_is_not_used_may_stay_unbuilt(when: str) -> None:
    model = Unused(when)
    model(np.zeros((2, 8), "float32"))
    report = logit_magic.check(model, keras.losses.SparseCategoricalCrossentropy())
    assert [f.code for f in report.findings] == ["LM101"]
    assert not model.other.built and model.other.weights == []
    model(np.zeros((2, 8), "float32"), training=True)  # it can still be built
    assert model.other.built == (when == "training")


@pytest.mark.filterwarnings("ignore:`build")
def test_a_layer_that_is_used_is_not_built_for_the_user() -> None:
    model = Unused("never")
    model(np.zeros((2, 8), "float32"))
    model.out = model.other  # not built yet, and from now on in use
    report = logit_magic.check(model, keras.losses.SparseCategoricalCrossentropy())
    assert [f.code for f in report.findings] == ["LM901"] and "not built" in report.findings[0].message
    assert not model.other.built and model.other.weights == []


class OwnCall(keras.Model):
    """A Functional model with a `call` of its own."""

    def call(self, inputs):
        return ops.softmax(super().call(inputs))


def test_a_functional_model_with_a_call_of_its_own_knows_its_inputs() -> None:
    model = OwnCall(I, layers.Dense(5)(I))
    report = logit_magic.check(model, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert [f.code for f in report.findings] == ["LM102"]
