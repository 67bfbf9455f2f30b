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

    def __init__(self, stream: Any, quiet: Quiet) -> None:
        self._stream, self._quiet = stream, quiet

    def write(self, text: str) -> Any:
        return len(text) if self._quiet.holds() else self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def quiet() -> Iterator[Quiet]:
    """This thread prints, logs and displays nothing inside; nobody warns."""
    held = Quiet()
    streams = {name: getattr(sys, name) for name in ("stdout", "stderr")}
    ours = {name: _Stream(stream, held) for name, stream in streams.items()}
    handlers = _handlers()

    def passes(record: logging.LogRecord) -> bool:
        return record.thread not in held.threads

    publisher = _publisher()
    for name, stream in ours.items():
        setattr(sys, name, stream)
    for handler in handlers:
        handler.addFilter(passes)
    if publisher is not None:
        publisher.register_hook(_dropped)
    try:
        with _nobody_warns():
            yield held
    finally:
        if publisher is not None:
            publisher.unregister_hook(_dropped)
        for handler in handlers:
            handler.removeFilter(passes)
        for name, stream in ours.items():
            if getattr(sys, name) is stream:
                setattr(sys, name, streams[name])


@contextlib.contextmanager
def _nobody_warns() -> Iterator[None]:
    """Warnings are ignored inside, without Python forgetting which ones it has shown once.

    `catch_warnings` makes it forget: after that, the user's own warnings would be shown again. A filter put into the list
    by hand does not, and what it ignores is not noted as shown either.
    """
    filters: Any = warnings.filters
    before = list(filters)
    filters.insert(0, ("ignore", None, Warning, None, 0))
    try:
        yield
    finally:
        filters[:] = before
        warnings.filters = filters


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
    warnings.filters.insert(0, ours)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if ours in warnings.filters:
            warnings.filters.remove(ours)  # type: ignore[attr-defined]
        for handler in handlers:
            handler.removeFilter(passes)


def _handlers() -> list[logging.Handler]:
    handlers = [h for ref in getattr(logging, "_handlerList", ()) if isinstance(h := ref(), logging.Handler)]
    return handlers + ([logging.lastResort] if logging.lastResort is not None else [])


def _dropped(message: Any) -> None:
    """A hook of ipykernel's, for the running thread alone: a message for which it returns None is not sent."""


def _publisher() -> Any:
    """What a kernel displays with; None elsewhere, where `display` prints."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    publisher = getattr(shell, "display_pub", None)
    return publisher if hasattr(publisher, "register_hook") else None
