"""`%%checkloss --fix`: the corrected cell that takes the place of the one that was run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logit_magic.fix import applied
from logit_magic.notebook import cell_line

if TYPE_CHECKING:
    from logit_magic.facts import Finding, Replacement, SourceEdit
    from logit_magic.report import Report

_FLAG = re.compile(r"[ \t]+--fix(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Corrected:
    """What --fix comes to.

    Attributes:
        cell: the corrected cell, without --fix, so that running it again only confirms; None where it stays as it is.
        note: one line that says so.
    """

    cell: str | None
    note: str


def corrected(report: Report, cell: str, number: int) -> Corrected:
    """Make the preferred change of every pair's worst finding, where it is a change of this cell.

    Args:
        report: with the edits of its remedies.
        cell: as typed.
        number: its execution number.
    """
    made: list[Replacement] = []
    pairs: list[object] = []
    left: list[str] = []
    for finding in (f for f in report.findings if f.severity != "info"):
        if finding.pair is not None and finding.pair in pairs:
            continue  # the next run says whether there is anything left of it
        pairs.append(finding.pair)
        edit = _preferred(finding)
        if edit is None:
            left.append(_why_not(finding))
        elif edit.cell != number or edit.original != cell:
            where = f"cell In[{edit.cell}]" if edit.file == "cell" else edit.file
            left.append(f"{finding.code} is to be put right in {where}: see its diff")
        elif not _fits(edit, made):
            left.append(f"{finding.code} changes the same place as another finding: run the cell again")
        else:
            made += [one for one in edit.replacements if one not in made]
    rest = f" Not changed: {'; '.join(dict.fromkeys(left))}." if left else ""
    if not made:
        return Corrected(None, f"--fix: the cell stays as it is.{rest}" if left else "--fix: there is nothing to fix.")
    note = "--fix: the corrected source stands in place of the cell; run it to confirm."
    return Corrected(without_flag(applied(cell, made)), note + rest)


def without_flag(cell: str) -> str:
    """The cell with `--fix` taken off the line that asks for the check."""
    at = cell_line.request_span(cell)
    if at is None:
        return cell
    start, end = at
    return cell[:start] + _FLAG.sub("", cell[start:end]) + cell[end:]


def _preferred(finding: Finding) -> SourceEdit | None:
    remedies = finding.fix.remedies if finding.fix is not None else ()
    return next((remedy.edit for remedy in remedies if remedy.edit is not None), None)


def _why_not(finding: Finding) -> str:
    remedies = finding.fix.remedies if finding.fix is not None else ()
    problem = next((remedy.problem for remedy in remedies if remedy.problem), "where to change it was not found")
    return f"{finding.code}, since {problem}"


def _fits(edit: SourceEdit, made: list[Replacement]) -> bool:
    """Whether an edit can be made beside those made already."""
    fresh = [one for one in edit.replacements if one not in made]
    apart = ((a.end <= b.start or b.end <= a.start) and a.start != b.start for a in fresh for b in made)
    return all(apart)
