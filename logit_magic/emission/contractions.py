"""Products summed over shared axes: matmul, dot, tensordot, einsum and the Dot layer, all by the letters of their axes.

A contraction is written the way einsum writes it: a label per axis of each operand and of the output. An axis that
both operands have and the output has not is summed over. Weights of a softmax gate that are summed over make a
mixture: the experts' simplex survives.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from logit_magic.emission.arithmetic import is_free, times
from logit_magic.emission.value import INF, Shape, Value, all_sources, independent, multiply_bounds

Labels = Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class Plan:
    """The labels of the axes of both operands and of the output."""

    a: tuple[Hashable, ...]
    b: tuple[Hashable, ...]
    out: tuple[Hashable, ...]


def contract(a: Value, b: Value, plan: Plan | None, label: str, shape: Shape, *, learned: bool = False) -> Value:
    """The contraction of two tensors.

    Args:
        a, b: the operands.
        plan: which axes meet; None where that could not be read.
        label: the op, for people.
        shape: of the output.
        learned: one of the operands is a trainable weight of its own.
    """
    spans = (is_free(a) or is_free(b)) if learned else (is_free(a) and is_free(b))
    spans = spans and (independent([a, b]) or (learned and not a.sources & b.sources))
    why = "" if spans else a.why or b.why or f"{label} multiplies two tensors of which neither comes from weights"
    low, high = multiply_bounds(a, b)
    count = None if plan is None else _count(a, b, plan)
    low, high = (times(low, count, -INF), times(high, count, INF)) if plan is not None else (-INF, INF)
    out = a.elementwise(low, high, shape=shape, maker=label, spans=spans, why=why, sources=all_sources([a, b]))
    if plan is None or len(plan.out) != len(shape):
        return out
    for p, gate, p_axes, gate_axes in ((a, b, plan.a, plan.b), (b, a, plan.b, plan.a)):
        axis = _mixed_axis(p, gate, p_axes, gate_axes, plan.out, shape)
        if axis is not None:
            return out.with_(low=0.0, high=1.0, simplex=axis, total=p.total * gate.total, why="")
    return out


def _mixed_axis(p: Value, gate: Value, p_axes: Labels, gate_axes: Labels, out: Labels, shape: Shape) -> int | None:
    """The axis of the output along which the experts `p`, weighted by a gate that is summed over, sum to one."""
    if (
        not (p.is_exact_probability and gate.is_exact_probability)
        or p.rank != len(p_axes)
        or gate.rank != len(gate_axes)
    ):
        return None
    assert p.simplex is not None and gate.simplex is not None
    summed = [name for name in gate_axes if name not in out]
    own = p_axes[p.simplex]
    if summed != [gate_axes[gate.simplex]] or summed[0] not in p_axes or own not in out:
        return None
    if any(name not in out and name not in summed for name in p_axes):
        return None
    axis = list(out).index(own) - len(out)
    varies = own in gate_axes and gate.shape[list(gate_axes).index(own)] != 1
    same = p.shape[list(p_axes).index(summed[0])] == gate.shape[gate.simplex]
    return axis if not varies and same and p.shape[p.simplex] == shape[axis] else None


def _count(a: Value, b: Value, plan: Plan) -> int | None:
    """How many products each output element is the sum of."""
    lengths: dict[Hashable, int | None] = {}
    for value, names in ((a, plan.a), (b, plan.b)):
        if value.rank != len(names):
            return None
        for name, length in zip(names, value.shape, strict=True):
            if name not in plan.out:
                lengths[name] = lengths.get(name) or length
    count = 1
    for length in lengths.values():
        if length is None:
            return None
        count *= length
    return count


def matmul(a: Value, b: Value) -> Plan:
    """Last axis of a with the last but one of b; axes before those are matched from the right."""
    left = [("batch", i) for i in range(max(a.rank - 2, 0), 0, -1)]
    right = [("batch", i) for i in range(max(b.rank - 2, 0), 0, -1)]
    rows: list[Hashable] = ["row"] if a.rank > 1 else []
    columns: list[Hashable] = ["column"] if b.rank > 1 else []
    batch = left if len(left) >= len(right) else right
    return Plan((*left, *rows, "sum"), (*right, "sum", *columns), (*batch, *rows, *columns))


def tensordot(a: Value, b: Value, a_axes: Sequence[int], b_axes: Sequence[int]) -> Plan:
    """The axes given of a with those of b, pair by pair; the others follow each other."""
    first: list[Hashable] = [("a", i) for i in range(a.rank)]
    second: list[Hashable] = [("b", i) for i in range(b.rank)]
    for pair, (i, j) in enumerate(zip(a_axes, b_axes, strict=True)):
        first[i] = second[j] = ("sum", pair)
    rest = [n for n in (*first, *second) if isinstance(n, tuple) and n[0] != "sum"]
    return Plan(tuple(first), tuple(second), tuple(rest))


def batch_dot(a: Value, b: Value, i: int, j: int) -> Plan:
    """`keras.layers.Dot`: axis i of a with axis j of b, sample by sample."""
    plan = tensordot(a, b, [i], [j])
    second = ("batch", *plan.b[1:])
    out = ("batch", *(n for n in (*plan.a[1:], *plan.b[1:]) if n != ("sum", 0)))
    return Plan(("batch", *plan.a[1:]), second, out if len(out) > 1 else ("batch", "one"))


def einsum(equation: str, ranks: Sequence[int]) -> list[tuple[str, ...]] | None:
    """Labels of each operand and, last, of the output; None for an equation without an arrow or with diagonals."""
    if "->" not in equation:
        return None
    left, _, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        return None
    free = max(
        (rank - len(t.replace("...", "")) for t, rank in zip(terms, ranks, strict=True) if "..." in t), default=0
    )
    named = [_letters(t, rank - len(t.replace("...", ""))) for t, rank in zip(terms, ranks, strict=True)]
    named.append(_letters(right, free))
    return None if any(len(set(names)) != len(names) for names in named) else named


def _letters(term: str, hidden: int) -> tuple[str, ...]:
    before, dots, after = term.partition("...")
    return (*before, *(f".{i}" for i in range(hidden if dots else 0, 0, -1)), *after)
