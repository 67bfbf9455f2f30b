"""Displays a report where the user is: static HTML and a live panel in a notebook, text in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logit_magic.report import document, text
from logit_magic.report.report import Report

if TYPE_CHECKING:
    from logit_magic.facts import Pair
    from logit_magic.measure.sample import Sample


def show(
    report: Report, *, text_only: bool = False, quiet: bool = False, given: Sequence[tuple[Pair, Sample]] = ()
) -> None:
    """Display a report; `_`, `Out` and the display hook are not touched.

    In a kernel the static report comes first, because it is what stands when the notebook is opened again or
    exported; the live panel follows where there is a pair to explore. Without usable ipywidgets the static
    report is all.

    Args:
        report: what to show.
        text_only: plain text, no HTML and no panel.
        quiet: show nothing where nothing was found.
        given: rows to race on, for pairs of the report; only a panel keeps them.
    """
    end_earlier()
    if quiet and not report.findings:
        return
    plain = _plain(report)
    if not _in_kernel():
        print(plain)
    elif text_only:
        _display({"text/plain": plain})
    else:
        _display({"text/plain": plain, "text/html": report.to_html()})
        if report.pairs:
            _display_panel(report, given)


def end_earlier() -> None:
    """Close the panels that earlier runs of the running cell left, whatever this run shows; never raises.

    A panel whose output is gone would keep widgets, models and data, and its race would train on for nobody.
    """
    box = sys.modules.get("logit_magic.report.panel.box")  # where it is not loaded, no panel was ever shown
    if box is None:
        return
    try:
        box.close_earlier(*_cell_and_run())
    except Exception:  # a broken ipywidgets is no news of this cell's
        return


def _plain(report: Report) -> str:
    """Return the report as text: one quiet line where nothing was found."""
    if report.findings:
        return str(report)
    return text.render(document.build(report.pairs, report.findings, report.notes), details=False)


def _in_kernel() -> bool:
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def _display(bundle: dict[str, Any]) -> None:
    from IPython.display import publish_display_data

    publish_display_data(bundle)


def _display_panel(report: Report, given: Sequence[tuple[Pair, Sample]]) -> None:
    try:
        from logit_magic.report.panel import panel

        box = panel(report, given)
        box.belongs_to(*_cell_and_run())
        bundle = box._repr_mimebundle_()
    except Exception:  # a missing, old or broken ipywidgets: the static report stands
        return
    _display(bundle)


def _cell_and_run() -> tuple[str, str]:
    """Return the identities of the cell that is running and of this run of it, "" where there is none.

    A front end that gives its cells no identity is told apart by what the cell says.
    """
    from IPython.core.getipython import get_ipython

    try:
        request = get_ipython().kernel.get_parent("shell")
        cell = request["metadata"].get("cellId") or request["content"].get("code") or ""
        return str(cell), str(request["header"]["msg_id"])
    except Exception:  # another kind of kernel, or none
        return "", ""
