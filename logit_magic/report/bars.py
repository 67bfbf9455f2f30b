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
_END, _COLUMN = 440, 78
"""Where the bars end, and how wide the columns of numbers beside them are."""
_LEAST, _MOST, _LETTER = 60, 180, 6.3
"""Narrowest and widest column of names, and how wide a letter is, roughly."""
_TOP, _BOTTOM = 56, 22
_BREAK = 9
"""How far before its end a bar that runs out of the picture is broken."""


def height(bars: Bars) -> int:
    return round(_TOP + _row(bars) * len(bars.rows) + _BOTTOM)


def parts(bars: Bars, ink: str, told: bool) -> Iterator[Markup]:
    """Yield the parts of the picture; `told` adds the values below the pointer."""
    across, floor, names = Span(bars.low, bars.high), _TOP + _row(bars) * len(bars.rows), _names(bars)
    yield svg.text(bars.title, 8, 14, ink, "start", font_weight="bold")
    for position, name in enumerate(bars.series):
        at = 8 + sum(34 + 6.4 * len(before) for before in bars.series[:position])
        yield _box(at, 24, 14, 9, position, bars.series)
        yield svg.text(name, at + 19, 32, ink, "start")
        first, _, second = name.rpartition(", ")  # a long name stands on two lines
        for line, words in enumerate((second, first)):
            yield svg.text(words, _END + _COLUMN * (position + 1), _TOP - 6 - 12 * line, ink, "end", font_size=10)
    if any(row.true for row in bars.rows):
        at = 8 + sum(34 + 6.4 * len(before) for before in bars.series)
        yield svg.text("▶ true class", at, 32, ink, "start", font_weight="bold")
    for tick in axes.ticks(across, wanted=4):
        x = svg.place(across, tick.at, names, _END)
        yield svg.stroke(x, _TOP, x, floor, ink, stroke_opacity=0.2)
        yield svg.text(tick.label, x, floor + 15, ink, "middle")
    for position in range(len(bars.series)):
        yield _all(bars, position, across)
    for at, row in enumerate(bars.rows):
        yield from _words(bars, row, _TOP + _row(bars) * (at + 0.5) + 4, ink)
    if told:
        tall = _row(bars)
        yield svg.hover((0, _TOP + tall * at, WIDTH, tall, row.told) for at, row in enumerate(bars.rows))


def _names(bars: Bars) -> float:
    """Return where the names end and the bars begin."""
    longest = max((len(row.name) + 2 * row.true for row in bars.rows), default=0)
    return min(max(12 + _LETTER * longest, _LEAST), _MOST)


def _row(bars: Bars) -> float:
    return 22.0 if len(bars.rows) <= 12 else 15.0


def _all(bars: Bars, position: int, across: Span) -> Markup:
    """Return every bar of one series as one path."""
    tall = _row(bars)
    thick = (tall - 4) / len(bars.series)
    zero, names = min(max(0.0, bars.low), bars.high), _names(bars)
    steps = []
    for at, row in enumerate(bars.rows):
        value = row.values[position]
        if value is None or not math.isfinite(value):
            continue
        start = svg.place(across, zero, names, _END)
        end = svg.place(across, min(max(value, bars.low), bars.high), names, _END)
        y, thin = _TOP + tall * at + 2 + thick * position, thick - 1
        if value > bars.high * (1 + 1e-6):
            steps.append(_broken(start, end, y, thin))
        else:
            steps.append(f"M{start:.1f} {y:.1f}H{end:.1f}v{thin:.1f}H{start:.1f}z")
    return _path("".join(steps), position, bars.series)


def _broken(start: float, end: float, y: float, thin: float) -> str:
    """Return a bar with a slanting gap shortly before its end: it is longer than there is room for."""
    left, right, slant = end - 2 * _BREAK, end - _BREAK, thin / 2
    return (
        f"M{start:.1f} {y:.1f}H{left + slant:.1f}L{left:.1f} {y + thin:.1f}H{start:.1f}z"
        f"M{right + slant:.1f} {y:.1f}H{end:.1f}v{thin:.1f}H{right:.1f}z"
    )


def _box(x: float, y: float, wide: float, tall: float, position: int, series: tuple[str, ...]) -> Markup:
    return _path(f"M{x:.1f} {y}h{wide}v{tall}h-{wide}z", position, series)


def _path(steps: str, position: int, series: tuple[str, ...]) -> Markup:
    """Return a bar's look: the first series is full, later ones are outlined, so that they differ without colour too."""
    colour = COLOURS[style(series[position], position)]
    full = 0.85 if position == 0 else 0.3
    return element("path", d=steps, fill=colour, fill_opacity=full, stroke=colour, stroke_width=1)


def _words(bars: Bars, row: BarRow, y: float, ink: str) -> Iterator[Markup]:
    weight: dict[str, str] = {"font_weight": "bold"} if row.true else {}
    yield svg.text(f"▶ {row.name}" if row.true else row.name, _names(bars) - 6, y, ink, "end", **weight)
    for position, value in enumerate(row.values):
        yield svg.text(_figure(value), _END + _COLUMN * (position + 1), y, ink, "end", **weight)


def _figure(value: float | None) -> str:
    """Return a number that fits its column."""
    return "NaN" if value is not None and math.isnan(value) else number(value, 3)
