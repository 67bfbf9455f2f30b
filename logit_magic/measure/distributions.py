"""The model's outputs under both readings of the loss: histograms, divergence, and the loss itself.

A reading turns raw outputs into the probabilities that a loss works with. "As configured" is what the loss does with
them; "if right" is what it would do, had its flag fitted the head. Entropies and divergences are in bits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from logit_magic.facts import Distributions, Emission, Expectation, Histogram, SampleNote, Series
from logit_magic.measure.heads import log_of, logit_of

_BINS = 40
_EPSILON = 1e-7  # Keras clips probabilities to [1e-7, 1 - 1e-7]
_ENDS = {"probability": (0.0, 1.0), "bits": (0.0, np.inf)}
"""Between which a quantity lies, by its unit."""
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

Array = Any  # numpy.ndarray: its stubs' element types say nothing here


@np.errstate(all="ignore")  # values that are not finite are counted, and are no news of numpy's
def distributions(
    raw: Array,
    emission: Emission,
    expectation: Expectation,
    note: SampleNote,
    *,
    loss: Callable[[Array], float | None] | None = None,
    rescued: bool = False,
    clips_first: bool = False,
) -> Distributions:
    """Everything that the report shows of one pair on one sample.

    Args:
        raw: `(rows, …, classes)` float32, the model's outputs.
        emission, expectation: the two sides.
        note: where the sample came from.
        loss: y_pred -> the loss on this sample's labels, fed with plain arrays; None without labels.
        rescued: Keras trains on the right reading although the code says otherwise.
        clips_first: the loss clips before it divides by the row's sum, as TensorFlow's sparse crossentropy does.
    """
    axis = expectation.axis if -raw.ndim <= expectation.axis < raw.ndim else -1
    configured = as_configured(raw, expectation, axis, clips_first)
    right = if_right(raw, emission, expectation, axis)
    agree = right is raw
    loss_configured = loss(raw) if loss is not None else None
    loss_right = loss_configured if agree else None
    if loss is not None and right is not None and not agree:
        loss_right = loss(right)
    right_probabilities = None if right is None else as_configured(right, expectation, axis, clips_first)
    return Distributions(
        histograms=_histograms(raw, configured, None if agree else right_probabilities, emission, expectation, axis),
        divergence_bits=_divergence(configured, right_probabilities, expectation, axis),
        loss_configured=loss_configured,
        loss_right=loss_right,
        loss_computed=loss_right if rescued else None,
        sample=note,
    )


def as_configured(raw: Array, expectation: Expectation, axis: int, clips_first: bool = False) -> Array | None:
    """The probabilities that the loss works with; None for a loss that takes any range."""
    if expectation.kind == "class-logits":
        return softmax(raw, axis)
    if expectation.kind == "binary-logits":
        return sigmoid(raw)
    if expectation.kind == "binary-probabilities":
        return np.clip(raw, _EPSILON, 1.0 - _EPSILON)
    if expectation.kind == "class-probabilities":
        if clips_first:
            raw = np.clip(raw, _EPSILON, 1.0 - _EPSILON)
        if expectation.renormalises:
            with np.errstate(divide="ignore", invalid="ignore"):
                raw = raw / np.sum(raw, axis=axis, keepdims=True)
        return np.clip(raw, _EPSILON, 1.0 - _EPSILON)
    return None


def if_right(raw: Array, emission: Emission, expectation: Expectation, axis: int) -> Array | None:
    """The y_pred with which the same loss would be right: `raw` itself for a match, None where none is known."""
    emits, expects = emission.kind, expectation.kind
    probabilities = emits in ("class-probabilities", "independent-probabilities")
    if emission.twice or emission.broken_by or emits == "constant":
        return None
    if expects in ("any", "unknown") or emits in ("unknown", "nonnegative", "bounded"):
        return raw if expects == "any" else None
    if emits in ("class-probabilities", "log-probabilities") and emission.axis not in (axis, None):
        return None
    if expects == "class-logits":
        return raw if not probabilities else log_of(raw)
    if expects == "binary-logits":
        if not probabilities:
            return raw
        return logit_of(raw)
    if emits == "logits":
        return softmax(raw, axis) if expects == "class-probabilities" else sigmoid(raw)
    if emits == "log-probabilities":
        return np.exp(raw)
    return raw


def softmax(z: Array, axis: int) -> Array:
    shifted = np.exp(z - np.max(z, axis=axis, keepdims=True))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def sigmoid(z: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def _histograms(
    raw: Array, configured: Array | None, right: Array | None, emission: Emission, expectation: Expectation, axis: int
) -> tuple[Histogram, ...]:
    readings = [(name, p) for name, p in (("as configured", configured), ("if right", right)) if p is not None]
    categorical = expectation.kind in ("class-logits", "class-probabilities")
    found = [_histogram("values", "Raw outputs", "value", [("emitted", raw)])]
    if raw.shape[axis] > 1 and (categorical or emission.axis is not None):
        sums = [("emitted", raw.sum(axis=axis))] + [(name, p.sum(axis=axis)) for name, p in readings]
        found.append(_histogram("row-sums", "Row sums along the class axis", "sum", sums))
    if readings:
        found.append(_histogram("readings", "Probability as the loss takes it", "probability", readings))
        top = [(name, _top(p, categorical, axis)) for name, p in readings]
        found.append(_histogram("top-class", "Top-class probability", "probability", top))
        entropy = [(name, _entropy(p, categorical, axis)) for name, p in readings]
        found.append(_histogram("entropy", "Entropy", "bits", entropy))
    return tuple(found)


def _top(p: Array, categorical: bool, axis: int) -> Array:
    return p.max(axis=axis) if categorical else np.maximum(p, 1.0 - p)


def _entropy(p: Array, categorical: bool, axis: int) -> Array:
    """Shannon entropy in bits, of rows as distributions or of each yes-or-no on its own."""
    if not categorical:
        p = np.stack([p, 1.0 - p], axis=-1)
        axis = -1
    with np.errstate(divide="ignore", invalid="ignore"):
        p = p / p.sum(axis=axis, keepdims=True)
        entropy = -np.sum(np.where(p > 0.0, p * np.log2(np.where(p > 0.0, p, 1.0)), 0.0), axis=axis)
    return np.where(np.isnan(p).any(axis=axis), np.nan, entropy)  # no number has no entropy, not that of certainty


def _divergence(a: Array | None, b: Array | None, expectation: Expectation, axis: int) -> float | None:
    """Mean Jensen-Shannon distance, the square root of the divergence in bits (Lin 1991; Endres and Schindelin 2003)."""
    if a is None or b is None:
        return None
    if expectation.kind in ("binary-logits", "binary-probabilities"):
        a, b, axis = np.stack([a, 1.0 - a], -1), np.stack([b, 1.0 - b], -1), -1
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = (p / p.sum(axis=axis, keepdims=True) for p in (a, b))
        middle = 0.5 * (a + b)
        kl = [np.sum(np.where(p > 0.0, p * np.log2(p / middle), 0.0), axis=axis) for p in (a, b)]
    distance = np.sqrt(np.clip(0.5 * (kl[0] + kl[1]), 0.0, 1.0))
    finite = distance[~np.isnan(middle).any(axis=axis)]
    return float(finite.mean()) if finite.size else None


def _histogram(key: str, title: str, unit: str, named: list[tuple[str, Any]]) -> Histogram:
    finite = [values[np.isfinite(values)] for _, values in named]
    edges = _edges([f for f in finite if f.size], centre=1.0 if key == "row-sums" else None, ends=_ENDS.get(unit))
    series = tuple(
        Series(
            name,
            tuple(int(c) for c in np.histogram(few, edges)[0]) if edges is not None else (),
            tuple(float(q) for q in np.quantile(few, _QUANTILES)) if few.size else (),
            int(values.size - few.size),
        )
        for (name, values), few in zip(named, finite, strict=True)
    )
    return Histogram(key, title, unit, () if edges is None else tuple(float(e) for e in edges), series)


def _edges(finite: list[Array], centre: float | None = None, ends: tuple[float, float] | None = None) -> Array | None:
    """Shared bins over all readings; a little room around a single value, within `ends`; `centre` in the middle of a bin."""
    if not finite:
        return None
    low, high = float(min(f.min() for f in finite)), float(max(f.max() for f in finite))
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        room = 0.05 * abs(low) or 0.05
        least, most = ends or (-np.inf, np.inf)
        low, high = min(low, max(low - room, least)), max(high, min(high + room, most))
    width = (high - low) / _BINS
    if centre is None or not low <= centre <= high:
        return np.linspace(low, high, _BINS + 1)
    low -= width * (0.5 - ((centre - low) / width) % 1.0) % width
    return low + width * np.arange(_BINS + 2)
