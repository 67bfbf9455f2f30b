"""Losses that are not Keras' own: what each backend's crossentropies expect, and what they call their two tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["class-logits", "binary-logits", "binary-probabilities"]
Labels = Literal["sparse", "one-hot", "binary", "any"]


@dataclass(frozen=True, slots=True)
class ForeignLoss:
    """One loss function of a framework.

    Attributes:
        function: the function as its users call it.
        name: as its users write it.
        kind: what it expects, see `logit_magic.facts.Expectation`.
        labels: the label format that it takes.
        y_true, y_pred: names of the two arguments.
        axis: its class axis, counted from the end where negative.
    """

    function: Any
    name: str
    kind: Kind
    labels: Labels
    y_true: str
    y_pred: str
    axis: int = -1
