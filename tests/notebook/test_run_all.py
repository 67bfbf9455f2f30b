"""Run All: a cell that fails under `%%checkloss`, or with --strict on a finding, stops a notebook; others do not."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

MISMATCH = """\
import keras
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
model.compile('sgd', 'sparse_categorical_crossentropy')
trained = 'done'
"""
LATER = "later = 'ran'\nprint(later)"


def _run_all(folder, *cells):
    """Execute the cells after one that loads the extension: their outputs, their counts, the error that stopped them."""
    sources = ("%load_ext logit_magic", *cells)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    stopped = None
    try:
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    except CellExecutionError as error:
        stopped = error
    return [cell.outputs for cell in notebook.cells[1:]], [c.execution_count for c in notebook.cells[1:]], stopped


@pytest.mark.parametrize(
    ("cells", "error"),
    [
        (("%%checkloss\n1 / 0",), "ZeroDivisionError"),
        (("%%checkloss\nx = = 1",), "SyntaxError"),
        (("%%checkloss\nimport asyncio\nawait asyncio.sleep(0)\n{}['k']",), "KeyError"),
        (("%%checkloss\n%%time\n1 / 0",), "ZeroDivisionError"),
        (("%%checkloss\nraise KeyboardInterrupt",), "KeyboardInterrupt"),
        ((f"%%checkloss --strict\n{MISMATCH}",), "MismatchError"),
    ],
)
def test_a_failing_cell_stops_the_notebook(tmp_path, cells, error):
    outputs, counts, stopped = _run_all(tmp_path, *cells, LATER)
    assert stopped is not None and stopped.ename == error
    assert outputs[-1] == [] and counts[-1] is None
    assert [output.ename for output in outputs[-2] if output.output_type == "error"] == [error]


@pytest.mark.parametrize(
    "cells",
    [
        ("%%checkloss\n1",),
        ("%%checkloss --bogus\n1",),
        (f"%%checkloss\n{MISMATCH}", "assert trained == 'done'"),
        ("%%checkloss --strict\nclean = 1",),
    ],
)
def test_other_cells_do_not(tmp_path, cells):
    outputs, counts, stopped = _run_all(tmp_path, *cells, LATER)
    assert stopped is None
    assert outputs[-1][0]["text"] == "ran\n" and counts[-1] == len(cells) + 2


@pytest.fixture(scope="module")
def kernel(start_kernel):
    kernel = start_kernel()
    kernel.run("%load_ext logit_magic")
    return kernel


@pytest.mark.parametrize("first", ["", "import asyncio\nawait asyncio.sleep(0)\n"])
def test_strict_fails_after_the_cells_own_work_and_report(kernel, first):
    said = kernel.run(f"%%checkloss --strict --text\n{first}{MISMATCH}print('own work')")
    assert (said.reply["status"], said.reply["ename"]) == ("error", "MismatchError")
    kinds = [kind for kind, _ in said.messages if kind in ("stream", "display_data", "error")]
    assert kinds[-3:] == ["stream", "display_data", "error"] and said.stream().endswith("own work\n")
    (error,) = said.contents("error")
    assert "LM101" in error["evalue"] and len(error["traceback"]) == 1
    (report,) = said.contents("display_data")
    assert set(report["data"]) == {"text/plain"}
    assert kernel.run("print(trained, model.compiled)").stream() == "done True\n"


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("%checkloss --strict", "error"),
        ("%checkloss --strict --ignore LM101", "ok"),
        ("%%checkloss --strict --ignore LM101\nmodel.compile('sgd', 'sparse_categorical_crossentropy')", "ok"),
        ("%%checkloss --strict\nmodel.compile('sgd', 'mse')", "ok"),
        ("%checkloss --strict", "ok"),
    ],
)
def test_strict_fails_on_findings_of_severity_error_alone(kernel, cell, status):
    assert kernel.run(cell).reply["status"] == status
