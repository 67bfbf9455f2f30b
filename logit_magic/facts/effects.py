"""What a mismatch costs, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LossRange:
    """Between which two numbers the mean of a loss can move, whatever the weights.

    Attributes:
        low, high: the closed interval; `high` is infinite where nothing bounds the loss from above.
        formula: where the numbers come from, e.g. "ln(C-1+e)-1 … ln(C-1+e), C = 10".
    """

    low: float
    high: float
    formula: str = ""


@dataclass(frozen=True, slots=True)
class GradientGap:
    """The gradient with respect to the head's pre-activation, beside the one of the right loss, over a few rows.

    Attributes:
        rows: how many were looked at.
        ratio: mean norm over the rows, divided by that of the right gradient; None where the right one is zero.
        cosine: mean over the rows in which both have a direction; None where there is no such row.
        difference: norm of the difference to the right gradient, divided by the norm of that, over all rows at once.
        silent: share of the rows that get no gradient at all although the right one is not zero.
    """

    rows: int
    ratio: float | None
    cosine: float | None
    difference: float | None
    silent: float


@dataclass(frozen=True, slots=True)
class TrainingEnd:
    """Where the user's own training ended, and what that number means under this pairing.

    Attributes:
        loss: of the last epoch of the last `fit`.
        epochs: how many that `fit` had.
        landmark: what else costs this very number: "one class", "blind guess", or "" for neither.
        share: of the sample's rows that the model gives one and the same class, for the landmark "one class".
    """

    loss: float
    epochs: int
    landmark: Literal["", "one class", "blind guess"] = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a mismatch costs, measured on the sample; whatever could not be measured is None.

    What the code says ("configured"), what it would be with the right reading ("right") and what Keras computes inside
    `fit` on this backend, with whatever it repairs ("computed"), are told apart.

    Attributes:
        sentence: for people, e.g. "loss 2.303 as configured, 0.412 if right, on 256 rows"; "" without numbers.
        loss_configured, loss_right, loss_computed: scalars as the loss itself reduces them.
        range_configured, range_right: see `LossRange`; they do not depend on any data.
        gradient, gradient_computed: as configured and as computed, both beside the right one.
        clipped: share of the outputs that the loss clips away, so that they get no gradient, as configured.
        accuracy_name: which accuracy, e.g. "accuracy (threshold)"; "" for none.
        accuracy_printed, accuracy_right: as the usual metric prints it, and with the threshold that fits the outputs.
        thresholds: what the outputs are compared with for these two; None for the largest output.
        training: where the user's own training ended, where that says something about this pairing.
        classes: length of the loss's class axis.
    """

    sentence: str
    loss_configured: float | None = None
    loss_right: float | None = None
    loss_computed: float | None = None
    range_configured: LossRange | None = None
    range_right: LossRange | None = None
    gradient: GradientGap | None = None
    gradient_computed: GradientGap | None = None
    clipped: float | None = None
    accuracy_name: str = ""
    accuracy_printed: float | None = None
    accuracy_right: float | None = None
    thresholds: tuple[float, float] | None = None
    training: TrainingEnd | None = None
    classes: int | None = None
