"""Weighted sums of distributions: a gate times experts, added up, is a distribution again.

The weights come as constants (see arithmetic.py), as a softmax gate along an axis that is summed over, as its entries
taken one by one (g[:, 0:1] * p + g[:, 1:2] * q), or as a number and its complement (g * p + (1 - g) * q).
"""

from __future__ import annotations

import math

from logit_magic.emission.value import Line, Shape, Share, Value, Weighted


def line_of(v: Value) -> Line | None:
    """The tensor as a multiple of another plus a number; of itself, if of nothing else."""
    return v.line or ((v.key, 1.0, 0.0) if v.key else None)


def sum_of_lines(lines: list[Line]) -> Line | None:
    """The sum of several multiples of one tensor."""
    if len({key for key, _, _ in lines}) != 1:
        return None
    return lines[0][0], sum(factor for _, factor, _ in lines), sum(offset for _, _, offset in lines)


def constant_sum(values: list[Value]) -> float | None:
    """What p and 1 - p and their like sum to, whatever p is; None where the sum depends on it."""
    lines = [line_of(v) for v in values]
    known = [line for line in lines if line is not None]
    line = sum_of_lines(known) if len(known) == len(lines) else None
    return line[2] if line is not None and math.isclose(line[1], 0.0, abs_tol=1e-6) else None


def share_of(x: Value, entry: int, shape: Shape) -> Share | None:
    """One entry of a distribution, all other axes being whole; None where its size is not known."""
    if not x.is_exact_probability or x.simplex is None or not x.key:
        return None
    size = x.shape[x.simplex]
    return None if size is None else Share(x.key, frozenset((entry % size,)), size, shape)


def weighted_by(p: Value, weight: Value, shape: Shape) -> Weighted | None:
    """p times a weight that is the same for all elements along the simplex axis of p."""
    if not p.is_exact_probability or p.simplex is None or weight.low < 0.0 or not _constant_along(weight, p, shape):
        return None
    by = weight.share or line_of(weight)
    return None if by is None else Weighted(p.simplex, by)


def gate_of(p: Value, gate: Value, shape: Shape) -> tuple[int, int] | None:
    """(gate axis, simplex axis) of a product of a simplex with the weights of a gate along another axis."""
    if not (p.is_exact_probability and gate.is_exact_probability) or gate.simplex == p.simplex:
        return None
    assert gate.simplex is not None and p.simplex is not None
    whole = gate.shape[gate.simplex] is not None and gate.shape[gate.simplex] == shape[gate.simplex]
    return (gate.simplex, p.simplex) if whole and _constant_along(gate, p, shape) else None


def _constant_along(weight: Value, p: Value, shape: Shape) -> bool:
    assert p.simplex is not None
    if p.rank != len(shape) or p.shape[p.simplex] != shape[p.simplex]:
        return False
    return weight.rank < -p.simplex or weight.shape[p.simplex] == 1


def mixture(values: list[Value]) -> Weighted | None:
    """The sum of products of simplexes with weights of one family; its weight is the sum of theirs."""
    parts = [v.weighted for v in values if v.weighted is not None]
    if len(parts) != len(values) or len({w.axis for w in parts}) != 1:
        return None
    shares = [w.weight for w in parts if isinstance(w.weight, Share)]
    if len(shares) == len(parts):
        return _sum_of_shares(shares, parts[0].axis)
    lines = [w.weight for w in parts if not isinstance(w.weight, Share)]
    line = sum_of_lines(lines) if len(lines) == len(parts) else None
    return None if line is None else Weighted(parts[0].axis, line)


def _sum_of_shares(shares: list[Share], axis: int) -> Weighted | None:
    entries = frozenset[int]().union(*(s.entries for s in shares))
    if len({(s.key, s.layout) for s in shares}) != 1 or len(entries) != sum(len(s.entries) for s in shares):
        return None
    return Weighted(axis, Share(shares[0].key, entries, shares[0].size, shares[0].layout))


def whole(mixed: Weighted | None) -> float | None:
    """The total of a mixture whose weights sum to the same number in every row; None where they do not."""
    if mixed is None:
        return None
    if isinstance(mixed.weight, Share):
        return 1.0 if len(mixed.weight.entries) == mixed.weight.size else None
    _, factor, offset = mixed.weight
    return offset if math.isclose(factor, 0.0, abs_tol=1e-6) else None
