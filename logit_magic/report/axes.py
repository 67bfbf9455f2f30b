"""Chooses where the marks of a chart's axes stand and how heights map to the picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LOG_ABOVE = 50.0
"""Counts go on a logarithmic axis where the tallest bin is more than so many times the median one."""


@dataclass(frozen=True, slots=True)
class Tick:
    """One mark of an axis: where it stands and what is written there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Span:
    """The interval that an axis shows, `low` < `high`."""

    low: float
    high: float

    def part(self, value: float) -> float:
        """Return how far along the axis `value` stands, 0 at `low`, 1 at `high`."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Heights:
    """The vertical axis: linear, or the logarithm of one plus the height, which shows zero too."""

    top: float
    logarithmic: bool

    def part(self, height: float) -> float:
        """Return how far up the axis `height` stands, 0 at zero, 1 at the top."""
        if self.logarithmic:
            return math.log1p(height) / math.log1p(self.top)
        return height / self.top

    def ticks(self) -> list[Tick]:
        """Return marks at round heights, at powers of ten on a logarithmic axis."""
        if not self.logarithmic:
            return ticks(Span(0.0, self.top), wanted=4)
        powers = range(1, math.floor(math.log10(self.top)) + 1)  # one would stand too close to zero
        step = math.ceil(len(powers) / 4)
        return [Tick(0.0, "0"), *(Tick(10.0**power, _label(10.0**power, 4)) for power in powers[::step])]


def span(edges: Sequence[float]) -> Span:
    """Return the interval of rising, finite `edges`, widened where it would be too narrow to show."""
    low, high = edges[0], edges[-1]
    magnitude = max(abs(low), abs(high))
    if high - low > 1e-9 * magnitude and high - low > 1e-300:
        return Span(low, high)
    room = 0.05 * magnitude or 0.5
    return Span(low - room, high + room)


def heights(curves: Iterable[Sequence[float]], *, share: bool) -> Heights:
    """Return the vertical axis: 0 to 1 for shares; for counts linear or logarithmic, as suits."""
    if share:
        return Heights(1.0, logarithmic=False)
    used = sorted(height for curve in curves for height in curve if height > 0)
    if not used:
        return Heights(1.0, logarithmic=False)
    return Heights(used[-1], logarithmic=used[-1] > LOG_ABOVE * used[len(used) // 2])


def ticks(over: Span, wanted: int = 6) -> list[Tick]:
    """Return about `wanted` marks at multiples of 1, 2, 2.5 or 5 times a power of ten."""
    rough = (over.high - over.low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(over.low / step - 1e-9), math.floor(over.high / step + 1e-9)
    digits = max(4, math.ceil(math.log10(max(abs(over.low), abs(over.high)) / step)) + 2)
    return [Tick(index * step, _label(index * step, digits)) for index in range(first, last + 1)]


def _label(value: float, digits: int) -> str:
    return f"{value:.{digits}g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
