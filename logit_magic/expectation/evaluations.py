"""One loss is asked for its value: in which format it takes labels, what it said before, and the words of an answer."""

from __future__ import annotations

import math
from typing import Any, Literal

from logit_magic import backends, kerases
from logit_magic.expectation.rows import Rows
from logit_magic.expectation.trial import StoppedError, Trial
from logit_magic.facts import Evidence, Expectation, Expects, LabelFormat


class Evaluations:
    """One loss, and what it said.

    Args:
        trial: calls the loss.
        shape: of y_pred.
        shown: the loss as its user would write it.
        owner: a model or loss whose Keras the loss belongs to.
    """

    def __init__(self, trial: Trial, shape: tuple[int, ...], shown: str, owner: Any) -> None:
        self._owner = owner
        self._trial = trial
        self._rows = Rows(shape)
        self._shown = shown
        self._facts: list[str] = []
        self._values: dict[tuple[bytes, tuple[int, ...], bytes], float] = {}

    def _first(self, p: float) -> float:
        """The first call, which also finds the label format that the loss takes."""
        if self._rows.units == 1:
            return self._at(self._rows.probabilities(p))
        self._rows.labels = "sparse"
        value = self._tried(p)
        if len(self._rows.shape) == 3 and value == math.inf:
            # CTC: a whole row of labels may not fit into the time there is
            self._rows.label_axes = (self._rows.shape[0], 1)
            value = self._tried(p)
        if math.isfinite(value):
            return value
        self._rows.labels, self._rows.label_axes = "one-hot", self._rows.shape[:-1]
        try:
            return self._at(self._rows.probabilities(p))
        except StoppedError:
            if math.isinf(value):
                raise
            # class ids with an axis of their own, as masks have it; last, for a one-hot loss would broadcast them
            self._rows.labels, self._rows.label_axes = "sparse", (*self._rows.shape[:-1], 1)
            if not math.isfinite(value := self._tried(p)):
                raise
            return value

    def _tried(self, p: float) -> float:
        try:
            return self._at(self._rows.probabilities(p))
        except StoppedError:
            return math.nan

    def _sees_a_shift(self, before: float) -> bool:
        """Whether adding the same number to a row counts; behind a softmax of the loss's own it does not."""
        if self._rows.units == 1:
            return True
        return abs(self._at(self._rows.margin(-4.0) + 3.0) - before) > 1e-3 * abs(before)

    def _rescuable(
        self, normaliser: Literal["softmax", "sigmoid"], logits_value: float
    ) -> Literal["", "softmax", "sigmoid"]:
        """Whether the loss, given Keras' own activation of logits, finds these logits: TensorFlow's Keras does it."""
        if backends.name(self._owner) != "tensorflow":
            return ""
        logits = backends.to_tensor(self._rows.margin(-4.0).astype("float32"), self._owner)
        activated = getattr(kerases.of(self._owner).activations, normaliser)(logits)
        value = self._trial.value(self._rows.targets(True), activated)
        return normaliser if abs(value - logits_value) <= 1e-4 * abs(logits_value) else ""

    def _at(self, y_pred: Any, positive: bool = True) -> float:
        """The loss at y_pred; what was computed before is not computed again."""
        y_true, y_pred = self._rows.targets(positive), y_pred.astype("float32")
        key = (y_true.tobytes(), y_true.shape, y_pred.tobytes())
        if key not in self._values:
            self._values[key] = self._trial.value(y_true, y_pred)
        return self._values[key]

    def _answer(self, kind: Expects, labels: LabelFormat, **more: Any) -> Expectation:
        evidence = tuple(Evidence(f"tried out: {fact}", "measured") for fact in self._facts)
        return Expectation(kind, loss=self._shown, labels=labels, evidence=evidence, **more)

    def _unknown(self, reason: str) -> Expectation:
        return Expectation("unknown", loss=self._shown, reason=f"{self._shown} was tried out, and {reason}")
