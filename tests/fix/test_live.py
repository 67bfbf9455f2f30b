"""The live model is repaired in place: its check is then clean, and everything but the loss is what it was."""

from __future__ import annotations

import functools
import gc
import weakref

import keras
import numpy as np
import pytest
from keras import layers

import logit_magic
from logit_magic.fix import live

ROWS = np.random.default_rng(0)
X = ROWS.normal(size=(32, 8)).astype("float32")
Y = ROWS.integers(0, 5, 32)
ONE_HOT = np.eye(5, dtype="float32")[Y]


def head(activation=None, units=5) -> keras.Model:
    return keras.Sequential([layers.Input((8,)), layers.Dense(units, activation=activation)])


def two_heads() -> keras.Model:
    x = inputs = layers.Input((8,))
    return keras.Model(inputs, {"kind": layers.Dense(5)(x), "size": layers.Dense(1)(x)})


def trained(model: keras.Model, loss, y, **options) -> keras.Model:
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, **options)
    model.fit(X, y, epochs=2, batch_size=16, verbose=0)
    return model


def arrays(variables) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(v)) for v in variables]


def worst(model):
    return logit_magic.check(model).findings[0]


SCE, CCE, BCE = (
    keras.losses.SparseCategoricalCrossentropy,
    keras.losses.CategoricalCrossentropy,
    keras.losses.BinaryCrossentropy,
)

CASES = {
    "string": (head, "sparse_categorical_crossentropy", Y),
    "class": (head, SCE, Y),
    "object with arguments": (head, CCE(label_smoothing=0.25, name="mine"), ONE_HOT),
    "function": (head, keras.losses.sparse_categorical_crossentropy, Y),
    "partial": (head, functools.partial(keras.losses.categorical_crossentropy, label_smoothing=0.25), ONE_HOT),
    "probabilities into logits": (lambda: head("softmax"), SCE(from_logits=True), Y),
    "focal": (lambda: head("sigmoid", 1), keras.losses.BinaryFocalCrossentropy(from_logits=True, gamma=3.0), Y % 2),
    "one unit": (lambda: head(None, 1), "categorical_crossentropy", (Y % 2)[:, None]),
    "dict": (two_heads, {"kind": SCE(), "size": "mse"}, {"kind": Y, "size": Y / 5}),
    "list": (lambda: keras.Model(*_listed()), ["mse", "sparse_categorical_crossentropy"], [Y / 5, Y]),
}


def _listed():
    x = inputs = layers.Input((8,))
    return inputs, [layers.Dense(1)(x), layers.Dense(5)(x)]


@pytest.mark.parametrize("case", CASES)
def test_a_repaired_model_is_clean_and_keeps_its_optimizer(case) -> None:
    make, loss, y = CASES[case]
    weights = {"loss_weights": [0.5, 2.0]} if case == "list" else {}
    model = trained(make(), loss, y, **weights)
    optimizer, state, values = model.optimizer, arrays(model.optimizer.variables), arrays(model.variables)
    before = live._as_given(model.loss)
    finding = worst(model)
    assert live.refusal(model, finding) == ""
    undo = live.repair(model, finding)
    assert undo.done and logit_magic.check(model).ok
    assert model.optimizer is optimizer and int(keras.ops.convert_to_numpy(optimizer.iterations)) == 4
    for now, then in zip(arrays(optimizer.variables) + arrays(model.variables), state + values, strict=True):
        assert np.array_equal(now, then)
    model.fit(X, y, epochs=1, batch_size=16, verbose=0)
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 6
    undo()
    assert not undo.done and live._as_given(model.loss) == before and worst(model).code == finding.code
    undo()


def test_the_loss_that_is_trained_on_is_another_one() -> None:
    """What was compiled for the earlier loss is not run again."""
    model = trained(head(), "sparse_categorical_crossentropy", Y)
    wrong = model.evaluate(X, Y, verbose=0)
    undo = live.repair(model, worst(model))
    right = model.evaluate(X, Y, verbose=0)
    logits = model.predict(X, verbose=0)
    by_hand = np.log(np.exp(logits).sum(-1)) - logits[np.arange(32), Y]
    assert right == pytest.approx(by_hand.mean(), rel=1e-4) and abs(right - wrong) > 0.05
    undo()
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(wrong, rel=1e-5)


def test_what_else_was_compiled_stays() -> None:
    metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top")
    model = trained(
        head(),
        SCE(),
        Y,
        metrics=["accuracy", metric],
        weighted_metrics=["sparse_categorical_crossentropy"],
        run_eagerly=True,
        loss_weights=[3.0],
    )
    names = [m.name for m in model.metrics[1].metrics]
    undo = live.repair(model, worst(model))
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert [m.name for m in model.metrics[1].metrics] == names and metric in model.metrics[1].metrics
    assert model.run_eagerly and not model.jit_compile
    logits = model.predict(X, verbose=0)
    by_hand = np.log(np.exp(logits).sum(-1)) - logits[np.arange(32), Y]
    assert logs["loss"] == pytest.approx(3.0 * by_hand.mean(), rel=1e-4), "the loss weight counts as before"
    undo()
    model.evaluate(X, Y, verbose=0)
    assert [m.name for m in model.metrics[1].metrics] == names


def test_a_scaled_optimizer_is_not_wrapped_again() -> None:
    model = keras.Sequential([layers.Input((8,)), layers.Dense(5, dtype="float32")])
    model.dtype_policy = "mixed_float16"
    model.compile(optimizer="sgd", loss=SCE())
    optimizer = model.optimizer
    live.repair(model, worst(model))
    assert model.optimizer is optimizer


class OwnStep(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.out = layers.Dense(5)

    def call(self, x):
        return self.out(x)


class OwnCompile(OwnStep):
    def compile(self, loss, **options):
        super().compile(loss=loss, **options)


def test_what_cannot_be_repaired_is_refused_with_the_reason() -> None:
    model = head("softmax")
    model.add(layers.Softmax())
    model.compile(loss=SCE())
    assert "layers" in live.refusal(model, worst(model))

    own = head()
    own.compile(loss=lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p))
    assert "of your own" in live.refusal(own, worst(own))

    model = head()
    model.compile(loss=SCE())
    finding = worst(model)
    model.compile(loss=CCE())
    assert "another loss since" in live.refusal(model, finding)
    with pytest.raises(live.CannotRepairError, match="another loss since"):
        live.repair(model, finding)
    assert type(model.loss) is CCE, "it is untouched"

    model = OwnCompile()
    model(X)
    model.compile(loss=SCE())
    assert "compile of its own" in live.refusal(model, worst(model))
    given = logit_magic.check(head(), SCE()).findings[0]
    assert "not compiled" in live.refusal(head(), given)
    assert "Keras 3" in live.refusal(object(), given)


def test_a_change_of_the_head_is_refused_but_the_loss_can_be_chosen() -> None:
    model = head()
    model.compile(loss=SCE())
    flag, activation = worst(model).fix.remedies
    assert "layers" in live.refusal(model, worst(model), activation)
    assert live.refusal(model, worst(model), flag) == ""


def test_undo_leaves_a_model_alone_that_was_compiled_again() -> None:
    model = head()
    model.compile(loss=SCE())
    undo = live.repair(model, worst(model))
    model.compile(loss="mse")
    with pytest.raises(live.CannotRepairError, match="compiled again"):
        undo()
    assert model.loss == "mse"


def test_nothing_is_kept_alive() -> None:
    model = trained(head(), SCE(), Y)
    report = logit_magic.check(model)
    assert live.model_of(report.pairs[0]) is model and live.model_of(report.findings[0].pair) is model
    undo = live.repair(model, report.findings[0])
    gone = weakref.ref(model)
    del model
    keras.utils.clear_session()
    gc.collect()
    assert gone() is None and live.model_of(report.pairs[0]) is None
    with pytest.raises(live.CannotRepairError, match="does not exist"):
        undo()
