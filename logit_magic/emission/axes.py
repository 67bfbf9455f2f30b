"""Where the simplex axis goes when a tensor is reshaped, permuted, sliced or joined; pure arithmetic on shapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logit_magic.emission.value import Shape, Value, negative_axis


def moved(x: Value, shape: Shape, after: Callable[[int], int | None], label: str) -> Value:
    """The tensor in another shape; `after` says where an axis went, None for one that was taken apart."""
    simplex = after(x.simplex) if x.simplex is not None else None
    log_simplex = after(x.log_simplex) if x.log_simplex is not None else None
    both = [after(a) for a in x.gate] if x.gate is not None else []
    gate = (both[0], both[1]) if both and both[0] is not None and both[1] is not None else None
    out = _forget(x, shape=shape, gate=gate)
    if (x.simplex is not None and simplex is None) or (x.log_simplex is not None and log_simplex is None):
        return lost(out, label)
    return out.with_(simplex=simplex, log_simplex=log_simplex)


def reshaped(x: Value, shape: Shape, label: str) -> Value:
    """Keep an axis if the axes from it to the end are the same before and after, but for axes of length 1."""
    return moved(x, shape, lambda axis: _axis_after_reshape(x.shape, shape, axis), label)


def permuted(x: Value, order: Sequence[int], shape: Shape, label: str) -> Value:
    """`order[i]` is the old axis that becomes axis i."""
    old = [negative_axis(a, x.rank) for a in order]
    return moved(x, shape, lambda axis: old.index(axis) - len(old) if axis in old else None, label)


def inserted(x: Value, position: int, shape: Shape, label: str) -> Value:
    """A new axis of length 1 at `position` of the new shape."""
    position = negative_axis(position, len(shape))
    out = moved(x, shape, lambda axis: axis if axis > position else axis - 1, label)
    return keeping_sums(x, out, position % len(shape))


def keeping_sums(x: Value, out: Value, position: int | None) -> Value:
    """`out` is x with an axis of length 1 put in: a sum over the axis that stood there is a sum with kept axes now."""
    if x.derived is None or position is None or out.rank != x.rank + 1:
        return out
    what, key, axis, keepdims = x.derived
    if keepdims or axis is None or axis % out.rank != position:
        return out
    return out.with_(derived=(what, key, axis, True), of_exp=x.of_exp)


def removed(x: Value, positions: Sequence[int], shape: Shape, label: str) -> Value:
    """Axes at `positions` of the old shape are gone; a simplex along one of them goes with it."""
    gone = {negative_axis(p, x.rank) for p in positions}

    def after(axis: int) -> int | None:
        return None if axis in gone else axis + sum(1 for g in gone if g > axis)

    return moved(x, shape, after, label)


def touched(x: Value, axes: Sequence[int], shape: Shape, label: str) -> Value:
    """Elements along `axes` were dropped, repeated or moved about; other axes are as they were."""
    gone = {negative_axis(a, x.rank) for a in axes}
    return moved(x, shape, lambda axis: None if axis in gone else axis, label)


def broadcast(x: Value, shape: Shape, label: str) -> Value:
    """The same numbers stretched over `shape`: an axis of length 1 that grows no longer sums to what it did."""
    if x.shape == shape:
        return x
    if len(shape) < x.rank:
        return lost(x, label).with_(shape=shape)
    grown = [-i for i in range(1, x.rank + 1) if x.shape[-i] != shape[-i]]
    return touched(x, grown, shape, label)


def lost(x: Value, label: str, *, definite: bool = False, when: str = "always") -> Value:
    """The same interval without the simplex; `definite` says that the rows certainly sum to something else now."""
    had = x.is_probability and x.broken_by == ""
    out = _forget(x, gate=None)
    if x.simplex is not None or x.log_simplex is not None:
        out = out.with_(simplex=None, log_simplex=None, total=1.0, broken_by="", broken_in="")
        out = out if definite else out.with_(spans=False, why=f"{label} takes apart what summed to one")
    return out.with_(broken_by=label, broken_in=when) if had and definite else out


def _forget(x: Value, **changes: object) -> Value:
    """The patterns that hold only for this very tensor are gone."""
    return x.with_(carries="", derived=None, line=None, of_exp=0, share=None, weighted=None, **changes)


def _axis_after_reshape(old: Shape, new: Shape, axis: int) -> int | None:
    length, after_old = old[axis], [d for d in old[axis:] if d != 1]
    if axis != -1 and None in old[axis + 1 :]:
        return None  # two free axes need not be the same one
    if length is None:
        return axis if old[axis:] == new[axis:] else None
    for candidate in range(-1, -len(new) - 1, -1):
        if new[candidate] == length and [d for d in new[candidate:] if d != 1] == after_old:
            return candidate
    return None
