"""Rows for `keras.ops` that act on each element by itself: activations, functions of one tensor, arithmetic of two."""

from __future__ import annotations

import math
from collections.abc import Callable

from logit_magic.emission import activations, arithmetic
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, OPAQUE, Value, all_sources, between, constant, multiply_bounds, slackened

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
    if not isinstance(axis, int):
        return None
    return activations.apply(name, call.value(), call.label, axis=axis, carries="tensor")


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
    "Arcsin": lambda x: math.asin(min(max(x, -1.0), 1.0)),
    "Arctanh": lambda x: math.copysign(INF, x) if abs(x) >= 1.0 else math.atanh(x),
    "Arccosh": lambda x: math.acosh(max(x, 1.0)) if x < INF else INF,
    "Sinh": lambda x: math.sinh(x) if abs(x) < 700 else math.copysign(INF, x),
    "Deg2rad": lambda x: x * math.pi / 180.0,
    "Rad2deg": lambda x: x * 180.0 / math.pi,
    "Floor": lambda x: x if abs(x) == INF else float(math.floor(x)),
    "Ceil": lambda x: x if abs(x) == INF else float(math.ceil(x)),
    "Round": lambda x: x if abs(x) == INF else float(round(x)),
    "Trunc": lambda x: x if abs(x) == INF else float(math.trunc(x)),
    "Sign": lambda x: math.copysign(1.0, x) if x else 0.0,
    "Erf": math.erf,
}
_STEPS = ("Floor", "Ceil", "Round", "Trunc", "Sign")
# name -> where it is defined; values outside give NaN, which no interval speaks of
_DOMAIN = {"Log": (0.0, INF), "Log2": (0.0, INF), "Log10": (0.0, INF), "Log1p": (-1.0, INF), "Sqrt": (0.0, INF),
           "Arcsin": (-1.0, 1.0), "Arctanh": (-1.0, 1.0), "Arccosh": (1.0, INF)}  # fmt: skip
# name -> where the slope is infinite, so that the rounding of a constant shows
_STEEP = {"Log": (0.0,), "Log2": (0.0,), "Log10": (0.0,), "Log1p": (-1.0,), "Sqrt": (0.0,), "Cbrt": (0.0,),
          "Arcsin": (-1.0, 1.0), "Arctanh": (-1.0, 1.0), "Arccosh": (1.0,)}  # fmt: skip


@row(*(f"{'math' if name == 'Erf' else 'numpy'}.{name}" for name in _RISING))
def rising(call: Call) -> Value:
    name, x = call.name.split(".")[1], call.value()
    if name == "Log" and x.is_probability:
        return x.elementwise(
            -INF, slackened(0.0, _RISING["Log"](x.high))[1], log_simplex=x.simplex, maker=call.label, why=""
        )
    if name == "Exp" and x.log_simplex is not None:
        return activations.of_logarithms(x, call.label)
    if name in _STEPS:
        return _stepped(x, name, call)
    first, last = _DOMAIN.get(name, (-INF, INF))
    hair = 1e-6 if x.low == x.high and any(abs(x.low - at) < 1e-5 for at in _STEEP.get(name, ())) else 0.0
    low, high = slackened(_RISING[name](x.low - hair), _RISING[name](x.high + hair))
    spans = x.spans and x.low >= first and x.high <= last and low < high
    out = x.elementwise(low, high, maker=call.label, spans=spans)
    if name == "Exp":
        return out.with_(of_exp=x.key)
    if name == "Log" and x.of_exp and x.derived is not None and x.derived[0] == "sum":
        return out.with_(derived=("logsumexp", x.of_exp, *x.derived[2:]))  # log(sum(exp(x))) by hand
    return out


def _stepped(x: Value, name: str, call: Call) -> Value:
    """Functions with jumps: a hair beyond the end of the interval may fall on the next step."""
    if name == "Round" and getattr(call.op, "decimals", None):
        half = 0.5 * 10.0 ** -float(call.op.decimals)
        return between(x.low - half, x.high + half, x, call.shape, call.label)
    f = _RISING[name]
    low = f(x.low) if math.isinf(x.low) else f(x.low - 1e-5 * max(abs(x.low), 0.1))
    high = f(x.high) if math.isinf(x.high) else f(x.high + 1e-5 * max(abs(x.high), 0.1))
    return between(low, high, x, call.shape, call.label, f"{call.label} rounds")


@row("numpy.Absolute", "numpy.Abs", "numpy.Fabs")
def absolute(call: Call) -> Value:
    x = call.value()
    if x.low >= 0.0:
        return x.same(carries="")
    low = 0.0 if x.high >= 0.0 else -x.high
    return x.elementwise(low, max(-x.low, x.high), maker=call.label)


@row("numpy.Square")
def square(call: Call) -> Value:
    return _squared(call.value(), call)


def _squared(x: Value, call: Call) -> Value:
    ends = (x.low * x.low, x.high * x.high)
    low, high = slackened(0.0 if x.low <= 0.0 <= x.high else min(ends), max(ends))
    return x.elementwise(low, high, maker=call.label, shape=call.shape, spans=x.spans and low < high)


@row("numpy.Power")
def power(call: Call) -> Value:
    x, p = call.value(0, "x1"), call.value(1, "x2")
    if not arithmetic.is_constant(p):
        low = 0.0 if x.low >= 0.0 else -INF
        return between(low, INF, x, call.shape, call.label).with_(sources=all_sources([x, p]))
    if p.low == 1.0 and x.shape == call.shape:
        return x.same(carries="")
    if p.low == 2.0:
        return _squared(x, call)
    if x.low < 0.0:
        odd_or_even = p.low >= 0.0 and p.low == int(p.low)
        low, high = (0.0, INF) if odd_or_even and int(p.low) % 2 == 0 else (-INF, INF)
        return between(low, high, x, call.shape, call.label)
    ends = [_power(e, p.low) for e in (x.low, x.high)]
    low, high = slackened(min(ends), max(ends))
    return x.elementwise(low, high, maker=call.label, shape=call.shape, spans=x.spans and low < high)


def _power(x: float, p: float) -> float:
    if x == 0.0:
        return 0.0 if p > 0 else (1.0 if p == 0 else INF)
    try:
        return float(x**p)
    except OverflowError:
        return INF


@row("numpy.Negative")
def negative(call: Call) -> Value:
    return arithmetic.scale(call.value(), -1.0, call.label)


@row("numpy.Reciprocal", "math.Rsqrt")
def reciprocal(call: Call) -> Value:
    x = call.value()
    if call.name == "math.Rsqrt":
        x = x.elementwise(*slackened(math.sqrt(max(x.low, 0.0)), math.sqrt(max(x.high, 0.0))), maker=call.label)
    return arithmetic.divide(constant(1.0), x, call.label, call.shape)


@row("numpy.Add")
def add(call: Call) -> Value:
    """A trainable offset that occurs nowhere else takes each element to any place, whatever it is added to."""
    x, y = call.argument(0, "x1"), call.argument(1, "x2")
    a, b = call.value(0, "x1"), call.value(1, "x2")
    for offset, value, other in ((x, b, a), (y, a, b)):
        own = getattr(offset, "trainable", False) and (math.prod(offset.shape) > 1 or call.shape[-1:] == (1,))
        if own and OPAQUE in value.sources and not value.sources & other.sources:
            return value.elementwise(
                -INF, INF, shape=call.shape, maker=call.label, spans=True, why="", sources=all_sources([a, b])
            )
    return arithmetic.add(a, b, call.label, call.shape)


@row("numpy.Subtract")
def subtract(call: Call) -> Value:
    return arithmetic.subtract(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.Multiply")
def multiply(call: Call) -> Value:
    return arithmetic.multiply(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.Divide", "numpy.TrueDivide")
def divide(call: Call) -> Value:
    return arithmetic.divide(call.value(0, "x1"), call.value(1, "x2"), call.label, call.shape)


@row("numpy.DivideNoNan")
def divide_or_zero(call: Call) -> Value:
    """0 where the divisor is 0, so that no simplex survives for certain."""
    a, b = call.value(0, "x1"), call.value(1, "x2")
    out = arithmetic.divide(a, b, call.label, call.shape)
    return between(min(out.low, 0.0), max(out.high, 0.0), out, call.shape, call.label, "a division may give 0")


@row("nn.Glu")
def gated_linear(call: Call) -> Value:
    """One half of x times the sigmoid of the other."""
    x = call.value()
    gate = activations.apply("sigmoid", x.with_(simplex=None), call.label)
    assert gate is not None
    low, high = multiply_bounds(x, gate)
    return x.elementwise(low, high, shape=call.shape, maker=call.label, spans=arithmetic.is_free(x))


@row("nn.Threshold")
def threshold(call: Call) -> Value:
    """x where it is above the threshold, a default value elsewhere."""
    x, op = call.value(), call.op
    low, high = max(x.low, float(op.threshold)), max(x.high, float(op.threshold))
    default = float(getattr(op, "default_value", getattr(op, "value", 0.0)))
    return between(min(low, default), max(high, default), x, call.shape, call.label, f"{call.label} replaces values")


_BOUNDED: dict[str, tuple[float, float]] = {
    "numpy.Sin": (-1.0, 1.0), "numpy.Cos": (-1.0, 1.0), "numpy.Sinc": (-0.2173, 1.0), "numpy.Tan": (-INF, INF),
    "numpy.Arccos": (0.0, 3.14160), "numpy.Arctan2": (-3.14160, 3.14160), "numpy.Cosh": (1.0, INF),
    "math.Erfc": (0.0, 2.0), "math.Erfinv": (-INF, INF), "numpy.I0": (1.0, INF), "numpy.Heaviside": (-INF, INF),
    "numpy.Angle": (-3.14160, 3.14160), "numpy.Signbit": (0.0, 1.0), "numpy.Imag": (-INF, INF), "numpy.Mod": (-INF, INF),
    "numpy.Fmod": (-INF, INF), "numpy.FloorDivide": (-INF, INF), "numpy.Ldexp": (-INF, INF), "numpy.Nextafter": (-INF, INF),
    "numpy.Hypot": (0.0, INF), "nn.Polar": (-INF, INF),
}  # fmt: skip


@row(*_BOUNDED)
def only_a_range(call: Call) -> Value:
    """Functions of which no more is of use than where their values lie."""
    operands = [call.operand(a) for a in (*call.args, *call.kwargs.values())]
    out = between(*_BOUNDED[call.name], operands[0], call.shape, call.label)
    return out.with_(sources=all_sources(operands), why=f"{call.label} is not followed further than its range")


@row("numpy.Logaddexp", "numpy.Logaddexp2")
def log_of_sum(call: Call) -> Value:
    a, b = call.value(0, "x1"), call.value(1, "x2")
    low, high = slackened(max(a.low, b.low), max(a.high, b.high) + 1.0)
    return between(low, high, a, call.shape, call.label).with_(sources=all_sources([a, b]))
