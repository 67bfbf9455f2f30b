"""What a mismatch costs, put together: loss, range, gradient, clipping, accuracy, and the user's own training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from logit_magic.facts import Distributions, Effect, Emission, Expectation, LossRange, TrainingEnd
from logit_magic.measure import gradients, heads, ranges
from logit_magic.measure.heads import Head

_CLIPPING = ("SparseCategoricalCrossentropy", "CategoricalCrossentropy", "CategoricalFocalCrossentropy",
             "BinaryCrossentropy", "BinaryFocalCrossentropy")  # fmt: skip
_MEAN = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "auto", None, "none", "")

Array = Any
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Case:
    """One pair that does not fit, with what was measured of it.

    Attributes:
        emission, expectation: the two sides.
        raw: `(rows, …, classes)` float32, the model's outputs on the sample.
        labels: of these rows, or None.
        call: (y_true, y_pred) -> tensor, the loss as Keras would call it, or None.
        distributions: on the same sample.
        logits: what Keras noted as the logits behind `raw`, or None.
        finds_logits: Keras finds the logits behind the very tensor that this model's activation returns.
        clips_first: see `ranges.configured`.
        threshold: what a metric compares the outputs with.
        arguments: what the loss gives its function, e.g. label_smoothing.
        reduction: of the loss.
        history: losses per epoch of the last `fit`; empty without one.
    """

    emission: Emission
    expectation: Expectation
    raw: Array
    labels: Array
    call: Callable[[Any, Any], Any] | None
    distributions: Distributions
    logits: Array
    finds_logits: bool
    clips_first: bool
    threshold: float
    arguments: dict[str, Any]
    reduction: str | None
    history: tuple[float, ...]

    @property
    def axis(self) -> int:
        """The loss's class axis, counted from the end."""
        axis, rank = self.expectation.axis, self.raw.ndim
        return axis if -rank <= axis < 0 else axis - rank if 0 <= axis < rank else -1

    @property
    def classes(self) -> int:
        return int(self.raw.shape[self.axis])

    @property
    def own_data(self) -> bool:
        return not self.distributions.sample.synthetic


def effect(case: Case) -> Effect:
    """Everything that can be measured of a pair that does not fit; each number that fails is left out alone."""
    measured = case.distributions
    head = _tried(lambda: _head(case))
    losses = _tried(lambda: _losses(case, head))
    configured = measured.loss_configured if case.own_data else None
    right, computed = _tried(lambda: _values(case, head, losses)) or (None, None)
    bounds = _tried(lambda: _range(case))
    gap, gap_computed = _tried(lambda: _gaps(case, head, losses)) or (None, None)
    accuracy = metric_effect(case)
    return Effect(
        sentence="",
        loss_configured=configured,
        loss_right=right,
        loss_computed=computed,
        range_configured=bounds,
        range_right=ranges.RIGHT if bounds is not None else None,
        gradient=gap,
        gradient_computed=gap_computed,
        clipped=_tried(lambda: clipped_share(case)),
        accuracy_name=accuracy.accuracy_name,
        accuracy_printed=accuracy.accuracy_printed,
        accuracy_right=accuracy.accuracy_right,
        thresholds=accuracy.thresholds,
        training=_tried(lambda: training_end(case, bounds, computed)),
        classes=case.classes,
    )


def metric_effect(case: Case) -> Effect:
    """What the usual metric prints, and what it should print, and nothing else."""
    name, printed, right, thresholds = _tried(lambda: accuracies(case)) or ("", None, None, None)
    return Effect("", accuracy_name=name, accuracy_printed=printed, accuracy_right=right, thresholds=thresholds)


def _head(case: Case) -> Head | None:
    if case.labels is None or not case.own_data or not np.isfinite(case.raw).any():
        return None
    return heads.head(case.raw, case.emission, case.logits)


def _losses(case: Case, head: Head | None) -> gradients.Losses | None:
    if head is None or case.call is None:
        return None
    labels = np.asarray(case.labels)
    return gradients.losses(case.call, head, case.emission, case.expectation, labels, case.finds_logits)


def _values(case: Case, head: Head | None, losses: gradients.Losses | None) -> tuple[float | None, float | None] | None:
    """The loss if right, and as Keras computes it."""
    if not case.own_data:
        return None
    measured = case.distributions
    if head is None or losses is None:
        right = measured.loss_right if measured.loss_right != measured.loss_configured else None
        return right, measured.loss_computed or measured.loss_configured
    right = None if losses.right is None or head.forgets else gradients.value(losses, losses.right, case.labels, head.z)
    if losses.computed is losses.configured:
        return right, measured.loss_configured
    if _is_lost(case, head):
        return right, None
    return right, gradients.value(losses, losses.computed, case.labels, head.z)


def _range(case: Case) -> LossRange | None:
    smoothed = case.arguments.get("label_smoothing") or case.arguments.get("ignore_class") is not None
    if smoothed or case.reduction not in _MEAN or not _labels_fit(case):
        return None
    return ranges.configured(case.emission, case.expectation, case.classes, case.clips_first)


def _labels_fit(case: Case) -> bool:
    """Whether the labels, where known, are such that the bounds hold for them."""
    if case.labels is None or not case.own_data:
        return True
    y = np.asarray(case.labels, dtype="float64")
    if case.expectation.kind in ("binary-logits", "binary-probabilities"):
        return bool(((y >= 0.0) & (y <= 1.0)).all())
    if case.expectation.labels == "sparse":
        return bool(((y >= 0) & (y < max(case.classes, 2))).all())
    one_hot = y.shape == case.raw.shape and np.allclose(y.sum(axis=case.axis), 1.0, atol=1e-3)
    return bool((y >= 0.0).all()) and (one_hot or case.classes == 1)


def _gaps(case: Case, head: Head | None, losses: gradients.Losses | None) -> Any:
    if head is None or losses is None:
        return None
    chosen = gradients.few(head.z, np.asarray(case.labels))
    if chosen is None:
        return None
    configured, computed = gradients.gaps(losses, chosen[1], chosen[0])
    return configured, None if losses.computed is not losses.configured and _is_lost(case, head) else computed


def _is_lost(case: Case, head: Head) -> bool:
    """What Keras computes depends on what the outputs do not tell: sigmoid tells logits apart that softmax does not."""
    return case.logits is None and head.name == "softmax" and case.expectation.kind.startswith("binary")


def clipped_share(case: Case) -> float | None:
    """Share of the outputs outside [1e-7, 1 - 1e-7], which the loss clips and so gives no gradient."""
    kind = case.expectation.kind
    if case.expectation.family not in _CLIPPING or kind not in ("class-probabilities", "binary-probabilities"):
        return None
    if not case.own_data:
        return None
    p = case.raw.astype("float64")
    if kind == "class-probabilities" and case.expectation.renormalises and not case.clips_first:
        with np.errstate(divide="ignore", invalid="ignore"):
            p = p / p.sum(axis=case.axis, keepdims=True)
    p = p[np.isfinite(p)]
    return float(np.mean((p < ranges.EPSILON) | (p > 1.0 - ranges.EPSILON))) if p.size else None


def accuracies(case: Case) -> tuple[str, float, float, tuple[float, float] | None] | None:
    """(which accuracy, as the usual metric prints it, as it should, the two thresholds); None without labels.

    Keras' "accuracy" is the class of the largest output, which no reading changes, or for yes-or-no units a threshold t,
    which belongs to probabilities: to logits belongs log(t / (1 - t)), 0 for one half.
    """
    if case.labels is None or not case.own_data or not np.isfinite(case.raw).all():
        return None
    y, raw = np.asarray(case.labels), case.raw
    if case.classes == 1 or case.expectation.kind.startswith("binary"):
        if y.size != raw.size or not np.isin(y, (0, 1)).all():
            return None
        y, t = y.reshape(raw.shape) > 0.5, case.threshold
        right = math.log(t / (1.0 - t)) if case.emission.kind == "logits" else t
        return "accuracy (threshold)", float(np.mean((raw > t) == y)), float(np.mean((raw > right) == y)), (t, right)
    truth = _classes_of(case) if case.expectation.kind.startswith("class") else None
    if truth is None:
        return None
    share = float(np.mean(raw.argmax(axis=case.axis) == truth))
    return "accuracy (largest output)", share, share, None


def _classes_of(case: Case) -> Array | None:
    """The class id of every row or position; None where the labels are in another form."""
    y = np.asarray(case.labels)
    positions = np.moveaxis(case.raw, case.axis, -1).shape[:-1]
    if case.expectation.labels == "sparse":
        return y.reshape(positions) if y.size == math.prod(positions) else None
    return y.argmax(axis=case.axis) if y.shape == case.raw.shape else None


def training_end(case: Case, bounds: LossRange | None, computed: float | None) -> TrainingEnd | None:
    """Where the last `fit` ended, where that number can be one of this pairing; None otherwise.

    It can be where Keras repaired nothing, the number lies in the range, and the sample's own loss is about the same: a
    model compiled anew since, weights of samples or classes, and penalties would make it another.
    """
    configured = case.distributions.loss_configured
    if not case.history or bounds is None or configured is None or not case.own_data:
        return None
    last, repaired = (
        case.history[-1],
        computed is not None and abs(computed - configured) > 1e-4 * abs(configured) + 1e-6,
    )
    if repaired or not math.isfinite(last) or not bounds.low - 2e-3 <= last <= bounds.high + 2e-3:
        return None
    if abs(last - configured) > 0.15 * max(last, configured) + 0.02:
        return None
    landmark, share = _landmark(case, bounds, last)
    constant = bounds.high - bounds.low < 1e-6
    if not landmark and bounds.low < 1e-3 and not constant:
        return None  # nothing to say of a number that any loss may have
    return TrainingEnd(last, len(case.history), landmark, share)


def _landmark(case: Case, bounds: LossRange, last: float) -> tuple[Any, float | None]:
    """What else costs this number: the same class for every row, or no opinion at all."""
    truth = _classes_of(case) if case.expectation.kind.startswith("class") and case.classes > 1 else None
    if truth is None:
        return "", None
    guess = case.raw.argmax(axis=case.axis)
    favourite = int(np.bincount(guess.reshape(-1), minlength=case.classes).argmax())
    share = float(np.mean(guess == favourite))
    if bounds == ranges.resoftmaxed(case.classes) and share >= 0.9:
        always = bounds.high - float(np.mean(truth == favourite))  # ln(C-1+e) - share of that class among the labels
        if abs(last - always) <= 0.02:
            return "one class", share
    return ("blind guess", None) if abs(last - math.log(case.classes)) <= 0.01 else ("", None)


def _tried(measure: Callable[[], Found | None]) -> Found | None:
    """A number that cannot be had is left out; the others stand."""
    try:
        with np.errstate(all="ignore"):
            return measure()
    except Exception:
        return None
