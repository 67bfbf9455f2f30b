"""The cells that ran in a shell: what was typed, and which of them a piece of running code came from."""

from __future__ import annotations

import linecache
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logit_magic.notebook import cell_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell


def history(shell: InteractiveShell) -> dict[int, str]:
    """The cells of this session as typed, by number."""
    raw = getattr(shell.history_manager, "input_hist_raw", ())
    return {number: text for number, text in enumerate(raw) if number}


def placed(target: Any, shift: int, shell: InteractiveShell, cells: dict[int, str]) -> Any:
    """The target with its location counted in the lines of the cell that the user sees."""
    location = target.location
    if location is None or location.file != "cell":
        return target
    number = _cell_of(location.code, shell, cells)
    shift = shift if number is None else cell_line.dropped_lines(cells[number])
    return replace(target, location=replace(location, line=location.line + shift, cell=number, code=""))


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
