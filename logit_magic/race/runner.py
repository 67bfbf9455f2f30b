"""Run a race in a thread of its own, one at a time, and say where it stands."""

from __future__ import annotations

import atexit
import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from logit_magic.discovery.hooks import unwatched
from logit_magic.foreign import said
from logit_magic.quiet import quiet_in_background
from logit_magic.race.course import Course, Lap
from logit_magic.scope import own_seeds

TOLD_EVERY = 0.2
"""Seconds between two tellings, at least."""
LONGEST = 600.0
"""Seconds that a race may take; one that would take longer is ended once its speed is known."""
_TRIED, _LONG = 8, 10.0  # steps, or seconds of steps, by which the speed is known
_GOODBYE = 5.0  # seconds to wait for a step when Python ends

_current: Race | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a race stands.

    Attributes:
        state: "failed" and "slow" are told more of in `problem`.
        step, steps: taken by both copies, and to be taken.
        seconds_left: an estimate; None while there is none.
        laps: measured so far.
        rule: by which outputs become decisions, e.g. "the largest output"; "" where there is no accuracy.
        rows: how many the accuracy is measured on.
        problem: one sentence.
    """

    state: Literal["running", "finished", "stopped", "slow", "failed"]
    step: int
    steps: int
    seconds_left: float | None = None
    laps: tuple[Lap, ...] = ()
    rule: str = ""
    rows: int = 0
    problem: str = ""


class Race:
    """One race.

    Args:
        course: what to run; it is dropped with its models and data when the race ends.
        tell: called when there is something new, in the race's own thread, and once at the end.
    """

    def __init__(self, course: Course, tell: Callable[[], None]) -> None:
        self._course: Course | None = course
        self._tell = tell
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="logit_magic race")
        self._told = 0.0
        self._before: Race | None = None
        self.progress = Progress("running", 0, course.steps, rule=course.rule, rows=course.measured)

    def start(self) -> None:
        """Begin, once the race that may still run has been stopped."""
        global _current
        self._before, _current = _current, self
        if self._before is not None:
            self._before.stop()
        self._thread.start()

    def stop(self) -> None:
        """End within the step that is being taken; returns at once."""
        self._stopping.set()

    def leave(self) -> None:
        """Stop, and tell nobody any more."""
        self._tell = _nobody
        self.stop()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the end; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def running(self) -> bool:
        return self.progress.state == "running"

    def _run(self) -> None:
        global _current
        try:
            if self._before is not None:
                self._before.join()
            self._before = None
            with unwatched(), quiet_in_background(), own_seeds():
                self._follow()
        except BaseException as error:
            self.progress = replace(self.progress, state="failed", problem=said(error))
        self._course = None
        if _current is self:
            _current = None
        gc.collect()  # Keras' models hold themselves
        self._tell()
        self._tell = _nobody

    def _follow(self) -> None:
        course = self._course
        assert course is not None
        laps: list[Lap] = []
        began, step = 0.0, 0
        for at, lap in enumerate(course.run(self._stopping.is_set)):
            step, now = at, time.monotonic()
            if at == 1:
                began = now
            each = (now - began) / (at - 1) if at > 1 else None
            left = None if each is None else each * (course.steps - step)
            laps += [] if lap is None else [lap]
            self.progress = replace(self.progress, step=step, seconds_left=left, laps=tuple(laps))
            if left is not None and left > LONGEST and (at >= _TRIED or now - began > _LONG):
                slow = f"a step takes {each:.1f} s, so that {course.steps} steps would take {left / 60:.0f} minutes"
                self.progress = replace(self.progress, state="slow", seconds_left=None, problem=slow)
                return
            if now - self._told >= TOLD_EVERY:
                self._told = now
                self._tell()
        state: Literal["finished", "stopped"] = "finished" if step == course.steps else "stopped"
        self.progress = replace(self.progress, state=state, seconds_left=None)


def current() -> Race | None:
    """The race that runs, if one does."""
    return _current


def stop_all() -> None:
    """Stop the race that runs, if one does, and wait a little for its step to end."""
    race = _current
    if race is not None:
        race.stop()
        race.join(_GOODBYE)


def _python_ends() -> None:
    race = _current
    if race is not None:
        race.leave()
        race.join(_GOODBYE)


def _nobody() -> None:
    """Told instead of a panel that is closed."""


atexit.register(_python_ends)  # a thread that is inside a framework when Python ends takes the process down with it
