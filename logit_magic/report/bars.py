"""Draws one sample's classes as bars, one bar for each reading."""

from __future__ import annotations

import math
from collections.abc import Iterator

from logit_magic.report import axes, svg
from logit_magic.report.axes import Span
from logit_magic.report.html import Markup, element
from logit_magic.report.measures import BarRow, Bars
from logit_magic.report.svg import COLOURS, style
from logit_magic.report.wording import number

WIDTH = 600
_NAMES, _END, _COLUMN = 140, 456, 66
"""Where the bars begin and end, and how wide the columns of numbers beside them are."""
_TOP, _BOTTOM = 44, 22


def height(bars: Bars) -> int:
    return round(_TOP + _row(bars) * len(bars.rows) + _BOTTOM)


def parts(bars: Bars, ink: str, told: bool) -> Iterator[Markup]:
    """Yield the parts of the picture; `told` adds the values below the pointer."""
    across, floor = Span(bars.low, bars.high), _TOP + _row(bars) * len(bars.rows)
    yield svg.text(bars.title, 8, 14, ink, "start", font_weight="bold")
    for position, name in enumerate(bars.series):
        at = 8 + sum(34 + 6.4 * len(before) for before in bars.series[:position])
        yield _box(at, 24, 14, 9, position, bars.series)
        yield svg.text(name, at + 19, 32, ink, "start")
    for tick in axes.ticks(across, wanted=4):
        x = svg.place(across, tick.at, _NAMES, _END)
        yield svg.stroke(x, _TOP, x, floor, ink, stroke_opacity=0.2)
        yield svg.text(tick.label, x, floor + 15, ink, "middle")
    for position in range(len(bars.series)):
        yield _all(bars, position, across)
    for at, row in enumerate(bars.rows):
        yield from _words(bars, row, _TOP + _row(bars) * (at + 0.5) + 4, ink)
    if told:
        tall = _row(bars)
        yield svg.hover((0, _TOP + tall * at, WIDTH, tall, row.told) for at, row in enumerate(bars.rows))


def _row(bars: Bars) -> float:
    return 22.0 if len(bars.rows) <= 12 else 15.0


def _all(bars: Bars, position: int, across: Span) -> Markup:
    """Return every bar of one series as one path."""
    tall = _row(bars)
    thick = (tall - 4) / len(bars.series)
    zero = min(max(0.0, bars.low), bars.high)
    steps = []
    for at, row in enumerate(bars.rows):
        value = row.values[position]
        if value is None or not math.isfinite(value):
            continue
        start = svg.place(across, zero, _NAMES, _END)
        end = svg.place(across, min(max(value, bars.low), bars.high), _NAMES, _END)
        y = _TOP + tall * at + 2 + thick * position
        steps.append(f"M{start:.1f} {y:.1f}H{end:.1f}v{thick - 1:.1f}H{start:.1f}z")
    return _path("".join(steps), position, bars.series)


def _box(x: float, y: float, wide: float, tall: float, position: int, series: tuple[str, ...]) -> Markup:
    return _path(f"M{x:.1f} {y}h{wide}v{tall}h-{wide}z", position, series)


def _path(steps: str, position: int, series: tuple[str, ...]) -> Markup:
    """Return a bar's look: the first series is full, later ones are outlined, so that they differ without colour too."""
    colour = COLOURS[style(series[position], position)]
    full = 0.85 if position == 0 else 0.3
    return element("path", d=steps, fill=colour, fill_opacity=full, stroke=colour, stroke_width=1)


def _words(bars: Bars, row: BarRow, y: float, ink: str) -> Iterator[Markup]:
    weight: dict[str, str] = {"font_weight": "bold"} if row.true else {}
    yield svg.text(f"▶ {row.name}" if row.true else row.name, _NAMES - 6, y, ink, "end", **weight)
    for position, value in enumerate(row.values):
        yield svg.text(_figure(value), _END + _COLUMN * (position + 1), y, ink, "end", **weight)


def _figure(value: float | None) -> str:
    """Return a number that fits its column."""
    return "NaN" if value is not None and math.isnan(value) else number(value, 3)
