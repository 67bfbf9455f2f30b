"""Nested dicts, lists and tuples, as models take and return them: a walk over their members, and the same with others."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Path = tuple["str | int", ...]


def leaves_with_places(structure: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(place, member) of everything that is no dict, list or tuple, in the order in which it stands; () for a lone one."""
    if isinstance(structure, Mapping):
        for key, member in structure.items():
            yield from leaves_with_places(member, (*path, key))
    elif isinstance(structure, (list, tuple)):
        for i, member in enumerate(structure):
            yield from leaves_with_places(member, (*path, i))
    else:
        yield path, structure


def tensors_with_places(structure: Any) -> Iterator[tuple[Path, Any]]:
    """(place, member) of everything that has a shape, also in the fields of dataclasses."""
    for path, member in leaves_with_places(structure):
        if hasattr(member, "shape"):
            yield path, member
        elif dataclasses.is_dataclass(member) and not isinstance(member, type):
            for field in dataclasses.fields(member):
                inner = getattr(member, field.name, None)
                yield from (((*path, field.name, *place), one) for place, one in tensors_with_places(inner))


def at(structure: Any, place: Path) -> Any:
    """The member at a place."""
    for key in place:
        held = isinstance(structure, (Mapping, list, tuple))  # else it is a dataclass
        structure = structure[key] if held else getattr(structure, str(key))
    return structure


def mapped(structure: Any, change: Callable[[Any], Any], *, listed: bool = False) -> Any:
    """The structure with `change(member)` in place of each member.

    Args:
        structure: nested dicts, lists and tuples; mappings come back as dicts.
        change: of what is none of these.
        listed: tuples come back as lists, so that a member may itself be a tuple.
    """
    return _mapped(structure, lambda _, member: change(member), (), listed)


def filled(structure: Any, given: Mapping[Path, Any]) -> Any:
    """The structure with what is given for its place in place of each member."""
    return _mapped(structure, lambda place, _: given[place], (), False)


def _mapped(structure: Any, change: Callable[[Path, Any], Any], path: Path, listed: bool) -> Any:
    if isinstance(structure, Mapping):
        return {key: _mapped(member, change, (*path, key), listed) for key, member in structure.items()}
    if not isinstance(structure, (list, tuple)):
        return change(path, structure)
    members = [_mapped(member, change, (*path, i), listed) for i, member in enumerate(structure)]
    if isinstance(structure, list) or listed:
        return members
    return (
        type(structure)(*members) if hasattr(structure, "_fields") else tuple(members)
    )  # a named tuple, or a plain one
