"""Rows for `keras.ops`: activations, elementwise arithmetic and reductions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from logit_magic.emission import activations, arithmetic, axes
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Value, all_sources, hull, independent, negative_axis

_ACTIVATION_OPS = {
    "Relu": "relu", "Relu6": "relu6", "Sigmoid": "sigmoid", "SparseSigmoid": "sparse_sigmoid", "Softplus": "softplus",
    "Softsign": "softsign", "SoftShrink": "soft_shrink", "SparsePlus": "sparse_plus", "Silu": "silu",
    "Squareplus": "squareplus", "LogSigmoid": "log_sigmoid", "LeakyRelu": "leaky_relu", "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu", "Elu": "elu", "Selu": "selu", "Gelu": "gelu", "Celu": "celu", "TanhShrink": "tanh_shrink",
    "HardTanh": "hard_tanh", "HardShrink": "hard_shrink", "Softmax": "softmax", "LogSoftmax": "log_softmax",
    "Sparsemax": "sparsemax",
}  # fmt: skip


@row(*(f"nn.{name}" for name in _ACTIVATION_OPS), "numpy.Tanh")
def activation(call: Call) -> Value | None:
    name = _ACTIVATION_OPS.get(call.name.split(".")[1], "tanh")
    for parameter, default in activations.PARAMETERS.get(name, {}).items():
        if getattr(call.op, parameter, default) != default:
            return None
    axis = getattr(call.op, "axis", -1)
    if axis is None:
        return None
    x = call.value()
    return activations.apply(name, x, call.label, axis=axis, carries="tensor")


# Elementwise functions that never decrease: name -> function on the ends of the interval.
_RISING: dict[str, Callable[[float], float]] = {
    "Exp": lambda x: math.exp(x) if x < 700 else INF,
    "Expm1": lambda x: math.expm1(x) if x < 700 else INF,
    "Exp2": lambda x: 2.0**x if x < 1000 else INF,
    "Log": lambda x: -INF if x <= 0 else math.log(x),
    "Log2": lambda x: -INF if x <= 0 else (INF if x == INF else math.log2(x)),
    "Log10": lambda x: -INF if x <= 0 else (INF if x == INF else math.log10(x)),
    "Log1p": lambda x: -INF if x <= -1 else math.log1p(x),
    "Sqrt": lambda x: math.sqrt(max(x, 0.0)),
    "Cbrt": lambda x: math.copysign(abs(x) ** (1 / 3), x),
    "Arctan": math.atan,
    "Arcsinh": math.asinh,
    "Sinh": lambda x: math.sinh(x) if abs(x) < 700 else math.copysign(INF, x),
    "Floor": lambda x: x if abs(x) == INF else float(math.floor(x)),
    "Ceil": lambda x: x if abs(x) == INF else float(math.ceil(x)),
    "Round": lambda x: x if abs(x) == INF else float(round(x)),
    "Trunc": lambda x: x if abs(x) == INF else float(math.trunc(x)),
    "Sign": lambda x: math.copysign(1.0, x) if x else 0.0,
    "Erf": math.erf,
}


@row(*(f"{'math' if name == 'Erf' else 'numpy'}.{name}" for name in _RISING))
def rising(call: Call) -> Value | None:
    name, x = call.name.split(".")[1], call.value()
    if name in ("Log", "Log2", "Log10", "Sqrt", "Log1p") and x.low < 0.0 and name != "Log1p":
        return x.elementwise(0.0 if name == "Sqrt" else -INF, INF, maker=call.label, spans=False)
    f = _RISING[name]
    low, high = f(x.low), f(x.high)
    steps = name in ("Floor", "Ceil", "Round", "Trunc", "Sign")
    if name == "Log" and x.is_probability:
        return x.elementwise(-INF, 0.0, log_simplex=x.simplex, maker=call.label, why="")
    if name == "Exp" and x.log_simplex is not None:
        return x.elementwise(0.0, 1.0, simplex=x.log_simplex, normaliser="softmax", maker=call.label, why="")
    slack = 1e-6
    return x.elementwise(
        low - slack * abs(low) if math.isfinite(low) and low != 0.0 else low,
        high + slack * abs(high) if math.isfinite(high) and high not in (0.0, 1.0) else high,
        maker=call.label,
        spans=x.spans and not steps,
    )


@row("numpy.Absolute", "numpy.Fabs")
def absolute(call: Call) -> Value:
    x = call.value()
    if x.low >= 0.0:
        return x
    low = 0.0 if x.high >= 0.0 else -x.high
    return x.elementwise(low, max(-x.low, x.high), maker=call.label)


@row("numpy.Square")
def square(call: Call) -> Value:
    x = call.value()
    ends = (x.low * x.low, x.high * x.high)
    return x.elementwise(0.0 if x.low <= 0.0 <= x.high else min(ends), max(ends), maker=call.label)


@row("numpy.Power")
def power(call: Call) -> Value | None:
    x, p = call.value(0, "x1"), call.value(1, "x2")
    if not arithmetic.is_constant(p) or x.low < 0.0:
        return None if not (arithmetic.is_constant(p) and p.low == 2.0) else square(call)
    if p.low == 1.0:
        return x
    ends = [_power(e, p.low) for e in (x.low, x.high)]
    return x.elementwise(min(ends), max(ends), maker=call.label)


def _power(x: float, p: float) -> float:
    if x == 0.0:
        return 0.0 if p > 0 else (1.0 if p == 0 else INF)
    try:
        return float(x**p)
    except OverflowError:
        return INF


@row("numpy.Negative")
def negative(call: Call) -> Value:
    return arithmetic.scale(call.value().with_(simplex=None), -1.0, call.label)


@row("numpy.Reciprocal", "math.Rsqrt")
def reciprocal(call: Call) -> Value:
    x = call.value()
    if call.name == "math.Rsqrt":
        x = x.elementwise(math.sqrt(max(x.low, 0.0)), math.sqrt(max(x.high, 0.0)))
    one = Value(low=1.0, high=1.0, shape=())
    return arithmetic.divide(one, x, call.label, call.shape)


@row("numpy.Add")
def add(call: Call) -> Value:
    return arithmetic.add(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.Subtract")
def subtract(call: Call) -> Value:
    return arithmetic.subtract(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.Multiply")
def multiply(call: Call) -> Value:
    return arithmetic.multiply(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.Divide", "numpy.TrueDivide")
def divide(call: Call) -> Value:
    return arithmetic.divide(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.Maximum", "numpy.Minimum", "numpy.Fmax", "numpy.Fmin")
def extremum(call: Call) -> Value:
    pick = max if call.name in ("numpy.Maximum", "numpy.Fmax") else min
    a, b = call.value(0, "x1"), call.value(1, "x2")
    low, high = pick(a.low, b.low), pick(a.high, b.high)
    if arithmetic.is_constant(a) and not arithmetic.is_constant(b):
        a, b = b, a
    if (low, high) == (a.low, a.high) and arithmetic.is_constant(b):
        return a.with_(carries="")
    spans = all(v.spans or arithmetic.is_constant(v) for v in (a, b)) and independent([a, b])
    return a.elementwise(low, high, shape=call.shape, maker=call.label, spans=spans, sources=all_sources([a, b]))


@row("numpy.Clip")
def clip(call: Call) -> Value:
    """Clipping probabilities to [eps, 1 - eps] leaves them probabilities: Keras' own losses do it too."""
    x, floor, ceiling = call.value(), call.operand(call.op.x_min), call.operand(call.op.x_max)
    low, high = min(max(x.low, floor.low), ceiling.high), max(min(x.high, ceiling.high), floor.low)
    if x.is_probability and floor.high <= 1e-3 and ceiling.low >= 1.0 - 1e-3:
        return x.with_(carries="")
    return axes.lost(x, call.label).with_(low=low, high=high, maker=call.label)


@row("numpy.Where")
def where(call: Call) -> Value:
    a, b = call.value(1, "x1"), call.value(2, "x2")
    low, high = hull([a, b])
    free = [v for v in (a, b) if v.spans and v.is_unbounded]
    spans = bool(free) and all(v.spans or arithmetic.is_constant(v) for v in (a, b))
    alike = (a.low, a.high, a.simplex, a.normaliser) == (b.low, b.high, b.simplex, b.normaliser)
    if alike and a.is_probability and b.is_probability:
        return a.with_(shape=call.shape, carries="", derived=None)
    return (a if a.shape == call.shape else b).elementwise(
        low, high, shape=call.shape, maker=call.label, spans=spans, sources=all_sources([a, b]),
        why="" if spans else f"{call.label} chooses between two tensors",
    )  # fmt: skip


def one_axis(axis: object) -> int | None:
    """The only axis that an op works along; None for all axes or several."""
    if isinstance(axis, int):
        return axis
    if isinstance(axis, Sequence) and len(axis) == 1:
        return int(axis[0])
    return None


@row("numpy.Sum")
def total(call: Call) -> Value:
    axis = one_axis(call.op.axis)
    if getattr(call.op, "initial", None) is not None:
        return call.value().elementwise(-INF, INF, shape=call.shape, maker=call.label, spans=False)
    return arithmetic.reduced_sum(call.value(), axis, call.op.keepdims, call.label, call.shape)


@row("numpy.Mean", "numpy.Max", "numpy.Min", "numpy.Amax", "numpy.Amin", "numpy.Median")
def reduction(call: Call) -> Value:
    x, axis = call.value(), one_axis(call.op.axis)
    what = {"Mean": "mean", "Max": "max", "Amax": "max", "Min": "min", "Amin": "min"}.get(call.name[6:], "median")
    at = None if axis is None else negative_axis(axis, x.rank)
    derived = (what, x.key, at, bool(call.op.keepdims))
    keeps = what == "mean" and x.simplex is not None and at is not None and at != x.simplex
    out = x.elementwise(x.low, x.high, shape=call.shape, derived=derived, normaliser="" if not keeps else x.normaliser)
    if keeps:
        assert x.simplex is not None and at is not None
        out = out.with_(simplex=x.simplex if call.op.keepdims or x.simplex > at else x.simplex + 1, total=x.total)
    elif x.simplex is not None:
        out = out.with_(spans=False, why=f"{call.label} reduces what summed to one")
    return out


@row("math.Logsumexp")
def logsumexp(call: Call) -> Value:
    x, axis = call.value(), one_axis(call.op.axis)
    at = None if axis is None else negative_axis(axis, x.rank)
    derived = ("logsumexp", x.key, at, bool(call.op.keepdims))
    return x.elementwise(x.low, INF, shape=call.shape, derived=derived, maker=call.label)
