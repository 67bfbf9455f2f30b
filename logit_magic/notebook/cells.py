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


def placing(shift: int, shell: InteractiveShell, cells: dict[int, str]) -> Callable[[Location], Location]:
    """How locations in code that ran are counted in the lines of the cells that the user sees.

    Args:
        shift: lines of the last cell that IPython did not see.
        shell: knows the code of its cells.
        cells: every cell that ran, as typed, by its number.
    """

    @functools.cache
    def cell(code: str) -> tuple[int | None, int]:
        number = _cell_of(code, shell, cells)
        return number, shift if number is None else cell_line.dropped_lines(cells[number])

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


def cells_of(shell: InteractiveShell, result: ExecutionResult) -> dict[int, str]:
    """Every cell that ran, as typed, by its number; the last one is the one that has just run."""
    number = result.execution_count or shell.execution_count  # a run outside the history has none
    cells = {n: text for n, text in history(shell).items() if n < number}
    cells[number] = result.info.raw_cell or ""
    return cells


def tree_of(cells: dict[int, str]) -> ast.Module | None:
    """The last cell, read, with the lines that the user sees; None where it cannot be read as Python."""
    from logit_magic.fix.source import Source, UnsureError

    try:
        return Source(cells[max(cells)], max(cells)).tree
    except UnsureError:
        return None


def cell_files(shell: InteractiveShell) -> Callable[[str], bool]:
    """Whether a code file name is that of a cell: IPython enters each cell's source into linecache under its name."""

    def is_cell(name: str) -> bool:
        if name.startswith(("<ipython-input-", "<timed exec>", "<timed eval>", "<magic-timeit>")):
            return True
        return name in getattr(shell.compile, "_filename_map", {}) and name in linecache.cache

    return is_cell
