"""What else meets an output: labels, metrics, and what is done with it beside its loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from logit_magic.facts.pairs import Expectation, How


@dataclass(frozen=True, slots=True)
class Labels:
    """What the labels of one output look like on the rows that the cell used.

    Attributes:
        shape: of the rows looked at, with the batch axis.
        source: where they came from, e.g. "the first 256 rows passed to fit".
        levels: (value, share of all), ascending: each value where there are few, else as many quantiles; empty for
            labels that are no numbers. NaN, infinity and positions of sample weight 0 are left out.
        whole: every value is a whole number.
        along: what each row along the last axis is: all "one-hot"; zeros and ones otherwise ("multi-hot"); all a
            "distribution"; all "scaled one-hot", with many factors; "" for none of these, or for a last axis of length 1.
        several: share of the rows along the last axis that hold more than one 1.
        masked: the model hands a mask to its loss, so that labels at masked positions do not count.
    """

    shape: tuple[int, ...]
    source: str
    levels: tuple[tuple[float, float], ...]
    whole: bool = False
    along: Literal["", "one-hot", "multi-hot", "distribution", "scaled one-hot"] = ""
    several: float = 0.0
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Monitor:
    """Something that stops training or picks a model by a number that the model logs.

    Attributes:
        who: for people: the class of a callback, e.g. "EarlyStopping", or "the comparison in cell line 12".
        what: the number's name, e.g. "val_accuracy".
        how: how that is known.
    """

    who: str
    what: str
    how: How = "observed"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of `compile`, or updated by hand, that an output meets, and that takes its `y_pred` for something.

    Attributes:
        name: as Keras logs it, e.g. "accuracy".
        written: as its user would write it, e.g. "BinaryAccuracy(threshold=0.3)".
        expectation: what a crossentropy needs; None for other metrics.
        thresholds: it compares `y_pred` with these; a metric that tries all of [0, 1] holds both ends and the middle.
        remedy: the same metric for the other reading, as it is written; "" where there is none.
        exact: the remedy's numbers are not rounded.
        rescued: Keras takes the logits back from this very tensor.
        goes_by: what stops training or picks a model by it; None for nothing that is known.
    """

    name: str
    written: str
    expectation: Expectation | None = None
    thresholds: tuple[float, ...] = ()
    remedy: str = ""
    exact: bool = True
    rescued: bool = False
    goes_by: Monitor | None = None


@dataclass(frozen=True, slots=True)
class Swapped:
    """A call of a loss that was given the output as `y_true`.

    Attributes:
        labels: what it was given as `y_pred`; None where a backend was tracing and that had no values.
        known_by: how the output was known again: as the "identity" of the tensor, or by its "values".
        trained: a gradient is taken through `y_true`, and none through `y_pred`.
        whole: `y_pred` holds whole numbers by its type.
    """

    labels: Labels | None
    known_by: Literal["identity", "values"]
    trained: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What the cell does with an output by itself, after the model.

    Attributes:
        kind: "softmax", "sigmoid", or a "threshold" at one half, rounding among them.
        written: as it stands in the source, e.g. "model.predict(x) > 0.5".
        known_by: how it is known that this output was given: "identity", "values", or read in the "source".
        axis: along which, where the call says so.
    """

    kind: Literal["softmax", "sigmoid", "threshold"]
    written: str
    known_by: Literal["identity", "values", "source"]
    axis: int | None = None
