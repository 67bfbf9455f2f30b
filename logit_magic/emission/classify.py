"""From the abstract value of an output tensor to the one word that the rules work with."""

from __future__ import annotations

import math

from logit_magic.emission.value import INF, Value
from logit_magic.facts import Emission, Emits, Evidence

_WIDE = 10.0  # a head bounded further out than this can still say "never" to a class: e**-10 is 0.00005


def emission(value: Value, dtype: str) -> Emission:
    """The emission that a value stands for.

    Args:
        value: of the output tensor.
        dtype: of the output tensor.
    """
    kind = _kind(value)
    simplex = value.simplex if value.simplex is not None else value.log_simplex
    return Emission(
        kind=kind,
        axis=simplex,
        rank=value.rank or None,
        size=value.shape[-1] if value.shape else None,
        simplex_size=value.shape[simplex] if simplex is not None and value.rank >= -simplex else None,
        low=value.low,
        high=value.high,
        maker=value.maker,
        evidence=() if kind == "unknown" else (Evidence(_statement(kind, value), "proved"),),
        reason=_reason(value) if kind == "unknown" else "",
        twice=value.twice,
        broken_by=value.broken_by,
        broken_in=value.broken_in,
        dtype=dtype,
        elementwise=value.spans and value.simplex is None,
        carries_logits=value.carries,
        normaliser=value.normaliser,
        activation=value.activation,
        twice_of=value.twice_of,
    )


def _kind(value: Value) -> Emits:
    along = value.simplex if value.simplex is not None else value.log_simplex
    if value.low == value.high or (along is not None and value.rank >= -along and value.shape[along] == 1):
        return "constant"
    if value.is_probability:
        return "class-probabilities"
    if value.log_simplex is not None:
        return "log-probabilities"
    if value.broken_by and value.broken_in == "always":
        return "bounded"
    if value.normaliser == "sigmoid" or (value.in_unit_interval and value.spans):
        return "independent-probabilities"
    if value.in_unit_interval:
        return "bounded"
    if not value.spans:
        return "unknown"
    if value.low >= -_WIDE and value.high == INF:
        return "nonnegative" if value.low >= 0.0 else "bounded"
    if math.isfinite(value.low) and math.isfinite(value.high):
        return "bounded"
    return "logits"


def _statement(kind: Emits, value: Value) -> str:
    maker = value.maker or "the last op"
    along = value.simplex if value.simplex is not None else value.log_simplex
    size = value.shape[along] if along is not None and value.rank >= -along else None
    interval = f"[{value.low:.4g}, {value.high:.4g}]".replace("[-inf", "(-inf").replace("inf]", "inf)")
    if kind == "constant":
        return f"{maker} always gives {value.low if along is None else 1.0:g}" + (
            ": it normalises over an axis of length 1" if size == 1 else ""
        )
    if value.broken_by and value.broken_in == "always":
        return f"{value.broken_by} comes after the normalisation: rows no longer sum to one"
    if kind == "class-probabilities":
        return f"{maker} gives values in [0, 1] that sum to one along axis {value.simplex}"
    if kind == "log-probabilities":
        return f"{maker} gives log-probabilities: exp of them sums to one along axis {value.log_simplex}"
    if kind == "independent-probabilities":
        return f"{maker} gives values in [0, 1], each on its own"
    if kind == "logits":
        return f"{maker} gives any real number: nothing after it bounds or normalises"
    return f"{maker} gives values in {interval}"


def _reason(value: Value) -> str:
    if value.why:
        return value.why
    maker = value.maker or "the last op"
    return f"what {maker} can reach is not known, only that it stays in [{value.low:.3g}, {value.high:.3g}]"
