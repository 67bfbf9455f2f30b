"""Cut off what runs too long: the user's own code may hang when a check calls it, and the check must not.

A watchdog thread counts the time. On the main thread it sends a signal, whose handler raises wherever Python stands, in
a `sleep` as well; elsewhere, and on Windows, it asks the interpreter to raise at the next instruction.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

_OURS = (os.path.dirname(__file__), contextlib.__file__)
_AGAIN = 0.25  # seconds between attempts, where code catches what cuts it off
_local = threading.local()


class OutOfTimeError(BaseException):
    """The time is up. No `Exception`, so that `except Exception` in the code that hangs does not catch it."""


class _Watchdog:
    """Raises `OutOfTimeError` in the thread that made it, once the deadline is past, until it is called off."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.shielded = 0
        self._thread = threading.get_ident()
        self._by_signal = threading.current_thread() is threading.main_thread() and hasattr(signal, "pthread_kill")
        self._due = False
        self._raised = False
        self._timer: tuple[float, float] | None = None  # what the user's own timer stood at
        self._asked = False
        self._asking = threading.Lock()
        self._over = threading.Event()
        self._before = signal.getsignal(signal.SIGALRM) if self._by_signal else None

    def start(self) -> None:
        if self._by_signal:
            signal.signal(signal.SIGALRM, self._signalled)
        threading.Thread(target=self._count, daemon=True, name="logit_magic watchdog").start()

    def stop(self) -> None:
        """Call it off; harmless when repeated."""
        self.shielded += 1
        if self._by_signal:
            if not self._over.is_set():
                self._over.set()
                if self._timer is not None:
                    signal.setitimer(signal.ITIMER_REAL, *self._timer)
                signal.signal(signal.SIGALRM, self._before if self._before is not None else signal.SIG_DFL)
            return
        while not self._over.is_set():
            with contextlib.suppress(OutOfTimeError), self._asking:
                self._over.set()
        if self._asked:
            self._asked = False
            self._have_it_raised()

    def _have_it_raised(self) -> None:
        """Raise in this thread what it was asked for, so that nothing of it stays.

        An exception that is taken back is never raised, but the interpreter goes on looking for it, and Python 3.11
        looks for it for ever where a profiler or debugger is on. One that is raised within a callback of the garbage
        collector is lost: it is asked for until it arrives here.
        """
        with contextlib.suppress(OutOfTimeError):
            while True:
                self._ask()
                time.sleep(0)

    def _ask(self) -> None:
        raised = ctypes.py_object(OutOfTimeError)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), raised)

    def _count(self) -> None:
        self._over.wait(self.deadline - time.monotonic())
        while not self._over.is_set():
            if self._by_signal:
                if not self.shielded:
                    self._due = True
                    signal.pthread_kill(self._thread, signal.SIGALRM)
            else:
                with self._asking:
                    if not self.shielded and not self._over.is_set():
                        self._asked = True
                        self._ask()
            self._over.wait(_AGAIN)

    def _insist(self) -> None:
        """Have it raised again in a few microseconds, never in the same number, so as to meet code outside of a `try`."""
        self._due = True
        moment = 1e-6 * (2 + time.perf_counter_ns() % 19)
        before = signal.setitimer(signal.ITIMER_REAL, moment)
        self._timer = self._timer or before

    def _signalled(self, number: int, frame: Any) -> None:
        if not self._due:
            if callable(self._before):  # the user's own alarm
                self._before(number, frame)
            return
        self._due = False
        if self.shielded or (self._raised and _is_ours(frame)):
            return
        if self._raised:  # and caught
            self._insist()
            if not _is_users(frame) or frame.f_code.co_filename == __file__:
                return  # what libraries put back on their way out they shall put back
        self._raised = True
        raise OutOfTimeError


def _is_ours(frame: Any) -> bool:
    """Whether a frame runs code that puts things back; this module's own has just asked to be called again."""
    file = "" if frame is None else frame.f_code.co_filename
    return bool(file.startswith(_OURS) and file != __file__)


def _is_users(frame: Any) -> bool:
    """Whether a frame runs code of the user's own rather than of a library."""
    return frame is not None and not frame.f_code.co_filename.startswith((sys.prefix, sys.base_prefix, "<frozen"))


@contextlib.contextmanager
def until(deadline: float) -> Iterator[None]:
    """Raise `OutOfTimeError` inside once `time.monotonic()` is past the deadline; infinity sets no limit.

    Inside another one nothing changes but for an earlier deadline. Windows cannot interrupt a call of the system.

    Raises:
        OutOfTimeError: the time is up.
    """
    outer: _Watchdog | None = getattr(_local, "watchdog", None)
    if math.isinf(deadline) or (outer is not None and outer.deadline <= deadline):
        yield
        return
    if deadline <= time.monotonic():
        raise OutOfTimeError
    _local.watchdog = watchdog = _Watchdog(deadline)
    try:
        try:
            watchdog.start()
            yield
        finally:
            watchdog.stop()
    except OutOfTimeError:
        watchdog.stop()  # it may be raised on the way there, and would be again and again
        raise
    finally:
        _local.watchdog = outer


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Nothing is cut off inside: for putting things back, which takes no time of the user's code."""
    watchdog: _Watchdog | None = getattr(_local, "watchdog", None)
    if watchdog is None:
        yield
        return
    watchdog.shielded += 1
    try:
        yield
    finally:
        watchdog.shielded -= 1


def left() -> float:
    """Seconds until this thread is cut off; infinity without a limit."""
    watchdog: _Watchdog | None = getattr(_local, "watchdog", None)
    return math.inf if watchdog is None else max(watchdog.deadline - time.monotonic(), 0.0)
