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
OPAQUE = -1  # the source of what is not known: it may come from any affine map
Shape = tuple["int | None", ...]
Line = tuple[int, float, float]  # (key, factor, offset): factor * that tensor + offset, element by element


NEARLY_ONE = 1e-3


@dataclass(frozen=True, slots=True)
class Share:
    """Some entries of a simplex, e.g. g[:, 0:1]: key of the simplex, which entries, of how many, in what layout."""

    key: int
    entries: frozenset[int]
    size: int
    layout: Shape


@dataclass(frozen=True, slots=True)
class Weighted:
    """A simplex times a weight, or a sum of such: along `axis` its elements, all at least 0, sum to the weight."""

    axis: int
    weight: Share | Line


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
        gate: (axis of the gate, axis of the simplex) of a product of two; summing over the gate makes a mixture.
        share: these are entries of a simplex.
        weighted: this is a simplex times a weight that varies from row to row.
        maker: the op or layer that made it so, for people.
        normaliser: "softmax" or "sigmoid" where one of these made the elements, else "".
        activation: the elementwise activation that made the elements, where none of these two did, else "".
        carries: what TensorFlow's Keras can find its way back to the logits by: the "tensor" (an attribute of the
            very tensor that the activation returned), the "graph" (its op's type), or "".
        twice, twice_of, broken_by, broken_in: see `logit_magic.facts.Emission`.
        why: why nothing is known, else "".
        key: identity of the tensor, for patterns such as x / sum(x).
        derived: (what, key, axis, keepdims) for a reduction of another tensor.
        line: what other tensor this is a multiple of, plus a number.
        of_exp: key of x where this is exp(x), or a sum of it.
        sources: the affine maps that it comes from; two values span their ranges independently only if these differ.
    """

    shape: Shape = ()
    low: float = -INF
    high: float = INF
    spans: bool = False
    simplex: int | None = None
    total: float = 1.0
    log_simplex: int | None = None
    gate: tuple[int, int] | None = None
    share: Share | None = None
    weighted: Weighted | None = None
    maker: str = ""
    normaliser: Literal["", "softmax", "sigmoid"] = ""
    activation: str = ""
    carries: Literal["", "tensor", "graph"] = ""
    twice: str = ""
    twice_of: Literal["", "softmax", "sigmoid"] = ""
    broken_by: str = ""
    broken_in: Literal["", "training", "always"] = ""
    why: str = ""
    key: int = 0
    derived: tuple[str, int, int | None, bool] | None = None
    line: Line | None = None
    of_exp: int = 0
    sources: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.spans and (self.simplex is not None or self.log_simplex is not None):
            object.__setattr__(self, "spans", False)  # its elements depend on each other

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def is_probability(self) -> bool:
        """Rows sum to one along the simplex axis, but for an epsilon that guards a logarithm."""
        return self.simplex is not None and abs(self.total - 1.0) <= NEARLY_ONE

    @property
    def is_exact_probability(self) -> bool:
        """Rows sum to one to within what float32 can tell."""
        return self.simplex is not None and abs(self.total - 1.0) <= 1e-5

    @property
    def in_unit_interval(self) -> bool:
        return self.low >= 0.0 and self.high <= 1.0

    @property
    def is_unbounded(self) -> bool:
        return self.low == -INF and self.high == INF

    def with_(self, **changes: Any) -> Value:
        """Another tensor, known by the same facts but for the changes; it gets a key of its own."""
        changes.setdefault("key", 0)
        return replace(self, **changes)

    def same(self, **changes: Any) -> Value:
        """The same numbers in another tensor, so that patterns still see them as one."""
        return replace(self, **changes)

    def elementwise(self, low: float, high: float, **changes: Any) -> Value:
        """The value after a function that acts on each element: the simplex is gone, the interval is new."""
        fresh: dict[str, Any] = dict(
            low=low, high=high, simplex=None, log_simplex=None, gate=None, share=None, weighted=None, total=1.0,
            normaliser="", activation="", carries="", key=0, derived=None, line=None, of_exp=0, twice="", twice_of="",
            broken_by="", broken_in="",
        )  # fmt: skip
        if (self.simplex is not None or self.log_simplex is not None) and not self.why:
            fresh["why"] = f"{changes.get('maker') or 'an op'} acts on each element of what summed to one"
        fresh.update(changes)
        return replace(self, **fresh)


def unknown(why: str, shape: Shape = ()) -> Value:
    """Nothing is known, and why."""
    return Value(shape=shape, why=why, sources=frozenset((OPAQUE,)))


def reals(shape: Shape, maker: str) -> Value:
    """The output of a trainable affine map: any real number."""
    return Value(shape=shape, spans=True, maker=maker)


def between(low: float, high: float, like: Value, shape: Shape, maker: str, why: str = "") -> Value:
    """Nothing is known but the interval; it comes from where `like` comes from."""
    return like.elementwise(low, high, shape=shape, maker=maker, spans=False, why=why)


def constant(number: float, shape: Shape = ()) -> Value:
    return Value(shape=shape, low=number, high=number)


def slackened(low: float, high: float) -> tuple[float, float]:
    """An interval a hair wider, since Keras computes in float32; 0, 1 and -1 are exact in every function used."""
    low, high = ((x - sign * 1e-6 * abs(x)) if math.isfinite(x) and x not in (0.0, 1.0, -1.0) else x
                 for x, sign in ((low, 1.0), (high, -1.0)))  # fmt: skip
    return low, high


def negative_axis(axis: int, rank: int) -> int:
    """An axis counted from the end, whichever way it was given."""
    return axis - rank if axis >= 0 else axis


def hull(values: list[Value]) -> tuple[float, float]:
    return min(v.low for v in values), max(v.high for v in values)


def independent(values: list[Value]) -> bool:
    """No two values come from the same affine map, so that each can take any value whatever the others do."""
    seen: set[int] = set()
    for v in values:
        if seen & v.sources or (OPAQUE in v.sources and len(values) > 1):
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
