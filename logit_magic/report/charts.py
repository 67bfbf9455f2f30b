"""Draws a chart as a small SVG picture, for a stored notebook or for the live panel."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import pairwise

from logit_magic.report import axes
from logit_magic.report.axes import Heights, Span
from logit_magic.report.html import GREY, Markup, element
from logit_magic.report.measures import Chart, Curve

READINGS = ("emitted", "as configured", "if right")
COLOURS = ("#0072B2", "#D55E00", "#009E73")
"""Okabe and Ito's blue, vermilion and green, which people with any colour vision tell apart."""
DASHES = ("none", "5 3", "2 2")

WIDTH, HEIGHT = 440, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 40, 36
_FLOOR = HEIGHT - _BOTTOM
_LIVE_INK = f"var(--jp-ui-font-color1, var(--vscode-editor-foreground, {GREY}))"
_LETTER = 6.2
"""Rough width of a letter in the legend, in picture units."""


def style(name: str, position: int) -> int:
    """Which colour and dash a curve has: a reading looks the same in every chart, whatever stands beside it."""
    return READINGS.index(name) if name in READINGS else position % len(COLOURS)


def static(chart: Chart) -> Markup:
    """Return the chart as an `<img>` that holds its SVG, readable on light and on dark."""
    data = base64.b64encode(svg(chart, GREY).encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return element("img", src=source, alt=chart.alt, width=WIDTH, height=HEIGHT, style="max-width:100%;height:auto")


def live(chart: Chart) -> Markup:
    """Return the chart as inline SVG that takes its ink from the notebook's theme."""
    return svg(chart, _LIVE_INK)


def svg(chart: Chart, ink: str) -> Markup:
    """Return the chart as an SVG element.

    Args:
        chart: what to draw; without edges, the picture says that there is nothing to draw.
        ink: CSS colour of text and axes.
    """
    parts = [_text(chart.title, 8, 14, ink, "start", font_weight="bold")]
    if chart.edges:
        parts += _plot(chart, ink)
    else:
        parts.append(_text("No finite values to draw.", WIDTH / 2, HEIGHT / 2, ink, "middle"))
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        aria_label=chart.alt,
        font_family="sans-serif",
        font_size=11,
        style="max-width:100%;height:auto",
    )


def _plot(chart: Chart, ink: str) -> Iterator[Markup]:
    across = axes.span(chart.edges)
    up = axes.heights([curve.heights for curve in chart.curves], share=chart.measure == "share")
    yield from _frame(chart, across, up, ink)
    legend_at = 8.0
    for position, curve in enumerate(chart.curves):
        colour, dash = COLOURS[style(curve.name, position)], DASHES[style(curve.name, position)]
        yield _outline(curve, chart.edges, across, up, colour, dash)
        yield from _legend(curve.name, legend_at, colour, dash, ink)
        legend_at += 40 + _LETTER * len(curve.name)


def _frame(chart: Chart, across: Span, up: Heights, ink: str) -> Iterator[Markup]:
    for tick in up.ticks():
        yield _stroke(_LEFT, _y(up, tick.at), WIDTH - _RIGHT, _y(up, tick.at), ink, stroke_opacity=0.2)
        yield _text(tick.label, _LEFT - 5, _y(up, tick.at) + 4, ink, "end")
    yield _stroke(_LEFT, _FLOOR, WIDTH - _RIGHT, _FLOOR, ink)
    for tick in axes.ticks(across):
        yield _stroke(_x(across, tick.at), _FLOOR, _x(across, tick.at), _FLOOR + 4, ink)
        yield _text(tick.label, _x(across, tick.at), _FLOOR + 16, ink, "middle")
    yield _text(chart.unit, (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 6, ink, "middle")
    measure = f"{chart.measure}, log scale" if up.logarithmic else chart.measure
    middle = (_TOP + _FLOOR) / 2
    yield _text(measure, 12, middle, ink, "middle", transform=f"rotate(-90 12 {middle:g})")


def _outline(curve: Curve, edges: Sequence[float], across: Span, up: Heights, colour: str, dash: str) -> Markup:
    """Return the curve as one stepped path from the floor to the floor."""
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
    steps.append(f"V{_FLOOR}")
    return element(
        "path",
        d="".join(steps),
        fill=colour,
        fill_opacity=0.18,
        stroke=colour,
        stroke_width=1.8,
        stroke_dasharray=dash,
    )


def _legend(name: str, at: float, colour: str, dash: str, ink: str) -> Iterator[Markup]:
    yield _stroke(at, 27, at + 20, 27, colour, stroke_width=2.5, stroke_dasharray=dash)
    yield _text(name, at + 25, 31, ink, "start")


def _stroke(x1: float, y1: float, x2: float, y2: float, colour: str, **more: str | float) -> Markup:
    x1, y1, x2, y2 = (round(value, 1) for value in (x1, y1, x2, y2))
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, style=f"stroke:{colour}", **more)


def _text(text: str, x: float, y: float, ink: str, anchor: str, **more: str | float) -> Markup:
    return element("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, style=f"fill:{ink}", **more)


def _x(across: Span, value: float) -> float:
    return _LEFT + across.part(value) * (WIDTH - _RIGHT - _LEFT)


def _y(up: Heights, height: float) -> float:
    return _FLOOR - up.part(height) * (_FLOOR - _TOP)
