"""The live panel: explores a report pair by pair with core ipywidgets controls; the only place that imports them.

It draws the chosen pair's chosen view only, so that the state that a notebook saves with it stays small. It holds the
report's frozen numbers and bounded samples; the model that a report is about is looked up when it is to be repaired.
"""

from __future__ import annotations

from logit_magic.report.panel.board import Board
from logit_magic.report.panel.box import Panel
from logit_magic.report.report import Report

__all__ = ["Panel", "panel"]


def panel(report: Report) -> Panel:
    """Return the panel for a report that has at least one pair."""
    return Board(report).box
