"""Tiny labels and predictions on which a loss is tried out: every row alike, one true class, one value that moves."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from logit_magic.facts import LabelFormat

_ELEMENTS = 65_536
_TRUE = 1  # the true class: 0 is often the padding that a loss masks away


def tiny(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """A shape to try a loss on: the output's own where that is small, else with short axes but for the classes."""
    if len(shape) < 2:
        return (5, 3)
    inner = [d or 2 for d in shape[1:-1]]
    classes = shape[-1] or 3
    rows = next(n for n in range(5, 12) if n not in (*shape[1:], classes))  # no wrong label shape broadcasts by luck
    if math.prod(inner) * classes * rows > _ELEMENTS:
        inner = [2] * len(inner)
    return (rows, *inner, classes)


class Rows:
    """Labels, and the rows that are predicted for them.

    Args:
        shape: of y_pred.

    Attributes:
        shape: of y_pred.
        units: its last axis.
        labels: the format in which labels are made.
        label_axes: the shape of sparse labels.
        true: the true class.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.units = shape[-1]
        self.labels: LabelFormat = "binary" if self.units == 1 else "one-hot"
        self.label_axes = shape[:-1]
        self.true = _TRUE if self.units > 1 else 0

    @contextlib.contextmanager
    def of_class(self, true: int) -> Iterator[None]:
        """Labels and probabilities in which another class is the true one."""
        kept, self.true = self.true, true
        try:
            yield
        finally:
            self.true = kept

    def targets(self, positive: bool) -> Any:
        """Labels that all say the true class (or, for one unit, all yes or all no), as float32, like in `fit`."""
        if self.labels == "sparse":
            return np.full(self.label_axes, float(self.true), dtype="float32")
        y = np.zeros(self.shape, dtype="float32")
        y[..., self.true] = 1.0 if positive else 0.0
        return y

    def probabilities(self, p: float) -> Any:
        """Rows in which the true class has probability p and the others share the rest."""
        if self.units == 1:
            return np.full(self.shape, p)
        rows = np.full(self.shape, (1.0 - p) / (self.units - 1))
        rows[..., self.true] = p
        return rows

    def false_at(self, q: float) -> Any:
        """The true class at 0.5, one false class at q, whatever the sum."""
        rows = np.full(self.shape, 0.2)
        rows[..., self.true] = 0.5
        rows[..., 0] = q
        return rows

    def others_swapped(self, p: float) -> Any:
        """The true class as before, all the rest on one other class."""
        rows = np.zeros(self.shape)
        rows[..., self.true] = p
        rows[..., 0] = 1.0 - p
        return rows

    def alone(self, p: float) -> Any:
        """The true class as before, none of the others."""
        rows = np.zeros(self.shape)
        rows[..., self.true] = p
        return rows

    def margin(self, m: float, false: float = 0.0) -> Any:
        """Logits: the true class at m, one other at `false`, the rest at 0."""
        rows = np.zeros(self.shape)
        rows[..., 0] = false
        rows[..., self.true] = m
        return rows
