"""Be told when an import of the cell has made something: nothing wraps the loading of a module."""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Callable, Sequence


class Awaiting(importlib.abc.MetaPathFinder):
    """A finder that finds nothing, and asks whether what is awaited is there when a package imports more of its own.

    Packages go on to import modules of their own after the one that matters. So module specs stay what they are, and no
    frame of ours shows in a traceback when something cannot be imported.
    """

    def __init__(self) -> None:
        self._awaited: dict[str, Callable[[], bool]] = {}

    def add(self, module: str, arrived: Callable[[], bool]) -> None:
        """Ask `arrived` whenever the package of `module` imports something, until it says yes; it acts by itself."""
        self._awaited[module] = arrived

    def start(self) -> None:
        if self._awaited and self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._awaited.clear()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        package = fullname.partition(".")[0]
        for name in [n for n in self._awaited if n.partition(".")[0] == package and n in sys.modules]:
            arrived = self._awaited.pop(name)
            if not arrived():
                self._awaited[name] = arrived
