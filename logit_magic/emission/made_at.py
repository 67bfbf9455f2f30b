"""Where in the user's source layers and ops were made, as far as that was seen while a cell ran."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from logit_magic.facts import Location

_places: dict[int, tuple[weakref.ref[Any], Location]] = {}
_unsettled: set[int] = set()  # those whose location is not yet counted in the user's cells
_current: list[int | None] = [None]


def note(op: Any, location: Location) -> None:
    """Remember where an op was made, for as long as it lives; the op is not kept alive."""
    key = id(op)
    # no Python runs when the op goes: the end of a check's time would be lost in it
    _places[key] = (weakref.ref(op, functools.partial(_places.pop, key)), location)
    _unsettled.add(key)


def settle(place: Callable[[Location], Location], current: int | None) -> None:
    """Count the locations noted since the last time in the lines of the cells that the user sees.

    Args:
        place: the location by its code's name -> that by cell number and line.
        current: number of the cell that has just run.
    """
    _current[0] = current
    while _unsettled:
        key = _unsettled.pop()
        op, location = _places.get(key, (None, None))
        if op is not None and location is not None and location.code:
            placed = place(location)
            if placed.cell is None:  # which cell it was is not certain
                del _places[key]
            else:
                _places[key] = (op, placed)


def where(op: Any) -> str:
    """E.g. "cell line 7" in the cell that has just run, "In[3] line 7" or "model.py line 7" elsewhere; "" where unknown."""
    found = _places.get(id(op))
    if found is None or found[0]() is not op:
        return ""
    location = found[1]
    if location.file != "cell":
        return f"{location.file.replace(chr(92), '/').rpartition('/')[2]} line {location.line}"
    here = location.code != "" or location.cell == _current[0]
    return f"cell line {location.line}" if here else f"In[{location.cell}] line {location.line}"
