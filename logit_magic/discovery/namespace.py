"""Models and losses in a namespace, also inside lists, dicts and attributes of plain objects.

Looking must not run the user's code: types are read with `type()`, attributes from an object's own `__dict__`, and no
property, `__getattr__`, `__eq__`, `__len__` or iterator of a user's class is ever called.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from logit_magic import kerases

_DEPTH = 3
_MEMBERS = 200  # of one container
_PLAIN = (list, tuple, dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A model or loss, and the expression that reaches it from the namespace, e.g. `models["a"]`."""

    name: str
    thing: Any


def identities(namespace: Mapping[str, Any]) -> dict[str, int]:
    """What each name is bound to now; compare with a later call to see what a cell rebound."""
    return {name: id(value) for name, value in list(namespace.items())}


def rebound(namespace: Mapping[str, Any], before: Mapping[str, int]) -> list[str]:
    """Names bound to another object than before, without IPython's own."""
    return [
        name for name, value in list(namespace.items()) if before.get(name) != id(value) and not name.startswith("_")
    ]


def models(namespace: Mapping[str, Any], names: Iterable[str] | None = None) -> list[Found]:
    """Keras models that the names reach, each object once, under its shortest name."""
    return _find(namespace, names, kerases.model_classes())


def losses(namespace: Mapping[str, Any], names: Iterable[str] | None = None) -> list[Found]:
    """Keras loss objects that the names reach, each object once."""
    return _find(namespace, names, kerases.loss_classes())


def is_model(thing: Any) -> bool:
    return issubclass(type(thing), kerases.model_classes())


def _find(namespace: Mapping[str, Any], names: Iterable[str] | None, wanted: tuple[type, ...]) -> list[Found]:
    if not wanted:
        return []
    chosen = [n for n in list(namespace) if not n.startswith("_")] if names is None else list(names)
    layer: list[tuple[str, Any]] = [(n, namespace[n]) for n in chosen if n in namespace]
    seen: set[int] = set()
    found: list[Found] = []
    for _ in range(_DEPTH):
        below: list[tuple[str, Any]] = []
        for name, thing in layer:
            if id(thing) in seen:
                continue
            if issubclass(type(thing), wanted):
                seen.add(id(thing))
                found.append(Found(name, thing))
            elif _is_worth_entering(thing):
                seen.add(id(thing))
                below += _members(name, thing)
        layer = below
    return found


def _is_worth_entering(thing: Any) -> bool:
    cls = type(thing)
    if cls in _PLAIN:
        return True
    if issubclass(cls, (type, types.ModuleType, types.FunctionType, str, bytes, int, float)):
        return False
    return _is_user_class(cls) or cls is types.SimpleNamespace


def _is_user_class(cls: type) -> bool:
    module = sys.modules.get(cls.__module__) if isinstance(cls.__module__, str) else None
    if cls.__module__ == "__main__":
        return True
    path = getattr(module, "__file__", None)
    return isinstance(path, str) and "site-packages" not in path and not path.startswith(sys.base_prefix)


def _members(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    if type(thing) is dict:
        for key in list(thing)[:_MEMBERS]:
            yield f"{name}[{key!r}]" if type(key) in (str, int) else f"{name}[…]", thing[key]
    elif type(thing) in (list, tuple):
        for i, member in enumerate(thing[:_MEMBERS]):
            yield f"{name}[{i}]", member
    else:
        try:
            attributes = object.__getattribute__(thing, "__dict__")
        except AttributeError:
            return
        if type(attributes) is dict:
            for key in list(attributes)[:_MEMBERS]:
                yield f"{name}.{key}", attributes[key]
