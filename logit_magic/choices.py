"""How to check: how much is looked at, what is reported, how long it may take."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from logit_magic.rules import BY_CODE


@dataclass(frozen=True, slots=True)
class Options:
    """How to check.

    Attributes:
        samples: at most so many rows are looked at; 0 for none: structure only.
        only, ignore: codes to report, codes to leave out; empty `only` means all.
        seconds: stop asking the model for more rows after so long.
        limit: cut off whatever still runs after so many seconds, and say what was left out.
    """

    samples: int = 256
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    seconds: float = 1.5
    limit: float = math.inf


def codes(given: Iterable[str]) -> tuple[str, ...]:
    """Codes of rules, one or several.

    Raises:
        ValueError: one that there is not.
    """
    given = (given,) if isinstance(given, str) else tuple(given)
    for code in given:
        if code not in BY_CODE:
            raise ValueError(f"unknown code {code!r}; known codes: {', '.join(BY_CODE)}")
    return given
