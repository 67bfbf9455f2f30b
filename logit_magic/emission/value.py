"""The abstract value of a tensor: an interval, a simplex axis, and what made it so.

The domain is small on purpose. An interval [low, high] holds every element (sound: no element lies outside). A simplex
says more: elements are at least 0 and sum to `total` along `axis`. `spans` claims the opposite direction: the values
come out of a trainable affine map through monotone functions, so that every point of the interval can be reached;
without it an interval is only an upper bound and proves nothing about what *will* be emitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

INF = math.inf
Shape = tuple["int | None", ...]


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of one tensor.

    Attributes:
        shape: with the batch axis; None for axes of no fixed size.
        low, high: closed interval that holds every element.
        spans: every point of the interval can be reached (see the module's text).
        simplex: axis (negative) along which elements, all at least 0, sum to `total`.
        total: that sum; 1 for probabilities.
        log_simplex: axis (negative) along which exp(elements) sum to one.
        gate: axis of a simplex that this product was weighted by; summing over it makes a mixture.
        maker: the op or layer that made it so, for people.
        normaliser: "softmax" or "sigmoid" where one of these made the elements, else "".
        carries: what TensorFlow's Keras can find its way back to the logits by: the "tensor" (an attribute of the
            very tensor that the activation returned), the "graph" (its op's type), or "".
        twice, broken_by, broken_in: see `logit_magic.facts.Emission`.
        why: why nothing is known, else "".
        key: identity of the tensor, for patterns such as x / sum(x).
        derived: (what, key, axis, keepdims) for a reduction of another tensor.
        sources: the affine maps that it comes from; two values span their ranges independently only if these differ.
    """

    shape: Shape = ()
    low: float = -INF
    high: float = INF
    spans: bool = False
    simplex: int | None = None
    total: float = 1.0
    log_simplex: int | None = None
    gate: int | None = None
    maker: str = ""
    normaliser: Literal["", "softmax", "sigmoid"] = ""
    carries: Literal["", "tensor", "graph"] = ""
    twice: str = ""
    broken_by: str = ""
    broken_in: Literal["", "training", "always"] = ""
    why: str = ""
    key: int = 0
    derived: tuple[str, int, int | None, bool] | None = None
    sources: frozenset[int] = frozenset()

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_probability(self) -> bool:
        """Rows sum to one along the simplex axis."""
        return self.simplex is not None and math.isclose(self.total, 1.0, abs_tol=1e-6)

    @property
    def in_unit_interval(self) -> bool:
        return self.low >= 0.0 and self.high <= 1.0

    @property
    def is_unbounded(self) -> bool:
        return self.low == -INF and self.high == INF

    def with_(self, **changes: Any) -> Value:
        return replace(self, **changes)

    def elementwise(self, low: float, high: float, **changes: Any) -> Value:
        """The value after a function that acts on each element: the simplex is gone, the interval is new."""
        fresh: dict[str, Any] = dict(
            low=low, high=high, simplex=None, log_simplex=None, gate=None, total=1.0, normaliser="", carries="",
            derived=None, twice="", broken_by="", broken_in="",
        )  # fmt: skip
        fresh.update(changes)
        return replace(self, **fresh)


def unknown(why: str, shape: Shape = ()) -> Value:
    """Nothing is known, and why."""
    return Value(shape=shape, why=why)


def reals(shape: Shape, maker: str) -> Value:
    """The output of a trainable affine map: any real number."""
    return Value(shape=shape, spans=True, maker=maker)


def constant(number: float, shape: Shape = ()) -> Value:
    return Value(shape=shape, low=number, high=number)


def negative_axis(axis: int, rank: int) -> int:
    """An axis counted from the end, whichever way it was given."""
    return axis - rank if axis >= 0 else axis


def hull(values: list[Value]) -> tuple[float, float]:
    return min(v.low for v in values), max(v.high for v in values)


def independent(values: list[Value]) -> bool:
    """No two values come from the same affine map, so that each can take any value whatever the others do."""
    seen: set[int] = set()
    for v in values:
        if seen & v.sources:
            return False
        seen |= v.sources
    return True


def all_sources(values: list[Value]) -> frozenset[int]:
    return frozenset().union(*(v.sources for v in values))


def multiply_bounds(a: Value, b: Value) -> tuple[float, float]:
    """Interval product; 0 x inf counts as 0, since the elements themselves are finite."""
    products = [0.0 if 0.0 in (x, y) else x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return min(products), max(products)


def reciprocal_bounds(v: Value) -> tuple[float, float] | None:
    """1 / v where v has one sign (0 only as the end of the interval); None where v can pass through zero."""
    if v.low >= 0.0 and v.high > 0.0:
        return (0.0 if v.high == INF else 1.0 / v.high), (INF if v.low == 0.0 else 1.0 / v.low)
    if v.high <= 0.0 and v.low < 0.0:
        return (-INF if v.high == 0.0 else 1.0 / v.high), (0.0 if v.low == -INF else 1.0 / v.low)
    return None
