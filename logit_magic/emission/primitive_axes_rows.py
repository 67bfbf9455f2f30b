"""Rows for primitives that copy, convert, move, cut, join and reduce axes."""

from __future__ import annotations

from typing import Any

from logit_magic.backends.trace import Node
from logit_magic.emission import axes, joins
from logit_magic.emission.primitive_patterns import CASTS, COPIES, learned
from logit_magic.emission.primitives import Step, primitive
from logit_magic.emission.value import INF, Value, between, constant, unknown

_REDUCTIONS = {
    "numpy.Sum": "reduce_sum Sum aten.sum", "numpy.Mean": "Mean aten.mean", "numpy.Max": "reduce_max Max aten.amax aten.max",
    "numpy.Min": "reduce_min Min aten.amin aten.min", "math.Logsumexp": "aten.logsumexp", "numpy.Prod": "reduce_prod Prod",
    "numpy.Argmax": "argmax ArgMax aten.argmax", "numpy.Argmin": "argmin ArgMin aten.argmin",
}  # fmt: skip
_REDUCTION = {name: row for row, names in _REDUCTIONS.items() for name in names.split()}


def one_put_in(old: tuple[int | None, ...], new: tuple[int | None, ...], wanted: int | None) -> int | None:
    """Where an axis of length 1 was put in; `wanted`, where that is possible among several places."""
    if len(new) != len(old) + 1:
        return None
    places = [i for i, d in enumerate(new) if d == 1 and (*new[:i], *new[i + 1 :]) == old]
    return wanted if wanted in places else (places[0] if places else None)


def _wanted(x: Value, rank: int) -> int | None:
    return None if x.derived is None or x.derived[2] is None else x.derived[2] % rank


@primitive(" ".join(sorted(COPIES)))
def copied(step: Step) -> Value | None:
    which = int(step.param("output", 0)) if step.node.primitive == "IdentityN" else 0
    return step.row("numpy.Copy", step.operand(which))


@primitive(" ".join(sorted(CASTS)))
def cast(step: Step) -> Value | None:
    dtype = step.param("new_dtype") or step.param("DstT") or step.param("dtype") or ""
    return step.row("core.Cast", step.operand(), dtype=dtype)


@primitive("reshape Reshape aten.view aten._unsafe_view aten.reshape")
def reshape(step: Step) -> Value | None:
    x = step.value()
    out = step.row("numpy.Reshape", x)
    place = one_put_in(x.shape, step.node.shape, _wanted(x, len(step.node.shape)))
    return None if out is None else axes.keeping_sums(x, out, place)


@primitive("ExpandDims aten.unsqueeze expand_dims")
def expand_dims(step: Step) -> Value | None:
    x = step.value()
    axis = step.static(1) if step.node.primitive == "ExpandDims" else step.param("dim")
    axis = axis[0] if isinstance(axis, list) else axis
    if not isinstance(axis, int):
        return reshape(step)
    return step.row("numpy.ExpandDims", x, axis=axis)


@primitive("squeeze Squeeze aten.squeeze")
def squeeze(step: Step) -> Value | None:
    x = step.value()
    several = step.param("dimensions") or step.param("squeeze_dims") or step.param("dim")
    gone = [several] if isinstance(several, int) else several
    gone = [a for a in (range(x.rank) if gone is None or gone == () else gone) if x.shape[a] == 1]
    if len(step.node.shape) != x.rank - len(gone):
        return None
    return step.row("numpy.Squeeze", x, axis=gone) if gone else x.same(carries="")


@primitive("transpose Transpose aten.permute aten.t aten.transpose")
def transpose(step: Step) -> Value | None:
    if step.node.primitive == "aten.transpose":
        return step.row("numpy.Swapaxes", step.operand(), axis1=step.param("dim0"), axis2=step.param("dim1"))
    order = step.static(1) if step.node.primitive == "Transpose" else step.param("permutation", step.param("dims"))
    if order is None and step.node.primitive != "aten.t":
        return None
    return step.row("numpy.Transpose", step.operand(), axes=order)


@primitive("broadcast_in_dim BroadcastTo aten.expand")
def broadcast(step: Step) -> Value:
    """JAX says which axis of the result each axis becomes; the others match axes from the right."""
    x, shape = step.value(), step.node.shape
    if not x.rank:
        return axes.broadcast(x, shape, step.label)
    first = len(shape) - x.rank
    places = list(step.param("broadcast_dimensions", range(first, len(shape))))
    thin = tuple(x.shape[places.index(i)] if i in places else 1 for i in range(len(shape)))
    raised = x
    if thin != x.shape:
        raised = axes.moved(x, thin, lambda axis: places[axis] - len(shape), step.label)
        raised = axes.keeping_sums(x, raised, one_put_in(x.shape, thin, _wanted(x, len(shape))))
    out = axes.broadcast(raised, shape, step.label)
    grown = [i - len(shape) for i in range(len(shape)) if thin[i] != shape[i]]
    if raised.derived is not None and raised.derived[3] and set(grown) <= {raised.derived[2]}:
        return out.with_(derived=raised.derived, of_exp=raised.of_exp)
    return out


@primitive(*_REDUCTIONS.values())
def reduction(step: Step) -> Value | None:
    name, node = step.node.primitive, step.node
    if "other" in step.param("roles", ()):
        return step.row(
            "numpy.Maximum" if name == "aten.max" else "numpy.Minimum", step.operand("self"), step.operand("other")
        )
    if name in ("aten.max", "aten.min") and int(step.param("output", 0)) == 1:
        return step.row("numpy.Argmax", step.operand(), axis=step.param("dim"))
    axis = step.param("axes", step.param("dim"))
    if len(node.operands) > 1:
        axis = step.static(1)
        if axis is None:
            return None
    axis = (axis,) if isinstance(axis, int) else axis
    axis = None if axis is None or (not len(axis) and name.startswith("aten.")) else tuple(axis)
    rank = len(node.operands[0].shape)
    keepdims = bool(step.param("keep_dims") or step.param("keepdim"))
    if _REDUCTION[name].startswith("numpy.Arg"):
        axis = None if axis is None else axis[0]
    elif axis is not None and not axis:
        return step.value().same(carries="")  # along no axis
    elif len(node.shape) != (rank if keepdims else rank - (rank if axis is None else len(axis))):
        return None
    return step.row(_REDUCTION[name], step.operand(), axis=axis, keepdims=keepdims)


@primitive("cumsum Cumsum aten.cumsum")
def running_sum(step: Step) -> Value | None:
    axis = step.static(1) if step.node.primitive == "Cumsum" else step.param("axis", step.param("dim"))
    return step.row("numpy.Cumsum", step.operand(), axis=axis) if isinstance(axis, int) else None


@primitive("concatenate ConcatV2 aten.cat stack Pack aten.stack")
def joined(step: Step) -> Value | None:
    name, parts = step.node.primitive, list(step.node.operands)
    axis = step.param("dimension", step.param("axis", step.param("dim", 0)))
    if name == "ConcatV2":
        axis = step.static(len(parts) - 1)
        parts.pop()
    if not isinstance(axis, int):
        return None
    join = joins.stack if name in ("stack", "Pack", "aten.stack") else joins.concatenate
    return join([step.evaluation.value(p) for p in parts], axis, step.label, step.node.shape)


@primitive("split Split SplitV aten.split aten.split_with_sizes")
def split(step: Step) -> Value | None:
    name, x = step.node.primitive, step.operand(1 if step.node.primitive == "Split" else 0)
    axis = {"Split": step.static(0), "SplitV": step.static(2)}.get(name, step.param("axis", step.param("dim", 0)))
    if not isinstance(axis, int) or not isinstance(x, Node):
        return None
    whole, part = x.shape[axis], step.node.shape[axis]
    one_each = part == 1 and whole is not None and _parts(step) in (None, whole)
    return step.row("numpy.Split", x, axis=axis, indices_or_sections=whole if one_each else ())


def _parts(step: Step) -> int | None:
    """How many parts there are; None where all are known to be alike."""
    sizes = (
        step.param("sizes") or step.param("split_sizes") or step.static(1) if step.node.primitive != "Split" else None
    )
    return len(sizes) if isinstance(sizes, (list, tuple)) else None


@primitive("Unpack unstack aten.unbind")
def unstack(step: Step) -> Value | None:
    return step.row("core.Unstack", step.operand(), axis=step.param("axis", step.param("dim", 0)))


@primitive("slice aten.slice aten.select StridedSlice")
def part(step: Step) -> Value | None:
    x, keys = step.operand(), _keys_of(step)
    return step.row("core.Slice" if keys is None else "numpy.GetItem", x, *(() if keys is None else (tuple(keys),)))


def _keys_of(step: Step) -> list[Any] | None:
    """What was written in the square brackets; None where it is not to be read."""
    name, x = step.node.primitive, step.node.operands[0]
    rank = len(x.shape)
    if name == "StridedSlice":
        return _strided(step, rank)
    if name == "aten.select":
        at = step.param("dim", 0) % rank
        return [step.param("index") if i == at else slice(None) for i in range(rank)]
    if name == "aten.slice":
        at = step.param("dim", 0) % rank
        cuts: list[Any] = [(0, None, 1)] * rank
        cuts[at] = (step.param("start", 0), step.param("end"), step.param("step", 1))
    else:
        strides = step.param("strides") or (1,) * rank
        cuts = list(zip(step.param("start_indices"), step.param("limit_indices"), strides, strict=True))
    whole = [c[0] == 0 and c[2] == 1 and x.shape[i] == step.node.shape[i] for i, c in enumerate(cuts)]
    return [slice(None) if all_of_it else slice(*c) for all_of_it, c in zip(whole, cuts, strict=True)]


def _strided(step: Step, rank: int) -> list[Any] | None:
    begin, end, strides = (step.static(i) for i in (1, 2, 3))
    if begin is None or end is None or strides is None:
        return None
    keys: list[Any] = []
    for i, (first, last, stride) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << i
        if step.param("ellipsis_mask", 0) & bit:
            keys.append(Ellipsis)
        elif step.param("new_axis_mask", 0) & bit:
            keys.append(None)
        elif step.param("shrink_axis_mask", 0) & bit:
            keys.append(first)
        else:
            start = None if step.param("begin_mask", 0) & bit else first
            stop = None if step.param("end_mask", 0) & bit else last
            plain = stride == 1 and start in (None, 0) and stop is None
            keys.append(slice(None) if plain else slice(start, stop, stride))
    return keys if len([k for k in keys if k is not None and k is not Ellipsis]) <= rank else None


@primitive(
    "gather dynamic_slice GatherV2 Gather ResourceGather aten.index aten.index_select aten.gather aten.embedding take"
)
def gathered(step: Step) -> Value | None:
    """Elements of a tensor, picked by position; of a table of weights, vectors that are trained."""
    if step.node.operands and learned(step.node.operands[0]):
        return step.affine()
    return step.row("core.Slice", step.operand(0))


@primitive("rev ReverseV2 aten.flip")
def flipped(step: Step) -> Value | None:
    return step.row("numpy.Flip", step.operand())


@primitive("Pad PadV2 pad aten.constant_pad_nd")
def padded(step: Step) -> Value | None:
    if step.node.primitive == "pad":
        fill: Any = step.operand(1)
    else:
        fill = step.param("value", 0) if step.node.primitive == "aten.constant_pad_nd" else (step.operand(2) or 0)
    return step.row("numpy.Pad", step.operand(), fill, mode="constant")


@primitive("AvgPool AvgPool3D aten.avg_pool1d aten.avg_pool2d aten.avg_pool3d aten._adaptive_avg_pool2d "
           "aten._adaptive_avg_pool3d")  # fmt: skip
def average_pool(step: Step) -> Value | None:
    first = step.node.primitive.startswith("aten.") or str(step.param("data_format", "N...C")).startswith("NC")
    unbatched = step.node.primitive.startswith("aten.") and _unbatched(step)
    if unbatched:
        return step.row("core.Slice", step.operand())
    padded_with_zeros = step.node.primitive.startswith("aten.") and any(step.param("padding") or ())
    out = step.row("nn.AveragePool", step.operand(), data_format="channels_first" if first else "channels_last")
    if out is None or not padded_with_zeros:
        return out
    return between(
        min(out.low, 0.0), max(out.high, 0.0), out, step.node.shape, step.label, f"{step.label} pads with zeros"
    )


def _unbatched(step: Step) -> bool:
    digit = next((int(c) for c in step.node.primitive if c.isdigit()), 2)
    return len(step.node.shape) != digit + 2


@primitive("MaxPool MaxPool3D MaxPoolV2 reduce_window_max aten.max_pool2d_with_indices aten.max_pool3d_with_indices "
           "aten.max_pool2d aten.max_pool1d")  # fmt: skip
def max_pool(step: Step) -> Value | None:
    if int(step.param("output", 0)) == 1:
        return between(0.0, INF, step.value(), step.node.shape, step.label, f"{step.label} gives positions")
    return step.row("nn.MaxPool", step.operand())


@primitive("reduce_window_sum")
def window_sum(step: Step) -> Value:
    x, count = step.value(), 1
    for length in step.param("window_dimensions", ()):
        count *= length
    low, high = (0.0 if end == 0.0 else end * count for end in (x.low, x.high))
    return between(min(low, 0.0), max(high, 0.0), x, step.node.shape, step.label, f"{step.label} sums neighbours")


@primitive("aten.ones aten.ones_like OnesLike", "aten.zeros aten.zeros_like ZerosLike aten.new_zeros aten.new_ones")
def filled(step: Step) -> Value:
    return constant(1.0 if "ones" in step.node.primitive.lower() else 0.0, step.node.shape).with_(maker=step.label)


@primitive("Fill aten.full aten.full_like aten.scalar_tensor")
def filled_with(step: Step) -> Value:
    name = step.node.primitive
    fill = step.value(1) if name == "Fill" else step.value("s" if name == "aten.scalar_tensor" else "fill_value")
    return between(fill.low, fill.high, fill, step.node.shape, step.label)


@primitive("iota")
def counted(step: Step) -> Value:
    out = Value(shape=step.node.shape, low=0.0, high=INF)
    return out.with_(maker=step.label, why=f"{step.label} gives positions")


_LOOPS = "while scan cond If While StatelessIf StatelessWhile StatelessCase Case"
_RANDOM = (
    "random_bits random_gamma RandomUniform RandomStandardNormal StatelessRandomUniformV2 StatelessRandomNormalV2 \
StatelessRandomUniform StatelessRandomNormal aten.rand aten.randn aten.rand_like aten.randn_like aten.bernoulli aten.uniform \
aten.normal aten.native_dropout aten.randint"
)
_PYTHON = "PyFunc EagerPyFunc PyFuncStateless pure_callback io_callback"


@primitive(_LOOPS, _RANDOM, _PYTHON)
def not_followed(step: Step) -> Value:
    name, shape = step.node.primitive, step.node.shape
    if name in _LOOPS.split():
        return unknown(f"{step.label} is a loop or a branch, which is not followed", shape)
    what = "runs Python" if name in _PYTHON.split() else "draws random numbers"
    return unknown(f"{step.label} {what}", shape)
