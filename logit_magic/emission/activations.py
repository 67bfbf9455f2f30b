"""What each activation function does to an interval and to a simplex.

One table serves `Dense(activation=...)`, `Activation(...)`, the activation layers and the ops of `keras.ops`, because
they compute the same functions. Bounds are those of the functions' definitions in Keras; where a minimum has no closed
form it is rounded outwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from logit_magic.emission.value import INF, Value, between, negative_axis, slackened

# name -> (function of the interval, for functions that never decrease)
_MONOTONE: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "hard_sigmoid": lambda x: min(max(x / 6.0 + 0.5, 0.0), 1.0),
    "sparse_sigmoid": lambda x: min(max(0.5 * (x + 1.0), 0.0), 1.0),
    "hard_tanh": lambda x: min(max(x, -1.0), 1.0),
    "tanh": math.tanh,
    "softsign": lambda x: x / (1.0 + abs(x)) if abs(x) != INF else math.copysign(1.0, x),
    "softplus": lambda x: _log1pexp(x),
    "sparse_plus": lambda x: 0.0 if x <= -1.0 else (x if x >= 1.0 else 0.25 * (x + 1.0) ** 2),
    "squareplus": lambda x: 0.0 if x == -INF else (x if x == INF else (x + math.sqrt(x * x + 4.0)) / 2.0),
    "log_sigmoid": lambda x: -_log1pexp(-x),
    "exponential": lambda x: _exp(x),
    "linear": lambda x: x,
    "tanh_shrink": lambda x: x if abs(x) == INF else x - math.tanh(x),
    "soft_shrink": lambda x: x - 0.5 if x > 0.5 else (x + 0.5 if x < -0.5 else 0.0),
    "hard_shrink": lambda x: x if abs(x) > 0.5 else 0.0,
    "elu": lambda x: x if x > 0.0 else math.expm1(x),
    "celu": lambda x: x if x > 0.0 else math.expm1(x),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0.0 else 1.6732632423543772 * math.expm1(x)),
    "leaky_relu": lambda x: x if x > 0.0 else 0.2 * x,
}
# functions with one dip below zero and no upper bound: (lowest value, rounded outwards)
_DIPPED = {"silu": -0.2785, "gelu": -0.1701, "hard_silu": -0.3751, "mish": -0.3089}
_DIPS_BELOW = -2.0  # all of these have gone through their lowest value here
_JUMPS = ("hard_shrink",)  # values in between are never reached
# functions with parameters whose defaults the table above assumes
PARAMETERS: dict[str, dict[str, object]] = {
    "relu": {"negative_slope": 0.0, "max_value": None, "threshold": 0.0},
    "elu": {"alpha": 1.0},
    "celu": {"alpha": 1.0},
    "hard_shrink": {"threshold": 0.5},
    "soft_shrink": {"threshold": 0.5},
    "squareplus": {"b": 4},
    "leaky_relu": {"negative_slope": 0.2},
}
_IDENTITY_ON_UNIT = ("relu", "hard_tanh", "relu6", "leaky_relu", "elu", "celu")
_ALIASES = {"swish": "silu", "hard_swish": "hard_silu", "exp": "exponential", "identity": "linear"}
NORMALISERS = ("softmax", "sigmoid", "log_softmax", "sparsemax")
KNOWN = frozenset(_MONOTONE) | frozenset(_DIPPED) | frozenset(_ALIASES) | frozenset(NORMALISERS)


def _exp(x: float) -> float:
    return math.exp(x) if x < 700.0 else INF


def _log1pexp(x: float) -> float:
    return x if x > 30.0 else math.log1p(_exp(x))


def apply(name: str, x: Value, label: str, *, axis: int = -1, carries: str = "") -> Value | None:
    """The value after activation `name`; None where the name is not in the table.

    Args:
        x: what goes in.
        label: who applies it, for people.
        axis: for softmax and its kin.
        carries: how TensorFlow's Keras finds the logits again: "tensor" after any function of Keras, "graph" after
            TensorFlow's own.
    """
    name = _ALIASES.get(name, name)
    if name == "linear":
        return x
    if name == "softmax":
        return _softmax(x, label, axis, carries)
    if name == "sparsemax":  # as Keras computes it, rows with several entries above 0 do not sum to one
        return between(0.0, INF, x, x.shape, label, f"{label} gives rows whose sums Keras gets wrong")
    if name == "log_softmax":
        return x.elementwise(-INF, 0.0, log_simplex=negative_axis(axis, x.rank), maker=label, why="")
    if name == "sigmoid":
        return _sigmoid(x, label, carries)
    if name == "exponential" and x.log_simplex is not None:
        return of_logarithms(x, label)
    if name in _MONOTONE:
        if name in _IDENTITY_ON_UNIT and x.low >= 0.0 and x.high <= 1.0:
            return x.same(carries="")  # the identity on [0, 1]
        f = _MONOTONE[name]
        low, high = slackened(f(x.low), f(x.high))
        why = "" if math.isfinite(low + high) else x.why
        spans = x.spans and low < high and name not in _JUMPS
        return x.elementwise(low, high, maker=label, why=why, spans=spans, activation=name)
    if name in _DIPPED:
        low = 0.0 if x.low >= 0.0 else _DIPPED[name]
        high = max(x.high, 0.0)
        return x.elementwise(low, high, maker=label, spans=x.spans and x.low <= _DIPS_BELOW and high == INF)
    return None


def of_logarithms(x: Value, label: str) -> Value:
    """exp of log-probabilities: the probabilities."""
    return x.elementwise(0.0, 1.0, simplex=x.log_simplex, normaliser="softmax", maker=label, why="")


def _softmax(x: Value, label: str, axis: int, carries: str) -> Value:
    axis = negative_axis(axis, x.rank)
    again = x.normaliser == "sigmoid" or (x.is_probability and x.simplex == axis)
    # float32 leaves a hair of slack in the row sums, none in the interval
    return x.elementwise(
        0.0, 1.0, simplex=axis, maker=label, normaliser="softmax", carries=carries, why="",
        twice=x.maker if again else "", twice_of=x.normaliser if again else "",
    )  # fmt: skip


def _sigmoid(x: Value, label: str, carries: str) -> Value:
    again = x.in_unit_interval and x.normaliser != "" and (x.normaliser == "sigmoid" or x.is_probability)
    wide = x.low == -INF and x.high == INF
    low, high = (0.0, 1.0) if wide or again else slackened(_logistic(x.low), _logistic(x.high))
    return x.elementwise(
        low, high, maker=label, normaliser="sigmoid", carries=carries, spans=x.spans, why=x.why,
        twice=x.maker if again else "", twice_of=x.normaliser if again else "",
    )  # fmt: skip


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + _exp(-x)) if x > -700.0 else 0.0
