"""Rows for `keras.ops` that compare, choose between tensors or cut their range: where, clip, maximum, comparisons."""

from __future__ import annotations

from logit_magic.emission import arithmetic, axes
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import (
    INF,
    NEARLY_ONE,
    OPAQUE,
    Shape,
    Value,
    all_sources,
    between,
    constant,
    hull,
    independent,
)


def extremum(values: list[Value], pick: object, label: str, shape: Shape) -> Value:
    """The larger (`max`) or smaller (`min`) of several tensors, element by element."""
    assert pick is max or pick is min
    low, high = pick(v.low for v in values), pick(v.high for v in values)
    if len(values) == 2 and arithmetic.is_constant(values[0]):
        values = values[::-1]
    first, rest = values[0], values[1:]
    if (low, high) == (first.low, first.high) and all(arithmetic.is_constant(v) for v in rest) and first.shape == shape:
        return first.same(carries="")
    spans = all(v.spans or arithmetic.is_constant(v) for v in values) and independent(values) and low < high
    why = "" if spans else next((v.why for v in values if v.why), "") or f"{label} chooses between tensors"
    return first.elementwise(low, high, shape=shape, maker=label, spans=spans, sources=all_sources(values), why=why)


@row("numpy.Maximum", "numpy.Minimum", "numpy.Fmax", "numpy.Fmin")
def larger_or_smaller(call: Call) -> Value:
    pick = max if call.name in ("numpy.Maximum", "numpy.Fmax") else min
    return extremum([call.value(0, "x1"), call.value(1, "x2")], pick, call.label, call.shape)


@row("layers.Maximum", "layers.Minimum")
def merged_extremum(call: Call) -> Value:
    return extremum(call.values(), max if call.name.endswith("Maximum") else min, call.label, call.shape)


@row("numpy.Clip")
def clip(call: Call) -> Value:
    """Clipping probabilities to [eps, 1 - eps] leaves them probabilities: Keras' own losses do it too."""
    x, floor, ceiling = call.value(), call.operand(call.op.x_min), call.operand(call.op.x_max)
    if x.is_probability and _spares_distributions(x, floor, ceiling):
        return x.same(carries="")
    low, high = min(max(x.low, floor.low), ceiling.low), min(max(x.high, floor.high), ceiling.high)
    fixed = arithmetic.is_constant(floor) and arithmetic.is_constant(ceiling)
    out = axes.lost(x, call.label)
    why = out.why if fixed else out.why or f"{call.label} clips to bounds that vary"
    return out.elementwise(
        low, high, shape=call.shape, maker=call.label, spans=out.spans and fixed and low < high, why=why,
        sources=all_sources([x, floor, ceiling]), normaliser=x.normaliser if x.normaliser == "sigmoid" else "",
    )  # fmt: skip


def _spares_distributions(x: Value, floor: Value, ceiling: Value) -> bool:
    """Row sums change by at most a thousandth."""
    assert x.simplex is not None
    size = x.shape[x.simplex] or 1000
    return max(floor.high, 0.0) * size <= NEARLY_ONE and ceiling.low >= 1.0 - NEARLY_ONE


@row("numpy.Where")
def where(call: Call) -> Value | None:
    if call.argument(1, "x1") is None:
        return None  # the positions at which the condition holds
    condition, a, b = call.value(0, "condition"), call.value(1, "x1"), call.value(2, "x2")
    low, high = hull([a, b])
    sources = all_sources([a, b])
    apart = not condition.sources & sources and OPAQUE not in condition.sources
    free = arithmetic.is_free(a) or arithmetic.is_free(b)
    spans = free and apart and all(v.spans or arithmetic.is_constant(v) for v in (a, b))
    out = (a if a.shape == call.shape else b).elementwise(
        low, high, shape=call.shape, maker=call.label, spans=spans, sources=sources,
        why="" if spans else f"{call.label} chooses between two tensors",
    )  # fmt: skip
    wide = [axes.broadcast(v, call.shape, call.label) for v in (a, b)]
    along = wide[0].simplex
    if not all(v.is_probability for v in wide) or along is None or along != wide[1].simplex:
        return out
    whole_rows = condition.rank < -along or condition.shape[along] == 1
    normaliser = a.normaliser if a.normaliser == b.normaliser else ""
    return out.with_(simplex=along, why="", normaliser=normaliser) if whole_rows else out


@row("numpy.Select")
def select(call: Call) -> Value:
    default = call.argument(2, "default", 0)
    values = [*call.values(1, "choicelist"), call.operand(0 if default is None else default)]
    out = between(*hull(values), values[0], call.shape, call.label, f"{call.label} chooses between tensors")
    return out.with_(sources=all_sources(values))


_TRUTH = (
    "Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "LogicalXor",
    "LogicalNot", "Isclose", "Isfinite", "Isinf", "Isnan", "Isneginf", "Isposinf", "Isreal", "IsIn", "All", "Any", "AllClose",
)  # fmt: skip


@row(*(f"numpy.{name}" for name in _TRUTH))
def truth(call: Call) -> Value:
    operands = [call.operand(a) for a in (*call.args, *call.kwargs.values())]
    out = between(0.0, 1.0, operands[0], call.shape, call.label, f"{call.label} compares")
    return out.with_(sources=all_sources(operands))


@row("numpy.NanToNum")
def no_nans(call: Call) -> Value:
    """Infinities become large numbers; a NaN becomes 0 or what is asked for, and a row with one sums to anything."""
    x, op = call.value(), call.op
    given = [float(v) for v in (op.nan, op.posinf, op.neginf) if v is not None and not hasattr(v, "shape")]
    out = between(min(x.low, *given), max(x.high, *given), x, call.shape, call.label)
    return out if x.low > -INF and x.high < INF else out.with_(low=-INF, high=INF)


@row("numpy.ZerosLike", "numpy.OnesLike")
def filled(call: Call) -> Value:
    return constant(1.0 if call.name == "numpy.OnesLike" else 0.0, call.shape).with_(maker=call.label)


@row("numpy.FullLike", "numpy.Full")
def filled_with(call: Call) -> Value:
    fill = call.value(1, "fill_value") if call.name == "numpy.FullLike" else call.value(0, "fill_value")
    return between(fill.low, fill.high, fill, call.shape, call.label)


@row("numpy.EmptyLike")
def anything(call: Call) -> Value:
    return between(-INF, INF, call.value(), call.shape, call.label, f"{call.label} holds what was in memory")
