"""The cells that ran in a shell: what was typed, and which of them a piece of running code came from."""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from logit_magic.notebook import cell_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

    from logit_magic.facts import Location


def history(shell: InteractiveShell) -> dict[int, str]:
    """The cells of this session as typed, by number."""
    raw = getattr(shell.history_manager, "input_hist_raw", ())
    return {number: text for number, text in enumerate(raw) if number}


class Ran:
    """The cell that has just run, and those before it, which are gathered only where somebody asks for them.

    Attributes:
        shell: it ran in.
        number: its execution number.
        text: as typed.
    """

    def __init__(self, shell: InteractiveShell, result: ExecutionResult) -> None:
        self.shell = shell
        self.number: int = result.execution_count or shell.execution_count  # a run outside the history has none
        self.text: str = result.info.raw_cell or ""

    @functools.cached_property
    def cells(self) -> dict[int, str]:
        """Every cell that ran, as typed, by its number; the last one is this one."""
        cells = {n: text for n, text in history(self.shell).items() if n < self.number}
        cells[self.number] = self.text
        return cells

    @functools.cached_property
    def tree(self) -> ast.Module | None:
        """This cell, read, with the lines that the user sees; None where it cannot be read as Python."""
        from logit_magic.fix.source import Source, UnsureError

        try:
            return Source(self.text, self.number).tree
        except UnsureError:
            return None


def placing(shift: int, ran: Ran) -> Callable[[Location], Location]:
    """How locations in code that ran are counted in the lines of the cells that the user sees.

    Args:
        shift: lines of the last cell that IPython did not see.
        ran: the last cell.
    """

    @functools.cache
    def cell(code: str) -> tuple[int | None, int]:
        number = _cell_of(code, ran.shell, ran.cells)
        return number, shift if number is None else cell_line.dropped_lines(ran.cells[number])

    def place(location: Location) -> Location:
        if location.file != "cell":
            return location
        number, dropped = cell(location.code)
        return replace(location, line=location.line + dropped, cell=number, code="")

    return place


def _cell_of(code: str, shell: InteractiveShell, cells: dict[int, str]) -> int | None:
    """Number of the cell that code of this name was compiled from; None where that is not certain.

    IPython's own numbers do not tell: a cell that a cell magic runs is numbered like the one that comes next.
    """
    current = max(cells)
    if code not in linecache.cache:
        return current  # run by a magic such as %%time, which compiles the cell itself
    compiled = "".join(linecache.getlines(code)).strip().splitlines()
    known: int = getattr(shell.compile, "_filename_map", {}).get(code, current)
    for number in dict.fromkeys((min(known, current), current, *sorted(cells, reverse=True))):
        text = cells.get(number, "%%")
        below = "".join(text.splitlines(keepends=True)[cell_line.dropped_lines(text) :])
        if compiled in [shell.transform_cell(written).strip().splitlines() for written in (text, below)]:
            return number
    return None


def cell_files(shell: InteractiveShell) -> Callable[[str], bool]:
    """Whether a code file name is that of a cell: IPython enters each cell's source into linecache under its name."""

    def is_cell(name: str) -> bool:
        if name.startswith(("<ipython-input-", "<timed exec>", "<timed eval>", "<magic-timeit>")):
            return True
        return name in getattr(shell.compile, "_filename_map", {}) and name in linecache.cache

    return is_cell
