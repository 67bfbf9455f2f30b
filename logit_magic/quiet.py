"""Keep the user's code quiet while a check calls it; what other threads print meanwhile is printed."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any


class Quiet:
    """Who is quiet, and what they would have printed.

    Attributes:
        threads: the idents of the threads that are quiet.
        heard: whether one of them tried to print.
    """

    def __init__(self) -> None:
        self.threads = {threading.get_ident()}
        self.heard = False

    def holds(self) -> bool:
        """Whether the running thread is to be quiet; that it asks is taken for a try."""
        if threading.get_ident() not in self.threads:
            return False
        self.heard = True
        return True


class _Stream:
    """Stands in for a stream: drops what quiet threads write."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        return len(text) if any([held.holds() for held in _held]) else self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_lock = threading.Lock()
_held: list[
    Quiet
] = []  # of every thread that is quiet now: the first puts the stand-ins in place, the last takes them out
_filters: list[Any] = []  # of warnings, as the first found them
_beside: list[Any] = []  # filters of threads in the background, which come and go meanwhile


@contextlib.contextmanager
def quiet() -> Iterator[Quiet]:
    """This thread prints, logs and displays nothing inside; nobody warns. Several threads may be inside at a time."""
    held = Quiet()
    publisher = _publisher()
    if publisher is not None:
        publisher.register_hook(_dropped)
    with _lock:
        _begin(held)
    try:
        yield held
    finally:
        with _lock:
            _end(held)
        if publisher is not None:
            publisher.unregister_hook(_dropped)


def _begin(held: Quiet) -> None:
    for name in ("stdout", "stderr"):
        if not isinstance(getattr(sys, name), _Stream):
            setattr(sys, name, _Stream(getattr(sys, name)))
    for handler in _handlers():
        handler.addFilter(_passes)
    if not _held:
        _nobody_warns()
    _held.append(held)


def _end(held: Quiet) -> None:
    _held.remove(held)
    if _held:
        return
    _warn_again()
    for handler in _handlers():
        handler.removeFilter(_passes)
    for name in ("stdout", "stderr"):
        while isinstance(stream := getattr(sys, name), _Stream):  # what somebody else has put there stays
            setattr(sys, name, stream._stream)


@contextlib.contextmanager
def quiet_in_background() -> Iterator[None]:
    """This thread neither warns nor logs inside, and others notice nothing; for a thread beside the user's cells.

    Streams stay as they are: the cells that run meanwhile may replace them.
    """
    ident = threading.get_ident()

    class Here:
        """Stands for a filter's pattern, which `warnings` asks whether it matches."""

        def match(self, text: str) -> bool:
            return threading.get_ident() == ident

    ours: Any = ("ignore", Here(), Warning, None, 0)
    handlers = _handlers()

    def passes(record: logging.LogRecord) -> bool:
        return record.thread != ident

    for handler in handlers:
        handler.addFilter(passes)
    with _lock:
        _beside.append(ours)
        warnings.filters.insert(0, ours)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        with _lock:
            _beside.remove(ours)
            if ours in warnings.filters:
                warnings.filters.remove(ours)  # type: ignore[attr-defined]
        for handler in handlers:
            handler.removeFilter(passes)


def _handlers() -> list[logging.Handler]:
    handlers = [h for ref in getattr(logging, "_handlerList", ()) if isinstance(h := ref(), logging.Handler)]
    return handlers + ([logging.lastResort] if logging.lastResort is not None else [])


def _passes(record: logging.LogRecord) -> bool:
    return not any(record.thread in held.threads for held in _held)


def _nobody_warns() -> None:
    """Ignore warnings, without Python forgetting which ones it has shown once.

    `catch_warnings` makes it forget: after that, the user's own warnings would be shown again. A filter put into the list
    by hand does not, and what it ignores is not noted as shown either.
    """
    filters: Any = warnings.filters
    _filters[:] = [filters, list(filters)]
    filters.insert(0, ("ignore", None, Warning, None, 0))


def _warn_again() -> None:
    filters, before = _filters
    filters[:] = _beside + [one for one in before if one[1] is None or type(one[1]).__module__ != __name__]
    warnings.filters = filters
    _filters.clear()


def _dropped(message: Any) -> None:
    """A hook of ipykernel's, for the running thread alone: a message for which it returns None is not sent."""


def _publisher() -> Any:
    """What a kernel displays with; None elsewhere, where `display` prints."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    publisher = getattr(shell, "display_pub", None)
    return publisher if hasattr(publisher, "register_hook") else None
