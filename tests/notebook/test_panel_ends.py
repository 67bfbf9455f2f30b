"""When a panel ends: with the next run of its cell, whatever that run is and shows."""

from __future__ import annotations

from pathlib import Path

import pytest

REPORTS = Path(__file__).resolve().parents[1] / "report"
SETUP = f"""
import sys; sys.path.insert(0, {str(REPORTS)!r})
from ipywidgets.widgets import widget
from report_samples import CLEAN, FULL
from logit_magic.report import Report
from logit_magic.report.show import show
%load_ext logit_magic
def left(): print("left", len(widget._instances))
"""
RUNS_AGAIN = {
    "with --quiet and nothing found": "show(CLEAN, quiet=True)",
    "as text": "show(FULL, text_only=True)",
    "with no pair": "show(Report())",
    "with an error": "1 / 0",
    "with an error that Python finds before it runs": "if:",
    "without the extension": "x = 1",
    "with a check that shows nothing": "%%checkloss --quiet\nx = 1",
    "with options that are wrong": "%%checkloss --nonsense\nx = 1",
}


@pytest.fixture(scope="module")
def kernel(start_kernel):
    kernel = start_kernel()
    assert kernel.run(SETUP).reply["status"] == "ok"
    return kernel


def left(kernel) -> int:
    return int(kernel.run("left()", cell="counts").stream().split()[1])


@pytest.mark.parametrize("again", RUNS_AGAIN.values(), ids=RUNS_AGAIN)
def test_the_next_run_of_a_cell_ends_its_panel(kernel, again) -> None:
    before = left(kernel)
    kernel.run("show(FULL)", cell="a")
    assert left(kernel) > before + 5
    kernel.run("2 + 2", cell="b")
    assert left(kernel) > before + 5, "another cell is none of the panel's business"
    kernel.run(again, cell="a")
    assert left(kernel) == before


def test_two_panels_of_one_run_stand_side_by_side(kernel) -> None:
    before = left(kernel)
    kernel.run("show(FULL)", cell="a")
    one = left(kernel) - before
    kernel.run("show(FULL)\nget_ipython().run_cell('show(FULL)')", cell="a")
    assert left(kernel) - before == 2 * one
    kernel.run("", cell="a")
    kernel.run("1", cell="a")
    assert left(kernel) == before


def test_where_cells_have_no_identity_the_same_text_is_the_same_cell(kernel) -> None:
    before = left(kernel)
    for _ in range(2):
        kernel.run("show(FULL)")
        found = left(kernel)
    kernel.run("show(FULL);")
    assert left(kernel) - found == found - before > 5
