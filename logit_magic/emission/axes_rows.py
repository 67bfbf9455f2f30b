"""Rows for `keras.ops` that move, join, cut and contract axes."""

from __future__ import annotations

from logit_magic.emission import arithmetic, axes
from logit_magic.emission.ops_rows import one_axis
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Value, negative_axis


@row("core.Cast", "core.SaturateCast", "core.ConvertToTensor", "core.StopGradient", "numpy.Copy", "numpy.Array")
def unchanged(call: Call) -> Value:
    """A copy: on TensorFlow it is another tensor, which no longer knows its logits."""
    x = call.value()
    dtype = str(getattr(call.op, "dtype", "") or "")
    if dtype and not dtype.startswith(("float", "bfloat")):
        return x.elementwise(-INF if x.low < 0 else 0.0, INF, spans=False, maker=call.label)
    return x.with_(carries="")


@row("numpy.NanToNum")
def no_nans(call: Call) -> Value:
    x = call.value()
    return axes.lost(x, call.label).with_(low=min(x.low, 0.0), high=max(x.high, 0.0))


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
    source, destination = [[a % x.rank for a in axis] for axis in (call.op.source, call.op.destination)]
    order = [a for a in range(x.rank) if a not in source]
    for to, origin in sorted(zip(destination, source, strict=True)):
        order.insert(to, origin)
    return axes.permuted(x, order, call.shape, call.label)


@row("numpy.ExpandDims")
def expand_dims(call: Call) -> Value | None:
    axis = one_axis(call.op.axis)
    return None if axis is None else axes.inserted(call.value(), axis, call.shape, call.label)


@row("numpy.Squeeze")
def squeeze(call: Call) -> Value:
    x, axis = call.value(), call.op.axis
    ones = [i for i, d in enumerate(x.shape) if d == 1]
    gone = ones if axis is None else [axis] if isinstance(axis, int) else list(axis)
    return axes.removed(x, gone, call.shape, call.label)


@row("numpy.BroadcastTo", "numpy.Repeat", "numpy.Tile", "numpy.Flip", "numpy.Roll")
def repeated(call: Call) -> Value:
    x = call.value()
    if call.name == "numpy.Flip" or x.simplex is None or x.rank != len(call.shape):
        same = x.simplex if call.name in ("numpy.Flip", "numpy.BroadcastTo") else None
        return (
            axes.lost(x, call.label).with_(shape=call.shape) if same is None else x.with_(shape=call.shape, carries="")
        )
    if call.shape[x.simplex] == x.shape[x.simplex]:
        return x.with_(shape=call.shape, carries="", derived=None)
    return axes.lost(x, call.label).with_(shape=call.shape)


@row("numpy.GetItem")
def getitem(call: Call) -> Value:
    """Slices keep the simplex unless they cut its axis; the axis is found by counting what each index removes."""
    x, key = call.value(), call.argument(1, "key")
    keys = list(key) if isinstance(key, tuple) else [key]
    plain = [k for k in keys if k is not None and k is not Ellipsis]
    if not all(isinstance(k, (int, slice)) for k in plain):
        return axes.lost(x, call.label).with_(shape=call.shape, derived=None)
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
            kept.append(old)
            if k not in (slice(None), slice(0, None), slice(None, None, 1)):
                cut.append(old - x.rank)
        old += 1
    simplex = x.simplex
    if simplex is not None:
        where = simplex + x.rank
        if simplex in cut or where not in kept:
            return axes.lost(x, call.label).with_(shape=call.shape, derived=None)
        simplex = kept.index(where) - len(kept)
    return x.with_(shape=call.shape, simplex=simplex, log_simplex=None, gate=None, carries="", derived=None)


@row("core.Unstack", "numpy.Split", "core.Slice", "numpy.Take", "numpy.TakeAlongAxis")
def part(call: Call) -> Value:
    x = call.value()
    axis = getattr(call.op, "axis", None)
    if call.name == "core.Unstack" and isinstance(axis, int):
        return axes.removed(x, [axis], call.shape, call.label)
    if call.name == "numpy.Split" and isinstance(axis, int):
        return axes.touched(x, [axis], call.shape, call.label)
    return axes.lost(x, call.label).with_(shape=call.shape, derived=None)


@row("numpy.Concatenate")
def concatenate(call: Call) -> Value:
    return arithmetic.concatenate(call.values(), call.op.axis, call.label, call.shape)


@row("numpy.Stack")
def stack(call: Call) -> Value:
    values = [axes.inserted(v, call.op.axis, call.shape, call.label) for v in call.values()]
    return arithmetic.concatenate(values, call.op.axis, call.label, call.shape)


@row("numpy.Matmul", "numpy.Dot", "numpy.Tensordot", "numpy.Einsum")
def contract(call: Call) -> Value | None:
    operands = [call.operand(a) for a in call.args]
    if len(operands) != 2:
        return None
    a, b = operands
    if call.name != "numpy.Matmul":
        a, b = a.with_(simplex=None), b.with_(simplex=None)
    return arithmetic.contract(a, b, call.label, call.shape)


@row("nn.Conv", "nn.DepthwiseConv", "nn.SeparableConv", "nn.ConvTranspose")
def convolution(call: Call) -> Value:
    kernel = call.value(1, "kernel")
    return call.affine(spans=kernel.spans)


@row("nn.OneHot")
def one_hot(call: Call) -> Value:
    axis = negative_axis(call.op.axis, len(call.shape))
    return Value(shape=call.shape, low=0.0, high=1.0, simplex=axis, maker=call.label)


@row("nn.MaxPool")
def max_pool(call: Call) -> Value:
    return axes.lost(call.value(), call.label).with_(shape=call.shape, derived=None)


@row("nn.AveragePool")
def average_pool(call: Call) -> Value:
    x = call.value()
    return x.with_(shape=call.shape, carries="", derived=None) if x.simplex in (None, -1) else axes.lost(x, call.label)


@row("nn.Normalize")
def normalize(call: Call) -> Value:
    return call.value().elementwise(-1.0, 1.0, maker=call.label, spans=False)
