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
    handlers = [h for ref in getattr(logging, "_handlerList", ()) if isinstance(h := ref(), logging.Handler)]
    handlers += [logging.lastResort] if logging.lastResort is not None else []

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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
def as_warned_before(namespace: dict[str, Any] | None = None) -> Iterator[None]:
    """What Python has shown once is not shown again, and nothing counts as shown that was muted inside.

    Each module keeps a registry of what it warned of, which is void whenever warnings are muted by whoever it is.

    Args:
        namespace: of the user's cells: a registry that it did not have is taken out again.
    """
    version, registered = _version(), "__warningregistry__" in (namespace or ())
    registries = [r for m in list(sys.modules.values()) if (r := _registry_of(m)).get("version") == version]
    before = [(registry, dict(registry)) for registry in registries]
    try:
        yield
    finally:
        now = _version()
        for registry, contents in before if now is not None else ():
            registry.clear()
            registry.update(contents, version=now)
        if namespace is not None and not registered:
            namespace.pop("__warningregistry__", None)


class _NobodyWarns(Warning):
    """Told to a registry to learn its version."""


def _version() -> Any:
    """The number by which Python knows registries that are not void; None where it keeps none."""
    registry: Any = {}
    filters: Any = warnings.filters  # changed in place: `simplefilter` would make all registries void
    mute = ("ignore", None, _NobodyWarns, None, 0)
    try:
        filters.insert(0, mute)
        try:
            warnings.warn_explicit("", _NobodyWarns, "", 1, registry=registry)
        finally:
            filters.remove(mute)
    except Exception:
        return None
    return registry.get("version")


def _registry_of(module: Any) -> dict[Any, Any]:
    try:
        registry = vars(module).get("__warningregistry__")
    except Exception:
        return {}
    return registry if type(registry) is dict else {}


def _dropped(message: Any) -> None:
    """A hook of ipykernel's, for the running thread alone: a message for which it returns None is not sent."""


def _publisher() -> Any:
    """What a kernel displays with; None elsewhere, where `display` prints."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    publisher = getattr(shell, "display_pub", None)
    return publisher if hasattr(publisher, "register_hook") else None
