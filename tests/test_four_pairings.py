"""The four pairings of head and flag, in four spellings of softmax, against what Keras itself computes in `fit`.

The reference is Keras' own history: a model is "trained" for one batch with a learning rate of zero, and the loss that
Keras reports is compared with both readings of the model's own predictions.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, losses, ops

import logit_magic

BACKEND = keras.config.backend()
CLASSES = 5


def dense_argument(x):
    return layers.Dense(CLASSES, activation="softmax")(x)


def activation_layer(x):
    return layers.Activation("softmax")(layers.Dense(CLASSES)(x))


def softmax_layer(x):
    return layers.Softmax()(layers.Dense(CLASSES)(x))


def ops_function(x):
    return ops.softmax(layers.Dense(CLASSES)(x))


SPELLINGS = (dense_argument, activation_layer, softmax_layer, ops_function)


def built(head) -> keras.Model:
    inputs = layers.Input((8,))
    return keras.Model(inputs, head(inputs))


@pytest.mark.parametrize("softmax", SPELLINGS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("activated", "flag"), [(False, True), (False, False), (True, True), (True, False)])
def test_pairing(softmax, activated: bool, flag: bool) -> None:
    model = built(softmax if activated else layers.Dense(CLASSES))
    model.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=flag))
    report = logit_magic.check(model)
    codes = [finding.code for finding in report.findings]
    (pair,) = report.pairs
    if activated != flag:
        assert (codes, pair.verdict) == ([], "match")
    elif not activated:
        assert (codes, pair.verdict) == (["LM101"], "mismatch")
    else:
        assert codes == ["LM102"]
        rescued = BACKEND == "tensorflow"
        assert pair.verdict == ("rescued" if rescued else "mismatch")
        assert report.findings[0].severity == ("warning" if rescued else "error")
        said = "Keras repairs this on TensorFlow; on JAX and torch the same code trains on softmax(softmax(x))"
        assert (said in report.findings[0].message) == rescued


def reshaped(x):
    return layers.Reshape((CLASSES,))(dense_argument(x))


def identity(x):
    return layers.Identity()(dense_argument(x))


def nested(x):
    inner = keras.Sequential([layers.Input((8,)), layers.Dense(CLASSES, activation="softmax")])
    return inner(x)


def cast_that_changes_nothing(x):
    return layers.Activation("linear", dtype="float32")(dense_argument(x))


def rescaled(x):
    return layers.Rescaling(1.0)(dense_argument(x))


def averaged(x):
    return layers.Average()([dense_argument(x), dense_argument(x)])


def hand_written(x):
    e = ops.exp(layers.Dense(CLASSES)(x))
    return e / ops.sum(e, axis=-1, keepdims=True)


def half_precision(x):
    return layers.Dense(CLASSES, activation="softmax", dtype="mixed_float16")(x)


def double_precision(x):
    return layers.Dense(CLASSES, activation="softmax", dtype="float64")(x)


def noop_dropout(x):
    return layers.Dropout(0.0)(dense_argument(x))


def sliced(x):
    return dense_argument(x)[:, :]


HEADS = (*SPELLINGS, reshaped, identity, nested, cast_that_changes_nothing, rescaled, averaged, hand_written, half_precision,
         double_precision, noop_dropout, sliced)  # fmt: skip
FLAGGED = {
    "sparse": losses.SparseCategoricalCrossentropy,
    "one-hot": losses.CategoricalCrossentropy,
    "focal": losses.CategoricalFocalCrossentropy,
}


@pytest.mark.parametrize("loss", FLAGGED)
@pytest.mark.parametrize("head", HEADS, ids=lambda f: f.__name__)
def test_rescued_is_said_exactly_where_keras_rescues(head, loss: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 8)).astype("float32") * 3
    ids = rng.integers(0, CLASSES, 32)
    y = ids if loss == "sparse" else np.eye(CLASSES, dtype="float32")[ids]
    model = built(head)
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss=FLAGGED[loss](from_logits=True))
    computed = model.fit(x, y, batch_size=32, verbose=0).history["loss"][0]
    predicted = np.asarray(model.predict(x, verbose=0), dtype="float32")
    twice = float(ops.convert_to_numpy(FLAGGED[loss](from_logits=True)(y, predicted)))
    right = float(ops.convert_to_numpy(FLAGGED[loss]()(y, predicted)))
    assert abs(twice - right) > 0.05, "the two readings must differ for the test to mean anything"
    verdict = logit_magic.check(model).pairs[0].verdict
    expected = "rescued" if abs(computed - right) < abs(computed - twice) else "mismatch"
    assert verdict == expected, f"Keras computed {computed}, right {right}, twice {twice}"
    if BACKEND != "tensorflow":
        assert verdict == "mismatch"


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("units", [1, 3])
def test_sigmoid_rescue(units: int, eager: bool) -> None:
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(32, 8)).astype("float32") * 3, rng.integers(0, 2, (32, units)).astype("float32")
    for head in (layers.Dense(units, activation="sigmoid"), lambda z: ops.sigmoid(layers.Dense(units)(z))):
        model = built(head)
        model.compile(
            optimizer=keras.optimizers.SGD(0.0), loss=losses.BinaryCrossentropy(from_logits=True), run_eagerly=eager
        )
        computed = model.fit(x, y, batch_size=32, verbose=0).history["loss"][0]
        predicted = model.predict(x, verbose=0)
        right = float(ops.convert_to_numpy(losses.BinaryCrossentropy()(y, predicted)))
        twice = float(ops.convert_to_numpy(losses.BinaryCrossentropy(from_logits=True)(y, predicted)))
        assert abs(twice - right) > 0.05, "the two readings must differ for the test to mean anything"
        verdict = logit_magic.check(model).pairs[0].verdict
        assert verdict == ("rescued" if abs(computed - right) < abs(computed - twice) else "mismatch")
