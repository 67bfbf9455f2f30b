"""`%load_ext` is light and repeatable, `%unload_ext` leaves no trace, help names every option, shells are apart."""

from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook_compare import shown

from logit_magic.notebook import cell_line, extension
from logit_magic.notebook.options import _ARGUMENTS

HEAVY = ("keras", "tensorflow", "jax", "torch", "numpy", "matplotlib", "ipywidgets")
FRESH = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
shell.run_line_magic("load_ext", "logit_magic")
{more}
print(sorted({{name.split(".")[0] for name in sys.modules}} & set({heavy!r})))
"""
NOTHING = "No model-loss pair found to check."
COMPILE = """
import keras
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "sparse_categorical_crossentropy")
"""


@pytest.mark.parametrize(
    ("more", "imported"),
    [
        ("", []),
        ("shell.run_cell('x = 1')", []),
        ("shell.run_cell('%checkloss --watch')\nshell.run_cell('x = 1')", []),
        ("import numpy", ["numpy"]),  # the test can see an import
    ],
)
def test_loading_imports_nothing_heavy(more, imported, tmp_path):
    source = FRESH.format(more=more, heavy=HEAVY)
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert run.stdout.splitlines()[-1] == str(imported)


def _snapshot(shell):
    shell.find_line_magic("load_ext")  # IPython makes the objects of its own magics when they are first asked for
    manager = shell.input_transformer_manager
    return {
        "magics": {kind: set(magics) for kind, magics in shell.magics_manager.magics.items()},
        "registry": dict(shell.magics_manager.registry),
        "transformers": [
            list(manager.cleanup_transforms),
            list(manager.line_transforms),
            list(manager.token_transformers),
        ],
        "callbacks": {event: list(callbacks) for event, callbacks in shell.events.callbacks.items()},
        "meta_path": list(sys.meta_path),
        "configurables": list(shell.configurables),
        "names": {name for name in shell.user_ns if not name.startswith("_")},
        "keras": [cell.cell_contents for cell in _keras_cells()],
    }


def _keras_cells():
    keras = sys.modules.get("keras")
    return [] if keras is None else [*keras.Model.compile.__closure__, *keras.Model.fit.__closure__]


@pytest.mark.parametrize(
    "meanwhile",
    [
        (),
        ("%%checkloss\n1",),
        (f"%%checkloss{COMPILE}",),
        ("%%checkloss\n1 / 0",),
        ("%checkloss --watch", "1"),
        ("%load_ext logit_magic", "%reload_ext logit_magic"),
    ],
)
def test_unloading_leaves_no_trace(bare_shell, meanwhile):
    import keras  # noqa: F401 - so that both snapshots look into it

    before = _snapshot(bare_shell)
    bare_shell.run_line_magic("load_ext", "logit_magic")
    assert {key for key, value in _snapshot(bare_shell).items() if value != before[key]} == {
        "magics", "registry", "transformers", "callbacks", "configurables",
    }  # fmt: skip
    for cell in meanwhile:
        bare_shell.run_cell(cell)
    bare_shell.run_line_magic("unload_ext", "logit_magic")
    after = _snapshot(bare_shell)
    after["names"] -= {"keras", "model"}  # the cells' own
    assert after == before


def test_unloading_within_a_watched_cell(bare_shell, capsys):
    before = _snapshot(bare_shell)
    bare_shell.run_line_magic("load_ext", "logit_magic")
    assert bare_shell.run_cell("%%checkloss\n%unload_ext logit_magic\nprint('own')").success
    assert _snapshot(bare_shell) == before
    assert capsys.readouterr().out == "own\n"
    assert not bare_shell.run_cell("%checkloss").success


@pytest.mark.parametrize(
    ("commands", "reports"),
    [
        (("load_ext",), 1),
        (("load_ext", "load_ext"), 1),
        (("load_ext", "reload_ext"), 1),
        (("reload_ext", "reload_ext"), 1),
        (("load_ext", "unload_ext", "load_ext"), 1),
        (("load_ext", "unload_ext"), 0),
        (("load_ext", "unload_ext", "unload_ext"), 0),
    ],
)
def test_one_report_per_cell_however_often_it_is_loaded(bare_shell, capsys, commands, reports):
    for command in commands:
        bare_shell.run_line_magic(command, "logit_magic")
    capsys.readouterr()
    bare_shell.run_cell("%%checkloss\nx = 1")
    assert capsys.readouterr().out.count(NOTHING) == reports
    extension.unload(bare_shell)


def test_loading_by_function_twice_is_harmless(bare_shell, capsys):
    extension.load(bare_shell)
    extension.load(bare_shell)
    bare_shell.run_cell("%%checkloss\nx = 1")
    assert capsys.readouterr().out.count(NOTHING) == 1
    extension.unload(bare_shell)


def test_two_shells_are_apart(capsys):
    one, two = InteractiveShell(), InteractiveShell()
    try:
        one.run_line_magic("load_ext", "logit_magic")
        two.run_line_magic("load_ext", "logit_magic")
        one.run_line_magic("checkloss", "--watch")
        for shell, findings in ((one, 1), (two, 0), (one, 0)):  # `two` does not watch; `one` has said it
            shell.run_cell(COMPILE)
            assert capsys.readouterr().out.count("LM101") == findings
        one.run_line_magic("unload_ext", "logit_magic")
        two.run_cell("%%checkloss\nx = 1")
        assert capsys.readouterr().out.count(NOTHING) == 1
    finally:
        extension.unload(one)
        extension.unload(two)


@pytest.fixture(scope="module")
def kernel(start_kernel):
    kernel = start_kernel()
    kernel.run("%load_ext logit_magic")
    return kernel


@pytest.mark.parametrize("cell", ["%checkloss?", "%%checkloss?", "?%checkloss"])
def test_help_names_every_option(kernel, cell):
    (page,) = kernel.run(cell).reply["payload"]
    text = " ".join(page["data"]["text/plain"].split())
    options = [name for argument in _ARGUMENTS for name in argument.args]
    assert len(options) == 16
    assert [name for name in options if name not in text and name.upper().rstrip("S") not in text] == []
    assert "runs the cell as if the line were not there" in text and "%%checkloss on top of it" in text


def test_completion_offers_the_magic(shell):
    assert "%%checkloss" in shell.complete("%%checkl")[1] and "%checkloss" in shell.complete("%checkl")[1]


@pytest.mark.parametrize(
    ("cell", "compiled", "options", "shift"),
    [
        ("%%checkloss\nx\n", "# %%checkloss\nx\n", "", 0),
        ("%%checkloss --text\nx\n", "# %%checkloss --text\nx\n", "--text", 0),
        ("%%checkloss\n%%time\nx\n", "%%time\nx\n", "", 2),
        ("%%checkloss\n\n%%time\nx\n", "%%time\nx\n", "", 3),
        ("%%time\n%%checkloss --text\nx\n", None, "--text", 1),
        ("%%time\n%%checkloss\n%%capture\nx\n", None, "", 3),
        ("%%checkloss\n\n    x\n    y\n", "# %%checkloss\n\nx\ny\n", "", 0),
        ("  \n%%checkloss\nx\n", "  \n# %%checkloss\nx\n", "", 1),
        ("x = 1\n%checkloss --cell --text\n", None, "--text", 0),
        ("%%checkloss", "# %%checkloss", "", 0),
        ("%%checklosses\nx\n", None, None, 0),
        ("%%checkloss?\n", None, None, 0),
        ("x\n%%checkloss\n", None, None, 0),
        ("%checkloss model\n", None, None, 0),
        ("%%time\nx\n%%checkloss\n", None, None, 0),
        ("", None, None, 0),
    ],
)
def test_the_line_is_found_and_made_a_comment(cell, compiled, options, shift):
    lines = cell.splitlines(keepends=True)
    once = cell_line.as_comment(lines)
    assert "".join(once) == (cell if compiled is None else compiled)
    assert cell_line.as_comment(once) == once  # IPython calls it several times
    found = cell_line.find(cell)
    assert found == (None if options is None else cell_line.Request(options, shift))


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%checkloss --text\n1\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 3),
        ("\n \n%%checkloss --text\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 4),
        ("%%checkloss --text\n%%time\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 3),
        ("%%time\n%%checkloss --text\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 3),
        ("%%checkloss --text\n%%time\n1\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 4),
        ("%%timeit -n1 -r1\n%%checkloss --text\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 3),
        ("%%capture got\n%%checkloss --text\n%%time\nmodel.compile('sgd', loss='sparse_categorical_crossentropy')", 4),
    ],
)
def test_lines_are_counted_in_the_cell_that_the_user_sees(kernel, cell, line):
    assert kernel.run(COMPILE).reply["status"] == "ok"
    said = kernel.run(cell)
    (report,) = [c["data"]["text/plain"] for c in said.contents("display_data")] or shown(said)
    assert f"line {line}" in " ".join(report.split())


@pytest.mark.parametrize(
    ("commands", "lines"),
    [
        (("%load_ext logit_magic",), 1),
        (("%reload_ext logit_magic",), 0),  # as freshly loaded: nobody watches
        (("%reload_ext logit_magic", "%checkloss --watch"), 1),
        (("%unload_ext logit_magic",), 0),
        (("%unload_ext logit_magic", "%load_ext logit_magic"), 0),
        (("%unload_ext logit_magic", "%load_ext logit_magic", "%checkloss --watch"), 1),
        (("%%checkloss --quiet\n%reload_ext logit_magic",), 0),
    ],
)
def test_loading_and_unloading_under_watch(bare_shell, capsys, commands, lines):
    for command in ("%load_ext logit_magic", "%checkloss --watch", *commands):
        bare_shell.run_cell(command)
    capsys.readouterr()
    assert bare_shell.run_cell(COMPILE).success
    assert capsys.readouterr().out.count("LM101") == lines
    extension.unload(bare_shell)
