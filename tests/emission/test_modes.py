"""A `call` that asks whether it is training is asked both ways: what the model learns from decides."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, losses, ops

import logit_magic
from logit_magic.emission.model import outputs_of

SCE = losses.SparseCategoricalCrossentropy
BACKEND = keras.config.backend()


def raw_softmax(x):
    """The backend's own, which no symbolic tensor passes."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.nn.softmax(x)
    if BACKEND == "jax":
        import jax

        return jax.nn.softmax(x)
    import torch

    return torch.softmax(x, -1)


class Head(layers.Layer):
    """Softmax in inference alone."""

    def __init__(self, softmax=ops.softmax) -> None:
        super().__init__()
        self.out, self.softmax = layers.Dense(5), softmax

    def call(self, inputs, training=False):
        z = self.out(inputs)
        return z if training else self.softmax(z)


class Whole(keras.Model):
    """Asks in its own `call`, or passes `training` on to layers that do the same in both modes."""

    def __init__(self, head, asks: bool) -> None:
        super().__init__()
        self.norm, self.drop, self.head, self.asks = layers.BatchNormalization(), layers.Dropout(0.5), head, asks

    def call(self, inputs, training=None):
        x = self.drop(self.norm(inputs, training=training), training=training)
        return self.head(x, training=training) if self.asks else self.head(x)


def whole(head, asks: bool = True) -> keras.Model:
    model = Whole(head, asks)
    model(np.zeros((2, 8), "float32"))
    return model


def functional(head) -> keras.Model:
    inputs = layers.Input((8,))
    return keras.Model(inputs, head(layers.Dense(16)(inputs)))


BOTH = [
    lambda: whole(Head()),
    lambda: whole(Head(raw_softmax)),
    lambda: functional(Head()),
    lambda: functional(Head(raw_softmax)),
    lambda: keras.Sequential([layers.Input((8,)), Head()]),
]


@pytest.mark.parametrize("make", BOTH)
def test_keras_itself_runs_these_in_two_modes(make) -> None:
    model, x = make(), np.random.default_rng(0).normal(size=(4, 8)).astype("float32")
    sums = [ops.convert_to_numpy(ops.sum(model(x, training=mode), axis=-1)) for mode in (True, False)]
    assert [bool(np.allclose(s, 1.0, atol=1e-3)) for s in sums] == [False, True]


@pytest.mark.parametrize("make", BOTH)
def test_a_loss_that_is_right_in_training_is_no_error(make) -> None:
    model = make()
    model.compile(loss=SCE(from_logits=True))
    (finding,) = logit_magic.check(model).findings
    assert (finding.code, finding.severity) == ("LM102", "warning")
    assert "training=False" in finding.message


@pytest.mark.parametrize("make", BOTH)
def test_a_loss_that_is_right_in_inference_alone_is_an_error(make) -> None:
    model = make()
    model.compile(loss=SCE())
    (finding,) = logit_magic.check(model).findings
    assert (finding.code, finding.severity) == ("LM101", "error")
    (output,) = outputs_of(model)
    assert output.emission.kind == "logits" and output.in_inference is not None
    assert output.in_inference.kind == "class-probabilities"
    assert [str(e).startswith("in training, ") for e in output.emission.evidence] == [True, False]


@pytest.mark.parametrize(("activation", "flag"), [("softmax", False), (None, True)])
def test_a_head_that_is_alike_in_both_modes_stays_silent(activation: str | None, flag: bool) -> None:
    model = whole(layers.Dense(5, activation=activation), asks=False)
    model.compile(loss=SCE(from_logits=flag))
    report = logit_magic.check(model)
    assert report.findings == () and outputs_of(model)[0].in_inference is None


def test_asking_both_ways_changes_nothing() -> None:
    model = whole(Head())
    model.compile(loss=SCE(from_logits=True))
    before = [ops.convert_to_numpy(w) for w in model.weights]
    logit_magic.check(model)
    assert all(np.array_equal(b, ops.convert_to_numpy(w)) for b, w in zip(before, model.weights, strict=True))
