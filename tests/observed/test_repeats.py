"""Models that one line makes again and again: what is wrong there is said once, and names of the user's stay apart."""

from __future__ import annotations

import re

import pytest

BUILD = "keras.Sequential([layers.Input((8,)), layers.Dense(5{})])"
BUILDER = f"""\
def build(wrong=True):
    net = {BUILD.format("")}
    net.compile('sgd', losses.SparseCategoricalCrossentropy(from_logits=not wrong))  # the line
    return net
"""
SEARCH = """
import tempfile, keras_tuner
def build(hp):
    net = keras.Sequential([layers.Input((8,)), layers.Dense(hp.Int('units', 2, 9)), layers.Dense(5)])
    net.compile('sgd', losses.SparseCategoricalCrossentropy(from_logits=FLAG))
    return net
tuner = keras_tuner.RandomSearch(build, 'val_loss', max_trials=4, directory=tempfile.mkdtemp())
tuner.search(x, ids, epochs=1, validation_data=(x, ids), verbose=0)
"""
FOLDS = """
for fold in range(5):
    model = build()
    rows = np.arange(64) % 5 != fold
    model.fit(x[rows], ids[rows], verbose=0)
"""
LOOPS = f"""
loss_fn = losses.SparseCategoricalCrossentropy()
for fold in range(5):
    model = {BUILD.format("")}
    loss_fn(ids, model(x))
"""
HEADS = """
a = layers.Input((8,))
model = keras.Model(a, {'first': layers.Dense(5, name='first')(a), 'second': layers.Dense(5, name='second')(a)})
model.compile('sgd', losses.SparseCategoricalCrossentropy())
model.fit(x, {'first': ids, 'second': ids}, verbose=0)
"""


def _found(report):
    return [(f[0], f[2]) for f in report["findings"] if f[1] != "info"]


def _more(report):
    """How many more models the one finding speaks of."""
    ((message),) = [f[6] for f in report["findings"] if f[1] != "info"]
    said = re.search(r"and (\d+) more models? made there", message)
    return int(said[1]) if said else 0


@pytest.mark.parametrize(
    ("cell", "code", "least"),
    [
        (BUILDER + FOLDS, "LM101", 3),
        (LOOPS, "LM101", 4),
        (
            f"{BUILDER}def scores():\n    return [build().fit(x, ids, verbose=0) for _ in range(6)]\nscores()",
            "LM101",
            3,
        ),
        (f"{BUILDER}nets = [build() for _ in range(6)]", "LM101", 5),
    ],
    ids=["folds", "folds in a loop of one's own", "kept by no name", "kept in a list"],
)
def test_one_line_is_one_finding(notebook, cell, code, least):
    report = notebook.checked([cell])
    assert [code for code, _ in _found(report)] == [code]
    assert _more(report) >= least


def test_a_search_is_one_finding(notebook):
    pytest.importorskip("keras_tuner")
    report = notebook.checked([SEARCH.replace("FLAG", "False")])
    assert [f[0] for f in report["findings"] if f[1] != "info"] == ["LM101"]
    assert _more(report) >= 3 and len(report["pairs"]) >= 4
    assert [f for f in notebook.checked([SEARCH.replace("FLAG", "True")])["findings"] if f[1] != "info"] == []


@pytest.mark.parametrize(
    ("cell", "models"),
    [
        (BUILDER + "nets = {'right': build(False), 'wrong': build()}", ["nets['wrong']"]),
        (BUILDER + "nets = {'a': build(), 'b': build()}", ["nets['a']", "nets['b']"]),
        (BUILDER + "first, second = build(), build()", ["first", "second"]),
        (HEADS, ["model", "model"]),
        (f"one, two = {BUILD.format('')}, {BUILD.format('')}\nfn = losses.SparseCategoricalCrossentropy()\nfor net in (one, two):\n    fn(ids, net(x))", ["one", "two"]),
        (f"def make(loss):\n    net = {BUILD.format('')}\n    net.compile('sgd', loss)\n    net.fit(x, hot, verbose=0)\nmake('categorical_crossentropy')\nmake(losses.CategoricalFocalCrossentropy())", None),
    ],
    ids=["one of two", "keys of a dict", "names", "two heads", "names in a loop", "two losses"],
)  # fmt: skip
def test_what_names_or_losses_tell_apart_stays_apart(notebook, cell, models):
    report = notebook.checked([cell])
    found = [(f[2], f[3]) for f in report["findings"] if f[1] != "info"]
    assert sorted(model for model, _ in found) == models if models else len({loss for _, loss in found}) == 2
    assert not any("made there" in f[6] for f in report["findings"])
