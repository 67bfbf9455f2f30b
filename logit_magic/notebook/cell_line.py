"""The `%%checkloss` line itself: finding it in a cell, and turning it into a comment so that IPython runs the cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile

from IPython.core.inputtransformer2 import leading_empty_lines, leading_indent

_OURS = re.compile(r"%%checkloss(?=\s|$)(?P<options>[^\n]*)")
_INLINE = re.compile(r"^[ \t]*%checkloss(?=\s)(?P<options>[^\n]*--cell\b[^\n]*)$", re.MULTILINE)

_FIRST = re.compile(r"^[ \t]*%%checkloss(?=\s|$)[^\n]*", re.MULTILINE)


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
    below = leading_empty_lines(lines[1:])
    if below and below[0].startswith("%%"):
        return as_comment(below)
    blank = lines[1 : len(lines) - len(below)]
    return ["# " + lines[0], *blank, *leading_indent(below)]


def find(raw_cell: str) -> Request | None:
    """What a cell asks for: with `%%checkloss` among its first magics, or `%checkloss --cell` on any line."""
    written = raw_cell.splitlines(keepends=True)
    lines = leading_indent(leading_empty_lines(written))
    above = len(written) - len(lines) if lines else 0  # blank lines that IPython drops
    filled = [number for number, line in enumerate(lines) if line.strip()]
    magics = list(takewhile(lambda number: lines[number].startswith("%%"), filled))
    for number in magics:
        match = _OURS.match(lines[number])
        if match:
            code = filled[len(magics)] if len(filled) > len(magics) else len(lines)
            # as the last of the magics our line is the first that IPython compiles, else it is not there any more
            return Request(match["options"].strip(), above + (number if number == magics[-1] else code))
    inline = _INLINE.search(raw_cell)
    return Request(inline["options"].replace("--cell", " ").strip(), above) if inline else None


def request_span(raw_cell: str) -> tuple[int, int] | None:
    """First and last character of the line that asks for the check, without its line end."""
    request = find(raw_cell)
    if request is None:
        return None
    inline = _INLINE.search(raw_cell)
    line = _FIRST.search(raw_cell) or inline
    return None if line is None else line.span()


def dropped_lines(raw_cell: str) -> int:
    """How many lines of a cell stand above the code that IPython compiles, whether it asked to be checked or not."""
    request = find(raw_cell)
    if request is not None:
        return request.shift
    written = raw_cell.splitlines(keepends=True)
    return len(written) - len(leading_empty_lines(written)) if raw_cell.strip() else 0
