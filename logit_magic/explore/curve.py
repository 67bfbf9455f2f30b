"""A loss along one line: the margin of the true class over one rival, all other classes out of play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = Any  # numpy.ndarray: its stubs' element types say nothing here
Emitted = Literal["logits", "class-probabilities", "independent-probabilities", "log-probabilities"]

NEAREST, FARTHEST = 8.0, 16.0
"""The margins shown reach at least and at most so far to either side, in nats."""
_POINTS, _FEWEST, _ELEMENTS = 81, 21, 2_000_000
_OUT, _LEAST = -40.0, 1e-12
"""The logit and the probability of a class that is out of play."""


@dataclass(frozen=True, slots=True)
class Line:
    """One reading of the loss: its value in the loss's unit, and its slope, at every margin."""

    name: str
    losses: tuple[float, ...]
    slopes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The loss of one sample against the margin of its true class.

    Attributes:
        margins: log-odds of the true class, ascending, in nats: 0 where it is as probable as all others together.
        lines: "as configured" first.
        ticks: margins of the user's own samples, ascending; those farther out stand at the ends.
        binary: one unit, so that each label has a line of its own where the loss treats them differently.
        bounded: what is emitted is bounded, so that the ends of a line are the ends of the loss.
    """

    margins: tuple[float, ...]
    lines: tuple[Line, ...]
    ticks: tuple[float, ...] = ()
    binary: bool = False
    bounded: bool = True


def grid(classes: int, ticks: Array | None) -> Array:
    """The margins to look at: wide enough for the user's samples, few enough for so many classes."""
    finite = np.abs(ticks[np.isfinite(ticks)]) if ticks is not None else np.zeros(0)
    reach = float(np.clip(np.quantile(finite, 0.98) if finite.size else 0.0, NEAREST, FARTHEST))
    points = int(np.clip(_ELEMENTS // max(classes, 1), _FEWEST, _POINTS))
    return np.linspace(-reach, reach, points)


def emissions(margins: Array, classes: int, kind: Emitted) -> Array:
    """What a model that emits `kind` emits at each margin: class 0 is the true one, class 1 its rival.

    With one rival a bounded head reaches both ends of its loss: sure of the right class, and sure of a wrong one.

    Args:
        margins: (points,) log-odds of the true class.
        classes: how many; 1 for a single unit, whose margin is its own log-odds.
        kind: what the model emits.

    Returns:
        (points, classes) float32.
    """
    true = 1.0 / (1.0 + np.exp(-margins))
    if classes == 1:
        return (margins if kind == "logits" else true)[:, None].astype("float32")
    if kind == "logits":
        raw = np.full((len(margins), classes), _OUT, "float32")
        raw[:, 0], raw[:, 1] = 0.5 * margins, -0.5 * margins
        return raw
    raw = np.full((len(margins), classes), _LEAST, "float32")
    raw[:, 0], raw[:, 1] = true, 1.0 - true
    return np.log(raw) if kind == "log-probabilities" else raw


def curve_of(
    margins: Array, named: tuple[tuple[str, Array], ...], ticks: Array | None, binary: bool, bounded: bool = True
) -> Curve | None:
    """The curve from losses at the margins; None where none is finite.

    Args:
        margins: (points,).
        named: (name, (points,) losses), as configured first.
        ticks: margins of the user's samples.
        binary, bounded: see `Curve`.
    """
    lines = tuple(
        Line(name, _floats(losses), _floats(np.gradient(losses, margins)))
        for name, losses in named
        if np.isfinite(losses).any()
    )
    if not lines:
        return None
    finite = np.zeros(0) if ticks is None else np.sort(ticks[~np.isnan(ticks)])
    return Curve(_floats(margins), lines, _floats(np.clip(finite, margins[0], margins[-1])), binary, bounded)


def _floats(values: Array) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") for value in values)
