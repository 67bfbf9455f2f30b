"""From a cell with a mismatch to its corrected source and back into the shell: no finding, and nothing else has changed."""

from __future__ import annotations

import os

import pytest
from IPython.core.interactiveshell import InteractiveShell

import logit_magic
from logit_magic.facts import Remedy
from logit_magic.fix.edit import applied
from tests.fix.round_trip_base import PRELUDE, Refusal, Row
from tests.fix.round_trip_refusals import REFUSALS
from tests.fix.round_trip_rows import ROWS

LINE = "%%checkloss --fix --text --samples 0\n"
CONFIRMING = LINE.replace(" --fix", "")
BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")


def asked(cell: str) -> str:
    return cell if "--cell --fix" in cell else LINE + cell


def ran(shell: InteractiveShell, cells: list[str]) -> logit_magic.Report:
    """Run cells in a fresh namespace; the report of the last one."""
    shell.reset(new_session=True)
    for cell in cells:
        assert shell.run_cell(cell, store_history=True).success, cell
    return logit_magic.last_report()


def earlier(row: Row | Refusal) -> list[str]:
    prelude = [PRELUDE] if getattr(row, "prelude", True) else []
    return [*prelude, *row.before]


def remedies(report: logit_magic.Report) -> list[Remedy]:
    return [remedy for finding in report.findings if finding.fix is not None for remedy in finding.fix.remedies]


@pytest.mark.parametrize(
    "row", [row for row in ROWS if BACKEND in (row.backends or (BACKEND,))], ids=lambda row: row.name
)
def test_the_fixed_cell_runs_clean_and_differs_in_one_place(shell, row: Row) -> None:
    before, cell = earlier(row), asked(row.cell)
    report = ran(shell, [*before, cell])
    assert report.findings[0].code == row.code
    preferred = next(remedy for remedy in report.findings[0].fix.remedies if remedy.edit is not None)
    assert preferred is report.findings[0].fix.remedies[0], report.findings[0].fix.remedies[0].problem
    if row.at is not None:
        place = len(before) - len(row.before) + row.at
        edit = preferred.edit
        assert edit.cell == place + 1 and f"In[{place + 1}]" in edit.diff
        assert (
            edit.corrected == before[place].rstrip("\n").replace(row.old, row.new) and before[place].count(row.old) == 1
        )
        assert not shell.rl_next_input and f"In[{place + 1}]" in str(report)
        after = ran(shell, [*before[:place], edit.corrected, *before[place + 1 :], CONFIRMING + row.cell])
    else:
        fixed = shell.rl_next_input
        expected = cell.replace(row.old, row.new) if row.old else fixed
        assert row.cell.count(row.old) == 1 or not row.old
        assert fixed == expected.replace(" --fix", "")
        after = ran(shell, [*before, fixed])
    assert after.findings == () and after.pairs
    assert {pair.verdict for pair in after.pairs} == {"match"}
    _every_other_edit_does_what_it_says(shell, before, cell, report)


def _every_other_edit_does_what_it_says(
    shell: InteractiveShell, before: list[str], cell: str, first: logit_magic.Report
) -> None:
    """Not the preferred one alone: each, applied on its own, takes its finding away."""
    offered = [(f, r) for f in first.findings if f.fix for r in f.fix.remedies if r.edit]
    assert offered
    for finding, remedy in offered[1:]:
        edit = remedy.edit
        assert edit.corrected == applied(edit.original, edit.replacements)
        cells = [*before, cell]
        assert cells[edit.cell - 1].rstrip("\n") == edit.original.rstrip("\n")
        cells[edit.cell - 1] = edit.corrected
        again = ran(shell, cells)
        same = [
            f for f in again.findings if f.pair.model == finding.pair.model and f.pair.output == finding.pair.output
        ]
        assert same == [], f"{remedy.change}\n{edit.diff}"


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row.name)
def test_what_is_not_certain_is_not_offered(shell, row: Refusal) -> None:
    report = ran(shell, [*earlier(row), LINE + row.cell])
    meant = [r for r in remedies(report) if any(s.kind in row.kinds for s in r.steps) or not (r.steps or row.kinds)]
    assert meant and [r.edit for r in meant if r.edit is not None] == []
    assert any(row.says in r.problem for r in meant), [r.problem for r in meant]
    assert all(r.problem for r in remedies(report) if r.edit is None)
