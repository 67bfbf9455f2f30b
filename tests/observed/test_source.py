"""Loops that a cell defines and does not run: a plain mismatch in their source is a warning, anything less plain is silent."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

import logit_magic
from logit_magic.report import Report
from tests.observed.style import ALL, BCE, CCE, HEAD, HERE, NET, ONE, SCE

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
PRELUDE = """\
import keras, numpy as np
from keras import layers, losses, ops
x = np.random.default_rng(0).normal(size=(16, 8)).astype('float32')
ids = np.arange(16) % 5
hot = np.eye(5, dtype='float32')[ids]
bits = (ids % 2).astype('float32')[:, None]
"""
Lab = Callable[..., Report]


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Run cells in a shell, the last of them checked, and give the report."""
    shell = InteractiveShell.instance()
    shell.run_cell("%load_ext logit_magic")

    def run(*cells: str, magic: str = "%%checkloss --quiet --text\n", fails: bool = False) -> Report:
        for cell in (PRELUDE, *cells[:-1]):
            assert shell.run_cell(cell).success
        assert shell.run_cell(magic + cells[-1]).success is not fails
        report = logit_magic.last_report()
        assert report is not None
        return report

    yield run
    shell.run_cell("%unload_ext logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)


_TAPE = "    with tf.GradientTape() as tape:\n"
_TF = f"import tensorflow as tf\n{NET}loss_fn = {SCE}\noptimizer = keras.optimizers.SGD(0.1)\n"
_UPDATE = "    grads = tape.gradient(value, model.trainable_variables)\n    optimizer.apply_gradients(zip(grads, model.trainable_variables))\n    return value\n"
_START = f"{NET}loss_fn = {SCE}\n"
_PROBABILITIES = ("None", "'softmax'", "LM102")
# name, cell, (right, wrong, what is found), backends, cells before
STYLES = (
    ("a step", f"{_START}def step(a, b):\n    p = model(a, training=True)\n    return loss_fn(b, p)  # <-", (), ALL, ()),
    ("the very call", f"{_START}def step(a, b):\n    return loss_fn(b, model(a))  # <-", (), ALL, ()),
    ("by keyword", f"{_START}def step(a, b):\n    return loss_fn(y_true=b, y_pred=model(a))  # <-", (), ALL, ()),
    ("with weights", f"{_START}def step(a, b, w):\n    return loss_fn(b, model(a), sample_weight=w)  # <-", (), ALL, ()),
    ("a loop", f"{_START}def train(data, epochs):\n    for _ in range(epochs):\n        for a, b in data:\n            p = model(a)\n            value = loss_fn(b, p)  # <-\n            print(value)", (), ALL, ()),
    ("a method", f"{_START}class Trainer:\n    def step(self, a, b):\n        p = model(a, training=True)\n        self.value = loss_fn(b, p)  # <-\ntrainer = Trainer()", (), ALL, ()),
    ("a nested function", f"{_START}def make():\n    def step(a, b):\n        p = model(a)\n        return ops.mean(loss_fn(b, p))  # <-\n    return step", (), ALL, ()),
    ("a loss written out", f"{NET}def step(a, b):\n    p = model(a)\n    return {SCE}(b, p)  # <-", (), ALL, ()),
    ("a loss function", f"{NET}def step(a, b):\n    return losses.sparse_categorical_crossentropy(b, model(a), from_logits=FLAG)  # <-", (), ALL, ()),
    ("a loss function by its full name", f"{NET}def step(a, b):\n    p = model(a)\n    return keras.losses.categorical_crossentropy(b, p, from_logits=FLAG)  # <-", (), ALL, ()),
    ("a loss function under another name", f"from keras.losses import binary_crossentropy as bce\n{ONE}def step(a, b):\n    p = model(a)\n    return bce(b, p, from_logits=FLAG)  # <-", (), ALL, ()),
    ("one unit", f"{ONE}loss_fn = {BCE}\ndef step(a, b):\n    p = model(a)\n    print(p.shape)\n    return loss_fn(b, p)  # <-", (), ALL, ()),
    ("a head that is wrong", f"{HEAD}loss_fn = losses.CategoricalFocalCrossentropy(from_logits=True)\ndef step(a, b):\n    return loss_fn(b, model(a))  # <-", _PROBABILITIES, ALL, ()),
    ("in a sum", f"{_START}def step(a, b):\n    p = model(a)\n    value = loss_fn(b, p) + sum(model.losses)  # <-\n    return value", (), ALL, ()),
    ("model and loss of earlier cells", "def step(a, b):\n    p = model(a)\n    return loss_fn(b, p)  # <-", (), ALL, (NET, f"loss_fn = {SCE}")),
    ("a model in an attribute", f"{NET}class Box:\n    pass\nbox = Box()\nbox.model, box.loss = model, {CCE}\ndel model\ndef step(a, b):\n    p = box.model(a)\n    return box.loss(b, p)  # <-", (), ALL, ()),
    ("below a magic", f"%matplotlib_is_not_there = 0\n{_START}def step(a, b):\n    return loss_fn(b, model(a))  # <-".replace("%matplotlib_is_not_there = 0", "%who_ls"), (), ALL, ()),
    ("a metric afterwards", f"{_START}seen = []\ndef step(a, b):\n    p = model(a)\n    value = loss_fn(b, p)  # <-\n    seen.append(p)\n    return value", (), ALL, ()),
    ("with a type", f"{_START}def step(a, b):\n    p: object = model(a)\n    return loss_fn(b, p)  # <-", (), ALL, ()),
    ("a tape", f"{_TF}def step(a, b):\n{_TAPE}        p = model(a, training=True)\n        value = loss_fn(b, p)  # <-\n{_UPDATE}", (), ("tensorflow",), ()),
    ("a tape, the loss beside it", f"{_TF}def step(a, b):\n{_TAPE}        p = model(a, training=True)\n    value = loss_fn(b, p)  # <-\n    return value", (), ("tensorflow",), ()),
    ("tf.function", f"{_TF}@tf.function\ndef step(a, b):\n{_TAPE}        p = model(a, training=True)\n        value = loss_fn(b, p)  # <-\n{_UPDATE}", (), ("tensorflow",), ()),
    ("tf.function in a class", f"{_TF}class Trainer:\n    @tf.function(jit_compile=True)\n    def step(self, a, b):\n        with tf.GradientTape() as tape:\n            value = loss_fn(b, model(a, training=True))  # <-\n        return value", (), ("tensorflow",), ()),
    ("tf.keras", "import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(5)])\ndef step(a, b):\n    p = model(a)\n    return tf.keras.losses.sparse_categorical_crossentropy(b, p, from_logits=FLAG)  # <-", (), ("tensorflow",), ()),
    ("stateless_call", f"import jax\n{_START}def compute(t, n, a, b):\n    p, n = model.stateless_call(t, n, a, training=True)\n    return loss_fn(b, p), n  # <-\ngrad_fn = jax.value_and_grad(compute, has_aux=True)", (), ("jax",), ()),
    ("stateless_call under jit", f"import jax\n{_START}@jax.jit\ndef compute(t, n, a, b):\n    return loss_fn(b, model.stateless_call(t, n, a)[0])  # <-", (), ("jax",), ()),
    ("backward", f"import torch\n{_START}optimizer = torch.optim.SGD(model.parameters(), 0.1)\ndef step(a, b):\n    optimizer.zero_grad()\n    p = model(a)\n    value = loss_fn(b, p)  # <-\n    value.backward()\n    optimizer.step()", (), ("torch",), ()),
)  # fmt: skip
_HERE = [pytest.param(*row[1:3], row[4], id=row[0]) for row in STYLES if BACKEND in row[3]]


def _line(cell: str) -> int:
    return next(i for i, line in enumerate(cell.splitlines(), 2) if HERE in line)


@pytest.mark.parametrize(("cell", "twins", "before"), _HERE)
def test_the_right_twin_is_silent(lab: Lab, cell: str, twins: tuple, before: tuple) -> None:
    right = (twins or ("True",))[0]
    report = lab(*(c.replace("FLAG", right) for c in (*before, cell)))
    assert [(p.basis, p.verdict) for p in report.pairs] == [("source", "match")]
    assert report.findings == ()


@pytest.mark.parametrize(("cell", "twins", "before"), _HERE)
def test_the_wrong_twin_is_a_warning(lab: Lab, cell: str, twins: tuple, before: tuple) -> None:
    _, wrong, code = twins or ("True", "False", "LM101")
    report = lab(*(c.replace("FLAG", wrong) for c in (*before, cell)))
    (found,) = [f for f in report.findings if f.severity != "info"]
    assert (found.code, found.severity, found.pair.basis) == (code, "warning", "source")
    assert found.pair.model in ("model", "box.model") and found.location.line == _line(cell)
    assert any("read in the source" in e.statement and e.how == "read" for e in found.evidence)


_WRONG = f"{NET}loss_fn = losses.SparseCategoricalCrossentropy()\n"
_RIGHT = f"{NET}loss_fn = losses.SparseCategoricalCrossentropy(from_logits=True)\n"
# each would be wrong if it were what it looks like at first sight
LOOK_ALIKES = {
    "softmax in between": f"{_WRONG}def step(a, b):\n    p = ops.softmax(model(a))\n    return loss_fn(b, p)",
    "softmax in the call": f"{_WRONG}def step(a, b):\n    p = model(a)\n    return loss_fn(b, ops.softmax(p))",
    "rebound": f"{_WRONG}def step(a, b):\n    p = model(a)\n    p = ops.softmax(p)\n    return loss_fn(b, p)",
    "rebound in a branch": f"{_WRONG}def step(a, b, c):\n    p = model(a)\n    if c:\n        p = ops.softmax(p)\n    return loss_fn(b, p)",
    "changed by an operator": f"{_WRONG}def step(a, b):\n    p = model(a)\n    p /= ops.sum(p)\n    return loss_fn(b, p)",
    "changed in place": f"{_WRONG}def step(a, b):\n    p = model(a)\n    normalise(p)\n    return loss_fn(b, p)",
    "an item changed": f"{_WRONG}def step(a, b):\n    p = model(a)\n    p[:] = 0.2\n    return loss_fn(b, p)",
    "a method of it": f"{_WRONG}def step(a, b):\n    p = model(a)\n    p.exp_()\n    return loss_fn(b, p)",
    "rebound by a loop": f"{_WRONG}def step(a, b):\n    p = model(a)\n    for p in [ops.softmax(p)]:\n        value = loss_fn(b, p)\n    return value",
    "used in a loop": f"{_WRONG}def step(a, b):\n    p = model(a)\n    for _ in range(3):\n        value = loss_fn(b, p)\n        normalise(p)\n    return value",
    "rebound by a closure": f"{_WRONG}def step(a, b):\n    p = model(a)\n    def inner():\n        nonlocal p\n        p = ops.softmax(p)\n    inner()\n    return loss_fn(b, p)",
    "walrus": f"{_WRONG}def step(a, b):\n    p = model(a)\n    return loss_fn(b, (p := ops.softmax(p)))",
    "parameters": f"{_WRONG}def step(model, loss_fn, a, b):\n    return loss_fn(b, model(a))",
    "the model is a parameter": f"{_WRONG}def step(model, a, b):\n    p = model(a)\n    return loss_fn(b, p)",
    "the loss is a parameter": f"{_WRONG}def step(a, b, *, loss_fn=None):\n    return loss_fn(b, model(a))",
    "parameters of the function around": f"{_WRONG}def make(model, loss_fn):\n    def step(a, b):\n        return loss_fn(b, model(a))\n    return step",
    "the model of self": f"{_WRONG}class Trainer:\n    def step(self, a, b):\n        return loss_fn(b, self.model(a))",
    "a local model": f"{_WRONG}def step(a, b):\n    model = build()\n    return loss_fn(b, model(a))",
    "a local loss": f"{_WRONG}def step(a, b):\n    loss_fn = make_loss()\n    return loss_fn(b, model(a))",
    "a global that a function binds": f"{_WRONG}def setup():\n    global loss_fn\n    loss_fn = make_loss()\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "a model that a function changes": f"{_WRONG}def setup():\n    model.layers[-1].activation = ops.softmax\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "names set by hand": f"{_WRONG}def step(a, b):\n    globals()['loss_fn'] = make_loss()\n    return loss_fn(b, model(a))",
    "a head chosen by a condition": f"{_WRONG}def step(a, b, c):\n    p = model(a) if c else ops.softmax(model(a))\n    return loss_fn(b, p)",
    "a loss chosen by a condition": f"{_WRONG}def step(a, b, c):\n    return loss_fn(b, model(a)) if c else 0.0",
    "a branch": f"{_WRONG}def step(a, b, c):\n    if c:\n        return loss_fn(b, model(a))\n    return 0.0",
    "after a return": f"{_WRONG}def step(a, b):\n    return 0.0\n    return loss_fn(b, model(a))",
    "after a branch that returns": f"{_WRONG}def step(a, b, c):\n    if c:\n        return 0.0\n    return loss_fn(b, model(a))",
    "in a try": f"{_WRONG}def step(a, b):\n    try:\n        return loss_fn(b, model(a))\n    except ValueError:\n        return 0.0",
    "in a lambda": f"{_WRONG}step = lambda a, b: loss_fn(b, model(a))",
    "in a comprehension": f"{_WRONG}def step(a, b):\n    return [loss_fn(b, model(a)) for model in (ops.softmax,)]",
    "a default": f"{_RIGHT}other = losses.SparseCategoricalCrossentropy()\ndef step(a, b, c=lambda a, b: other(b, model(a))):\n    return 0.0",
    "the other way round": f"{_WRONG}def step(a, b):\n    return loss_fn(model(a), b)",
    "a name that lies about the model": f"net = {NET.partition(' = ')[2]}{_RIGHT}loss_fn = losses.SparseCategoricalCrossentropy()\nmodel = lambda a: ops.softmax(net(a))\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "a name that lies about the loss": f"{NET}def loss_fn(a, b):\n    return losses.sparse_categorical_crossentropy(a, ops.softmax(b))\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "a name that lies about the package": f"{NET}class losses:\n    def sparse_categorical_crossentropy(a, b):\n        return 0.0\ndef step(a, b):\n    return losses.sparse_categorical_crossentropy(b, model(a))",
    "a loss class of the user's": f"{NET}class Own(losses.SparseCategoricalCrossentropy):\n    def call(self, a, b):\n        return super().call(a, ops.softmax(b))\nloss_fn = Own()\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "a flag that is not written out": f"{NET}flag = True\ndef step(a, b):\n    return losses.sparse_categorical_crossentropy(b, model(a), from_logits=flag)",
    "arguments that are unpacked": f"{NET}more = dict(from_logits=True)\ndef step(a, b):\n    return losses.sparse_categorical_crossentropy(b, model(a), **more)",
    "a flag by position": f"{NET}def step(a, b):\n    return losses.sparse_categorical_crossentropy(b, model(a), True)",
    "an option of the model": f"{_WRONG}def step(a, b):\n    return loss_fn(b, model(a, probabilities=True))",
    "a method of the model": f"{_WRONG}def step(a, b):\n    return loss_fn(b, model.probabilities(a))",
    "one output of several": f"{_WRONG}def step(a, b):\n    p, q = model(a)\n    return loss_fn(b, p)",
    "a model that calls itself in its own way": "class Net(keras.Sequential):\n    def __call__(self, *a, **k):\n        return ops.softmax(super().__call__(*a, **k))\nloss_fn = losses.SparseCategoricalCrossentropy()\nmodel = Net([layers.Input((8,)), layers.Dense(5)])\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "softmax in training alone": "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.d = layers.Dense(5)\n    def call(self, a, training=False):\n        return ops.softmax(self.d(a)) if training else self.d(a)\nloss_fn = losses.SparseCategoricalCrossentropy()\nmodel = Net()\n_ = model(x)\ndef step(a, b):\n    return loss_fn(b, model(a, training=True))",
    "not built": "model = keras.Sequential([layers.Dense(5)])\nloss_fn = losses.SparseCategoricalCrossentropy()\ndef step(a, b):\n    return loss_fn(b, model(a))",
    "replaced below": f"{_WRONG}def step(a, b):\n    return loss_fn(b, model(a))\ndef step(a, b):\n    return loss_fn(b, ops.softmax(model(a)))",
    "deleted below": f"{_WRONG}def step(a, b):\n    return loss_fn(b, model(a))\ndel step",
    "defined under a condition": f"{_WRONG}if True:\n    def step(a, b):\n        return loss_fn(b, model(a))",
    "replaced by its decorator": f"{_WRONG}def step(a, b):\n    return loss_fn(b, model(a))\nstep = None",
    "in a string": f"{_WRONG}code = '''\ndef step(a, b):\n    return loss_fn(b, model(a))\n'''\ndef run():\n    exec(code)\n    return model, loss_fn",
    "ran with another model": f"{_WRONG}wrong, model = model, keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax')])\ndef step(a, b):\n    return loss_fn(b, model(a))\nstep(x, ids)\nmodel = wrong",
    "ran by way of another with another model": f"{_WRONG}wrong, model = model, keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax')])\ndef step(a, b):\n    return loss_fn(b, model(a))\ndef train():\n    step(x, ids)\ntrain()\nmodel = wrong",
}  # fmt: skip


@pytest.mark.parametrize("cell", [pytest.param(cell, id=name) for name, cell in LOOK_ALIKES.items()])
def test_look_alikes_are_silent(lab: Lab, cell: str) -> None:
    report = lab(cell)
    assert [f for f in report.findings if f.severity != "info"] == []
    assert not [p for p in report.pairs if p.basis in ("source", "co-defined")]


STEP = "def step(a, b):\n    return loss_fn(b, model(a))\n"


def _bases(report: Report) -> list[tuple[str, str, str]]:
    return [(f.code, f.severity, f.pair.basis) for f in report.findings if f.pair is not None]


def test_a_loop_that_ran_was_observed_and_is_not_read(lab: Lab) -> None:
    report = lab(f"{_WRONG}{STEP}for _ in range(3):\n    step(x, ids)")
    assert _bases(report) == [("LM101", "error", "observed")] and len(report.pairs) == 1


def test_a_pair_that_was_observed_elsewhere_is_not_read(lab: Lab) -> None:
    report = lab(f"{_WRONG}{STEP}loss_fn(ids, model(x))")
    assert _bases(report) == [("LM101", "error", "observed")] and len(report.pairs) == 1


@pytest.mark.parametrize("loss", ["loss_fn", "'sparse_categorical_crossentropy'", "[loss_fn]"])
def test_a_pair_that_was_compiled_is_not_read(lab: Lab, loss: str) -> None:
    report = lab(f"{_WRONG}model.compile('sgd', loss={loss})\n{STEP}")
    assert _bases(report) == [("LM101", "error", "compiled")] and len(report.pairs) == 1


def test_another_loss_than_the_compiled_one_is_read(lab: Lab) -> None:
    report = lab(
        f"{_RIGHT}model.compile('sgd', loss=loss_fn)\nother = {CCE.replace('FLAG', 'False')}\ndef step(a, b):\n    return other(b, model(a))"
    )
    assert _bases(report) == [("LM101", "warning", "source")]


def test_two_functions_with_the_same_pair_are_one_finding(lab: Lab) -> None:
    report = lab(f"{_WRONG}{STEP}def validate(a, b):\n    p = model(a, training=False)\n    return loss_fn(b, p)")
    assert _bases(report) == [("LM101", "warning", "source")] and len(report.pairs) == 1


def test_a_cell_that_failed_is_not_read(lab: Lab) -> None:
    assert _bases(lab(f"{_WRONG}{STEP}1 / 0", fails=True)) in ([], [("LM101", "warning", "co-defined")])


@pytest.mark.parametrize(("comment", "found"), [("ignore", 0), ("ignore[LM101]", 0), ("ignore[LM102]", 1)])
def test_a_comment_silences_it(lab: Lab, comment: str, found: int) -> None:
    report = lab(f"{_WRONG}{STEP.rstrip()}  # checkloss: {comment}\n")
    assert len(report.findings) == found


def test_watch_mode_says_it_once(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab(_WRONG, "%checkloss --watch", magic="")
    capsys.readouterr()
    lab(STEP, magic="")
    assert capsys.readouterr().out.count("LM101 warning") == 1
    lab(STEP, magic="")
    assert "LM101" not in capsys.readouterr().out


def test_no_name_of_keras_is_counted_up(lab: Lab) -> None:
    lab(f"{NET}def step(a, b):\n    return losses.SparseCategoricalCrossentropy()(b, model(a))")
    report = lab("first = losses.MeanSquaredError(name=None).name\nsecond = layers.Dense(1).name")
    assert report.findings == ()
    shell = InteractiveShell.instance()
    assert shell.user_ns["first"] == "mean_squared_error"
