"""Where the simplex axis goes when a tensor is reshaped, permuted, sliced or joined; pure arithmetic on shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logit_magic.emission.value import Shape, Value, negative_axis


def reshaped(x: Value, shape: Shape, label: str) -> Value:
    """Keep an axis if the axes from it to the end are the same before and after, but for axes of length 1."""
    return _move(x, shape, lambda axis: _axis_after_reshape(x.shape, shape, axis), label)


def permuted(x: Value, order: Sequence[int], shape: Shape, label: str) -> Value:
    """`order[i]` is the old axis that becomes axis i."""
    old = [negative_axis(a, x.rank) for a in order]
    return _move(x, shape, lambda axis: old.index(axis) - len(old) if axis in old else None, label)


def inserted(x: Value, position: int, shape: Shape, label: str) -> Value:
    """A new axis of length 1 at `position` of the new shape."""
    position = negative_axis(position, len(shape))
    return _move(x, shape, lambda axis: axis if axis > position else axis - 1, label)


def removed(x: Value, positions: Sequence[int], shape: Shape, label: str) -> Value:
    """Axes at `positions` of the old shape are gone; a simplex along one of them goes with it."""
    gone = {negative_axis(p, x.rank) for p in positions}

    def after(axis: int) -> int | None:
        return None if axis in gone else axis + sum(1 for g in gone if g > axis)

    return _move(x, shape, after, label)


def touched(x: Value, axes: Sequence[int], shape: Shape, label: str) -> Value:
    """Elements along `axes` were dropped, repeated or moved about; other axes are as they were."""
    gone = {negative_axis(a, x.rank) for a in axes}
    return _move(x, shape, lambda axis: None if axis in gone else axis, label)


def lost(x: Value, label: str, *, definite: bool = False, when: str = "always") -> Value:
    """The same interval without the simplex; `definite` says that the rows certainly sum to something else now."""
    had = x.is_probability and x.broken_by == ""
    out = x.with_(simplex=None, total=1.0, log_simplex=None, gate=None, carries="")
    if x.simplex is not None and not definite:
        out = out.with_(spans=False, why=f"{label} takes apart what summed to one")
    return out.with_(broken_by=label, broken_in=when) if had and definite else out


def _move(x: Value, shape: Shape, after: Callable[[int], int | None], label: str) -> Value:
    simplex = after(x.simplex) if x.simplex is not None else None
    log_simplex = after(x.log_simplex) if x.log_simplex is not None else None
    gate = after(x.gate) if x.gate is not None else None
    out = x.with_(shape=shape, carries="", derived=None, gate=gate)
    if x.simplex is not None and simplex is None:
        out = lost(out, label)
    return out.with_(simplex=simplex, log_simplex=log_simplex)


def _axis_after_reshape(old: Shape, new: Shape, axis: int) -> int | None:
    length = old[axis]
    if length is None:
        return axis if old[axis:] == new[axis:] else None
    after_old = [d for d in old[axis:] if d != 1]
    for candidate in range(-1, -len(new) - 1, -1):
        if new[candidate] == length and [d for d in new[candidate:] if d != 1] == after_old:
            return candidate
    return None
