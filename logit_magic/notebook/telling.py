"""What the shell is told in a line or two: below a cell, in watch mode, and where --strict fails a cell."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logit_magic.foreign import class_name, first_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from logit_magic.facts import Finding
    from logit_magic.report import MismatchError, Report


def say(text: str) -> None:
    """One line below the cell's own output, in its place even where output is captured."""
    from IPython.display import display

    display({"text/plain": text}, raw=True)


def fault(error: BaseException) -> str:
    """One line about a fault of ours."""
    said = f"{class_name(type(error))}: {first_line(error)}"
    return f"LM901 not-checked: a fault in logit_magic itself ({said}); please report it"


def told(chosen: Namespace, shell: InteractiveShell) -> str:
    """What --explain or --about asks for."""
    if chosen.explain:
        from logit_magic.rules import BY_CODE

        return str(BY_CODE[chosen.explain].page())
    from logit_magic.notebook.about import about

    return about(shell)


def mismatch(report: Report) -> MismatchError | None:
    """The error with which --strict fails a cell, to be shown as one line: the report stands above it."""
    from logit_magic.report import MismatchError

    try:
        report.raise_for_findings()
    except MismatchError as error:
        codes = ", ".join(dict.fromkeys(f.code for f in report.findings if f.severity == "error"))
        shown = f"{type(error).__name__}: {codes}, with --strict; the report above says more"
        # IPython asks the exception itself for its traceback, which otherwise were frames of this package
        vars(error)["_render_traceback_"] = lambda: [shown]
        return error.with_traceback(None)
    return None


@dataclass(slots=True)
class Mentions:
    """Watch mode: one quiet line for each finding that was not said before, or that was gone in between."""

    _said: set[tuple[str, str, str]] = field(default_factory=set)

    def of(self, report: Report) -> list[str]:
        """The lines that there are to say of the check of one cell."""
        known = {_key(finding) for finding in report.findings}
        known |= {("", note, "") for note in report.notes if "silenced" not in note and "left out" not in note}
        again = {pair.model for pair in report.pairs if pair.location is not None}
        # what was said of labels and metrics may just not have been seen: this cell need not have trained
        self._said -= {
            said for said in self._said - known if said[2] in again and not said[0].startswith(("LM3", "LM4"))
        }
        fresh = [f for f in report.findings if f.severity != "info" and _key(f) not in self._said]
        notes = sorted(note for code, note, _ in known - self._said if not code)
        self._said |= known
        return [*map(_line, fresh), *(f"checkloss: {note}" for note in notes)]

    def forget(self) -> None:
        """Whoever watches afresh is told afresh."""
        self._said.clear()


def _line(finding: Finding) -> str:
    where = f" ({finding.location})" if finding.location else ""
    # labels are seen while a cell trains with them: afterwards `%checkloss` knows nothing of them
    more = "`%%checkloss` on top of this cell" if finding.code.startswith("LM3") else "`%checkloss`"
    return f"{finding.code} {finding.severity}: {finding.message}{where}. {more} shows more."


def _key(finding: Finding) -> tuple[str, str, str]:
    from logit_magic import repeats

    return finding.code, repeats.plain(finding.message), "" if finding.pair is None else finding.pair.model
