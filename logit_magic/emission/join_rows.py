"""Rows for `keras.ops` that join tensors or contract them with each other."""

from __future__ import annotations

from typing import Any

from logit_magic.emission import axes, contractions, joins
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Value, all_sources, between, hull, multiply_bounds


@row("numpy.Concatenate")
def concatenate(call: Call) -> Value:
    return joins.concatenate(call.values(), call.op.axis, call.label, call.shape)


@row("numpy.Append")
def append(call: Call) -> Value:
    values = [call.value(0, "x1"), call.value(1, "x2")]
    if call.op.axis is not None:
        return joins.concatenate(values, call.op.axis, call.label, call.shape)
    out = between(*hull(values), values[0], call.shape, call.label, f"{call.label} flattens")
    return out.with_(sources=all_sources(values))


@row("numpy.Hstack", "numpy.Vstack", "numpy.Dstack")
def stacked_sideways(call: Call) -> Value:
    values = call.values()
    axis, rank = {"numpy.Hstack": (1, 2), "numpy.Vstack": (0, 2), "numpy.Dstack": (2, 3)}[call.name]
    if all(v.rank >= rank for v in values):
        return joins.concatenate(values, axis, call.label, call.shape)
    out = between(*hull(values), values[0], call.shape, call.label, f"{call.label} joins parts of lower rank")
    return out.with_(sources=all_sources(values))


@row("numpy.Stack")
def stack(call: Call) -> Value:
    return joins.stack(call.values(), call.op.axis, call.label, call.shape)


def is_learned(operand: Any) -> bool:
    """A trainable variable, as against a tensor or a constant."""
    return bool(getattr(operand, "trainable", False))


@row("numpy.Matmul", "numpy.Dot", "numpy.Tensordot", "numpy.Inner", "numpy.Vdot")
def contract(call: Call) -> Value:
    operands = [call.argument(0, "x1"), call.argument(1, "x2")]
    a, b = (call.operand(o) for o in operands)
    plan = _plan(call, a, b)
    return contractions.contract(a, b, plan, call.label, call.shape, learned=any(map(is_learned, operands)))


def _plan(call: Call, a: Value, b: Value) -> contractions.Plan | None:
    if not (a.rank and b.rank):
        return None
    if call.name == "numpy.Matmul":
        return contractions.matmul(a, b)
    if call.name == "numpy.Dot":
        return contractions.tensordot(a, b, [a.rank - 1], [max(b.rank - 2, 0)])
    if call.name == "numpy.Inner":
        return contractions.tensordot(a, b, [a.rank - 1], [b.rank - 1])
    if call.name == "numpy.Vdot":
        return None
    pair = call.op.axes
    if isinstance(pair, int):
        return contractions.tensordot(a, b, list(range(a.rank - pair, a.rank)), list(range(pair)))
    first, second = ([axis] if isinstance(axis, int) else list(axis) for axis in pair)
    return contractions.tensordot(a, b, first, second)


@row("numpy.Einsum")
def einsum(call: Call) -> Value | None:
    operands = [a for a in call.args if not isinstance(a, str)]
    values = [call.operand(o) for o in operands]
    labels = contractions.einsum(str(call.op.subscripts), [v.rank for v in values])
    if len(values) == 1:
        return _einsum_of_one(values[0], labels, call)
    if len(values) != 2:
        return None
    plan = None if labels is None else contractions.Plan(labels[0], labels[1], labels[2])
    a, b = values
    return contractions.contract(a, b, plan, call.label, call.shape, learned=any(map(is_learned, operands)))


def _einsum_of_one(x: Value, labels: list[tuple[str, ...]] | None, call: Call) -> Value:
    if labels is not None and set(labels[0]) == set(labels[1]):
        return axes.permuted(x, [labels[0].index(name) for name in labels[1]], call.shape, call.label)
    low, high = (0.0 if x.low >= 0.0 else -INF), (0.0 if x.high <= 0.0 else INF)
    return between(low, high, x, call.shape, call.label, f"{call.label} sums elements")


@row("numpy.Outer", "numpy.Kron")
def all_products(call: Call) -> Value:
    a, b = call.value(0, "x1"), call.value(1, "x2")
    out = between(*multiply_bounds(a, b), a, call.shape, call.label, f"{call.label} multiplies two tensors")
    return out.with_(sources=all_sources([a, b]))


@row("nn.Conv", "nn.DepthwiseConv", "nn.SeparableConv", "nn.ConvTranspose")
def convolution(call: Call) -> Value:
    """With a trainable kernel any real number; with a fixed one (a blur, an average) nothing is known."""
    kernel = call.argument(1, "kernel")
    out = call.affine(spans=is_learned(kernel)).with_(sources=call.operand(kernel).sources)
    return out if out.spans else out.with_(why=f"{call.label} has a kernel that is not trained")


@row("einops.Rearrange")
def rearrange(call: Call) -> Value:
    x, pattern = call.value(0, "tensor"), str(call.argument(1, "pattern", ""))
    before, _, after = pattern.partition("->")
    if set("(.1") & set(pattern) or sorted(before.split()) != sorted(after.split()):
        return axes.lost(x, call.label).with_(shape=call.shape)
    return axes.permuted(x, [before.split().index(name) for name in after.split()], call.shape, call.label)
