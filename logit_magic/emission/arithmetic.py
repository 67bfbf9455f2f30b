"""Sums, products, joins and contractions of abstract values, with the patterns that make or break a simplex.

Patterns recognised: x / sum(x) for x of one sign is a simplex; x - logsumexp(x) is the log of one; a weighted sum of
simplexes is one if the weights sum to one (constants, or a softmax gate); a plain sum of k simplexes sums to k.
"""

from __future__ import annotations

import math

from logit_magic.emission import axes
from logit_magic.emission.value import (
    INF,
    Shape,
    Value,
    all_sources,
    hull,
    independent,
    multiply_bounds,
    negative_axis,
    reciprocal_bounds,
)


def is_constant(v: Value) -> bool:
    """One known number everywhere, and not the output of an op on the model's data."""
    return v.low == v.high and math.isfinite(v.low)


def _is_free(v: Value) -> bool:
    return v.spans and v.is_unbounded


def scale(x: Value, factor: float, label: str) -> Value:
    """x times a known number."""
    if factor == 1.0:
        return x
    low, high = sorted((0.0 if factor == 0 else x.low * factor, 0.0 if factor == 0 else x.high * factor))
    out = x.elementwise(low, high, maker=x.maker if x.simplex is not None else label or x.maker)
    if factor > 0.0 and x.simplex is not None:
        out = out.with_(simplex=x.simplex, total=x.total * factor, normaliser=x.normaliser)
        return _note_total(x, out, label)
    return out.with_(spans=x.spans and factor != 0.0)


def shift(x: Value, offset: float, label: str) -> Value:
    """x plus a known number; exp(x + c) still normalises, but not to one."""
    if offset == 0.0:
        return x
    return axes.lost(x, label, definite=True).with_(
        low=x.low + offset, high=x.high + offset, normaliser="", derived=None, maker=label or x.maker
    )


def total(values: list[Value], label: str, shape: Shape) -> Value:
    """The sum of several values."""
    if len(values) == 1:
        return values[0]
    low, high = sum(v.low for v in values), sum(v.high for v in values)
    apart = independent(values)
    spans = apart and (any(_is_free(v) for v in values) or all(v.spans or is_constant(v) for v in values))
    out = values[0].elementwise(
        low, high, shape=shape, maker=label, spans=spans, why=_first_reason(values, spans), sources=all_sources(values)
    )
    simplexes = {v.simplex for v in values}
    if None not in simplexes and len(simplexes) == 1 and all(v.rank == len(shape) for v in values):
        out = out.with_(simplex=values[0].simplex, total=sum(v.total for v in values))
        if out.is_probability:
            return out.with_(low=0.0, high=1.0, maker=label, spans=all(v.spans for v in values))
        return _note_total(values[0], out, label)
    return out


def add(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if is_constant(b):
        return shift(a, b.low, label).with_(shape=shape)
    if is_constant(a):
        return shift(b, a.low, label).with_(shape=shape)
    return total([a, b], label, shape)


def subtract(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if b.derived is not None and b.derived[1] == a.key != 0:
        what, _, axis, keepdims = b.derived
        if what == "logsumexp" and keepdims and axis is not None:
            return a.elementwise(-INF, 0.0, log_simplex=axis, maker=label, why="")
        if what == "max":
            return a.elementwise(-INF if a.low == -INF else a.low - a.high, 0.0, maker=label)
        if what in ("mean", "min"):
            return a.elementwise(-INF if what == "mean" else 0.0, INF, maker=label)
    if is_constant(b):
        return shift(a, -b.low, label).with_(shape=shape)
    flipped = scale(b.with_(simplex=None), -1.0, "")
    if is_constant(a):
        return shift(flipped, a.low, label).with_(shape=shape, maker=label)
    return total([axes.lost(a, label), flipped], label, shape)


def multiply(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if is_constant(a) and not is_constant(b):
        a, b = b, a
    if is_constant(b) and a.rank == len(shape):
        return scale(a, b.low, label).with_(shape=shape)
    low, high = multiply_bounds(a, b)
    spans = independent([a, b]) and (_is_free(a) or _is_free(b))
    why = "" if spans else _first_reason([a, b], False) or f"{label} multiplies two tensors"
    out = a.elementwise(low, high, shape=shape, spans=spans, maker=label, why=why, sources=all_sources([a, b]))
    return _gated(a, b, out, label)


def _gated(a: Value, b: Value, out: Value, label: str) -> Value:
    """A simplex times the weights of a softmax gate along another axis: summing over the gate makes a mixture."""
    for probabilities, gate in ((a, b), (b, a)):
        if not (probabilities.is_probability and gate.is_probability) or gate.simplex == probabilities.simplex:
            continue
        assert gate.simplex is not None and probabilities.simplex is not None
        along = gate.shape[probabilities.simplex] if gate.rank >= -probabilities.simplex else 1
        if along == 1:
            return out.with_(simplex=probabilities.simplex, gate=gate.simplex, total=math.nan, maker=label)
    return out


def divide(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if b.derived is not None and b.derived[1] == a.key != 0:
        what, _, axis, keepdims = b.derived
        if what == "sum" and keepdims and axis is not None and (a.low >= 0.0 or a.high <= 0.0):
            return _normalised(a, axis, label)
        if what == "max" and a.low >= 0.0:
            return a.elementwise(0.0, 1.0, maker=label, spans=False)
    if is_constant(b) and b.low != 0.0:
        return scale(a, 1.0 / b.low, label).with_(shape=shape)
    inverse = reciprocal_bounds(b)
    if inverse is None:
        return a.elementwise(-INF, INF, shape=shape, spans=False, maker=label, why=f"{label} divides by what may be 0")
    reciprocal = b.elementwise(*inverse, maker=label)
    if is_constant(a):
        return scale(reciprocal, a.low, label).with_(shape=shape, maker=label)
    return multiply(a, reciprocal, label, shape)


def _normalised(a: Value, axis: int, label: str) -> Value:
    softmax = a.normaliser == "" and a.maker.startswith("keras.ops.exp")
    again = a.is_probability and a.simplex == axis
    if again:
        return a
    return a.elementwise(
        0.0, 1.0, simplex=axis, maker=f"{label} by its own sum", normaliser="softmax" if softmax else "", why=""
    )


def reduced_sum(x: Value, axis: int | None, keepdims: bool, label: str, shape: Shape) -> Value:
    """The sum along one axis (None: all)."""
    derived = ("sum", x.key, None if axis is None else negative_axis(axis, x.rank), keepdims)
    if axis is not None:
        axis = negative_axis(axis, x.rank)
        if x.gate == axis and x.simplex is not None:
            simplex = x.simplex if keepdims or x.simplex > axis else x.simplex + 1
            return x.elementwise(0.0, 1.0, shape=shape, simplex=simplex, maker=label, why="", spans=True)
        if x.simplex == axis and not math.isnan(x.total):
            return x.elementwise(x.total, x.total, shape=shape, maker=label)
    low = 0.0 if x.low == 0.0 else (x.low if x.low > 0.0 else -INF)
    high = 0.0 if x.high == 0.0 else (x.high if x.high < 0.0 else INF)
    count = x.shape[axis] if axis is not None else None
    if count is not None:
        low, high = x.low * count if x.low else 0.0, x.high * count if x.high else 0.0
    return x.elementwise(low, high, shape=shape, maker=label, derived=derived)


def concatenate(values: list[Value], axis: int, label: str, shape: Shape) -> Value:
    low, high = hull(values)
    rank = len(shape)
    axis = negative_axis(axis, rank)
    alike = all((v.low, v.high, v.spans, v.normaliser) == (low, high, True, values[0].normaliser) for v in values)
    alike = alike and independent(values)
    out = values[0].elementwise(
        low, high, shape=shape, maker=label, spans=alike, sources=all_sources(values),
        normaliser=values[0].normaliser if alike else "",
        why="" if alike else f"{label} joins parts of different ranges",
    )  # fmt: skip
    simplexes = {v.simplex for v in values}
    if None in simplexes or len(simplexes) != 1:
        return out
    if values[0].simplex != axis and len({v.total for v in values}) == 1:
        return out.with_(simplex=values[0].simplex, total=values[0].total, why="", spans=all(v.spans for v in values))
    if values[0].simplex == axis:
        out = out.with_(simplex=axis, total=sum(v.total for v in values), normaliser="", why="")
        return _note_total(values[0], out, label)
    return out


def contract(a: Value, b: Value, label: str, shape: Shape) -> Value:
    """A product summed over shared axes: matmul, dot, einsum with weights."""
    if a.is_probability and b.is_probability and a.simplex == -1 and b.simplex == -1 and b.rank >= 2:
        return a.elementwise(0.0, 1.0, shape=shape, simplex=-1, maker=label, spans=True, why="")
    low, high = multiply_bounds(a, b)
    free = (_is_free(a) or _is_free(b)) and independent([a, b])
    low, high = (0.0 if low == 0.0 else -INF if low < 0 else 0.0), (0.0 if high == 0.0 else INF)
    why = "" if free else a.why or b.why or f"{label} multiplies two tensors of which neither comes from weights"
    return a.elementwise(low, high, shape=shape, maker=label, spans=free, why=why, sources=all_sources([a, b]))


def _note_total(before: Value, after: Value, label: str) -> Value:
    """Say that rows which summed to one do not any more; take it back where they do again."""
    if after.is_probability:
        return after.with_(broken_by="", broken_in="")
    if before.is_probability or before.broken_by:
        return after.with_(broken_by=label, broken_in="always")
    return after


def _first_reason(values: list[Value], settled: bool) -> str:
    return "" if settled else next((v.why for v in values if v.why), "")
