"""Single ops against numpy: the image of a grid over an interval lies in the row's interval, and fills it where it can.

A row is asked with made-up operands, so that intervals come into play that no head of the soundness test has.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from logit_magic.emission.graph import Walk
from logit_magic.emission.value import INF, Value

ENDS = (-INF, -40.0, -1.5, -1.0, -0.2, 0.0, 0.3, 1.0, 2.5, 40.0, INF)
INTERVALS = [(low, high) for low, high in itertools.combinations(ENDS, 2)]
FAR = 1e3  # as far as a grid goes on an open end


def grid(low: float, high: float) -> np.ndarray:
    """Points of an interval: evenly, and close to its ends."""
    a, b = max(low, -FAR), min(high, FAR)
    near = [e + d for e in (a, b) for d in (0.0, 1e-6, -1e-6, 1e-3, -1e-3)] + [0.0, 0.5, -0.5, 1.0, -1.0]
    points = np.concatenate([np.linspace(a, b, 61), np.asarray(near)])
    return points[(points >= a) & (points <= b)].astype("float32")


def claimed(function: Callable[..., Any], *intervals: tuple[float, float]) -> Value:
    """What the table says of the op on operands that lie in these intervals, each free in its own."""
    inputs = [keras.KerasTensor((None, 4), "float32") for _ in intervals]
    made = {
        id(t): (
            lambda low=low, high=high, i=i: Value(
                (None, 4), low, high, spans=True, maker="made up", sources=frozenset((i,))
            )
        )
        for i, (t, (low, high)) in enumerate(zip(inputs, intervals, strict=True))
    }
    return Walk(made).value(function(*inputs))


UNARY: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "exp": (ops.exp, np.exp), "log": (ops.log, np.log), "log1p": (ops.log1p, np.log1p), "sqrt": (ops.sqrt, np.sqrt),
    "log2": (ops.log2, np.log2), "log10": (ops.log10, np.log10), "expm1": (ops.expm1, np.expm1), "abs": (ops.abs, np.abs),
    "square": (ops.square, np.square), "negative": (ops.negative, np.negative), "sign": (ops.sign, np.sign),
    "floor": (ops.floor, np.floor), "ceil": (ops.ceil, np.ceil), "round": (ops.round, np.round), "trunc": (ops.trunc, np.trunc),
    "sin": (ops.sin, np.sin), "cos": (ops.cos, np.cos), "tan": (ops.tan, np.tan), "sinh": (ops.sinh, np.sinh),
    "cosh": (ops.cosh, np.cosh), "tanh": (ops.tanh, np.tanh), "arcsin": (ops.arcsin, np.arcsin),
    "arccos": (ops.arccos, np.arccos), "arctan": (ops.arctan, np.arctan), "arcsinh": (ops.arcsinh, np.arcsinh),
    "arccosh": (ops.arccosh, np.arccosh), "arctanh": (ops.arctanh, np.arctanh), "reciprocal": (ops.reciprocal, np.reciprocal),
    "rsqrt": (ops.rsqrt, lambda x: 1 / np.sqrt(x)), "x ** 2": (lambda x: x**2, lambda x: x**2),
    "x ** 3": (lambda x: x**3, lambda x: x**3), "x ** 0.5": (lambda x: x**0.5, lambda x: x**0.5),
    "x ** -1": (lambda x: x**-1.0, lambda x: x**-1.0), "x ** -2": (lambda x: x**-2.0, lambda x: x**-2.0),
    "2 - x": (lambda x: 2 - x, lambda x: 2 - x), "x * -3": (lambda x: x * -3, lambda x: x * -3), "x / 7": (lambda x: x / 7, lambda x: x / 7),
    "3 / x": (lambda x: 3 / x, lambda x: 3 / x), "x + 0.1": (lambda x: x + 0.1, lambda x: x + 0.1), "x * 0": (lambda x: x * 0, lambda x: x * 0),
    "clip": (lambda x: ops.clip(x, -0.5, 0.5), lambda x: np.clip(x, -0.5, 0.5)),
    "clip above": (lambda x: ops.clip(x, 3.0, 5.0), lambda x: np.clip(x, 3.0, 5.0)),
    "maximum": (lambda x: ops.maximum(x, 0.5), lambda x: np.maximum(x, 0.5)),
    "minimum": (lambda x: ops.minimum(0.5, x), lambda x: np.minimum(x, 0.5)),
    "round to two places": (lambda x: ops.round(x, 2), lambda x: np.round(x, 2)),
    "nan_to_num": (lambda x: ops.nan_to_num(x, nan=-2.0), np.nan_to_num),
    "isfinite": (lambda x: ops.cast(ops.isfinite(x), "float32"), np.isfinite),
    "heaviside": (lambda x: ops.heaviside(x, ops.full((), 0.5)), lambda x: np.heaviside(x, 0.5)),
    "relu": (ops.relu, lambda x: np.maximum(x, 0)), "relu6": (ops.relu6, lambda x: np.clip(x, 0, 6)),
    "sigmoid": (ops.sigmoid, lambda x: 1 / (1 + np.exp(-x))), "softplus": (ops.softplus, lambda x: np.logaddexp(x, 0)),
    "log_sigmoid": (ops.log_sigmoid, lambda x: -np.logaddexp(-x, 0)), "silu": (ops.silu, lambda x: x / (1 + np.exp(-x))),
    "hard_sigmoid": (ops.hard_sigmoid, lambda x: np.clip(x / 6 + 0.5, 0, 1)), "softsign": (ops.softsign, lambda x: x / (1 + abs(x))),
    "squareplus": (ops.squareplus, lambda x: (x + np.sqrt(x.astype("float64") ** 2 + 4)) / 2),
    "elu": (ops.elu, lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))),
    "leaky_relu": (ops.leaky_relu, lambda x: np.where(x > 0, x, 0.2 * x)),
    "hard_shrink": (ops.hard_shrink, lambda x: np.where(abs(x) > 0.5, x, 0)),
    "threshold": (lambda x: ops.threshold(x, 0.2, -3.0), lambda x: np.where(x > 0.2, x, -3.0)),
    "hard_silu": (ops.hard_silu, lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "tanh_shrink": (ops.tanh_shrink, lambda x: x - np.tanh(x)),
}  # fmt: skip
KERAS_ONLY: dict[str, Callable[[Any], Any]] = {
    "gelu": ops.gelu, "selu": ops.selu, "celu": ops.celu, "hard_tanh": ops.hard_tanh, "sparse_plus": ops.sparse_plus,
    "sparse_sigmoid": ops.sparse_sigmoid, "soft_shrink": ops.soft_shrink, "mish": layers.Activation("mish"), "erf": ops.erf,
    "relu, cut": layers.ReLU(max_value=0.7), "relu, sloped": layers.ReLU(negative_slope=0.3, threshold=0.4),
    "relu, sloped and cut": layers.ReLU(max_value=0.5, negative_slope=0.1), "relu, threshold": layers.ReLU(threshold=1.0),
    "leaky": layers.LeakyReLU(negative_slope=0.3), "leaky, steep": layers.LeakyReLU(negative_slope=2.0),
    "elu": layers.ELU(2.0), "elu, flat": layers.ELU(0.3),
    "elu, turned": layers.ELU(-1.5), "rescaling": layers.Rescaling(-2.0, 1.0), "cast": lambda x: ops.cast(x, "float16"),
    "bfloat16": lambda x: ops.cast(x, "bfloat16"), "to int": lambda x: ops.cast(ops.cast(x, "int32"), "float32"),
}  # fmt: skip
BINARY: dict[str, tuple[Callable[[Any, Any], Any], Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "add": (ops.add, np.add), "subtract": (ops.subtract, np.subtract), "multiply": (ops.multiply, np.multiply),
    "divide": (ops.divide, np.divide), "maximum": (ops.maximum, np.maximum), "minimum": (ops.minimum, np.minimum),
    "logaddexp": (ops.logaddexp, np.logaddexp), "hypot": (ops.hypot, np.hypot), "arctan2": (ops.arctan2, np.arctan2),
    "mod": (ops.mod, np.mod), "floor_divide": (ops.floor_divide, np.floor_divide), "power": (ops.power, np.power),
    "greater": (ops.greater, np.greater), "where": (lambda a, b: ops.where(a > b, a, b), np.maximum),
    "layer": (lambda a, b: layers.Average()([a, b]), lambda a, b: (a + b) / 2),
    "layers.Maximum": (lambda a, b: layers.Maximum()([a, b]), np.maximum),
    "layers.Multiply": (lambda a, b: layers.Multiply()([a, b]), np.multiply),
    "layers.Subtract": (lambda a, b: layers.Subtract()([a, b]), np.subtract),
    "divide_no_nan": (ops.divide_no_nan, lambda a, b: np.where(b == 0, 0, a / np.where(b == 0, 1, b))),
}  # fmt: skip
REDUCING: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "sum": (lambda x: ops.sum(x, axis=-1), lambda x: x.sum(-1)), "mean": (lambda x: ops.mean(x, axis=-1), lambda x: x.mean(-1)),
    "max": (lambda x: ops.max(x, axis=-1), lambda x: x.max(-1)), "min": (lambda x: ops.min(x, axis=-1), lambda x: x.min(-1)),
    "max from 2": (lambda x: ops.max(x, axis=-1, initial=2.0), lambda x: x.max(-1, initial=2.0)),
    "sum of all": (lambda x: ops.sum(x), lambda x: x.sum()[None]), "prod": (lambda x: ops.prod(x, axis=-1), lambda x: x.prod(-1)),
    "logsumexp": (lambda x: ops.logsumexp(x, axis=-1), lambda x: np.logaddexp.reduce(x, -1)),
    "std": (lambda x: ops.std(x, axis=-1), lambda x: x.std(-1)), "var": (lambda x: ops.var(x, axis=-1), lambda x: x.var(-1)),
    "cumsum": (lambda x: ops.cumsum(x, axis=-1), lambda x: x.cumsum(-1)), "cumprod": (lambda x: ops.cumprod(x, axis=-1), lambda x: x.cumprod(-1)),
    "diff": (lambda x: ops.diff(x), np.diff), "diff of diff": (lambda x: ops.diff(x, n=2), lambda x: np.diff(x, n=2)),
    "argmax": (lambda x: ops.argmax(x, axis=-1), lambda x: x.argmax(-1)), "sort": (lambda x: ops.sort(x), np.sort),
    "median": (lambda x: ops.median(x, axis=-1), lambda x: np.median(x, axis=-1)),
    "pad": (lambda x: ops.pad(x, [[0, 0], [1, 1]]), lambda x: np.pad(x, [[0, 0], [1, 1]])),
    "norm": (lambda x: ops.norm(x, axis=-1), lambda x: np.linalg.norm(x, axis=-1)),
    "average": (lambda x: ops.average(x, axis=-1), lambda x: np.average(x, axis=-1)),
    "own product": (lambda x: ops.einsum("bi,bi->b", x, x), lambda x: (x * x).sum(-1)),
    "concatenated": (lambda x: ops.concatenate([x, 1 - x]), lambda x: np.concatenate([x, 1 - x])),
    "glu": (ops.glu, lambda x: x[:, :2] / (1 + np.exp(-x[:, 2:]))), "tril": (lambda x: ops.tril(x), np.tril),
    "x - max": (lambda x: x - ops.max(x, axis=-1, keepdims=True), lambda x: x - x.max(-1, keepdims=True)),
    "x - min": (lambda x: x - ops.min(x, axis=-1, keepdims=True), lambda x: x - x.min(-1, keepdims=True)),
    "x - mean": (lambda x: x - ops.mean(x, axis=-1, keepdims=True), lambda x: x - x.mean(-1, keepdims=True)),
    "x / max": (lambda x: x / ops.max(x, axis=-1, keepdims=True), lambda x: x / x.max(-1, keepdims=True)),
    "normalize": (lambda x: ops.normalize(x), lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)),
}  # fmt: skip


def outside(value: Value, array: np.ndarray, error: float = 1e-5) -> list[float]:
    """Finite elements that lie outside the interval."""
    finite = np.asarray(array, dtype=float)
    finite = finite[np.isfinite(finite)]
    low = value.low - error * max(1.0, abs(value.low)) if math.isfinite(value.low) else value.low
    high = value.high + error * max(1.0, abs(value.high)) if math.isfinite(value.high) else value.high
    return finite[(finite < low) | (finite > high)].tolist()


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tensor(name: str) -> None:
    function, oracle = UNARY[name]
    for interval in INTERVALS:
        with np.errstate(all="ignore"):
            image = oracle(grid(*interval))
        value = claimed(function, interval)
        assert outside(value, image) == [], (interval, value.low, value.high)


@pytest.mark.parametrize("name", KERAS_ONLY)
def test_functions_that_only_keras_has(name: str) -> None:
    for interval in INTERVALS:
        image = ops.convert_to_numpy(ops.cast(KERAS_ONLY[name](ops.convert_to_tensor(grid(*interval))), "float32"))
        value = claimed(KERAS_ONLY[name], interval)
        assert outside(value, image) == [], (interval, value.low, value.high)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_tensors(name: str) -> None:
    function, oracle = BINARY[name]
    for first, second in itertools.product(INTERVALS[::3], INTERVALS[::4]):
        with np.errstate(all="ignore"):
            image = oracle(grid(*first)[:, None].astype(float), grid(*second)[None].astype(float))
        value = claimed(function, first, second)
        assert outside(value, image) == [], (first, second, value.low, value.high)


@pytest.mark.parametrize("name", REDUCING)
def test_reductions(name: str) -> None:
    function, oracle = REDUCING[name]
    rng = np.random.default_rng(0)
    for interval in INTERVALS:
        points = grid(*interval).astype(float)
        rows = np.concatenate([rng.choice(points, size=(200, 4)), np.repeat(points[:, None], 4, axis=1)])
        with np.errstate(all="ignore"):
            image = oracle(rows)
        value = claimed(function, interval)
        assert outside(value, image, 1e-4) == [], (interval, value.low, value.high)


# Where a row says that each point can be reached, both ends are come close to.
TIGHT = ("exp", "log1p", "sqrt", "abs", "square", "negative", "tanh", "sigmoid", "relu", "2 - x", "x * -3", "clip", "elu",
         "softplus", "leaky_relu", "x ** 2", "arctan", "log", "softsign", "relu6", "maximum", "minimum", "hard_sigmoid", "silu",
         "hard_silu", "tanh_shrink", "squareplus", "x ** 3", "log_sigmoid", "clip above", "hard_shrink", "reciprocal")  # fmt: skip


@pytest.mark.parametrize("name", TIGHT)
def test_what_spans_is_filled(name: str) -> None:
    function, oracle = UNARY[name]
    for interval in INTERVALS:
        value = claimed(function, interval)
        if not value.spans:
            continue
        with np.errstate(all="ignore"):
            image = oracle(np.linspace(max(interval[0], -FAR), min(interval[1], FAR), 200_001))
        image = image[np.isfinite(image)]
        low, high = max(value.low, -4.0), min(value.high, 4.0)
        assert image.min() <= low + 0.02 + 0.01 * abs(low), (interval, value.low, image.min())
        assert image.max() >= high - 0.02 - 0.01 * abs(high), (interval, value.high, image.max())


def test_the_oracle_can_say_no() -> None:
    assert outside(Value((2,), low=0.0, high=1.0), np.asarray([0.5, 1.2, np.nan])) == [1.2]
    assert outside(claimed(ops.sigmoid, (-INF, INF)), grid(-2.0, 2.0)) != []
