"""The `%%checkloss` line itself: finding it in a cell, and turning it into a comment so that IPython runs the cell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from IPython.core.inputtransformer2 import leading_empty_lines, leading_indent

_OURS = re.compile(r"%%checkloss(?=\s|$)(?P<options>[^\n]*)")
_INLINE = re.compile(r"^[ \t]*%checkloss(?=\s)(?P<options>[^\n#]*?(?<=\s)--cell(?=\s|$)[^\n]*)$", re.MULTILINE)
_OF_THE_CELL = re.compile(r"[^#]*?(?<!\S)--cell(?!\S)")

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

    Comments and blank lines may stand above it. Another cell magic must be the first line of what IPython sees: above
    one, our line is dropped. Pure, since IPython calls it several times for one cell.
    """
    at = _said(lines)
    if at == len(lines) or not _OURS.match(lines[at]):
        return lines
    below = leading_empty_lines(lines[at + 1 :])
    if below and below[0].startswith("%%"):
        return as_comment(below)
    blank = lines[at + 1 : len(lines) - len(below)]
    return [*lines[:at], "# " + lines[at], *blank, *leading_indent(below)]


def find(raw_cell: str) -> Request | None:
    """What a cell asks for: with `%%checkloss` among its first magics, or `%checkloss --cell` on any line."""
    written = raw_cell.splitlines(keepends=True)
    lines = leading_indent(leading_empty_lines(written))
    above = len(written) - len(lines) if lines else 0  # blank lines that IPython drops
    start = _filled(lines)
    while start < len(lines):
        ours = _said(lines, start)
        match = _OURS.match(lines[ours]) if ours < len(lines) else None
        if match:
            below = _filled(lines, ours + 1)
            last = below == len(lines) or not lines[below].startswith("%%")
            while below < len(lines) and lines[below].startswith("%%"):
                below = _filled(lines, below + 1)
            # as the last of the magics our line is among the first that IPython compiles, else it is not there any more
            return Request(match["options"].strip(), above + (start if last else below))
        if not lines[start].startswith("%%"):
            break
        start = _filled(lines, start + 1)
    inline = _INLINE.search(raw_cell)
    return Request(inline["options"].replace("--cell", " ").strip(), above) if inline else None


def is_for_the_cell(line: str) -> bool:
    """Whether what follows `%checkloss` asks for the cell that it stands in, which the hooks around it check."""
    return _OF_THE_CELL.match(line) is not None


def _filled(lines: list[str], start: int = 0) -> int:
    """Number of the next line that is not blank."""
    return next((number for number in range(start, len(lines)) if lines[number].strip()), len(lines))


def _said(lines: list[str], start: int = 0) -> int:
    """Number of the next line that is neither blank nor a comment."""
    written = (number for number in range(start, len(lines)) if lines[number].strip())
    return next((number for number in written if not lines[number].lstrip().startswith("#")), len(lines))


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
