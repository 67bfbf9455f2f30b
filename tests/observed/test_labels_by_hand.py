"""Labels of losses that a cell calls by hand: what the cell itself leaves out of its loss accuses nobody."""

from __future__ import annotations

import os

import pytest

from tests.observed.style import NET, ONE

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
RELU = "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='relu')])\n"
SIGMOID = "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='sigmoid')])\n"
SOFTMAX = "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax')])\n"
HIDDEN = "kept = ops.convert_to_tensor((ids <= 2).astype('float32'))\ny = np.where(ids > 2, -9.0, 1.0).astype('float32')[:, None]\n"
SIGNS = "y = np.where(ids > 2, -1.0, 1.0).astype('float32')[:, None]\n"
KL = """
class Sparse(keras.regularizers.Regularizer):
    def __call__(self, a):
        rate = ops.mean(a, axis=0)
        return 0.05 * (losses.kl_divergence(0.1, rate) + losses.kl_divergence(0.9, 1 - rate))
model = keras.Sequential([layers.Input((8,)), layers.Dense(30, 'sigmoid', activity_regularizer=Sparse()), layers.Dense(8)])
model.compile('sgd', 'mse')
model.fit(x, x, verbose=0)
"""
ROWS = {
    "left out by a weight of 0": (f"{RELU}{HIDDEN}losses.MeanSquaredError()(y, model(x), sample_weight=kept)", None),
    "weighted, but not left out": (
        f"{RELU}{HIDDEN}losses.MeanSquaredError()(y, model(x), sample_weight=kept + 1)",
        "LM305",
    ),
    "without weights": (f"{RELU}{HIDDEN}losses.MeanSquaredError()(y, model(x))", "LM305"),
    "one weight for all": (f"{RELU}{HIDDEN}losses.MeanSquaredError()(y, model(x), sample_weight=0.5)", "LM305"),
    "masked after reduction none": (
        f"{RELU}{HIDDEN}ops.sum(losses.MeanSquaredError(reduction='none')(y, model(x)) * kept)",
        None,
    ),
    "masked after a function": (f"{RELU}{HIDDEN}ops.sum(losses.mean_squared_error(y, model(x)) * kept)", None),
    "many values out of reach, a number per row": (
        f"{RELU}ops.mean(losses.mean_squared_error(-np.abs(x[:, :1]), model(x)))",
        "LM305",
    ),
    "signs, reduced": (f"{SIGMOID}{SIGNS}losses.BinaryCrossentropy()(y, model(x))", "LM303"),
    "a policy gradient": (
        f"{SOFTMAX}losses.CategoricalCrossentropy()(hot * rng.normal(size=(64, 1)).astype('float32'), model(x))",
        None,
    ),
    "noise on a discriminator's labels": (
        f"{ONE}y = ops.ones((64, 1)) + 0.05 * rng.uniform(size=(64, 1)).astype('float32')\n"
        "losses.BinaryCrossentropy(from_logits=True)(y, model(x))",
        None,
    ),
    "a divergence from a number, in a regulariser": (KL, None),
    "a divergence from rows": (f"{NET}losses.kl_divergence(hot, model(x))", "LM204"),
}


if BACKEND == "torch":
    del ROWS["signs, reduced"]  # torch itself refuses such labels


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_labels_of_a_loss_called_by_hand(notebook, row) -> None:
    code, finds = row
    report = notebook.checked([code])
    assert [f[0] for f in report["findings"] if f[1] != "info"] == ([] if finds is None else [finds])
    assert report["pairs"], "else it is silent because nothing was seen"
