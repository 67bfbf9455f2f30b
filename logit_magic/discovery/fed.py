"""The values behind an argument that a backend is tracing: what the traced function was called with."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType
from typing import Any

from logit_magic.discovery.sightings import copy_of, shape_of

_STEPS = 200  # frames: tracing calls itself deeply


def fed(frame: FrameType, tensor: Any) -> Any:
    """First elements of what a traced tensor stands for; None where nothing, or more than one thing, can be meant.

    Around the trace stands the call that set it off, with the arguments in its hands. An array among these that has
    the tensor's shape and kind of numbers is what the tensor stands for, if there is no other.

    Args:
        frame: in which the tensor is used.
        tensor: without values of its own.
    """
    shape, kind = shape_of(tensor), _kind(getattr(tensor, "dtype", ""))
    above, steps = frame.f_back, 0
    while above is not None and steps < _STEPS:
        given = {id(one): one for one in _arguments(above) if _kind(getattr(one, "dtype", "")) == kind}
        fitting = [copy for one in given.values() if _fits(shape_of(one), shape) and (copy := copy_of(one)) is not None]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
        above, steps = above.f_back, steps + 1
    return None


def _arguments(frame: FrameType) -> Iterator[Any]:
    """What a wrapper that takes anything was called with."""
    for name in ("args", "kwargs", "kwds"):
        given = frame.f_locals.get(name)
        members = given.values() if type(given) is dict else given if type(given) is tuple else ()
        for member in members:
            yield from member if type(member) in (tuple, list) else (member,)


def _kind(dtype: Any) -> str:
    """Of a dtype of any framework; how wide it is may change on the way in."""
    return next((kind for kind in ("float", "bool", "int") if kind in str(dtype)), "")


def _fits(shape: tuple[int | None, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(b is None or a == b for a, b in zip(shape, wanted, strict=True))
