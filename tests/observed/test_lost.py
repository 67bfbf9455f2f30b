"""What a loss is given may be computed from outputs in ways that are not followed: then the report says so, and only then."""

from __future__ import annotations

import os

import pytest

from tests.observed.style import NET

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
SCE = "losses.SparseCategoricalCrossentropy(from_logits=True)"
TWO = "one, two = [keras.Sequential([layers.Input((8,)), layers.Dense(5)]) for _ in range(2)]\n"
_TF = "import tensorflow as tf\n"
ROWS = (
    ("the mean of two models", f"{TWO}value = {SCE}(ids, (one(x) + two(x)) / 2)"),
    ("a product", f"{NET}z = model(x)\nfor i in range(3):\n    value = {SCE}(ids, z * ops.abs(z))"),
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
    cell = f"{TWO}z = (one(x) + two(x)) / 2\na = {SCE}(ids, z)\nb = {SCE}(ids, z * 1.5)"
    assert [f[0] for f in notebook.checked([cell])["findings"]] == ["LM901", "LM901"]
