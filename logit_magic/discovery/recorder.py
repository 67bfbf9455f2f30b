"""Note what a cell does while it runs: which models it compiles and trains, where, and on what data.

`Trainer.compile` and the backend's `Trainer.fit` stay the objects that they are. Keras wraps both in a function that
tidies tracebacks; the recorder swaps the wrapped function inside that wrapper and puts it back afterwards. So no
comparison of methods changes its outcome (`load_model` makes one), and no frame of ours shows in a user's traceback.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import sys
import types
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from logit_magic.discovery.location import user_location
from logit_magic.facts import Location

_KEPT_ALIVE = 4  # models that a function compiled and dropped: kept until the check at the end of the cell


@dataclass(slots=True)
class Note:
    """What was seen of one model.

    Attributes:
        model: weak reference.
        location: of the last `compile`, or None.
        data: the first rows passed to `fit` (small copies), or None.
        why_no_data: why there is none although `fit` was called.
    """

    model: weakref.ref[Any]
    location: Location | None = None
    compiled: bool = False
    trained: bool = False
    data: Any = None
    why_no_data: str = ""


class Recorder:
    """Arm before a cell, disarm after it; both are harmless when repeated.

    Args:
        take: (x, y) -> small copies of their first rows, or a string that says why there are none.
        is_cell: whether a code file name is that of a notebook cell.
    """

    def __init__(self, take: Callable[[Any, Any], Any], is_cell: Callable[[str], bool]) -> None:
        self._take = take
        self._is_cell = is_cell
        self._patches: list[tuple[types.CellType, Any, Any]] = []
        self._finder: _KerasFinder | None = None
        self._notes: dict[int, Note] = {}
        self._kept: list[Any] = []

    @property
    def armed(self) -> bool:
        return bool(self._patches) or self._finder is not None

    def arm(self) -> None:
        if self.armed:
            return
        if "keras" in sys.modules:
            self._patch(sys.modules["keras"])
        else:
            self._finder = _KerasFinder(self._patch)
            sys.meta_path.insert(0, self._finder)

    def disarm(self) -> None:
        if self._finder is not None:
            if self._finder in sys.meta_path:
                sys.meta_path.remove(self._finder)
            self._finder = None
        for cell, ours, original in reversed(self._patches):
            if cell.cell_contents is ours:  # else the cell's own code patched over us: leave that as it is
                cell.cell_contents = original
        self._patches.clear()

    def notes(self) -> list[Note]:
        """What was seen, of models that are still there, in the order seen."""
        return [note for note in self._notes.values() if note.model() is not None]

    def forget(self) -> None:
        """Drop everything: notes, data and the models kept alive for the check."""
        self._notes.clear()
        self._kept.clear()

    def _patch(self, keras: Any) -> None:
        model = getattr(keras, "Model", None)
        for name, observe in (("compile", self._saw_compile), ("fit", self._saw_fit)):
            owner = next((c for c in getattr(model, "__mro__", ()) if name in vars(c)), None)
            cell = None if owner is None else _wrapped_cell(vars(owner)[name])
            if cell is not None:
                original = cell.cell_contents
                ours = _observed(original, observe)
                cell.cell_contents = ours
                self._patches.append((cell, ours, original))

    def _note(self, model: Any) -> Note:
        note = self._notes.get(id(model))
        if note is None or note.model() is not model:
            note = self._notes[id(model)] = Note(weakref.ref(model))
        return note

    def _saw_compile(self, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        note = self._note(model)
        note.compiled, note.location = True, user_location("loss", self._is_cell)
        if all(kept is not model for kept in self._kept):
            self._kept = [*self._kept, model][-_KEPT_ALIVE:]

    def _saw_fit(self, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        note = self._note(model)
        note.trained = True
        if note.data is None:
            x = args[0] if args else kwargs.get("x")
            y = args[1] if len(args) > 1 else kwargs.get("y")
            taken = self._take(x, y)
            if isinstance(taken, str):
                note.why_no_data = taken
            else:
                note.data = taken


def _wrapped_cell(method: Any) -> types.CellType | None:
    """The closure cell in which Keras' wrapper keeps the function that it wraps."""
    for cell in getattr(method, "__closure__", None) or ():
        if isinstance(cell.cell_contents, types.FunctionType):
            return cast(types.CellType, cell)
    return None


def _observed(original: Any, observe: Callable[..., None]) -> Any:
    def observed(self: Any, *args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(Exception):  # what is missed here is found in the namespace, or not at all
            observe(self, args, kwargs)
        return original(self, *args, **kwargs)

    # in Keras' own file as far as Keras' traceback filter is concerned
    observed.__code__ = observed.__code__.replace(co_filename=original.__code__.co_filename)
    observed.__wrapped__ = original  # type: ignore[attr-defined]
    return observed


class _KerasFinder(importlib.abc.MetaPathFinder):
    """Call back once when the cell imports Keras; everything else is found as ever."""

    def __init__(self, then: Callable[[Any], None]) -> None:
        self._then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "keras":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _CallBack(spec.loader, self._then)  # type: ignore[assignment]
        return spec


class _CallBack(importlib.abc.Loader):
    """A loader that calls back after the real one has run, and then leaves no mark on the module."""

    def __init__(self, loader: Any, then: Callable[[Any], None]) -> None:
        self._loader, self._then = loader, then

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then(module)
