"""Draws a loss and its slope against the margin of the true class, with the user's samples as ticks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from logit_magic.report import axes, svg
from logit_magic.report.axes import Span
from logit_magic.report.html import Markup, element
from logit_magic.report.measures import LossChart, LossLine
from logit_magic.report.svg import COLOURS
from logit_magic.report.wording import number

WIDTH, HEIGHT = 440, 362
_LEFT, _RIGHT = 52, 24
_LOSS = (42.0, 196.0)
_SLOPE = (236.0, 318.0)
"""Top and floor of the two plots."""
_EVERY = 4
"""Points of the curve for each box that tells its values."""


def parts(chart: LossChart, ink: str, told: bool) -> Iterator[Markup]:
    """Yield the parts of the picture; `told` adds the values below the pointer."""
    across = axes.span(chart.margins)
    yield svg.text(chart.title, 8, 14, ink, "start", font_weight="bold")
    yield from svg.legend((line.name for line in chart.lines), 28, ink)
    for (top, floor), values, words in (
        (_LOSS, [line.losses for line in chart.lines], "loss"),
        (_SLOPE, [line.slopes for line in chart.lines], "slope"),
    ):
        up = _span(values, chart) if words == "loss" else _span(values)
        yield from _frame(up, top, floor, words, ink)
        for position, (line, heights) in enumerate(zip(chart.lines, values, strict=True)):
            yield _path(chart.margins, heights, across, up, top, floor, *svg.look(line.name, position))
    yield from _bounds(chart, ink)
    yield from _below(chart, across, ink)
    if told:
        yield _hover(chart, across)


def _span(values: Sequence[Sequence[float]], chart: LossChart | None = None) -> Span:
    """Return the vertical axis; a loss as configured that has a ceiling far below the right one's is not dwarfed by it."""
    finite = [value for each in values for value in each if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    ceilings = [each.high for each in chart.lines if each.high is not None and _configured(each)] if chart else []
    if ceilings and max(ceilings) > 0.0:
        high = min(high, 1.7 * max(ceilings))
    return axes.span((low, high))


def _configured(line: LossLine) -> bool:
    return line.name.startswith("as configured")


def _frame(up: Span, top: float, floor: float, words: str, ink: str) -> Iterator[Markup]:
    for tick in axes.ticks(up, wanted=4 if words == "loss" else 2):
        y = svg.place(up, tick.at, floor, top)
        yield svg.stroke(_LEFT, y, WIDTH - _RIGHT, y, ink, stroke_opacity=0.2)
        yield svg.text(tick.label, _LEFT - 5, y + 4, ink, "end")
    middle = (top + floor) / 2
    yield svg.text(words, 12, middle, ink, "middle", transform=f"rotate(-90 12 {middle:g})")


def _path(
    margins: Sequence[float],
    heights: Sequence[float],
    across: Span,
    up: Span,
    top: float,
    floor: float,
    colour: str,
    dash: str,
) -> Markup:
    steps, pen = [], "M"
    for margin, height in zip(margins, heights, strict=True):
        if not math.isfinite(height) or height > up.high * 1.001:
            pen = "M"
            continue
        x, y = svg.place(across, margin, _LEFT, WIDTH - _RIGHT), svg.place(up, height, floor, top)
        steps.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    path = "".join(steps)
    return element("path", d=path, fill="none", stroke=colour, stroke_width=2, stroke_dasharray=dash)


def _bounds(chart: LossChart, ink: str) -> Iterator[Markup]:
    """Yield floor and ceiling of the loss as configured, where they are not those of any loss: zero and far up."""
    lines = [each for each in chart.lines if _configured(each)] if chart.bounded else []
    up = _span([each.losses for each in chart.lines], chart)
    if not lines:
        return
    low, high = (pick([getattr(each, end) or 0.0 for each in lines]) for pick, end in ((min, "low"), (max, "high")))
    for name, value in (("floor", low), ("ceiling", high)):
        if (name == "floor" and value < 0.03 * up.high) or (name == "ceiling" and value > 0.9 * up.high):
            continue
        y = svg.place(up, value, _LOSS[1], _LOSS[0])
        yield svg.stroke(_LEFT, y, WIDTH - _RIGHT, y, COLOURS[1], stroke_dasharray="2 4")
        # at the right end both are clear of the lines: there those run along the floor, or far below it
        yield svg.text(f"{name} {number(value)}", WIDTH - _RIGHT - 2, y + (12 if name == "floor" else -5), ink, "end")


def _below(chart: LossChart, across: Span, ink: str) -> Iterator[Markup]:
    """Yield the horizontal axis, and the user's samples as ticks between the plots."""
    ticks = "".join(f"M{svg.place(across, at, _LEFT, WIDTH - _RIGHT):.1f} {_LOSS[1] + 11:g}v9" for at in chart.ticks)
    if ticks:
        title = element("title", f"{len(chart.ticks)} of your samples")
        yield element("path", title, d=ticks, stroke=COLOURS[0], stroke_width=1, stroke_opacity=0.7)
        yield svg.text("samples", _LEFT - 5, _LOSS[1] + 19, ink, "end", font_size=10)
    floor = _SLOPE[1]
    yield svg.stroke(_LEFT, floor, WIDTH - _RIGHT, floor, ink)
    for tick in axes.ticks(across):
        x = svg.place(across, tick.at, _LEFT, WIDTH - _RIGHT)
        yield svg.stroke(x, floor, x, floor + 4, ink)
        yield svg.text(tick.label, x, floor + 16, ink, "middle")
    yield svg.text("◀ sure of a wrong class", _LEFT, HEIGHT - 8, ink, "start")
    yield svg.text("margin", (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, ink, "middle")
    yield svg.text("sure of the true class ▶", WIDTH - _RIGHT, HEIGHT - 8, ink, "end")


def _hover(chart: LossChart, across: Span) -> Markup:
    boxes = []
    width = (WIDTH - _RIGHT - _LEFT) / max(len(chart.margins) - 1, 1) * _EVERY
    for at in range(0, len(chart.margins), _EVERY):
        told = "; ".join(_words(line, at) for line in chart.lines)
        x = svg.place(across, chart.margins[at], _LEFT, WIDTH - _RIGHT)
        boxes.append(
            (x - width / 2, _LOSS[0], width, _SLOPE[1] - _LOSS[0], f"margin {number(chart.margins[at])}: {told}")
        )
    return svg.hover(boxes)


def _words(line: LossLine, at: int) -> str:
    return f"{line.name}: loss {number(line.losses[at])}, slope {number(line.slopes[at])}"
