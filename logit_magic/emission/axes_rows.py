"""Rows for `keras.ops` that copy, move, cut and repeat axes."""

from __future__ import annotations

from collections.abc import Sequence

from logit_magic.emission import axes, mixtures
from logit_magic.emission.reduction_rows import axes_of
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Shape, Value, between

_ROUNDING = {"float16": 1e-3, "bfloat16": 8e-3}  # largest relative error of one rounding
_WHOLE = (slice(None), slice(0, None), slice(None, None, 1), slice(0, None, 1))


@row("core.Cast", "core.SaturateCast", "core.ConvertToTensor", "core.StopGradient", "numpy.Copy", "numpy.Array",
     "numpy.Conj", "numpy.Conjugate", "numpy.Real")  # fmt: skip
def unchanged(call: Call) -> Value:
    """A copy: on TensorFlow it is another tensor, which no longer knows its logits."""
    x = call.value()
    dtype = str(getattr(call.op, "dtype", "") or "")
    if dtype == "bool":
        return between(0.0, 1.0, x, call.shape, call.label)
    if dtype and not dtype.startswith(("float", "bfloat", "complex")):
        return between(-INF, INF, x, call.shape, call.label, f"{call.label} makes integers")
    return _rounded(x, _ROUNDING.get(dtype, 0.0))


def _rounded(x: Value, error: float) -> Value:
    low, high = x.low - error * abs(x.low), x.high + error * abs(x.high)
    exact = (0.0, 1.0, -1.0, INF, -INF)
    return x.same(carries="", low=x.low if x.low in exact else low, high=x.high if x.high in exact else high)


@row("numpy.Reshape", "numpy.Ravel")
def reshape(call: Call) -> Value:
    return axes.reshaped(call.value(), call.shape, call.label)


@row("numpy.Transpose")
def transpose(call: Call) -> Value:
    x = call.value()
    return axes.permuted(x, call.op.axes or tuple(reversed(range(x.rank))), call.shape, call.label)


@row("numpy.Swapaxes")
def swapaxes(call: Call) -> Value:
    x = call.value()
    order = list(range(x.rank))
    i, j = call.op.axis1 % x.rank, call.op.axis2 % x.rank
    order[i], order[j] = order[j], order[i]
    return axes.permuted(x, order, call.shape, call.label)


@row("numpy.Moveaxis")
def moveaxis(call: Call) -> Value:
    x = call.value()
    both = ([axis] if isinstance(axis, int) else axis for axis in (call.op.source, call.op.destination))
    source, destination = ([a % x.rank for a in axis] for axis in both)
    order = [a for a in range(x.rank) if a not in source]
    for to, origin in sorted(zip(destination, source, strict=True)):
        order.insert(to, origin)
    return axes.permuted(x, order, call.shape, call.label)


@row("numpy.ExpandDims")
def expand_dims(call: Call) -> Value | None:
    axis = call.op.axis
    several = list(axis) if isinstance(axis, Sequence) else [axis]
    return axes.inserted(call.value(), several[0], call.shape, call.label) if len(several) == 1 else None


@row("numpy.Squeeze")
def squeeze(call: Call) -> Value:
    x, axis = call.value(), call.op.axis
    ones = [i for i, d in enumerate(x.shape) if d == 1]
    gone = ones if axis is None else [axis] if isinstance(axis, int) else list(axis)
    return axes.removed(x, gone, call.shape, call.label)


@row("numpy.BroadcastTo")
def broadcast_to(call: Call) -> Value:
    return axes.broadcast(call.value(), call.shape, call.label)


@row("numpy.Flip", "numpy.Fliplr", "numpy.Flipud", "numpy.Roll", "numpy.Repeat", "numpy.Tile")
def repeated(call: Call) -> Value:
    """Elements change place along some axes: a sum along an axis that kept its length is the sum of the same row."""
    x, name = call.value(), call.name[6:]
    if len(call.shape) != x.rank or (name == "Roll" and call.op.axis is None):
        return axes.lost(x, call.label).with_(shape=call.shape)
    alike = name in ("Flip", "Fliplr", "Flipud", "Roll")
    same = [a for a in range(-x.rank, 0) if alike or (x.shape[a] is not None and x.shape[a] == call.shape[a])]
    return axes.touched(x, [a for a in range(-x.rank, 0) if a not in same], call.shape, call.label)


@row("numpy.Rot90", "nn.DepthToSpace", "nn.SpaceToDepth", "numpy.Diagonal", "math.ExtractSequences")
def rearranged(call: Call) -> Value:
    return axes.lost(call.value(), call.label).with_(shape=call.shape)


@row("numpy.Meshgrid")
def meshgrid(call: Call) -> Value:
    """One output for each operand."""
    return axes.lost(call.value(call.index), call.label).with_(shape=call.shape)


@row("numpy.Tril", "numpy.Triu", "numpy.Diag", "numpy.Diagflat", "nn.Unfold", "image.ExtractPatches")
def with_zeros(call: Call) -> Value:
    x = call.value()
    why = f"{call.label} puts zeros in"
    return between(min(x.low, 0.0), max(x.high, 0.0), x, call.shape, call.label, why)


@row("numpy.Pad")
def padded(call: Call) -> Value:
    x, filling = call.value(), call.argument(1, "constant_values")
    fill = call.operand(0 if filling is None else filling)
    copies = call.op.mode in ("reflect", "symmetric", "edge", "wrap", "mean", "median", "minimum", "maximum")
    low, high = (x.low, x.high) if copies else (min(x.low, fill.low), max(x.high, fill.high))  # a ramp leads to zero
    return between(low, high, x, call.shape, call.label, f"{call.label} adds elements")


@row("numpy.GetItem")
def getitem(call: Call) -> Value:
    """Slices keep the simplex unless they cut its axis; the axis is found by counting what each index removes."""
    x, key = call.value(), call.argument(1, "key")
    keys = list(key) if isinstance(key, tuple) else [key]
    plain = [k for k in keys if k is not None and k is not Ellipsis]
    if not all(isinstance(k, (int, slice)) and not isinstance(k, bool) for k in plain):
        return axes.lost(x, call.label).with_(shape=call.shape)
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        keys[at : at + 1] = [slice(None)] * (x.rank - len(plain))
    keys += [slice(None)] * (x.rank - sum(1 for k in keys if k is not None))
    return _indexed(x, keys, call)


def _indexed(x: Value, keys: list[object], call: Call) -> Value:
    kept: list[int | None] = []  # for each new axis: the old axis it is, or None for a new one
    cut: list[int] = []
    old = 0
    for k in keys:
        if k is None:
            kept.append(None)
            continue
        if isinstance(k, slice):
            kept.append(old - x.rank)
        if not isinstance(k, slice) or k not in _WHOLE:
            cut.append(old - x.rank)
        old += 1

    def after(axis: int) -> int | None:
        return kept.index(axis) - len(kept) if axis in kept and axis not in cut else None

    out = axes.moved(x, call.shape, after, call.label)
    if not cut and kept.count(None) == 1:
        out = axes.keeping_sums(x, out, kept.index(None))
    entry = _entry([k for k in keys if k is not None], cut, x)
    return out if entry is None else out.with_(share=mixtures.share_of(x, entry, call.shape))


def _entry(keys: list[object], cut: list[int], x: Value) -> int | None:
    """The one entry of the simplex that is taken, all else being whole: g[:, 1] or g[:, 1:2]."""
    if x.simplex is None or cut != [x.simplex]:
        return None
    key, size = keys[x.simplex], x.shape[x.simplex]
    if isinstance(key, int):
        return key
    if size is None or not isinstance(key, slice):
        return None
    taken = range(size)[key]
    return taken[0] if len(taken) == 1 else None


@row("core.Unstack")
def unstack(call: Call) -> Value:
    x, axis = call.value(), int(call.op.axis)
    out = axes.removed(x, [axis], call.shape, call.label)
    if x.simplex is not None and axis % x.rank == x.simplex % x.rank:
        return out.with_(share=mixtures.share_of(x, call.index, call.shape))
    return out


@row("numpy.Split", "numpy.ArraySplit", "numpy.Hsplit", "numpy.Vsplit", "numpy.Dsplit")
def split(call: Call) -> Value:
    x = call.value()
    fixed = {"numpy.Vsplit": 0, "numpy.Dsplit": 2, "numpy.Hsplit": 1 if x.rank > 1 else 0}
    axis = int(fixed.get(call.name, getattr(call.op, "axis", 0)))
    out = axes.touched(x, [axis], call.shape, call.label)
    sections = call.op.indices_or_sections
    if x.simplex is not None and axis % x.rank == x.simplex % x.rank and sections == x.shape[x.simplex]:
        return out.with_(share=mixtures.share_of(x, call.index, call.shape))
    return out


@row("numpy.Take")
def take(call: Call) -> Value:
    """Whole rows, picked by their position along another axis, are still rows."""
    x, axis = call.value(), call.op.axis
    out = axes.lost(x, call.label).with_(shape=call.shape)
    if not isinstance(axis, int) or x.simplex is None:
        return out
    at, indices = axes_of(axis, x.rank)[0], len(call.shape) - x.rank + 1  # rank of the indices

    def after(old: int) -> int | None:
        return None if old == at else (old if old > at else old + 1 - indices)

    return axes.moved(x, call.shape, after, call.label)


@row("core.Slice", "numpy.TakeAlongAxis")
def part(call: Call) -> Value:
    return axes.lost(call.value(), call.label).with_(shape=call.shape)


@row("core.SliceUpdate", "core.ScatterUpdate")
def overwritten(call: Call) -> Value:
    x, new = call.value(0, "inputs"), call.value(2, "updates")
    shape: Shape = call.shape
    plain = getattr(call.op, "reduction", None) is None
    low, high = (min(x.low, new.low), max(x.high, new.high)) if plain else (-INF, INF)
    return between(low, high, x, shape, call.label, f"{call.label} writes into the tensor")
