"""Tensors put side by side: what a concatenation or a stack of them holds."""

from __future__ import annotations

from logit_magic.emission import arithmetic, axes, mixtures
from logit_magic.emission.value import Shape, Value, all_sources, hull, independent, negative_axis


def concatenate(values: list[Value], axis: int, label: str, shape: Shape) -> Value:
    """Values joined along an axis that they have; p and 1 - p side by side make a distribution."""
    axis = negative_axis(axis, len(shape))
    out = _hull(values, label, shape)
    if len(values) == 1:
        return (
            axes.lost(values[0], label).with_(shape=shape) if values[0].simplex is None else values[0].same(carries="")
        )
    complement = mixtures.constant_sum(values) if out.low >= 0.0 and len({v.shape for v in values}) == 1 else None
    length = values[0].shape[axis] if values[0].rank == len(shape) else None
    if complement is not None and length is not None and complement > 0.0:
        whole = complement * length
        return out.with_(simplex=axis, total=whole, high=min(out.high, whole), normaliser="", why="")
    simplexes = {v.simplex for v in values}
    if None in simplexes or len(simplexes) != 1:
        return _joined_logs(values, axis, out)
    if values[0].simplex != axis:
        alike = max(v.total for v in values) - min(v.total for v in values) <= 1e-6
        return out.with_(simplex=values[0].simplex, total=values[0].total, why="") if alike else out
    out = out.with_(simplex=axis, total=sum(v.total for v in values), normaliser="", why="")
    return arithmetic.note_total(values[0], out, label)


def stack(values: list[Value], axis: int, label: str, shape: Shape) -> Value:
    """Values joined along a new axis."""
    raised = [
        axes.inserted(v, axis, shape, label).with_(line=mixtures.line_of(v), shape=_with_one(v.shape, axis, len(shape)))
        for v in values
    ]
    return concatenate(raised, axis, label, shape)


def _with_one(shape: Shape, axis: int, rank: int) -> Shape:
    at = axis % rank
    return (*shape[:at], 1, *shape[at:])


def _joined_logs(values: list[Value], axis: int, out: Value) -> Value:
    logs = {v.log_simplex for v in values}
    return out.with_(log_simplex=values[0].log_simplex, why="") if len(logs) == 1 and not logs & {axis, None} else out


def _hull(values: list[Value], label: str, shape: Shape) -> Value:
    """The interval of all parts; it spans only if each part does, by itself, over the same range."""
    low, high = hull(values)
    normaliser = values[0].normaliser
    alike = all((v.low, v.high, v.spans, v.normaliser) == (low, high, True, normaliser) for v in values)
    alike = alike and independent(values)
    shared = "" if alike else next((v.why for v in values if v.why), "") or f"{label} joins parts of different ranges"
    return values[0].elementwise(
        low, high, shape=shape, maker=label, spans=alike, sources=all_sources(values),
        normaliser=normaliser if alike else "", why=shared,
    )  # fmt: skip
