"""What there is to explore of one pair; arrays of a bounded size, and no model."""

from __future__ import annotations

from dataclasses import dataclass

from logit_magic.explore.curve import Curve
from logit_magic.explore.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Each is None where it does not apply."""

    rows: Rows | None
    curve: Curve | None
