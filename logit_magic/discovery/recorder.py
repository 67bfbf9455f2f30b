"""Note what a cell does while it runs: which models it compiles and trains, which tensors reach which losses, where.

Keras' functions and methods stay the objects that they are: see `hooks` for how they are looked into. So no comparison
of methods changes its outcome (`load_model` makes one), and no frame of ours shows in a user's traceback.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from logit_magic import backends
from logit_magic.backends.foreign import ForeignLoss
from logit_magic.discovery.awaiting import Awaiting
from logit_magic.discovery.hooks import Hooks
from logit_magic.discovery.location import user_line, user_location
from logit_magic.discovery.sightings import Candidate, Sighting, Use
from logit_magic.discovery.watcher import Watcher
from logit_magic.discovery.watching import watch, watch_frameworks
from logit_magic.emission import made_at
from logit_magic.facts import Location, Monitor
from logit_magic.foreign import class_name, read

# what `fit` takes by position, in this order
_FIT = (
    "x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data", "shuffle",
    "class_weight", "sample_weight",
)  # fmt: skip
_HOMES = ("keras.src.models.model", "tf_keras.src.engine.training")  # modules that make the `Model` of a Keras
_KEPT_ALIVE = 4  # models that a function compiled and dropped: kept until the check at the end of the cell
_running: list[Recorder] = []


@dataclass(slots=True)
class Note:
    """What was seen of one model.

    Attributes:
        model: weak reference.
        location: of the last `compile`, or None.
        data: the first rows passed to `fit` after that `compile` (small copies), or None.
        monitors: the callbacks of every `fit` that go by a number.
    """

    model: weakref.ref[Any]
    location: Location | None = None
    data: Any = None
    monitors: tuple[Monitor, ...] = ()


class Recorder:
    """Arm before a cell, disarm after it; both are harmless when repeated.

    Args:
        take: (x, y, sample_weight) -> small copies of their first rows, or a string that says why there are none.
        is_cell: whether a code file name is that of a notebook cell.
    """

    def __init__(self, take: Callable[[Any, Any, Any], Any], is_cell: Callable[[str], bool]) -> None:
        self._take = take
        self._is_cell = is_cell
        self._hooks, self._looks = Hooks(), Hooks()
        self._awaiting = Awaiting()
        self._armed = False
        self._notes: dict[int, Note] = {}
        self._kept: list[Any] = []
        self._watcher = Watcher(self._locate)

    @property
    def armed(self) -> bool:
        return self._armed

    def arm(self) -> None:
        if self.armed:
            return
        self._armed = True
        _running.append(self)
        for home in _HOMES:
            if not self._found(home):
                self._awaiting.add(home, functools.partial(self._found, home))
        self._awaiting.start()

    def disarm(self) -> None:
        if self in _running:
            _running.remove(self)
        self._armed = False
        self._awaiting.stop()
        self._hooks.undo()
        self._looks.undo()

    def notes(self) -> list[Note]:
        """What was seen, of models that are still there, in the order seen."""
        return [note for note in self._notes.values() if note.model() is not None]

    def sightings(self) -> list[Sighting]:
        """The losses that were called by hand, and on what, in the order seen."""
        return list(self._watcher.sightings)

    def uses(self) -> list[Use]:
        """What the cell applied to outputs after their models, in the order seen."""
        return list(self._watcher.uses)

    def outputs(self) -> tuple[Candidate, ...]:
        """Outputs of models as they were seen, latest first."""
        return self._watcher.outputs()

    def settle(self, place: Callable[[Location], Location], current: int) -> None:
        """Count the lines where layers were made in the cells that the user sees; `current` is the one that has run."""
        made_at.settle(place, current)

    def forget(self) -> None:
        """Drop everything: notes, data and the models kept alive for the check."""
        self._notes.clear()
        self._kept.clear()
        self._watcher.forget()

    def pause(self, paused: bool) -> None:
        """While paused, calls of layers and losses are not looked at."""
        self._watcher.paused = paused

    def _locate(self, frame: FrameType) -> Location | None:
        return user_location("", self._is_cell, frame)

    def _found(self, home: str) -> bool:
        """Look into a Keras as soon as it has made its `Model`, whatever else of it is still to be imported."""
        model = getattr(sys.modules.get(home), "Model", None)
        if model is not None:
            self._hook(model)
            if home == _HOMES[0]:
                self._look(model)
        return model is not None

    def _hook(self, model: Any) -> None:
        for name, observe in (("compile", self._saw_compile), ("fit", self._saw_fit)):
            owner = next((c for c in getattr(model, "__mro__", ()) if name in vars(c)), None)
            if owner is not None:
                self._hooks.watch_wrapped(vars(owner)[name], _of_call(observe))

    def _look(self, model: Any) -> None:
        operations = "keras.src.ops.operation"
        made = getattr(getattr(sys.modules.get(operations), "Operation", None), "__new__", None)
        code = getattr(made, "__code__", None)
        if code is None or "argspec" in (*code.co_varnames, *code.co_cellvars):
            self._hooks.watch_attributes(operations, "inspect", {"getfullargspec": self._saw_op_made})
        else:  # older Keras makes the operation only after that
            self._hooks.watch_attributes(operations, "tree", {"flatten": self._saw_op_made})
        try:
            watch(self._looks, self._watcher, model)
        except Exception:
            return  # another Keras inside: what is compiled is still seen
        for home, losses in backends.losses_to_come():
            self._awaiting.add(home, functools.partial(self._losses_found, losses))
        self._awaiting.start()

    def _losses_found(self, losses: Callable[[], list[ForeignLoss]]) -> bool:
        found = losses()
        watch_frameworks(self._looks, self._watcher, found)
        return bool(found)

    def _note(self, model: Any) -> Note:
        note = self._notes.get(id(model))
        if note is None or note.model() is not model:
            note = self._notes[id(model)] = Note(weakref.ref(model))
        return note

    def _saw_op_made(self, frame: FrameType) -> None:
        if frame.f_code.co_name == "__new__" and "argspec" not in frame.f_locals:
            location = user_line(self._is_cell, frame)
            if location is not None:
                made_at.note(frame.f_locals["instance"], location)

    def _saw_compile(self, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        note = self._note(model)
        note.location = user_location("loss", self._is_cell)
        note.data = None  # the labels seen before belong to the loss before
        if all(kept is not model for kept in self._kept):
            self._kept = [*self._kept, model][-_KEPT_ALIVE:]

    def _saw_fit(self, model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        note = self._note(model)
        given = {**dict(zip(_FIT, args, strict=False)), **kwargs}
        note.monitors = tuple(dict.fromkeys((*note.monitors, *_monitors(given.get("callbacks")))))
        if note.data is None:
            taken = self._take(given.get("x"), given.get("y"), given.get("sample_weight"))
            note.data = None if isinstance(taken, str) else taken


def _monitors(callbacks: Any) -> Iterator[Monitor]:
    """What callbacks go by, as plain words: no callback is kept. Those of KerasTuner have an objective."""
    inner = getattr(callbacks, "callbacks", callbacks)  # a CallbackList holds them in a list
    for callback in inner if isinstance(inner, (list, tuple)) else (inner,):
        own = getattr(callback, "__dict__", {})
        monitor = own.get("monitor", read(own.get("objective"), "name"))
        if isinstance(monitor, str):
            yield Monitor(class_name(type(callback)), monitor)


def _of_call(observe: Callable[..., None]) -> Callable[[FrameType], None]:
    """Look at the call that stands in the frame of Keras' wrapper around a method."""

    def look(frame: FrameType) -> None:
        call = frame.f_locals
        observe(call["args"][0], call["args"][1:], call["kwargs"])

    return look


class paused:
    """While inside, nothing that runs is taken for the cell's own doing."""

    def __enter__(self) -> None:
        for recorder in _running:
            recorder.pause(True)

    def __exit__(self, *error: object) -> None:
        for recorder in _running:
            recorder.pause(False)
