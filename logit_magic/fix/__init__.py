"""Corrected source for a finding, with exact positions; the live model is repaired in `live`."""

from __future__ import annotations

from logit_magic.fix.edit import applied
from logit_magic.fix.remedies import Sources, remedies, with_edits

__all__ = ["Sources", "applied", "remedies", "with_edits"]
