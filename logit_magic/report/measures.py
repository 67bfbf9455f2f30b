"""Turns measured distributions into the tables and charts of a document."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from logit_magic.facts import Distributions, Histogram, Series
from logit_magic.report.wording import MISSING, clean, counted, number

if TYPE_CHECKING:
    from logit_magic.explore.curve import Curve as LossCurve

_LOW, _MEDIAN, _HIGH = 1, 3, 5
"""Where the 5 %, 50 % and 95 % points stand in `Series.quantiles`."""


@dataclass(frozen=True, slots=True)
class Table:
    """A small table; its first column names the rows. `head` may be empty."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: a height for each bin."""

    name: str
    heights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A histogram ready to draw.

    Attributes:
        title: the quantity.
        unit: its unit, the label of the horizontal axis.
        measure: what the heights are, "count" or "share".
        edges: finite, rising bin edges, one more than a curve has heights; empty where nothing can be drawn.
        curves: drawn in this order.
        alt: the same in words, with its values.
    """

    title: str
    unit: str
    measure: str
    edges: tuple[float, ...]
    curves: tuple[Curve, ...]
    alt: str


@dataclass(frozen=True, slots=True)
class LossLine:
    """One reading of a loss: its values, its slopes, and the lowest and highest of the values."""

    name: str
    losses: tuple[float, ...]
    slopes: tuple[float, ...]
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class LossChart:
    """A loss along the margin of the true class, ready to draw.

    Attributes:
        title: what it shows.
        margins: ascending, as many as each line has values.
        lines: drawn in this order, as configured first.
        ticks: margins of the user's samples.
        alt: the same in words, with its values.
        bounded: the ends of a line are the ends of the loss.
    """

    title: str
    margins: tuple[float, ...]
    lines: tuple[LossLine, ...]
    ticks: tuple[float, ...]
    alt: str
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class BarRow:
    """One class: its name, a value for each series (None where it has none), and all of it in words."""

    name: str
    values: tuple[float | None, ...]
    told: str
    true: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """One sample's classes, ready to draw.

    Attributes:
        title: which sample.
        series: names of the readings.
        rows: one for each class, from top to bottom.
        low, high: what the axis shows.
        alt: the same in words, with its values.
    """

    title: str
    series: tuple[str, ...]
    rows: tuple[BarRow, ...]
    low: float
    high: float
    alt: str


@dataclass(frozen=True, slots=True)
class RaceLine:
    """One copy of a raced model: (step, value) of its loss and of its accuracy, in the order of the steps."""

    name: str
    losses: tuple[tuple[int, float], ...]
    accuracies: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class RaceChart:
    """Loss and accuracy of two copies against the steps taken, ready to draw.

    Attributes:
        title: what it shows.
        steps: where the horizontal axis ends.
        lines: drawn in this order, as configured first.
        rule: how accuracy is decided, "" where there is none.
        alt: the same in words, with its values.
    """

    title: str
    steps: int
    lines: tuple[RaceLine, ...]
    rule: str
    alt: str


Drawing = Chart | LossChart | Bars | RaceChart


def numbers(distributions: Distributions, *, losses: bool = True) -> tuple[Table, ...]:
    """Return the table of quantiles and the table of losses; each only where it has a row.

    Args:
        distributions: what was measured.
        losses: False where the losses stand elsewhere already.
    """
    rows = [_quantile_row(histogram, series) for histogram in distributions.histograms for series in histogram.series]
    named = (
        ("loss as configured", distributions.loss_configured if losses else None),
        ("loss if right", distributions.loss_right if losses else None),
        ("loss as Keras computes it", distributions.loss_computed if losses else None),
        ("Jensen-Shannon distance to right, base 2 (0 same, 1 disjoint)", distributions.divergence_bits),
    )
    known = tuple((name, number(value)) for name, value in named if value is not None)
    tables = (
        Table("Distributions", ("quantity", "reading", "5 %", "median", "95 %", "not finite"), tuple(rows)),
        Table("Loss and distance" if losses else "Distance", (), known),
    )
    return tuple(table for table in tables if table.rows)


def lost(distributions: Distributions) -> str:
    """Return how many of the outputs measured are no numbers; "" where all are."""
    emitted = next((each.series[0] for each in distributions.histograms if each.key == "values" and each.series), None)
    if emitted is None or not emitted.not_finite:
        return ""
    gone, left = emitted.not_finite, sum(emitted.counts)
    if not left:
        return f"all of the {counted(gone, 'output')} measured are NaN or infinite, so that there is no figure to give"
    verb = "is" if gone == 1 else "are"
    return (
        f"{gone:,} of {counted(gone + left, 'output')} measured {verb} NaN or infinite; the figures here leave them out"
    )


def charts(distributions: Distributions) -> tuple[Chart, ...]:
    """Return one chart of counts per histogram."""
    return tuple(chart(histogram) for histogram in distributions.histograms)


def chart(histogram: Histogram, *, cumulative: bool = False) -> Chart:
    """Return a histogram's chart: counts per bin, or the share of values up to each bin."""
    heights = _shares if cumulative else _counts
    title, unit = clean(histogram.title), clean(histogram.unit)
    return Chart(
        title=title,
        unit=unit,
        measure="share" if cumulative else "count",
        edges=histogram.edges if _drawable(histogram.edges) else (),
        curves=tuple(Curve(clean(series.name), heights(series.counts)) for series in histogram.series),
        alt=f"{title} in {unit}. {' '.join(map(_in_words, histogram.series))}",
    )


def loss_chart(curve: LossCurve) -> LossChart:
    """Return the chart of a loss along the margin of the true class."""
    lines = tuple(LossLine(line.name, line.losses, line.slopes, *_bounds(line.losses)) for line in curve.lines)
    title = "Loss and its slope along the margin of the true class"
    alt = f"{title}. {loss_in_words(curve)}"
    return LossChart(title, curve.margins, lines, curve.ticks, alt, curve.bounded)


def loss_in_words(curve: LossCurve) -> str:
    """Return what the curve shows as one sentence: between which values each reading of the loss runs."""
    runs = []
    for line in curve.lines:
        low, high = _bounds(line.losses)
        runs.append(f"{line.name} between {number(low)} and {number(high)}")
    rival = "" if curve.binary else " against one rival class"
    ends = f"{number(curve.margins[0])} (sure of a wrong class) to {number(curve.margins[-1])} (sure of the true one)"
    return (
        f"What one sample costs at margins from {ends}: {'; '.join(runs)}. The margin is the log-odds of the true "
        f"class{rival}. Where the slope is 0, the loss teaches nothing."
    )


def _bounds(losses: Sequence[float]) -> tuple[float | None, float | None]:
    finite = [value for value in losses if math.isfinite(value)]
    return min(finite, default=None), max(finite, default=None)


def _drawable(edges: Sequence[float]) -> bool:
    return len(edges) > 1 and all(map(math.isfinite, edges)) and math.isfinite(edges[-1] - edges[0])


def _counts(counts: Sequence[int]) -> tuple[float, ...]:
    return tuple(map(float, counts))


def _shares(counts: Sequence[int]) -> tuple[float, ...]:
    total = sum(counts) or 1
    return tuple(running / total for running in accumulate(counts))


def _quantile_row(histogram: Histogram, series: Series) -> tuple[str, ...]:
    quantity, unit = clean(histogram.title), clean(histogram.unit)
    if unit.lower() not in quantity.lower():
        quantity = f"{quantity} ({unit})"
    not_finite = f"{series.not_finite:,}" if series.not_finite else MISSING
    return (quantity, clean(series.name), *_spread(series), not_finite)


def _spread(series: Series) -> tuple[str, str, str]:
    if len(series.quantiles) <= _HIGH:
        return (MISSING, MISSING, MISSING)
    low, median, high = (number(series.quantiles[at]) for at in (_LOW, _MEDIAN, _HIGH))
    return low, median, high


def _in_words(series: Series) -> str:
    low, median, high = _spread(series)
    lost = f", {series.not_finite:,} not finite" if series.not_finite else ""
    if median == MISSING:
        return f"{clean(series.name)}: nothing finite{lost}."
    return f"{clean(series.name)}: median {median}, 5 % {low}, 95 % {high}{lost}."
