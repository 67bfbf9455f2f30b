"""Rows for `keras.ops` that reduce, accumulate or sort along axes: sums, means, extrema, norms."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from logit_magic.emission import arithmetic, axes
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Value, all_sources, between, negative_axis, slackened


def axes_of(axis: Any, rank: int) -> list[int]:
    """The axes that an op works along, counted from the end; all of them for None."""
    if axis is None:
        return [i - rank for i in range(rank)]
    several = axis if isinstance(axis, Iterable) else [axis]
    return [negative_axis(int(a), rank) for a in several]


def length(x: Value, along: list[int]) -> int | None:
    """How many elements are reduced to one; None where that is not fixed."""
    lengths = [x.shape[a] for a in along]
    return None if None in lengths else math.prod(n for n in lengths if n is not None)


@row("numpy.Sum", "numpy.Nansum")
def total(call: Call) -> Value:
    x, axis = call.value(), getattr(call.op, "axis", None)
    several = None if axis is None else axes_of(axis, x.rank)
    out = arithmetic.reduced_sum(x, several, bool(call.op.keepdims), call.label, call.shape)
    if call.name == "numpy.Sum":
        return out
    return between(min(out.low, 0.0), max(out.high, 0.0), out, call.shape, call.label)  # NaN counts as 0


_KINDS = {"Mean": "mean", "Nanmean": "mean", "Max": "max", "Amax": "max", "Nanmax": "max", "Min": "min", "Amin": "min",
          "Nanmin": "min", "Median": "median", "Nanmedian": "median"}  # fmt: skip


@row(*(f"numpy.{name}" for name in _KINDS))
def reduction(call: Call) -> Value:
    """Means are convex: what summed to one along another axis still does."""
    x, keepdims = call.value(), bool(call.op.keepdims)
    what, along = _KINDS[call.name[6:]], axes_of(call.op.axis, x.rank)
    lone = along[0] if len(along) == 1 else None
    derived = None if lone is None and call.op.axis is not None else (what, x.key, lone, keepdims)
    plain = "Nan" not in call.name and getattr(call.op, "initial", None) is None
    low, high = x.low, x.high
    if getattr(call.op, "initial", None) is not None:
        start = call.operand(call.op.initial)
        low, high = min(low, start.low), max(high, start.high)
    out = x.elementwise(
        low, high, shape=call.shape, derived=derived if plain else None, maker=call.label, spans=x.spans and plain,
        normaliser="sigmoid" if x.normaliser == "sigmoid" and plain else "",
    )  # fmt: skip
    if what == "mean" and plain and x.simplex is not None and x.simplex not in along:
        after = arithmetic.kept_axis(x.simplex, along, keepdims)
        return out.with_(
            simplex=after, total=x.total, normaliser=x.normaliser, broken_by=x.broken_by, broken_in=x.broken_in
        )
    if x.simplex is not None or x.log_simplex is not None:
        return out.with_(why=f"{call.label} reduces what summed to one")
    return out


@row("math.Logsumexp")
def logsumexp(call: Call) -> Value:
    x, along = call.value(), axes_of(call.op.axis, call.value().rank)
    lone = along[0] if len(along) == 1 else None
    derived = ("logsumexp", x.key, lone, bool(call.op.keepdims)) if lone is not None else None
    if lone is not None and x.log_simplex == lone:
        return x.elementwise(0.0, 0.0, shape=call.shape, maker=call.label, spans=False)
    count = length(x, along)
    low, high = slackened(x.low + (math.log(count) if count else 0.0), x.high + math.log(count) if count else INF)
    spans = x.spans and x.is_unbounded
    return x.elementwise(low, high, shape=call.shape, derived=derived, maker=call.label, spans=spans)


@row("numpy.Std", "numpy.Var", "numpy.Nanstd", "numpy.Nanvar", "numpy.Ptp", "linalg.Norm", "math.CDist")
def spread(call: Call) -> Value:
    """At least 0, and at most what the width of the interval allows."""
    x = call.value()
    high, width = INF, (x.high - x.low if math.isfinite(x.low) and math.isfinite(x.high) else INF)
    if call.name in ("numpy.Std", "numpy.Nanstd"):
        high = width
    elif call.name in ("numpy.Var", "numpy.Nanvar"):
        high = width * width
    elif call.name == "numpy.Ptp":
        high = width
    low = -INF if call.name == "linalg.Norm" and getattr(call.op, "ord", None) not in (None, "fro", 1, 2) else 0.0
    return between(low, high, x, call.shape, call.label, f"{call.label} measures a spread")


@row("numpy.Prod", "numpy.Nanprod", "numpy.Cumprod", "numpy.Nancumprod")
def product(call: Call) -> Value:
    x = call.value()
    low, high = (0.0, 1.0 if x.high <= 1.0 else INF) if x.low >= 0.0 else (-INF, INF)
    return between(low, high, x, call.shape, call.label, f"{call.label} multiplies elements")


@row("numpy.Cumsum", "numpy.Nancumsum")
def running_sum(call: Call) -> Value:
    x, axis = call.value(), call.op.axis
    along = axes_of(axis, x.rank)
    count = length(x, along)
    low = min(x.low, arithmetic.times(x.low, count, -INF))
    high = max(x.high, arithmetic.times(x.high, count, INF))
    if x.simplex is not None and along == [x.simplex]:
        high = x.total
    if call.name == "numpy.Nancumsum":
        low, high = min(low, 0.0), max(high, 0.0)
    return between(low, high, x, call.shape, call.label, f"{call.label} adds up elements")


@row("numpy.Argmax", "numpy.Argmin", "numpy.Nanargmax", "numpy.Nanargmin", "numpy.Argsort", "numpy.Argpartition")
def position(call: Call) -> Value:
    x = call.value()
    count = length(x, axes_of(call.op.axis, x.rank))
    high = INF if count is None else float(count - 1)
    low = -1.0 if call.name.startswith("numpy.Nanarg") else 0.0
    return between(low, high, x, call.shape, call.label, f"{call.label} gives positions, not values")


@row("numpy.CountNonzero", "numpy.Digitize", "numpy.SearchSorted", "numpy.Bincount")
def count(call: Call) -> Value:
    weighted = getattr(call.op, "weights", None) is not None
    return between(-INF if weighted else 0.0, INF, call.value(), call.shape, call.label, f"{call.label} counts")


@row("numpy.Quantile", "numpy.Percentile", "numpy.Nanquantile", "numpy.Nanpercentile")
def quantile(call: Call) -> Value:
    x = call.value()
    return between(x.low, x.high, x, call.shape, call.label, f"{call.label} reduces the elements")


@row("numpy.Average")
def average(call: Call) -> Value:
    """The mean where there are no weights; with weights that may be negative, anything."""
    x = call.value()
    weights = call.argument(1, "weights")
    if weights is not None:
        convex = call.operand(weights).low >= 0.0
        low, high = (x.low, x.high) if convex else (-INF, INF)
        return between(low, high, x, call.shape, call.label, f"{call.label} weighs the elements")
    along = axes_of(call.op.axis, x.rank)
    out = x.elementwise(x.low, x.high, shape=call.shape, maker=call.label)
    if x.simplex is not None and x.simplex not in along:
        return out.with_(simplex=arithmetic.kept_axis(x.simplex, along, False), total=x.total)
    return out


@row("numpy.Sort")
def ordered(call: Call) -> Value:
    """Sorting along an axis keeps the sum along it; sorting along another takes rows apart."""
    x, along = call.value(), axes_of(call.op.axis, call.value().rank)
    kept = {x.simplex, x.log_simplex} - {None} <= set(along) and len(along) == 1
    out = axes.touched(x, [], call.shape, call.label) if kept else axes.lost(x, call.label)
    return out.with_(spans=False, gate=None, why=out.why or f"{call.label} puts elements in order")


@row("math.TopK")
def largest(call: Call) -> Value:
    x = call.value()
    if call.index == 1:
        size = x.shape[-1]
        return between(0.0, INF if size is None else float(size - 1), x, call.shape, call.label)
    return between(x.low, x.high, x, call.shape, call.label, f"{call.label} picks the largest")


@row("math.SegmentSum", "math.SegmentMax", "math.SegmentMin", "math.SegmentProd")
def segments(call: Call) -> Value:
    """Empty segments hold 0, or the smallest or largest number of the type."""
    x = call.value(0, "data")
    low, high = (0.0, INF) if x.low >= 0.0 and call.name == "math.SegmentSum" else (-INF, INF)
    return between(low, high, x, call.shape, call.label, f"{call.label} gathers rows")


@row("numpy.Diff")
def difference(call: Call) -> Value:
    x = call.value()
    width = x.high - x.low if math.isfinite(x.low) and math.isfinite(x.high) else INF
    width *= 2.0 ** (int(call.op.n) - 1) if call.op.n else 1.0
    if not call.op.n:
        return x.same(carries="")
    return between(-width, width, x, call.shape, call.label, f"{call.label} takes neighbours' difference")


@row("numpy.Trace", "numpy.Trapezoid", "numpy.Cross", "linalg.Det", "math.Logdet")
def anything(call: Call) -> Value:
    operands = [call.operand(a) for a in call.args]
    out = between(-INF, INF, operands[0], call.shape, call.label, f"{call.label} is not followed further")
    return out.with_(sources=all_sources(operands))


@row("nn.Moments")
def moments(call: Call) -> Value:
    x = call.value()
    low, high = (x.low, x.high) if call.index == 0 else (0.0, INF)
    return between(low, high, x, call.shape, call.label, f"{call.label} reduces the elements")
