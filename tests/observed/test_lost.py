"""What a loss is given may be computed from outputs in ways that are not followed: then the report says so, and only then."""

from __future__ import annotations

import os

import pytest

from tests.observed.style import NET

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
SCE = "losses.SparseCategoricalCrossentropy(from_logits=True)"
TWO = "one, two = [keras.Sequential([layers.Input((8,)), layers.Dense(5)]) for _ in range(2)]\n"
_TF = "import tensorflow as tf\n"
PROBABILITIES = "losses.SparseCategoricalCrossentropy()"
SOFT = TWO.replace("Dense(5)", "Dense(5, activation='softmax')")
# computed from outputs -> what fits it, what does not
VALUES = {
    "the mean of two softmaxes": (f"{SOFT}p = (one(x) + two(x)) / 2\n", PROBABILITIES, SCE, "they sum to one"),
    "softmaxes multiplied": (f"{SOFT}p = one(x) * two(x)\np = p / ops.sum(p, -1, keepdims=True)\n", PROBABILITIES, SCE, "they sum to one"),
    "the mean of logits": (f"{TWO}p = (one(10.0 * x) + two(10.0 * x)) / 2\n", SCE, PROBABILITIES, "values lie between"),
    "log-softmax of a sum": (f"{SOFT}p = ops.log_softmax(ops.log(one(x)) + ops.log(two(x)))\n", SCE, PROBABILITIES, "exp of every row"),
}  # fmt: skip
ROWS = (
    ("the product of two softmaxes", f"{SOFT}value = {PROBABILITIES}(ids, one(x) * two(x))"),
    ("a product", f"{NET}z = 0.1 * model(x)\nfor i in range(3):\n    value = {SCE}(ids, z * ops.abs(z))"),
    ("a tape", f"{_TF}{NET}with tf.GradientTape() as tape:\n    value = {SCE}(ids, model(x) * model(x))", "tensorflow"),
    ("a gradient", f"import jax\n{NET}def f(t, a, b):\n    z, _ = model.stateless_call(t, [], a)\n    return {SCE}(b, z * z)\n"
     "g = jax.value_and_grad(f)\nt = [v.value for v in model.trainable_variables]\ng(t, x, ids)", "jax"),
    ("backward", f"import torch\n{NET}z = model(torch.tensor(x))\n{SCE}(torch.tensor(ids), z * z).backward()", "torch"),
)  # fmt: skip
_HERE = [pytest.param(row[1], id=row[0]) for row in ROWS if BACKEND in row[2:] or not row[2:]]


@pytest.mark.parametrize("cell", _HERE)
def test_it_is_said_once(notebook, cell):
    report = notebook.checked([cell])
    ((code, severity, model, _, basis, where, message),) = report["findings"]
    assert (code, severity, basis) == ("LM901", "info", "observed")
    assert "not followed" in message and model in ("model", "one", "two") and where[0] == "cell"


@pytest.mark.parametrize(("made", "fits", "does_not", "says"), VALUES.values(), ids=VALUES)
def test_values_may_show_that_it_fits_and_accuse_nobody(notebook, made, fits, does_not, says):
    report = notebook.checked([f"{made}value = {fits}(ids, p)"])
    assert report["findings"] == [] and [pair[2] for pair in report["pairs"]] == ["match"]
    report = notebook.checked([f"{made}value = {does_not}(ids, p)"])
    ((code, severity, *_, message),) = report["findings"]
    assert (code, severity) == ("LM901", "info") and "do not fit" in message and says in message


@pytest.mark.parametrize(
    "cell",
    [
        f"{NET}model(x)\nvalue = {SCE}(ids, np.full((64, 5), 0.2))",
        f"{NET}model(x)\nvalue = {SCE}(np.array([0, 1]), ops.convert_to_tensor([[2.5, -1.0], [0.125, 3.0]]))",
        f"{NET}model(x)\nvalue = {SCE}(np.array([0, 1]), ops.convert_to_tensor([[2.7183, -1.4142], [0.1234, 3.1416]]))",
        f"{TWO}value = losses.MeanSquaredError()(hot, (one(x) + two(x)) / 2)",
        f"{NET}z = model(x)\nfor i in range(2):\n    value = {SCE}(ids, z)\nkeras.metrics.CategoricalCrossentropy(from_logits=True)(hot, z * ops.abs(z))",
    ],
)
def test_nothing_is_said_of_what_no_model_made(notebook, cell):
    assert notebook.checked([cell])["findings"] == []


def test_each_place_is_said(notebook):
    cell = f"{SOFT}z = one(x) * two(x)\na = {SCE}(ids, z)\nb = {SCE}(ids, z * 1.5)"
    assert [f[0] for f in notebook.checked([cell])["findings"]] == ["LM901", "LM901"]
