"""Where in the user's own source the running call stands."""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Callable
from types import FrameType

from logit_magic import backends
from logit_magic.facts import Location

# modules whose functions only hand a call on
_WRAPPERS = ("keras.src.activations.", "keras.src.utils.", "tensorflow.python.util.")
_STEPS = 80  # frames
_LIBRARIES = tuple({sysconfig.get_paths()[k] for k in ("purelib", "platlib", "stdlib", "platstdlib")})


def user_location(keyword: str, is_cell: Callable[[str], bool], frame: FrameType | None = None) -> Location | None:
    """The nearest frame that is the user's own; there, the argument `keyword` of the running call if it can be found.

    Args:
        keyword: name of the argument to point at, e.g. "loss".
        is_cell: whether a code file name is that of a notebook cell.
        frame: where to begin; None for the caller.
    """
    frame = _users(frame or sys._getframe(1), is_cell)
    return None if frame is None else _located(frame, is_cell, lambda: _position(frame, keyword))


def user_line(is_cell: Callable[[str], bool], frame: FrameType) -> Location | None:
    """The line that runs in the nearest frame that is the user's own; without a look at the source."""
    users = _users(frame, is_cell)
    return None if users is None else _located(users, is_cell, lambda: (users.f_lineno, 0))


def _users(frame: FrameType | None, is_cell: Callable[[str], bool]) -> FrameType | None:
    while frame is not None:
        name = frame.f_code.co_filename
        if is_cell(name) or not _is_library(name) or backends.source_of(frame) is not None:
            return frame
        frame = frame.f_back
    return None


def _located(frame: FrameType, is_cell: Callable[[str], bool], position: Callable[[], tuple[int, int]]) -> Location:
    written = backends.source_of(frame)
    if written is not None:
        file, line, column = written
        return Location("cell", line, column, code=file) if is_cell(file) else Location(file, line, column)
    name = frame.f_code.co_filename
    return Location("cell", *position(), code=name) if is_cell(name) else Location(name, *position())


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
