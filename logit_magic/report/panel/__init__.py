"""The live panel: explores a report pair by pair with core ipywidgets controls; the only place that imports them.

It draws the chosen pair's chosen view only, so that the state that a notebook saves with it stays small. It holds the
report's frozen numbers and bounded samples, and rows to race on until it is closed; the model that a report is about is
looked up when it is to be repaired or raced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logit_magic.report.panel.board import Board
from logit_magic.report.panel.box import Panel
from logit_magic.report.report import Report

if TYPE_CHECKING:
    from logit_magic.facts import Pair
    from logit_magic.measure.sample import Sample

__all__ = ["Panel", "panel"]


def panel(report: Report, given: Sequence[tuple[Pair, Sample]] = ()) -> Panel:
    """Return the panel for a report that has at least one pair.

    Args:
        report: what to explore.
        given: rows to train on, for pairs of the report; the panel keeps them until it is closed.
    """
    return Board(report, given).box
