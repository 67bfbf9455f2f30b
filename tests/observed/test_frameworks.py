"""Losses that are a framework's own, and cells that patch Keras themselves: named as users write them, left as they were."""

from __future__ import annotations

import os

import pytest

from tests.observed.style import ALL, HEAD, NET
from tests.observed.test_styles import _serious

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
_ONE = "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation=FLAG)])\n"
_GRAD = (
    "tv, ntv = [v.value for v in model.trainable_variables], []\n"
    "def f(tv, a, b):\n    p, _ = model.stateless_call(tv, ntv, a)\n    return optax.{}.mean()\n"
)
# framework, activation of the wrong twin, name of the loss as its users write it, cell
LOSSES = (
    ("tensorflow", "'sigmoid'", "tf.nn.sigmoid_cross_entropy_with_logits", f"import tensorflow as tf\n{_ONE}v = tf.nn.sigmoid_cross_entropy_with_logits(bits, model(x))"),
    ("tensorflow", "'softmax'", "tf.nn.softmax_cross_entropy_with_logits", f"import tensorflow as tf\n{HEAD}v = tf.nn.softmax_cross_entropy_with_logits(hot, model(x))"),
    ("jax", "'softmax'", "optax.softmax_cross_entropy", f"import optax\n{HEAD}v = optax.softmax_cross_entropy(model(x), hot).mean()"),
    ("jax", "'softmax'", "optax.softmax_cross_entropy_with_integer_labels", f"import optax\n{HEAD}v = optax.softmax_cross_entropy_with_integer_labels(model(x), ids).mean()"),
    ("jax", "'sigmoid'", "optax.sigmoid_binary_cross_entropy", f"import optax\n{_ONE}v = optax.sigmoid_binary_cross_entropy(model(x), bits).mean()"),
    ("jax", "'softmax'", "optax.softmax_cross_entropy_with_integer_labels", f"import jax, optax\n{HEAD}{_GRAD.format('softmax_cross_entropy_with_integer_labels(p, b)')}v = jax.value_and_grad(f)(tv, x, ids)"),
)  # fmt: skip
_NEVER_IMPORTED = (
    "import sys\nfor name in [n for n in sys.modules if n.partition('.')[0] == 'optax']:\n    del sys.modules[name]"
)
_HERE = [row[1:] for row in LOSSES if row[0] == BACKEND]


if _HERE:  # those of torch are among the styles

    @pytest.mark.parametrize(("wrong", "name", "cell"), _HERE)
    def test_the_losses_of_a_framework(notebook, wrong, name, cell):
        notebook.run(_NEVER_IMPORTED)  # so that the watched cell is the first to import it
        right = notebook.checked([cell.replace("FLAG", "None")])
        assert right["findings"] == [] and right["leftover"] == [] and right["pairs"][0][1].startswith(name)
        report = notebook.checked([cell.replace("FLAG", wrong)])
        assert [(f[0], f[2], f[4]) for f in _serious(report)] == [("LM102", "model", "observed")]
        assert name in report["findings"][0][6] and report["leftover"] == []


if BACKEND == "tensorflow":

    @pytest.mark.parametrize(
        "loss", ["sigmoid_cross_entropy_with_logits(bits, z)", "weighted_cross_entropy_with_logits(bits, z, 2.0)"]
    )
    def test_log_odds_are_logits(notebook, loss):
        cell = f"import tensorflow as tf\n{_ONE}p = model(x)\nz = tf.math.log(p / (1.0 - p))\nv = tf.nn.{loss}"
        report = notebook.checked([cell.replace("FLAG", "'sigmoid'")])
        assert report["pairs"] and report["findings"] == [] and report["leftover"] == []


_LOOP = f"{NET}fn = losses.SparseCategoricalCrossentropy()\nfn(ids, model(x))\n"
# what the cell puts in place of what, and says afterwards of what is there
PATCHES = {
    "Loss.__call__": (
        "before = losses.Loss.__call__\ndef mine(self, *a, **k):\n    return before(self, *a, **k)\nlosses.Loss.__call__ = mine\n",
        "losses.Loss.__call__ is mine",
        "losses.Loss.__call__ = before",
    ),
    "ops.softmax": ("before = ops.softmax\ndef mine(*a, **k):\n    return before(*a, **k)\nkeras.ops.softmax = mine\n", "keras.ops.softmax is mine", "keras.ops.softmax = before"),
    "Layer.__call__": ("before = layers.Layer.__call__\ndef mine(self, *a, **k):\n    return before(self, *a, **k)\nlayers.Layer.__call__ = mine\n", "layers.Layer.__call__ is mine", "layers.Layer.__call__ = before"),
    "Model.compile": ("before = keras.Model.compile\ndef mine(self, *a, **k):\n    return before(self, *a, **k)\nkeras.Model.compile = mine\n", "keras.Model.compile is mine", "keras.Model.compile = before"),
    "a global of its modules": ("import keras.src.losses.loss as home\nbefore = home.backend\nclass Mine:\n    def __getattr__(self, name):\n        return getattr(before, name)\nmine = home.backend = Mine()\n", "home.backend is mine", "import sys\nhome.backend = sys.modules['keras.src.backend']"),
}  # fmt: skip


@pytest.mark.parametrize("where", list(PATCHES))
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_patch_of_the_cells_own_stays(notebook, where, order):
    patch, stays, undo = PATCHES[where]
    try:
        report = notebook.checked([patch + _LOOP if order == "before" else _LOOP + patch])
        assert report["leftover"] == [] or where == "a global of its modules"
        assert notebook.run(f"print({stays})").stream().strip() == "True"
        assert (
            "SparseCategoricalCrossentropy"
            in notebook.run("print(type(fn).__name__, float(fn(ids, model(x))) > 0)").stream()
        )
    finally:
        notebook.run(undo)


def test_a_comment_silences_an_observed_pair(notebook):
    cell = f"{NET}fn = losses.SparseCategoricalCrossentropy()\nvalue = fn(ids, model(x))"
    assert [f[0] for f in _serious(notebook.checked([cell]))] == ["LM101"]
    assert notebook.checked([f"{cell}  # checkloss: ignore"])["findings"] == []
    assert notebook.checked([f"{cell}  # checkloss: ignore[LM101]"])["findings"] == []
    assert [f[0] for f in _serious(notebook.checked([f"{cell}  # checkloss: ignore[LM102]"]))] == ["LM101"]


def test_watch_mode_says_an_observed_pair_once(notebook):
    notebook.checked([f"{NET}fn = losses.SparseCategoricalCrossentropy()"])
    notebook.run("%checkloss --watch")
    try:
        said = ["LM101" in str(notebook.run("value = fn(ids, model(x))").contents("display_data")) for _ in range(3)]
    finally:
        notebook.run("%checkloss --unwatch")
    assert said == [True, False, False] and BACKEND in ALL
