"""A check leaves everything as it was: weights, optimizer, statistics, metrics, random states, graphs and names."""

from __future__ import annotations

import copy
import random
import sys
import types
import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

import logit_magic
from logit_magic.scope import left_as_found


class Chatty(keras.Model):
    """A model whose `call` prints, counts and draws random numbers at inference too."""

    def __init__(self) -> None:
        super().__init__()
        self.body = layers.Dense(8, activation="relu")
        self.norm = layers.BatchNormalization()
        self.noise = keras.random.SeedGenerator(3)
        self.head = layers.Dense(4)
        self.calls = 0

    def call(self, inputs, training=False):
        self.calls += 1
        print("called")
        x = self.norm(self.body(inputs), training=training)
        x = x + 0.01 * keras.random.normal((1, 8), seed=self.noise)
        return ops.softmax(self.head(x))


def functional() -> keras.Model:
    inputs = layers.Input((8,))
    x = layers.Dense(8, activation="relu")(inputs)
    x = layers.Dropout(0.5)(layers.BatchNormalization()(x))
    return keras.Model(inputs, layers.Dense(4, activation=lambda z: ops.softmax(z))(x))


def trained(model: keras.Model) -> keras.Model:
    rng = np.random.default_rng(0)
    model.compile(
        optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    model.fit(rng.normal(size=(40, 8)), rng.integers(0, 4, 40), batch_size=10, verbose=0)
    return model


def _layers(model: keras.Model) -> list:
    return list(model._flatten_layers())


def snapshot(model: keras.Model) -> dict:
    """Everything that a check could disturb, as plain comparable values."""
    variables = [*model.variables, *model.optimizer.variables, *(v for m in model.metrics for v in m.variables)]
    state = {
        "variables": [(v.path, np.array(ops.convert_to_numpy(v))) for v in variables],
        "nodes": [(layer.name, len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in _layers(model)],
        "attributes": [sorted(vars(layer)) for layer in _layers(model)],
        "calls": getattr(model, "calls", None),
        "losses": len(model.losses),
        "python": random.getstate(),
        "numpy": copy.deepcopy(np.random.get_state()),
        "next name": copy.copy(dict(keras.src.backend.common.global_state.get_global_attribute("object_name_uids"))),
        "backend": backend_random_state(),
    }
    return state


def backend_random_state() -> list:
    """The state behind the backend's own global random functions."""
    if keras.config.backend() == "torch":
        import torch

        return torch.get_rng_state().tolist()
    if keras.config.backend() == "tensorflow":
        from tensorflow.python.eager import context

        return [str(getattr(context.context()._rng, "getstate", lambda: None)())]
    return []


def differences(a: dict, b: dict) -> list[str]:
    return [key for key in a if not _same(a[key], b[key])]


def _same(a, b) -> bool:
    try:
        np.testing.assert_equal(a, b)
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("make", [functional, Chatty], ids=["functional", "subclass"])
def test_a_check_changes_nothing(make, capsys: pytest.CaptureFixture[str]) -> None:
    model = trained(make())
    x, y = np.random.default_rng(1).normal(size=(20, 8)).astype("float32"), np.arange(20) % 4
    random.seed(7)
    np.random.seed(7)
    keras.utils.set_random_seed(7)
    capsys.readouterr()
    before = snapshot(model)
    report = logit_magic.check(model, x=x, y=y)
    logit_magic.check_namespace({"model": model})
    assert report.pairs[0].emits == "class-probabilities" and report.pairs[0].distributions is not None
    assert differences(before, snapshot(model)) == []
    assert capsys.readouterr().out == ""


def test_the_comparison_sees_a_difference() -> None:
    model = trained(functional())
    before = snapshot(model)
    model.layers[1].kernel.assign(model.layers[1].kernel + 1)
    model.layers[1](layers.Input((8,)))
    np.random.rand()
    random.random()
    assert {"variables", "nodes", "numpy", "python", "next name"} <= set(differences(before, snapshot(model)))


def test_training_goes_on_as_if_nothing_had_been_checked() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 8)), rng.integers(0, 4, 40)
    ends = []
    for look in (False, True):
        keras.utils.set_random_seed(11)
        model = trained(functional())
        if look:
            logit_magic.check(model, x=x, y=y)
        ends.append(model.fit(x, y, batch_size=10, epochs=2, verbose=0).history["loss"])
    assert ends[0] == ends[1]


def test_a_warning_that_was_shown_once_is_not_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("a_module_that_warns")
    exec("import warnings\ndef warn():\n    warnings.warn('said once')\n", vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3)])
    model.compile(loss="sparse_categorical_crossentropy")
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(2):
            module.warn()
            logit_magic.check(model)
        assert [str(w.message) for w in shown] == ["said once"]
        warnings.simplefilter("default")  # makes Python forget, or the above could not fail
        module.warn()
        assert len(shown) == 2


def test_what_a_training_in_another_thread_sets_meanwhile_stays():
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    model.note = before = object()
    with left_as_found(model):  # `fit` begins and is to end, in another thread
        model.stop_training, model.note = True, object()
        model.make_train_function()
        made = model.train_function
    assert model.stop_training is True and model.train_function is made is not None
    assert model.note is before
