"""Draws a chart as a small SVG picture, for a stored notebook or for the live panel."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import pairwise

from logit_magic.report import axes, bars, curves, laps, svg
from logit_magic.report.axes import Heights, Span
from logit_magic.report.html import GREY, Markup, element
from logit_magic.report.measures import Bars, Chart, Curve, Drawing, LossChart, RaceChart
from logit_magic.report.svg import LIVE_INK
from logit_magic.report.wording import number

WIDTH, HEIGHT = 440, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 40, 36
_FLOOR = HEIGHT - _BOTTOM


def static(drawing: Drawing) -> Markup:
    """Return the drawing as an `<img>` that holds its SVG, readable on light and on dark."""
    width, height = _size(drawing)
    data = base64.b64encode(drawn(drawing, GREY).encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return element("img", src=source, alt=drawing.alt, width=width, height=height, style="max-width:100%;height:auto")


def live(drawing: Drawing) -> Markup:
    """Return the drawing as inline SVG that takes its ink from the notebook's theme, and tells its values on hover."""
    return drawn(drawing, LIVE_INK, told=True)


def drawn(drawing: Drawing, ink: str, *, told: bool = False) -> Markup:
    """Return the drawing as an SVG element.

    Args:
        drawing: what to draw; without edges, the picture of a histogram says that there is nothing to draw.
        ink: CSS colour of text and axes.
        told: with the values below the pointer.
    """
    width, height = _size(drawing)
    if isinstance(drawing, LossChart):
        return svg.picture(curves.parts(drawing, ink, told), width, height, drawing.alt)
    if isinstance(drawing, RaceChart):
        return svg.picture(laps.parts(drawing, ink, told), width, height, drawing.alt)
    if isinstance(drawing, Bars):
        return svg.picture(bars.parts(drawing, ink, told), width, height, drawing.alt)
    parts = [svg.text(drawing.title, 8, 14, ink, "start", font_weight="bold")]
    if drawing.edges:
        parts += _plot(drawing, ink)
        parts += [_hover(drawing)] if told else []
    else:
        parts.append(svg.text("No finite values to draw.", WIDTH / 2, HEIGHT / 2, ink, "middle"))
    return svg.picture(parts, width, height, drawing.alt)


def _size(drawing: Drawing) -> tuple[int, int]:
    if isinstance(drawing, LossChart):
        return curves.WIDTH, curves.HEIGHT
    if isinstance(drawing, RaceChart):
        return laps.WIDTH, laps.HEIGHT
    return (bars.WIDTH, bars.height(drawing)) if isinstance(drawing, Bars) else (WIDTH, HEIGHT)


def _plot(chart: Chart, ink: str) -> Iterator[Markup]:
    across = axes.span(chart.edges)
    up = axes.heights([curve.heights for curve in chart.curves], share=chart.measure == "share")
    yield from _frame(chart, across, up, ink)
    for position, curve in enumerate(chart.curves):
        yield _outline(curve, chart.edges, across, up, *svg.look(curve.name, position), filled=chart.measure != "share")
    yield from svg.legend((curve.name for curve in chart.curves), 27, ink)


def _frame(chart: Chart, across: Span, up: Heights, ink: str) -> Iterator[Markup]:
    for tick in up.ticks():
        yield svg.stroke(_LEFT, _y(up, tick.at), WIDTH - _RIGHT, _y(up, tick.at), ink, stroke_opacity=0.2)
        yield svg.text(tick.label, _LEFT - 5, _y(up, tick.at) + 4, ink, "end")
    yield svg.stroke(_LEFT, _FLOOR, WIDTH - _RIGHT, _FLOOR, ink)
    for tick in axes.ticks(across):
        yield svg.stroke(_x(across, tick.at), _FLOOR, _x(across, tick.at), _FLOOR + 4, ink)
        yield svg.text(tick.label, _x(across, tick.at), _FLOOR + 16, ink, "middle")
    yield svg.text(chart.unit, (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, ink, "middle")
    measure = f"{chart.measure}, log scale" if up.logarithmic else chart.measure
    middle = (_TOP + _FLOOR) / 2
    yield svg.text(measure, 12, middle, ink, "middle", transform=f"rotate(-90 12 {middle:g})")


def _outline(
    curve: Curve, edges: Sequence[float], across: Span, up: Heights, colour: str, dash: str, filled: bool
) -> Markup:
    """Return the curve as one stepped path, from the floor to the floor where it is filled: a share ends at the top."""
    steps = [f"M{_x(across, edges[0]):.1f} {_FLOOR}"]
    before = None
    for (_, right), height in zip(pairwise(edges), curve.heights, strict=False):
        y = f"V{_y(up, height):.1f}"
        if y == before:
            steps.pop()
        else:
            steps.append(y)
        steps.append(f"H{_x(across, right):.1f}")
        before = y
    if filled:
        steps.append(f"V{_FLOOR}")
    return element(
        "path",
        d="".join(steps),
        fill=colour if filled else "none",
        fill_opacity=0.18,
        stroke=colour,
        stroke_width=1.8,
        stroke_dasharray=dash,
    )


def _hover(chart: Chart) -> Markup:
    """Return one box per bin, from the top of the chart to its floor, that says the bin's heights."""
    across = axes.span(chart.edges)
    boxes = []
    for at, (left, right) in enumerate(pairwise(chart.edges)):
        heights = (f"{curve.name} {number(curve.heights[at])}" for curve in chart.curves if at < len(curve.heights))
        words = f"{number(left)} to {number(right)}: {', '.join(heights)}"
        boxes.append((_x(across, left), _TOP, _x(across, right) - _x(across, left), _FLOOR - _TOP, words))
    return svg.hover(boxes)


def _x(across: Span, value: float) -> float:
    return svg.place(across, value, _LEFT, WIDTH - _RIGHT)


def _y(up: Heights, height: float) -> float:
    return _FLOOR - up.part(height) * (_FLOOR - _TOP)
