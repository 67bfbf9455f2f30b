"""Call somebody else's loss a few times on tiny arrays, and take back whatever else it does."""

from __future__ import annotations

import contextlib
import threading
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from logit_magic import backends, kerases, limits
from logit_magic.foreign import first_line
from logit_magic.quiet import quiet
from logit_magic.scope import left_as_found, trains_elsewhere

SECONDS = 3.0  # for all calls together; the first ones compile small ops
CALLS = 10


class StoppedError(Exception):
    """Why the loss cannot be tried out any further."""


class HurriedError(StoppedError):
    """It was stopped for want of time in this check; another one may have more."""


@dataclass(slots=True)
class Trial:
    """A loss under trial: at most `CALLS` calls, none of which may print, change state or fail to return.

    Attributes:
        loss: (y_true, y_pred) -> tensor.
        calls: how many were made.
    """

    loss: Callable[[Any, Any], Any]
    calls: int = 0
    _to_tensor: Callable[[Any], Any] = field(default=lambda x: x)

    def value(self, y_true: Any, y_pred: Any) -> float:
        """The mean of what the loss returns; NaN and infinities come back as they are.

        Raises:
            StoppedError: the loss raised, or the number of calls is used up.
        """
        import numpy as np

        if self.calls >= CALLS:
            raise StoppedError("it could not be told within ten trials")
        self.calls += 1
        try:
            result = self.loss(self._to_tensor(y_true), self._to_tensor(y_pred))
            return float(np.mean(backends.to_numpy(result)))
        except BaseException as error:
            raise StoppedError(f"it raised {type(error).__name__}: {first_line(error, 100)}") from None


def conducted(
    experiment: Callable[[Trial], Any], loss: Callable[[Any, Any], Any], to_tensor: Callable[[Any], Any]
) -> Any:
    """Run an experiment on a loss in a thread of its own, within the time, and undo side effects.

    Args:
        experiment: what to do with the trial.
        loss: the loss as Keras would call it.
        to_tensor: numpy array -> tensor of the backend.

    Raises:
        StoppedError: with the reason, in words that follow "the loss could not be tried out:".
    """
    trial = Trial(loss, _to_tensor=to_tensor)
    outcome: list[Any] = []
    wait = min(SECONDS, 0.75 * limits.left())

    def work() -> None:
        held.threads.add(threading.get_ident())
        # only what belongs to this thread is entered here: it may run on long after we have given up on it
        try:
            with limits.until(time.monotonic() + wait + 0.1), _scopes_of_the_thread():  # it must not run on for ever
                outcome.append(experiment(trial))
        except BaseException as error:
            outcome.append(error)

    with _state_kept(loss) as changes, _state_of_the_process(), quiet() as held:
        thread = threading.Thread(target=work, daemon=True, name="logit_magic trial of a loss")
        thread.start()
        thread.join(wait)
    if thread.is_alive():
        kind = StoppedError if wait >= SECONDS else HurriedError
        raise kind(f"it had not returned after {wait:.2g} seconds")
    if held.heard:
        raise StoppedError("it prints when it is called")
    if changes:
        raise StoppedError(f"it changes {changes[0]} when it is called (put back)")
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


@contextlib.contextmanager
def _scopes_of_the_thread() -> Iterator[None]:
    """Keras variables keep their values, and no tape records."""
    with contextlib.ExitStack() as stack:
        if kerases.three() is not None:
            stack.enter_context(kerases.three().StatelessScope())
        for backend in backends.loaded():
            stack.enter_context(backend.no_gradient())
        yield


@contextlib.contextmanager
def _state_of_the_process() -> Iterator[None]:
    """Random states and warnings as they were."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(left_as_found())
        for backend in () if trains_elsewhere() else backends.loaded():
            stack.enter_context(backend.same_randomness())
        yield


@contextlib.contextmanager
def _state_kept(loss: Any) -> Iterator[list[str]]:
    """Note and undo changes of the loss's attributes and of the variables that its function closes over."""
    owner = getattr(loss, "__self__", loss)
    attributes = dict(vars(owner)) if hasattr(owner, "__dict__") and not isinstance(owner, type) else {}
    cells = [(cell, cell.cell_contents) for cell in _cells(loss) if _filled(cell)]
    held = {id(value): _contents(value) for value in (*attributes.values(), *(value for _, value in cells))}
    changes: list[str] = []
    try:
        yield changes
    finally:
        for name, before in attributes.items():
            if vars(owner).get(name) is not before or _contents(before) != held[id(before)]:
                changes.append(f"its attribute {name}")
                vars(owner)[name] = before
                _refill(before, held[id(before)])
        for name in [n for n in (vars(owner) if attributes else ()) if n not in attributes]:
            changes.append(f"its attribute {name}")
            vars(owner).pop(name)
        for cell, before in cells:
            if cell.cell_contents is not before or _contents(before) != held[id(before)]:
                changes.append("a variable that it closes over")
                cell.cell_contents = before
                _refill(before, held[id(before)])


def _contents(value: Any) -> Any:
    """A shallow copy of a plain container; None for anything else."""
    return value.copy() if type(value) in (list, dict, set) else None


def _refill(value: Any, contents: Any) -> None:
    if contents is not None:
        value.clear()
        value.extend(contents) if type(value) is list else value.update(contents)


def _cells(loss: Any) -> list[types.CellType]:
    function = getattr(loss, "__func__", loss)
    return list(getattr(function, "__closure__", None) or ())


def _filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
