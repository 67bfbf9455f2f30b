"""Sums, products and quotients of abstract values, with the patterns that make or break a simplex.

Patterns recognised: x / sum(x) for x of one sign is a simplex; x - logsumexp(x) is the log of one; a weighted sum of
simplexes is one if the weights sum to one (see mixtures.py); a plain sum of k simplexes sums to k; a simplex of K
entries plus c sums to c * K more (label smoothing).
"""

from __future__ import annotations

import math

from logit_magic.emission import axes, mixtures
from logit_magic.emission.value import (
    INF,
    Shape,
    Value,
    all_sources,
    independent,
    multiply_bounds,
    negative_axis,
    reciprocal_bounds,
)

_GUARD = 1e-6  # added to a divisor so that it is never 0, and too small to matter beside a sum of exponentials


def is_constant(v: Value) -> bool:
    """One known number everywhere."""
    return v.low == v.high and math.isfinite(v.low)


def is_free(v: Value) -> bool:
    """Any real number, whatever its neighbours are."""
    return v.spans and v.is_unbounded


def scale(x: Value, factor: float, label: str) -> Value:
    """x times a known number."""
    if factor == 1.0:
        return x
    if factor == 0.0:
        return x.elementwise(0.0, 0.0, maker=label, spans=False)
    line = mixtures.line_of(x)
    low, high = sorted((x.low * factor, x.high * factor))
    out = x.elementwise(low, high, maker=label or x.maker)
    if line is not None:
        out = out.with_(line=(line[0], line[1] * factor, line[2] * factor))
    if x.simplex is None or factor < 0.0:
        return (
            out
            if x.simplex is None and x.log_simplex is None
            else out.with_(why=f"{label} rescales what summed to one")
        )
    out = out.with_(simplex=x.simplex, total=x.total * factor, maker=x.maker)
    if out.is_probability:
        out = out.with_(normaliser=x.normaliser)
    return note_total(x, out, label)


def shift(x: Value, offset: float, label: str) -> Value:
    """x plus a known number; exp(x + c) still normalises, but not to one."""
    if offset == 0.0:
        return x
    line = mixtures.line_of(x)
    low, high = (_snapped(end + offset, end, offset) for end in (x.low, x.high))
    if x.of_exp and x.derived is not None and x.derived[0] == "sum" and 0.0 < offset <= _GUARD:
        return x.elementwise(low, high, maker=label, derived=x.derived, of_exp=x.of_exp)  # sum(exp(x)) + 1e-9
    if is_constant(x) and abs(low) <= 1e-3 * abs(offset) and offset != round(offset):
        low, high = low - 1e-6 * abs(offset), high + 1e-6 * abs(offset)  # as computed, only whole numbers surely cancel
    out = x.elementwise(low, high, maker=label or x.maker)
    if line is not None:
        out = out.with_(line=(line[0], line[1], line[2] + offset))
    size = x.shape[x.simplex] if x.simplex is not None and x.rank >= -x.simplex else None
    if x.simplex is not None and size is not None and low >= 0.0:
        # label smoothing, an epsilon that guards a logarithm, or one that takes it back
        return note_total(x, out.with_(simplex=x.simplex, total=x.total + offset * size, maker=x.maker), label)
    if x.is_probability:
        out = out.with_(broken_by=label, broken_in="always", spans=False)
    return out


def _snapped(end: float, before: float, offset: float) -> float:
    """An end of an interval, freed of the rounding error that makes 0.1 + 0.2 - 0.3 differ from 0."""
    return 0.0 if math.isfinite(end) and abs(end) <= 1e-12 * max(abs(before), abs(offset)) else end


def total(values: list[Value], label: str, shape: Shape) -> Value:
    """The sum of several values."""
    if len(values) == 1:
        return axes.broadcast(values[0], shape, label)
    low, high = sum(v.low for v in values), sum(v.high for v in values)
    apart = independent(values)
    spans = apart and (any(is_free(v) for v in values) or all(v.spans or is_constant(v) for v in values))
    why = "" if spans else _first_reason(values) or f"{label} adds tensors that depend on each other"
    out = values[0].elementwise(low, high, shape=shape, maker=label, spans=spans, why=why, sources=all_sources(values))
    mixed = mixtures.mixture(values)
    if mixed is not None:
        of_one = mixtures.whole(mixed)
        if of_one is None:
            return out.with_(weighted=mixed)
        return out.with_(low=0.0, high=min(high, of_one), simplex=mixed.axis, total=of_one, why="")
    return _sum_of_simplexes([axes.broadcast(v, shape, label) for v in values], values, out, label)


def _sum_of_simplexes(values: list[Value], before: list[Value], out: Value, label: str) -> Value:
    simplexes = {v.simplex for v in values}
    if None in simplexes or len(simplexes) != 1:
        return out
    out = out.with_(simplex=values[0].simplex, total=sum(v.total for v in values), why="")
    return out.with_(high=min(out.high, out.total)) if out.is_probability else note_total(before[0], out, label)


def add(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if is_constant(a) and not is_constant(b):
        a, b = b, a
    if is_constant(b):
        return axes.broadcast(shift(a, b.low, label), shape, label)
    return total([a, b], label, shape)


def subtract(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if b.derived is not None and b.derived[1] == a.key != 0:
        what, _, axis, keepdims = b.derived
        if what == "logsumexp" and keepdims and axis is not None:
            return a.elementwise(-INF, 0.0, log_simplex=axis, maker=label, why="")
        if keepdims or axis is None:
            return _centred(a, what, label) or total([a, scale(b, -1.0, label)], label, shape)
    if is_constant(b):
        return axes.broadcast(shift(a, -b.low, label), shape, label)
    flipped = scale(b, -1.0, label)
    if is_constant(a):
        return axes.broadcast(shift(flipped, a.low, label), shape, label).with_(key=0)
    return total([axes.lost(a, label), axes.lost(flipped, label)], label, shape)


def _centred(a: Value, what: str, label: str) -> Value | None:
    """x - max(x) and its like: a softmax sees no difference, but each element depends on all the others."""
    width = a.high - a.low if not a.is_unbounded else INF
    ends = {"max": (-width, 0.0), "min": (0.0, width), "mean": (-width, width), "median": (-width, width)}.get(what)
    why = f"{label} takes the {what} of the same tensor away"
    return None if ends is None else a.elementwise(*ends, maker=label, spans=False, why=why)


def multiply(a: Value, b: Value, label: str, shape: Shape) -> Value:
    if is_constant(a) and not is_constant(b):
        a, b = b, a
    if is_constant(b):
        return axes.broadcast(scale(a, b.low, label), shape, label)
    low, high = (0.0, INF) if a.key == b.key != 0 else multiply_bounds(a, b)
    spans = independent([a, b]) and (is_free(a) or is_free(b))
    why = "" if spans else _first_reason([a, b]) or f"{label} multiplies two tensors"
    out = a.elementwise(low, high, shape=shape, spans=spans, maker=label, why=why, sources=all_sources([a, b]))
    for x, inverse in ((a, b), (b, a)):
        if inverse.derived is not None and inverse.derived[0] == "1/sum" and _is_sum_of(x, inverse):
            assert inverse.derived[2] is not None, "only such are noted"
            return _normalised(x, inverse.derived[2], label)
    weighted = mixtures.weighted_by(a, b, shape) or mixtures.weighted_by(b, a, shape)
    gate = mixtures.gate_of(a, b, shape) or mixtures.gate_of(b, a, shape)
    return out.with_(weighted=weighted, gate=gate)


def divide(a: Value, b: Value, label: str, shape: Shape) -> Value:
    what, key, axis, keepdims = b.derived or ("", 0, None, False)
    if a.of_exp and b.line == (a.key, 1.0, 1.0):
        return a.elementwise(0.0, 1.0, maker=label, normaliser="sigmoid")  # exp(x) / (1 + exp(x))
    if a.in_unit_interval and b.line == (a.key, -1.0, 1.0):  # p / (1 - p), which log makes log-odds
        low, high = (end / (1.0 - end) if end < 1.0 else INF for end in (a.low, a.high))
        return a.elementwise(low, high, maker=label)
    if keepdims and axis is not None:
        if what == "sum" and _is_sum_of(a, b):
            return _normalised(a, axis, label)
        if what == "max" and key == a.key != 0 and a.low >= 0.0:
            return a.elementwise(0.0, 1.0, maker=label, spans=False, why=f"{label} divides by its own maximum")
    if is_constant(b) and b.low != 0.0:
        return axes.broadcast(scale(a, 1.0 / b.low, label), shape, label)
    inverse = reciprocal_bounds(b)
    if inverse is None:
        sources = all_sources([a, b])
        why = f"{label} divides by what may be 0"
        return a.elementwise(-INF, INF, shape=shape, spans=False, maker=label, why=why, sources=sources)
    reciprocal = b.elementwise(*inverse, maker=label)
    if is_constant(a):
        out = axes.broadcast(scale(reciprocal, a.low, label), shape, label)
        summed = a.low == 1.0 and what == "sum" and keepdims and axis is not None
        return out.with_(derived=("1/sum", key, axis, True), of_exp=b.of_exp) if summed else out
    out = multiply(a, reciprocal, label, shape)
    return out if out.why != f"{label} multiplies two tensors" else out.same(why=f"{label} divides two tensors")


def _is_sum_of(a: Value, b: Value) -> bool:
    """Whether b was made of a sum of a, all of one sign."""
    key = b.derived[1] if b.derived is not None else 0
    return (key == a.key != 0 or a.of_exp == b.of_exp != 0) and (a.low >= 0.0 or a.high <= 0.0)


def _normalised(a: Value, axis: int, label: str) -> Value:
    if a.is_exact_probability and a.simplex == axis:
        return a.same(carries="")
    return a.elementwise(
        0.0, 1.0, simplex=axis, maker=f"{label} by its own sum", normaliser="softmax" if a.of_exp else "", why=""
    )


def reduced_sum(x: Value, several: list[int] | None, keepdims: bool, label: str, shape: Shape) -> Value:
    """The sum along some axes (None: all)."""
    along = [negative_axis(a, x.rank) for a in (range(x.rank) if several is None else several)]
    lone = along[0] if len(along) == 1 else None
    count = _count(x, along)
    low, high = times(x.low, count, -INF), times(x.high, count, INF)
    why = x.why if x.spans else x.why or f"{label} sums elements that depend on each other"
    spans = x.spans and (count is not None or not math.isfinite(x.low) or not math.isfinite(x.high)) and low < high
    derived = ("sum", x.key, lone, keepdims) if lone is not None else None
    out = x.elementwise(low, high, shape=shape, maker=label, derived=derived, of_exp=x.of_exp, spans=spans, why=why)
    if x.gate is not None and lone == x.gate[0]:
        return out.with_(low=0.0, high=1.0, simplex=kept_axis(x.gate[1], along, keepdims), why="")
    if x.simplex is None:
        return out
    if lone == x.simplex:
        return out.with_(low=x.total, high=x.total)
    if x.simplex not in along and count is not None:
        after = out.with_(simplex=kept_axis(x.simplex, along, keepdims), total=x.total * count, why="")
        return note_total(x, after, label)
    return out


def kept_axis(axis: int, gone: list[int], keepdims: bool) -> int:
    """Where an axis stands, counted from the end, after others were reduced."""
    return axis if keepdims else axis + sum(1 for g in gone if g > axis)


def _count(x: Value, along: list[int]) -> int | None:
    lengths = [x.shape[a] for a in along]
    return None if None in lengths else math.prod(n for n in lengths if n is not None)


def times(end: float, count: int | None, outer: float) -> float:
    """An end of the interval of a sum of `count` elements; `outer` is the side it stands on: -inf or inf."""
    if end == 0.0:
        return 0.0
    if count is not None:
        return end * count
    return outer if end * outer > 0.0 else end  # one element at least


def note_total(before: Value, after: Value, label: str) -> Value:
    """Say that rows which summed to one do not any more; take it back where they do again."""
    if after.is_probability:
        return after.with_(broken_by="", broken_in="", normaliser=before.normaliser if before.is_probability else "")
    if before.is_probability or before.broken_by:
        return after.with_(broken_by=before.broken_by or label, broken_in="always")
    return after


def _first_reason(values: list[Value]) -> str:
    return next((v.why for v in values if v.why), "")
