"""Metrics that the cell updates by hand: what they take for probabilities or logits is held against what they are given."""

from __future__ import annotations

import os

import pytest

from tests.observed.style import HERE, NET, ONE
from tests.observed.test_styles import _line, _serious

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
SIGMOID = ONE.replace("Dense(1)", "Dense(1, activation='sigmoid')")
SOFTMAX = NET.replace("Dense(5)", "Dense(5, activation='softmax')")
BCE = "losses.BinaryCrossentropy(from_logits=True)(bits, z)\n"
SCE = "losses.SparseCategoricalCrossentropy(from_logits=True)(ids, z)\n"
_OWN = (
    "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.head = layers.Dense(5)\n"
    "        self.ce = keras.metrics.SparseCategoricalCrossentropy(FLAG)\n    def call(self, a):\n        return self.head(a)\n"
    "    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):\n"
    "        self.ce.update_state(y, y_pred)  # <-\n"
    "        return losses.SparseCategoricalCrossentropy(from_logits=True)(y, y_pred)\n"
)
_TAPE = (
    f"import tensorflow as tf\n{NET}loss_fn = losses.SparseCategoricalCrossentropy(from_logits=True)\n"
    "metric = keras.metrics.SparseCategoricalCrossentropy(FLAG)\noptimizer = keras.optimizers.SGD(0.1)\n{}"
    "def step(a, b):\n    with tf.GradientTape() as tape:\n        z = model(a, training=True)\n        value = loss_fn(b, z)\n"
    "    metric.update_state(b, z)  # <-\nfor i in range(3):\n    step(x, ids)"
)
_LOGITS = ("from_logits=True", "")
# name, code with FLAG in it, right, wrong, finds, backends
ROWS = (
    ("update_state, compiled", f"{ONE}model.compile('sgd', losses.BinaryCrossentropy(from_logits=True))\nz = model(x)\nkeras.metrics.BinaryAccuracy(FLAG).update_state(bits, z)  # <-", ("threshold=0.0", ""), "LM401"),
    ("called", f"{ONE}z = model(x)\n{BCE}keras.metrics.Precision(FLAG)(bits, z)  # <-", ("thresholds=0.0", ""), "LM401"),
    ("AUC", f"{ONE}z = model(x)\n{BCE}m = keras.metrics.AUC(FLAG)\nm.update_state(bits, z)  # <-", _LOGITS, "LM401"),
    ("F1", f"{NET}z = model(x)\nlosses.BinaryCrossentropy(from_logits=True)(hot, z)\nm = keras.metrics.F1Score(threshold=0.5)\nm.update_state(hot, FLAG, hot[:, 0])  # <-", ("ops.sigmoid(z)", "z"), "LM401"),
    ("BinaryIoU", f"{ONE}z = model(x)\n{BCE}m = keras.metrics.BinaryIoU(FLAG)\nm.update_state(bits, z)  # <-", ("threshold=0.0", ""), "LM401"),
    ("predict, then the metric", f"{ONE}model.compile('sgd', losses.BinaryCrossentropy(from_logits=True))\nz = model.predict(x, verbose=0)\nkeras.metrics.Recall(FLAG).update_state(bits, z)  # <-", ("0.0", ""), "LM401"),
    ("logits into a crossentropy", f"{NET}z = model(x)\nkeras.metrics.SparseCategoricalCrossentropy(FLAG).update_state(ids, z)  # <-", _LOGITS, "LM402"),
    ("probabilities into a crossentropy", f"{SIGMOID}z = model(x)\nlosses.BinaryCrossentropy()(bits, z)\nm = keras.metrics.BinaryCrossentropy(FLAG)\nm.update_state(bits, z)  # <-", ("", "from_logits=True"), "LM402"),
    ("the loss in an earlier cell", "m = keras.metrics.CategoricalCrossentropy(FLAG)\nm.update_state(hot, model(x))  # <-", _LOGITS, "LM402"),
    ("compute_loss", _OWN + "model = Net()\nmodel.compile('sgd')\nmodel.fit(x, ids, verbose=0)", _LOGITS, "LM402"),
    ("metrics of compile in a training of its own", _OWN.replace("FLAG", "from_logits=True").replace("  # <-", "") + "model = Net()\nmodel.compile('sgd', metrics=[keras.metrics.SparseCategoricalCrossentropy(FLAG)])\nmodel.fit(x, ids, verbose=0)  # <-", _LOGITS, "LM402", "tensorflow", "torch"),
    ("train_step", "import tensorflow as tf\n" + _OWN[: _OWN.index("    def compute_loss")] + "    def train_step(self, data):\n        a, b = data\n        with tf.GradientTape() as tape:\n"
     "            z = self(a, training=True)\n            value = losses.SparseCategoricalCrossentropy(from_logits=True)(b, z)\n        grads = tape.gradient(value, self.trainable_variables)\n"
     "        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))\n        self.ce.update_state(b, z)  # <-\n        return {'ce': self.ce.result()}\n"
     "model = Net()\nmodel.compile('sgd')\nmodel.fit(x, ids, verbose=0)", _LOGITS, "LM402", "tensorflow"),
    ("tape", _TAPE.replace("{}", ""), _LOGITS, "LM402", "tensorflow"),
    ("tape in tf.function", _TAPE.replace("{}", "@tf.function\n"), _LOGITS, "LM402", "tensorflow"),
    ("stateless_update_state", f"import jax\n{NET}loss_fn = losses.SparseCategoricalCrossentropy(from_logits=True)\nmetric = keras.metrics.SparseCategoricalCrossentropy(FLAG)\n"
     "def compute(t, f, m, a, b):\n    z, f = model.stateless_call(t, f, a)\n    m = metric.stateless_update_state(m, b, z)  # <-\n    return loss_fn(b, z), m\n"
     "grad_fn = jax.jit(jax.value_and_grad(compute, has_aux=True))\nt, m = [v.value for v in model.trainable_variables], [v.value for v in metric.variables]\nfor i in range(2):\n    grad_fn(t, [], m, x, ids)", _LOGITS, "LM402", "jax"),
    ("backward", f"import torch\n{NET}loss_fn = losses.SparseCategoricalCrossentropy(from_logits=True)\nmetric = keras.metrics.SparseCategoricalCrossentropy(FLAG)\na, b = torch.tensor(x), torch.tensor(ids)\n"
     "for i in range(3):\n    z = model(a)\n    loss_fn(b, z).backward()\n    metric.update_state(b, z)  # <-\n    model.zero_grad()", _LOGITS, "LM402", "torch"),
)  # fmt: skip
BEFORE = {"the loss in an earlier cell": (NET,)}
_HERE = [pytest.param(*row[:4], id=row[0]) for row in ROWS if BACKEND in row[4:] or not row[4:]]


@pytest.mark.parametrize(("name", "code", "flags", "finds"), _HERE)
def test_twins(notebook, name, code, flags, finds):
    right, wrong = ([*BEFORE.get(name, ()), code.replace("FLAG", flag)] for flag in flags)
    report = notebook.checked(right)
    assert report["findings"] == [] and report["leftover"] == []
    report = notebook.checked(wrong)
    assert [(f[0], f[1], f[2], f[4]) for f in _serious(report)] == [(finds, "warning", "model", "observed")]
    cell, line = _line(wrong)
    ((_, _, _, metric, _, where, message),) = _serious(report)
    assert where == ["cell", line, report["counts"][cell]] and metric in message and HERE in code


@pytest.mark.parametrize(
    "cell",
    [
        f"{NET}z = model(x)\n{SCE}keras.metrics.SparseCategoricalAccuracy().update_state(ids, z)",
        f"{NET}z = model(x)\n{SCE}keras.metrics.TopKCategoricalAccuracy(2).update_state(hot, z)",
        f"{NET}z = model(x)\nkeras.metrics.Mean().update_state({SCE.strip()})",
        f"{NET}z = model(x)\nkeras.metrics.MeanSquaredError().update_state(hot, z)",
        f"{ONE}z = model(x)\nkeras.metrics.BinaryAccuracy().update_state(bits, z)",  # trained out of sight, maybe on distances
        f"{ONE}z = model(x)\nlosses.MeanSquaredError()(bits, z)\nkeras.metrics.BinaryAccuracy().update_state(bits, z)",
        f"{SIGMOID}z = model(x)\nkeras.metrics.BinaryAccuracy().update_state(bits, z)\nkeras.metrics.AUC().update_state(bits, z)",
        f"{SOFTMAX}z = model(x)\nkeras.metrics.SparseCategoricalCrossentropy().update_state(ids, z)",
        f"{ONE}z = ops.sigmoid(model(x))\nkeras.metrics.Precision().update_state(bits, z)",
        f"{ONE}z = ops.cast(model(x) > 0, 'float32')\nkeras.metrics.Precision().update_state(bits, z)",
        "class Mine(keras.metrics.Precision):\n    def update_state(self, y, z, sample_weight=None):\n"
        f"        return super().update_state(y, ops.sigmoid(z), sample_weight)\n{ONE}Mine().update_state(bits, model(x))",
        f"{ONE}keras.metrics.Precision().update_state(bits, np.linspace(-3, 3, 64)[:, None])",
        f"{NET}model.compile('sgd', losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy', "
        "keras.metrics.SparseCategoricalCrossentropy(from_logits=True)])\nmodel.fit(x, ids, verbose=0)\nmodel.evaluate(x, ids, verbose=0)",
    ],
)
def test_what_fits_is_silent(notebook, cell):
    report = notebook.checked([cell])
    assert report["findings"] == [] and report["leftover"] == []


def test_what_is_wrong_with_both_is_said_of_the_loss(notebook):
    cell = f"{NET}z = model(x)\nlosses.SparseCategoricalCrossentropy()(ids, z)\nkeras.metrics.SparseCategoricalCrossentropy()(ids, z)"
    assert [f[0] for f in _serious(notebook.checked([cell]))] == ["LM101"]


def test_a_loss_of_an_earlier_cell_says_what_a_threshold_is_for(notebook):
    evaluate = "keras.metrics.BinaryAccuracy().update_state(bits, model(x))"
    report = notebook.checked([f"%%checkloss --quiet\n{ONE}losses.MeanSquaredError()(bits, model(x))", evaluate])
    assert report["findings"] == []


def test_the_metrics_of_compile_are_said_once(notebook):
    cell = (
        f"{ONE}model.compile('sgd', losses.BinaryCrossentropy(from_logits=True), metrics=['accuracy'])\n"
        "model.fit(x, bits, verbose=0)\nmodel.evaluate(x, bits, verbose=0)"
    )
    report = notebook.checked([cell])
    assert [(f[0], f[4]) for f in _serious(report)] == [("LM401", "compiled")] and len(report["pairs"]) == 1


def test_an_error_in_an_update_shows_no_frame_of_ours(notebook):
    cell = f"{NET}keras.metrics.SparseCategoricalCrossentropy().update_state(ids[:3], model(x))"
    said = notebook.run(f"%%checkloss --quiet\n{cell}", None)
    lines = "\n".join(said.reply.get("traceback", ()))
    assert "logit_magic/" not in lines and "update_state" in lines
