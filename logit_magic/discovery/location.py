"""Where in the user's own source the running call stands."""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Callable
from types import FrameType

from logit_magic import backends
from logit_magic.facts import Location

_LIBRARIES = tuple({sysconfig.get_paths()[k] for k in ("purelib", "platlib", "stdlib", "platstdlib")})


def user_location(keyword: str, is_cell: Callable[[str], bool], frame: FrameType | None = None) -> Location | None:
    """The nearest frame that is the user's own; there, the argument `keyword` of the running call if it can be found.

    Args:
        keyword: name of the argument to point at, e.g. "loss".
        is_cell: whether a code file name is that of a notebook cell.
        frame: where to begin; None for the caller.
    """
    frame = frame or sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        written = backends.source_of(frame)
        if written is not None:
            return Location("cell" if is_cell(written[0]) else written[0], written[1], written[2])
        if is_cell(name) or not _is_library(name):
            break
        frame = frame.f_back
    if frame is None:
        return None
    line, column = _position(frame, keyword)
    name = frame.f_code.co_filename
    return Location("cell", line, column, code=name) if is_cell(name) else Location(name, line, column)


def _is_library(name: str) -> bool:
    return name.startswith((*_LIBRARIES, "<frozen")) or "/logit_magic/" in name.replace("\\", "/")


def _position(frame: FrameType, keyword: str) -> tuple[int, int]:
    """Line (1-based) and column (0-based) of the keyword's value, else of the call."""
    try:
        import executing

        node = executing.Source.executing(frame).node
    except Exception:
        node = None
    if isinstance(node, ast.Call):
        value = next((k.value for k in node.keywords if k.arg == keyword), node)
        return value.lineno, value.col_offset
    return frame.f_lineno, 0
