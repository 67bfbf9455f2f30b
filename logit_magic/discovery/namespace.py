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
from logit_magic.foreign import module_of, shortened

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
    return [name for name, value in list(namespace.items()) if _is_users(name) and before.get(name) != id(value)]


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
    chosen = [n for n in list(namespace) if _is_users(n)] if names is None else list(names)
    layer: list[tuple[str, Any]] = [(shortened(n), namespace[n]) for n in chosen if n in namespace]
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


def _is_users(name: Any) -> bool:
    """A name that a cell can bind, and none of IPython's own; `globals()` takes other keys too."""
    return type(name) is str and not name.startswith("_")


def _is_worth_entering(thing: Any) -> bool:
    cls = type(thing)
    if cls in _PLAIN:
        return True
    if issubclass(cls, (type, types.ModuleType, types.FunctionType, str, bytes, int, float)):
        return False
    return is_users_class(cls) or cls is types.SimpleNamespace


def is_users_class(cls: type) -> bool:
    """Whether the user wrote a class, in the notebook or in a file of their own."""
    module = module_of(cls)
    if module == "__main__":
        return True
    path = getattr(sys.modules.get(module), "__file__", None)
    return isinstance(path, str) and "site-packages" not in path and not path.startswith(sys.base_prefix)


def _members(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    if type(thing) is dict:
        for key in list(thing)[:_MEMBERS]:
            yield f"{name}[{_key(key)}]", thing[key]
    elif type(thing) in (list, tuple):
        for i, member in enumerate(thing[:_MEMBERS]):
            yield f"{name}[{i}]", member
    else:
        try:
            attributes = object.__getattribute__(thing, "__dict__")
        except Exception:  # none, or a property of that name
            return
        if type(attributes) is dict:
            for key in list(attributes)[:_MEMBERS]:
                yield f"{name}.{shortened(key) if type(key) is str else '…'}", attributes[key]


def _key(key: Any) -> str:
    return repr(shortened(key) if type(key) is str else key) if type(key) in (str, int) else "…"
