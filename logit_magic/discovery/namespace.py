"""Models and losses in a namespace, also inside lists, dicts and attributes of plain objects.

Looking must not run the user's code: types are read with `type()`, attributes from an object's own `__dict__`, and no
property, `__getattr__`, `__eq__`, `__len__` or iterator of a user's class is ever called.
"""

from __future__ import annotations

import sys
import types
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from logit_magic import kerases
from logit_magic.foreign import module_of, shortened

_DEPTH = 3
_MEMBERS = 200  # of one container
_PLAIN = (list, tuple, dict)
_RUN, _GONE = 512, 50  # ids that are compared at a time; names that are looked for one by one


@dataclass(frozen=True, slots=True)
class Found:
    """A model or loss, and the expression that reaches it from the namespace, e.g. `models["a"]`."""

    name: str
    thing: Any


@dataclass(frozen=True, slots=True)
class Bindings:
    """What each name is bound to, as ids: nothing is kept alive. Both lists are in the namespace's own order."""

    names: list[Any]
    ids: list[int]


def bindings(namespace: Mapping[str, Any]) -> Bindings:
    """What each name is bound to now; compare with later ones to see what a cell rebound."""
    return Bindings(list(namespace), list(map(id, namespace.values())))


def rebound(now: Bindings, before: Bindings) -> list[str]:
    """Names bound to another object than before, without IPython's own.

    A namespace keeps its order: names that are new come last, those bound anew stay where they are. So the ids can be
    compared in long runs, once the few names that are gone have been taken out.
    """
    names, old, size = list(before.names), list(before.ids), len(now.names)
    for _ in range(_GONE):
        if not names or (len(names) <= size and now.names[len(names) - 1] is names[-1]):
            break  # the last one stands where it stood: none before it is gone
        gone = bisect_left(range(len(names)), True, key=lambda i: i >= size or now.names[i] is not names[i])
        del names[gone], old[gone]
    else:
        known = {name: one for name, one in zip(names, old, strict=False) if _is_users(name)}
        both = zip(now.names, now.ids, strict=False)
        return [name for name, new in both if _is_users(name) and known.get(name) != new]
    changed = now.names[len(names) :]
    for start in range(0, len(names), _RUN):
        run = slice(start, min(start + _RUN, len(names)))
        if now.ids[run] != old[run]:
            several = zip(now.names[run], now.ids[run], old[run], strict=False)
            changed += [name for name, new, one in several if new != one]
    return [name for name in changed if _is_users(name)]


def models(namespace: Mapping[str, Any], names: Iterable[str] | None = None) -> list[Found]:
    """Keras models that the names reach, each object once, under its shortest name."""
    return _find(namespace, names, kerases.model_classes())


def losses(namespace: Mapping[str, Any], names: Iterable[str] | None = None) -> list[Found]:
    """Keras loss objects that the names reach, each object once."""
    return _find(namespace, names, kerases.loss_classes())


def is_model(thing: Any) -> bool:
    return issubclass(type(thing), kerases.model_classes())


# (the place above or None, key in it, how it is reached): written out as a name only for what is found
_Place = tuple[Any, Any, str]


def _find(namespace: Mapping[str, Any], names: Iterable[str] | None, wanted: tuple[type, ...]) -> list[Found]:
    if not wanted:
        return []
    given = list(namespace.items()) if names is None else [(n, namespace[n]) for n in names if n in namespace]
    layer: list[tuple[Any, _Place]]
    layer = [(thing, (None, name, "name")) for name, thing in given if names is not None or _is_users(name)]
    kinds: dict[int, str] = {}  # id of a class -> what to do with its objects: a class may raise when it is hashed
    seen: set[int] = set()
    found: list[Found] = []
    for _ in range(_DEPTH):
        below: list[tuple[Any, _Place]] = []
        for thing, place in layer:
            cls = type(thing)
            kind = kinds.get(id(cls))
            if kind is None:
                kind = kinds[id(cls)] = _kind(cls, wanted)
            if not kind or id(thing) in seen:
                continue
            seen.add(id(thing))
            if kind == "wanted":
                found.append(Found(_name(place), thing))
            else:
                below += [(member, (place, key, how)) for key, member, how in _members(thing)]
        layer = below
    return found


def _kind(cls: type, wanted: tuple[type, ...]) -> str:
    """What to do with objects of a class: "wanted", "enter" or nothing."""
    if issubclass(cls, wanted):
        return "wanted"
    return "enter" if _is_worth_entering(cls) else ""


def _is_users(name: Any) -> bool:
    """A name that a cell can bind, and none of IPython's own; `globals()` takes other keys too."""
    return type(name) is str and not name.startswith("_")


def _is_worth_entering(cls: type) -> bool:
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


def _members(thing: Any) -> Iterator[tuple[Any, Any, str]]:
    """(key, member, how it is reached) of the first members; no key is hashed or compared."""
    if type(thing) is dict:
        yield from ((key, member, "key") for key, member in list(islice(thing.items(), _MEMBERS)))
    elif type(thing) in (list, tuple):
        yield from ((i, member, "key") for i, member in enumerate(thing[:_MEMBERS]))
    else:
        try:
            attributes = object.__getattribute__(thing, "__dict__")
        except Exception:  # none, or a property of that name
            return
        if type(attributes) is dict:
            yield from ((key, member, "attribute") for key, member in list(islice(attributes.items(), _MEMBERS)))


def _name(place: _Place) -> str:
    """The expression that reaches a place."""
    above, key, how = place
    if above is None:
        return shortened(key)
    if how == "key":
        return f"{_name(above)}[{_key(key)}]"
    return f"{_name(above)}.{shortened(key) if type(key) is str else '…'}"


def _key(key: Any) -> str:
    return repr(shortened(key) if type(key) is str else key) if type(key) in (str, int) else "…"
