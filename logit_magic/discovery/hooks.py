"""Look into a running function of a library without standing in its way: no wrapper, no frame of ours, all undone.

A function reads the globals of its module. Put in place of one of these globals a stand-in that hands out everything
the original does, and that looks at the reader's frame when it is read: the function itself, its code and its name
stay the objects that they are, and a traceback shows what it always showed.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

Look = Callable[[FrameType], None]
_unwatched: set[int] = set()  # idents of threads


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """What this thread does inside is none of a cell's doing: no hook looks at it."""
    _unwatched.add(threading.get_ident())
    try:
        yield
    finally:
        _unwatched.discard(threading.get_ident())


class Hooks:
    """Stand-ins that were put in place, and how to take them out again."""

    def __init__(self) -> None:
        self._globals: list[tuple[dict[str, Any], str, Any, Any]] = []
        self._cells: list[tuple[types.CellType, Any, Any]] = []

    def __bool__(self) -> bool:
        return bool(self._globals or self._cells)

    def watch_attributes(self, module: str, name: str, looks: Mapping[str, Look]) -> None:
        """Look at every function of `module` that reads one of these attributes of its global `name`.

        Args:
            module: a module's full name; nothing happens where it is not loaded.
            name: a global of it, usually a module that it imported.
            looks: attribute -> what to do with the frame of the function that reads it.
        """
        home = vars(sys.modules[module]) if module in sys.modules else {}
        if name in home and all(hasattr(home[name], attribute) for attribute in looks):
            self._swap(home, name, _view(home[name], looks))

    def watch_calls(self, module: str, name: str, look: Look) -> None:
        """Look at every function of `module` that calls its global function `name`."""
        home = vars(sys.modules[module]) if module in sys.modules else {}
        if name in home:
            self._swap(home, name, Observed(home[name], look))

    def watch_modules_of(self, function: types.FunctionType, look: Look) -> None:
        """Look at every function that reads anything of a module that `function` reads something of."""
        home = function.__globals__
        for name in dict.fromkeys(function.__code__.co_names):
            if isinstance(home.get(name), types.ModuleType):  # which a stand-in is not
                self._swap(home, name, _Whole(home[name], look))

    def watch_wrapped(self, method: Any, look: Look) -> bool:
        """Look at the calls that a wrapper makes of the function in its closure; `look` is given the wrapper's frame."""
        cell = wrapped_cell(method)
        if cell is not None:
            original = cell.cell_contents
            cell.cell_contents = ours = Observed(original, look)
            self._cells.append((cell, ours, original))
        return cell is not None

    def undo(self) -> None:
        """Put everything back, but for what somebody else has replaced since: that is left as it is."""
        for home, name, ours, original in reversed(self._globals):
            if home.get(name) is ours:
                home[name] = original
        for cell, ours, original in reversed(self._cells):
            if cell.cell_contents is ours:
                cell.cell_contents = original
        self._globals.clear()
        self._cells.clear()

    def _swap(self, home: dict[str, Any], name: str, ours: Any) -> None:
        self._globals.append((home, name, ours, home[name]))
        home[name] = ours


def wrapped_cell(method: Any) -> types.CellType | None:
    """The closure cell in which a wrapper keeps the function that it wraps."""
    for cell in getattr(method, "__closure__", None) or ():
        if isinstance(cell.cell_contents, types.FunctionType):
            return cell  # type: ignore[no-any-return]
    return None


class _StandIn:
    # No docstring: what is asked of a stand-in is answered by the original. The classes are made once: a class is freed
    # by Python's slowest collection alone, and one per cell that is watched would pile up until then.
    __slots__ = ("_Hooks__look", "_Hooks__original")

    def __init__(self, original: Any, look: Any) -> None:
        self._Hooks__original, self._Hooks__look = original, look

    def __getattr__(self, name: str) -> Any:
        return getattr(self._Hooks__original, name)

    def __repr__(self) -> str:
        return repr(self._Hooks__original)

    def __dir__(self) -> list[str]:
        return dir(self._Hooks__original)


class Observed(_StandIn):
    # For a function: looks at its caller and leaves no frame in the call. To call an object, Python first reads `__call__`
    # off its class. Here that is a property: it looks at the caller's frame and answers with the original, so the caller
    # calls the original itself.
    __slots__ = ()

    @property
    def __call__(self) -> Any:
        _shown(self._Hooks__look, sys._getframe(1))
        return self._Hooks__original

    @property
    def __wrapped__(self) -> Any:
        return self._Hooks__original


class _Whole(_StandIn):
    # For a module: any reading shows who reads.
    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        _shown(self._Hooks__look, sys._getframe(1))
        return getattr(self._Hooks__original, name)


class _View(_StandIn):
    # For a module: reading some of its attributes shows who reads. The rest it has for its own, by the module's very
    # dictionary, so that a reading which nobody looks at costs nothing.
    __slots__ = ("__dict__",)

    def __init__(self, original: Any, look: Any) -> None:
        super().__init__(original, look)
        if type(original) is types.ModuleType:  # not a stand-in, whose own look would be left out
            self.__dict__ = vars(original)


_views: dict[tuple[str, ...], type[_View]] = {}


def _view(original: Any, looks: Mapping[str, Look]) -> Any:
    """A stand-in for a module: the same attributes; reading those of `looks` shows who reads."""
    names = tuple(looks)
    if names not in _views:
        members = {"__slots__": (), "__module__": __name__, **{name: _reading(name) for name in names}}
        _views[names] = type("View", (_View,), members)
    return _views[names](original, dict(looks))


def _reading(name: str) -> property:
    def read(stand_in: Any) -> Any:
        _shown(stand_in._Hooks__look[name], sys._getframe(1))
        return getattr(stand_in._Hooks__original, name)

    return property(read)


def _shown(look: Look, frame: FrameType) -> None:
    if _unwatched and threading.get_ident() in _unwatched:
        return
    try:
        look(frame)
    except Exception:
        return  # the user's call comes first; what was missed here is found in the namespace or not at all
