"""Holds what a check found and shows it: text, HTML, JSON, figure and panel, all from the same content.

Importing this imports the standard library only; ipywidgets, IPython and matplotlib are imported where they
are used.
"""

from __future__ import annotations

from logit_magic.report.report import MismatchError, Report

__all__ = ["MismatchError", "Report"]
