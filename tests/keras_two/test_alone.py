"""Keras 2 as `tf.keras`, in a kernel that never loads Keras 3: seen while the cell runs, and Keras 3 is not loaded for it."""

from __future__ import annotations

import os
import subprocess
import sys

CELLS = """
import os, sys
os.environ["TF_USE_LEGACY_KERAS"] = "1"
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config, colors="nocolor")
shell.run_line_magic("load_ext", "logit_magic")
result = shell.run_cell('''%%checkloss --text
import numpy as np
import tensorflow as tf
x, y = np.random.default_rng(0).normal(size=(64, 8)).astype("float32"), np.arange(64) % 10
model = tf.keras.Sequential([tf.keras.layers.Dense(10)])
model.compile(
    optimizer="sgd",
    loss="sparse_categorical_crossentropy",
)
model.fit(x, y, verbose=0)
other = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(10, activation="softmax")])
other.compile(loss=tf.keras.losses.SparseCategoricalCrossentropy())
''')
result.raise_error()
import logit_magic
report = logit_magic.last_report()
print([(p.model, p.verdict, str(p.location)) for p in report.pairs], file=sys.stderr)
print([(f.code, f.effect.loss_configured > 0) for f in report.findings], file=sys.stderr)
print("keras" in sys.modules, file=sys.stderr)
"""


def test_a_cell_of_legacy_keras() -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", CELLS], capture_output=True, text=True, env=environment, timeout=300)
    said = done.stderr.strip().splitlines()[-3:]
    assert done.returncode == 0, done.stderr
    assert said == [
        "[('model', 'mismatch', 'cell line 8'), ('other', 'match', 'cell line 12')]",
        "[('LM101', True)]",
        "False",
    ], done.stderr
