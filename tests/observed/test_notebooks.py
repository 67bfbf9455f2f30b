"""What styles of whole notebooks lead to beside a finding and its line: repaired pairs, metrics beside a loss, no model at all."""

from __future__ import annotations

import os

import pytest

from tests.observed.styles_notebooks import GUIDES
from tests.observed.test_styles import _serious

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
_RESCUED = [pytest.param(style, id=style.name) for style in GUIDES if BACKEND in style.backends]
_KL = (
    "class KL(keras.regularizers.Regularizer):\n    def __call__(self, p):\n        return 0.01 * ops.mean(losses.kl_divergence(ops.full_like(p, 0.05), p))\n"
    "a = layers.Input((8,))\nhidden = layers.Dense(6, activation='sigmoid', activity_regularizer=KL())(a)\n"
)


@pytest.mark.parametrize("style", _RESCUED)
def test_keras_repairs_it_on_tensorflow_alone(notebook, style):
    """The tensor carries its logits from the softmax to the loss, or its op does in a graph."""
    ((code, severity, *_),) = _serious(notebook.checked(style.twin(style.wrong)))
    assert (code, severity) == ("LM102", "warning" if BACKEND == "tensorflow" else "error")


@pytest.mark.parametrize(
    ("head", "loss", "metric", "found"),
    [
        ("'sigmoid'", "'mse'", "'binary_crossentropy'", []),
        ("None", "'mse'", "'mae'", []),
        ("'sigmoid'", "losses.BinaryCrossentropy()", "'binary_crossentropy'", []),
        ("None", "losses.BinaryCrossentropy(from_logits=True)", "keras.metrics.BinaryCrossentropy(from_logits=True)", []),
        ("None", "losses.BinaryCrossentropy(from_logits=True)", "'binary_crossentropy'", ["LM402"]),
    ],
)  # fmt: skip
def test_crossentropy_as_metric_beside_a_regulariser(notebook, head, loss, metric, found):
    cell = (
        f"{_KL}model = keras.Model(a, layers.Dense(1, activation={head})(hidden))\n"
        f"model.compile('sgd', {loss}, metrics=[{metric}])\nmodel.fit(x, bits, epochs=2, verbose=0)"
    )
    report = notebook.checked([cell])
    assert [f[0] for f in report["findings"]] == found and report["leftover"] == []


NO_MODEL = {
    "literal arrays": "value = losses.BinaryCrossentropy(from_logits=True)(np.array([[1.0], [0.0]]), np.array([[0.8], [0.1]]))",
    "a function of one's own": "w = rng.normal(size=(8, 5)).astype('float32')\nvalue = losses.SparseCategoricalCrossentropy()(ids, ops.matmul(x, w))",
    "tf.Module": "import tensorflow as tf\nclass Linear(tf.Module):\n    def __init__(self):\n        super().__init__()\n        self.w = tf.Variable(tf.random.normal([8, 5]))\n"
    "    def __call__(self, a):\n        return tf.nn.softmax(a @ self.w)\nmodel = Linear()\nfor i in range(2):\n    with tf.GradientTape() as tape:\n"
    "        value = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(ids, model(x)))\n    tape.gradient(value, model.trainable_variables)",
    "torch.nn.Module": "import torch\nmodel = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Softmax(-1))\n"
    "value = torch.nn.functional.cross_entropy(model(torch.tensor(x)), torch.tensor(ids))",
}  # fmt: skip
_ELSEWHERE = {"tf.Module": "tensorflow", "torch.nn.Module": "torch"}


@pytest.mark.parametrize(
    "cell", [pytest.param(c, id=n) for n, c in NO_MODEL.items() if _ELSEWHERE.get(n, BACKEND) == BACKEND]
)
def test_without_a_model_of_keras_there_is_nothing_to_say(notebook, cell):
    report = notebook.checked([cell])
    assert report["pairs"] == [] and report["findings"] == [] and report["leftover"] == []


def test_a_loss_of_weights_is_no_loss_of_an_output(notebook):
    cell = (
        "def penalty(w):\n    w = ops.convert_to_tensor(w)\n    return 0.01 * losses.BinaryCrossentropy(from_logits=True)(ops.ones_like(w), w * w)\n"
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, kernel_regularizer=penalty)])\n"
        "model.compile('sgd', losses.SparseCategoricalCrossentropy(from_logits=True))\nmodel.fit(x, ids, verbose=0)\n"
        "model(x)\nsum(model.losses)"
    )
    report = notebook.checked([cell])
    assert report["findings"] == [] and len(report["pairs"]) == 1
