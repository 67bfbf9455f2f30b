"""Labels that a cell trains on: found where `fit` saw them, and only those of the loss that stands."""

from __future__ import annotations

import pytest

import logit_magic

SETUP = """
import keras, numpy as np
layers, losses = keras.layers, keras.losses
x, ids = np.random.default_rng(0).normal(size=(60, 3)).astype("float32"), np.arange(60) % 4
def dense(units, activation=None):
    return keras.Sequential([layers.Input((3,)), layers.Dense(units, activation=activation)])
"""


@pytest.fixture
def run(shell):
    """Run a cell in a shell that has Keras and data; return IPython's result."""
    shell.run_cell(SETUP)
    return shell.run_cell


def _codes():
    return tuple(finding.code for finding in logit_magic.last_report().findings)


SCE, CCE = "model.compile('sgd', 'sparse_categorical_crossentropy')", "model.compile('sgd', 'categorical_crossentropy')"
MASKED = (
    "model = keras.Sequential([layers.Input((6,)), layers.Embedding(9, 4, mask_zero=True), layers.Dense(1, 'relu')])"
)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        (f"model = dense(4, 'softmax')\n{SCE}\nmodel.fit(x, ids, verbose=0)", ()),
        (f"model = dense(4, 'softmax')\n{SCE}\nmodel.fit(x, np.eye(4)[ids], verbose=0)", ("LM301",)),
        (f"model = dense(4, 'softmax')\n{CCE}\nmodel.fit(x=x, y=ids, verbose=0)", ("LM301",)),
        (f"model = dense(4, 'softmax')\n{CCE}\nmodel.fit(x, np.eye(4)[ids], verbose=0)", ()),
        ("model = dense(1, 'relu')\nmodel.compile('sgd', 'mse')\nmodel.fit(x, x[:, 0], verbose=0)", ("LM305",)),
        ("model = dense(1)\nmodel.compile('sgd', 'mse')\nmodel.fit(x, x[:, 0], verbose=0)", ()),
        # what weighs nothing may hold anything
        (
            "model = dense(1, 'relu')\nmodel.compile('sgd', 'mse')\n"
            "model.fit(x, np.where(ids > 1, -999, ids), sample_weight=(ids < 2) * 1.0, verbose=0)",
            (),
        ),
        (
            "model = dense(1, 'relu')\nmodel.compile('sgd', 'mse')\n"
            "model.fit(x, np.where(ids > 1, -999, ids), 32, 1, 0, None, 0.0, None, True, None, (ids < 2) * 1.0)",
            (),
        ),
        # padding that a mask hides from the loss
        (
            f"{MASKED}\nmodel.compile('sgd', 'mse')\nt = np.arange(360).reshape(60, 6) % 9\n"
            "model.fit(t, np.where(t == 0, -1.0, t), verbose=0)",
            (),
        ),
        # each loss is judged with labels of its own
        (
            f"model = dense(4, 'softmax')\n{SCE}\nmodel.fit(x, ids, verbose=0)\n"
            f"{CCE}\nmodel.fit(x, np.eye(4)[ids], verbose=0)",
            (),
        ),
        (f"model = dense(4, 'softmax')\n{SCE}\nmodel.fit(x, ids, verbose=0)\n{CCE}", ()),
        # a generator is nobody's to use up
        (
            f"model = dense(4, 'softmax')\n{SCE}\n"
            "model.fit(((x, ids + 0) for _ in range(2)), steps_per_epoch=2, verbose=0)",
            (),
        ),
        # arrays that only live in the same namespace accuse nobody
        (f"y = ids + 7\nmodel = dense(4, 'softmax')\n{SCE}", ()),
    ],
)
@pytest.mark.parametrize("watching", [False, True])
def test_labels_of_a_cell(run, cell, codes, watching):
    if watching:
        run("%checkloss --watch")
    run(cell if watching else f"%%checkloss\n{cell}")
    assert _codes() == codes, str(logit_magic.last_report())


def test_a_cell_that_keras_stops_still_says_why(run):
    assert not run(f"%%checkloss\nmodel = dense(4, 'softmax')\n{CCE}\nmodel.fit(x, ids, verbose=0)").success
    (finding,) = logit_magic.last_report().findings
    assert finding.code == "LM301" and finding.location is not None and finding.location.line == 3
    assert "use keras.losses.SparseCategoricalCrossentropy()" in str(finding.fix)


def test_data_named_on_the_line(run):
    run(f"model = dense(4, 'softmax')\n{SCE}\nwrong = ids + 1")
    run("%checkloss --data x ids")
    assert _codes() == ()
    run("%checkloss --data x wrong")
    assert _codes() == ("LM302",)
