"""The `%%checkloss` line itself: finding it in a cell, and turning it into a comment so that IPython runs the cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OURS = re.compile(r"%%checkloss(?=\s|$)(?P<options>[^\n]*)")
_INLINE = re.compile(r"^[ \t]*%checkloss(?=\s)(?P<options>[^\n]*--cell\b[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Request:
    """A cell that asked to be checked.

    Attributes:
        options: what follows the magic's name.
        shift: how many lines of the cell stand above the code that IPython compiles.
    """

    options: str
    shift: int


def as_comment(lines: list[str]) -> list[str]:
    """Input transformer: make our first line a comment, so that every line keeps its number.

    Another cell magic must be the first line of what IPython sees: above one, our line is dropped. Pure, since IPython
    calls it several times for one cell.
    """
    if not lines or not _OURS.match(lines[0]):
        return lines
    if len(lines) > 1 and lines[1].startswith("%%"):
        return as_comment(lines[1:])
    return ["# " + lines[0], *lines[1:]]


def find(raw_cell: str) -> Request | None:
    """What a cell asks for: with `%%checkloss` among its first magics, or `%checkloss --cell` on any line."""
    lines = raw_cell.lstrip("\n").splitlines()
    above = 0
    for line in lines:
        if not line.startswith("%%"):
            break
        above += 1
    for line in lines[:above]:
        match = _OURS.match(line)
        if match:
            return Request(match["options"].strip(), above if above > 1 else 0)
    inline = _INLINE.search(raw_cell)
    return Request(inline["options"].replace("--cell", " ").strip(), 0) if inline else None
