"""The recorder sees what a cell compiles and trains, and nothing of it survives the cell, however the cell ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

import logit_magic

BUILD = "keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name='head')])"
COMPILE = f"model = {BUILD}\nmodel.compile('sgd', 'sparse_categorical_crossentropy')\n"


@pytest.fixture
def run(shell):
    """Run a cell in a shell that has Keras and data; return IPython's result."""
    shell.run_cell("import gc, weakref, keras, numpy as np\nx, y = np.eye(3, dtype='float32'), np.array([0, 1, 0])")
    return shell.run_cell


def _patched():
    """What the recorder may have left: functions of its own below Keras' methods, and import hooks."""
    import keras

    cells = [*keras.Model.compile.__closure__, *keras.Model.fit.__closure__]
    ours = [c.cell_contents for c in cells if type(c.cell_contents).__module__.startswith("logit_magic")]
    return ours + [finder for finder in sys.meta_path if type(finder).__module__.startswith("logit_magic")]


def _pairs():
    return [(pair.model, pair.loss) for pair in logit_magic.last_report().pairs]


def test_while_the_cell_runs_there_is_a_patch(run, shell):
    shell.push({"patched": _patched})
    assert run("%%checkloss\nduring = len(patched())").success
    assert shell.user_ns["during"] >= 2, "else the tests below would pass without looking"
    assert run("without = len(patched())").success and shell.user_ns["without"] == 0


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("x", None),
        (COMPILE, None),
        (f"{COMPILE}model.fit(x, y, verbose=0)", None),
        (f"{COMPILE}1 / 0", ZeroDivisionError),
        (f"{COMPILE}raise KeyboardInterrupt", KeyboardInterrupt),
        (f"{COMPILE}raise SystemExit", SystemExit),
        (f"{COMPILE}import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)", KeyboardInterrupt),
        (f"{COMPILE}model.fit(x, np.ones((3, 7, 7)), verbose=0)", Exception),
        (f"{COMPILE}model.compile('sgd', 'no_such_loss')\nmodel.fit(x, y, verbose=0)", ValueError),
        (f"import asyncio\nawait asyncio.sleep(0)\n{COMPILE}", None),
        (f"import asyncio\n{COMPILE}await asyncio.sleep(0)\nraise asyncio.CancelledError", BaseException),
        ("x = = 1", SyntaxError),
        ("get_ipython().run_cell('%%checkloss\\n1')", None),
        ("get_ipython().run_cell('1 / 0')", None),
        ("%load_ext logit_magic", None),
        ("%reload_ext logit_magic", None),
    ],
)
@pytest.mark.parametrize("watching", [False, True])
def test_no_patch_survives_the_cell(run, cell, error, watching):
    if watching:
        run("%checkloss --watch")
    result = run(cell if watching else f"%%checkloss\n{cell}")
    raised = result.error_before_exec or result.error_in_exec
    assert raised is None if error is None else isinstance(raised, error)
    assert _patched() == []
    assert run("%%checkloss\n" + COMPILE).success and _pairs() == [("model", "'sparse_categorical_crossentropy'")]


def test_a_run_that_was_cancelled_without_a_result_disarms(run, shell):
    run("x")
    info = type("Info", (), {"raw_cell": "%%checkloss\n1", "cell_id": None})()
    shell.events.trigger("pre_run_cell", info)
    assert len(_patched()) >= 2
    shell.events.trigger("post_run_cell", None)  # as ipykernel does
    assert _patched() == []


def test_a_child_that_exits_within_the_cell(run, shell):
    cell = (
        "import os\npid = os.fork()\nif pid == 0:\n    os._exit(7)\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])"
    )
    assert run(f"%%checkloss\n{cell}\n{COMPILE}").success
    assert shell.user_ns["status"] == 7 and _patched() == []
    assert _pairs() == [("model", "'sparse_categorical_crossentropy'")]


def test_a_patch_by_the_cell_itself_stays(run, shell):
    import keras

    own = keras.Model.compile
    patch = (
        "was = keras.Model.compile\ncalls = []\n"
        "def patched(self, *a, **k):\n    calls.append(a)\n    return was(self, *a, **k)\n"
    )
    try:
        assert run(f"%%checkloss\n{patch}keras.Model.compile = patched\n{COMPILE}").success
        assert keras.Model.compile is shell.user_ns["patched"] and len(shell.user_ns["calls"]) == 1
    finally:
        if "compile" in vars(keras.Model):
            del keras.Model.compile
    assert keras.Model.compile is own and _patched() == []


@pytest.mark.parametrize(
    ("cell", "pairs"),
    [
        (
            f"def build():\n    m = {BUILD}\n    m.compile('sgd', 'mse')\n    return m\nbuilt = build()",
            [("built", "'mse'")],
        ),
        (
            f"def build():\n    m = {BUILD}\n    m.name = 'inner'\n    m.compile('sgd', 'mse')\nbuild()",
            [("inner", "'mse'")],
        ),
        (f"models = {{'a': {BUILD}}}\nmodels['a'].compile('sgd', 'mse')", [("models['a']", "'mse'")]),
        (f"class Holder: pass\nh = Holder()\nh.net = {BUILD}\nh.net.compile('sgd', 'mse')", [("h.net", "'mse'")]),
        (f"m = {BUILD}\nm.compile('sgd', 'mse')\nm.compile('sgd', 'mae')", [("m", "'mae'")]),
        (f"m = {BUILD}", []),
        ("2 + 2", []),
    ],
)
def test_models_are_found_wherever_they_are_compiled(run, cell, pairs):
    assert run(f"%%checkloss\n{cell}").success
    assert _pairs() == pairs if pairs else logit_magic.last_report().pairs == ()


@pytest.mark.parametrize(
    ("fit", "rows"),
    [
        ("model.fit(x, y, verbose=0)", 3),
        ("model.fit(x=x, y=y, verbose=0)", 3),
        ("model.fit(np.repeat(x, 200, 0), np.repeat(y, 200), verbose=0)", 256),
        ("model.fit([[1., 0., 0.]], [[1]], verbose=0)", None),
        ("x", None),
    ],
)
def test_the_data_of_fit_is_recorded(run, fit, rows):
    run(f"%%checkloss\n{COMPILE}{fit}")
    (pair,) = logit_magic.last_report().pairs
    sample = pair.distributions.sample
    assert sample.source.startswith(f"the first {rows} rows passed to fit") == (rows is not None)
    assert rows is None or (sample.rows == rows and not sample.synthetic)


@pytest.mark.parametrize(
    "cell",
    [
        f"def build():\n    m = {BUILD}\n    m.compile('sgd', 'mse')\n    return weakref.ref(m)\nat = build()",
        f"def build():\n    m = {BUILD}\n    m.compile('sgd', 'mse')\n"
        "    m.fit(x, x[:, :2], verbose=0)\n    return weakref.ref(m)\nat = build()",
        f"m = {BUILD}\nm.compile('sgd', 'mse')\nat = weakref.ref(m)\ndel m",
    ],
)
@pytest.mark.parametrize("ending", ["", "\n1 / 0"])
def test_models_are_freed_after_the_check(run, shell, cell, ending):
    run(f"%%checkloss\n{cell}{ending}")
    run("import sys\nsys.last_value = sys.last_traceback = sys.last_exc = None")  # where IPython keeps the error
    run("keras.backend.clear_session()\ngc.collect()\nfreed = at() is None")
    assert shell.user_ns["freed"] is True


def test_a_model_that_has_a_name_is_not_freed(run, shell):
    run(f"%%checkloss\nm = {BUILD}\nm.compile('sgd', 'mse')\nat = weakref.ref(m)")
    run("keras.backend.clear_session()\ngc.collect()\nfreed = at() is None")
    assert shell.user_ns["freed"] is False


def test_load_model_returns_a_compiled_model(run, shell, tmp_path):
    shell.push({"path": str(tmp_path / "saved.keras")})
    assert run(f"%%checkloss\n{COMPILE}model.save(path)\nagain = keras.saving.load_model(path)").success
    assert shell.user_ns["again"].compiled and shell.user_ns["again"].loss == "sparse_categorical_crossentropy"
    assert run("%%checkloss\nalone = keras.saving.load_model(path)").success
    assert shell.user_ns["alone"].compiled and _pairs()[0][0] == "alone"


FIRST_IMPORT = """
import sys
from IPython.core.interactiveshell import InteractiveShell
import logit_magic
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "logit_magic")
before = list(sys.meta_path)
shell.run_cell({cell!r})
left = [finder for finder in sys.meta_path if type(finder).__module__.startswith("logit_magic")]
keras = sys.modules.get("keras")
cells = [] if keras is None else [*keras.Model.compile.__closure__, *keras.Model.fit.__closure__]
swapped = [c for c in cells if type(c.cell_contents).__module__.startswith("logit_magic")]
report = logit_magic.last_report()
where = [pair.location.line for pair in report.pairs if pair.location] if report else []
print("RESULT", "keras" in sys.modules, set(before) <= set(sys.meta_path), left, swapped, where)
"""


@pytest.mark.parametrize(
    ("cell", "imported", "lines"),
    [
        ("%%checkloss\nimport sys", False, []),
        (f"%%checkloss\nimport keras\n\nmodel = {BUILD}\nmodel.compile('sgd', 'mse')", True, [5]),
        (
            f"%%checkloss\nfrom keras import Sequential\nimport keras\nmodel = {BUILD}\n"
            "model.compile('sgd', 'mse')\n1 / 0",
            True,
            [5],
        ),
        ("%%checkloss\nimport os\nos.environ['KERAS_BACKEND'] = 'nosuch'\nimport keras", False, []),
    ],
)
def test_a_first_import_of_keras_is_watched_and_leaves_no_hook(cell, imported, lines, tmp_path):
    source = FIRST_IMPORT.format(cell=cell)
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert run.stdout.splitlines()[-1] == f"RESULT {imported} True [] [] {lines}"
