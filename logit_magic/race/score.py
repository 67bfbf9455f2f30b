"""Accuracy under the right reading, which is the same rule for both copies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic.facts import Emission, Expectation

Array = Any  # numpy.ndarray: its stubs' element types say nothing here
_PROBABILITIES = ("class-probabilities", "independent-probabilities")


@dataclass(frozen=True, slots=True)
class Score:
    """How outputs become decisions.

    Attributes:
        words: the rule, for people.
        axis: the class axis, for the largest output.
        threshold: what each output is compared with; None for the largest output.
        sparse: labels are class ids.
        ignored: the class id that does not count.
    """

    words: str
    axis: int = -1
    threshold: float | None = None
    sparse: bool = False
    ignored: int | None = None

    def hits(self, raw: Array, labels: Array) -> tuple[int, int]:
        """(right decisions, decisions) of a batch; (0, 0) where the labels are in another form.

        Args:
            raw: `(rows, …, classes)`, a model's outputs.
            labels: that belong to them.
        """
        y = np.asarray(labels)
        if self.threshold is not None:
            if y.size != raw.size or not np.isin(y, (0, 1)).all():
                return 0, 0
            return int(np.sum((raw > self.threshold) == (y.reshape(raw.shape) > 0.5))), int(y.size)
        guess = raw.argmax(axis=self.axis)
        if self.sparse:
            truth = y.reshape(guess.shape) if y.size == math.prod(guess.shape) else None
        else:
            truth = y.argmax(axis=self.axis) if y.shape == raw.shape else None
        if truth is None:
            return 0, 0
        counted = np.ones(truth.shape, bool) if self.ignored is None else truth != self.ignored
        return int(np.sum((guess == truth) & counted)), int(counted.sum())


def score_of(emission: Emission, right: Expectation, labels: Array) -> Score | None:
    """The rule that fits; None where there is none.

    Logits belong to a threshold of 0, probabilities to one of 0.5: both are the even chance. Units of which the labels
    hold exactly one are decided by the largest, whatever the loss.

    Args:
        emission: what the model emits, before either copy is trained.
        right: what the corrected loss expects.
        labels: of all rows.
    """
    y = np.asarray(labels)
    if y.dtype.kind not in "biuf":
        return None
    if right.kind in ("class-logits", "class-probabilities"):
        sparse = right.labels == "sparse"
        return Score("the largest output", right.axis, None, sparse, right.ignore_class if sparse else None)
    if right.kind not in ("binary-logits", "binary-probabilities"):
        return None
    if y.ndim > 1 and y.shape[-1] > 1 and np.isin(y, (0, 1)).all() and (y.sum(axis=-1) == 1).all():
        return Score("the largest output")
    threshold = 0.5 if emission.kind in _PROBABILITIES else 0.0
    return Score(f"each output above {threshold:g}", threshold=threshold)
