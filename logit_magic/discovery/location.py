"""Where in the user's own source the running call stands."""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from logit_magic import backends
from logit_magic.facts import Location

# modules whose functions only hand a call on
_WRAPPERS = ("keras.src.activations.", "keras.src.utils.", "tensorflow.python.util.")
_STEPS = 80  # frames
_LIBRARIES = tuple({sysconfig.get_paths()[k] for k in ("purelib", "platlib", "stdlib", "platstdlib")})
_OURS = str(Path(__file__).parents[1]) + os.sep


def user_location(keyword: str, is_cell: Callable[[str], bool], frame: FrameType | None = None) -> Location | None:
    """The nearest frame that is the user's own; there, the argument `keyword` of the running call if it can be found.

    Args:
        keyword: name of the argument to point at, e.g. "loss".
        is_cell: whether a code file name is that of a notebook cell.
        frame: where to begin; None for the caller.
    """
    return _users(frame or sys._getframe(1), is_cell, lambda frame: _position(frame, keyword))


def user_line(is_cell: Callable[[str], bool], frame: FrameType) -> Location | None:
    """The line that runs in the nearest frame that is the user's own; without a look at the source."""
    return _users(frame, is_cell, lambda frame: (frame.f_lineno, 0))


def _users(
    frame: FrameType | None, is_cell: Callable[[str], bool], position: Callable[[FrameType], tuple[int, int]]
) -> Location | None:
    """Where the nearest frame that is the user's own stands, also where a backend generated its code from theirs."""
    while frame is not None:
        name = frame.f_code.co_filename
        written = backends.source_of(frame)
        if written is not None:
            name, *at = written
            return _location(name, is_cell, *at)
        if is_cell(name) or not _is_library(name):
            return _location(name, is_cell, *position(frame))
        frame = frame.f_back
    return None


def _location(name: str, is_cell: Callable[[str], bool], line: int, column: int) -> Location:
    return Location("cell", line, column, code=name) if is_cell(name) else Location(name, line, column)


def own_caller(frame: FrameType) -> FrameType | None:
    """The user's own frame that calls a function of Keras or a backend by itself, outside any model and any loss."""
    caller = frame.f_back
    while caller is not None and caller.f_globals.get("__name__", "").startswith(_WRAPPERS):
        caller = caller.f_back
    if caller is None or _is_library(caller.f_code.co_filename):
        return None
    above, steps = caller.f_back, 0
    while above is not None and steps < _STEPS:
        if above.f_globals.get("__name__", "").startswith(("keras.", "tf_keras.")):
            return None
        above, steps = above.f_back, steps + 1
    return caller


def _is_library(name: str) -> bool:
    return name.startswith((*_LIBRARIES, _OURS, "<frozen"))


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
