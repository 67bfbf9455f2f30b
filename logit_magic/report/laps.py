"""Draws a race: loss above, accuracy below, against the steps that both copies have taken."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from logit_magic.report import axes, svg
from logit_magic.report.axes import Span
from logit_magic.report.html import Markup, element
from logit_magic.report.measures import RaceChart
from logit_magic.report.wording import number, percent

WIDTH, HEIGHT = 440, 330
_LEFT, _RIGHT = 52, 24
_LOSS = (42.0, 156.0)
_ACCURACY = (180.0, 290.0)
"""Top and floor of the two plots."""

Points = Sequence[tuple[int, float]]


def parts(chart: RaceChart, ink: str, told: bool) -> Iterator[Markup]:
    """Yield the parts of the picture; `told` adds the values below the pointer."""
    across = Span(0.0, float(max(chart.steps, 1)))
    yield svg.text(chart.title, 8, 14, ink, "start", font_weight="bold")
    yield from svg.legend((line.name for line in chart.lines), 28, ink)
    losses = [value for line in chart.lines for _, value in line.losses if math.isfinite(value)]
    up = axes.span((min([0.0, *losses]), max(losses, default=1.0)))
    shown = [(up, _LOSS, "loss", [line.losses for line in chart.lines])]
    if chart.rule:
        shown.append((Span(0.0, 1.0), _ACCURACY, "accuracy", [line.accuracies for line in chart.lines]))
    for over, (top, floor), words, curves in shown:
        yield from _frame(over, top, floor, words, ink)
        for position, (line, points) in enumerate(zip(chart.lines, curves, strict=True)):
            yield from _path(points, across, over, top, floor, *svg.look(line.name, position))
    yield from _below(across, _ACCURACY[1] if chart.rule else _LOSS[1], ink)
    if told:
        yield _hover(chart, across)


def _frame(up: Span, top: float, floor: float, words: str, ink: str) -> Iterator[Markup]:
    for tick in axes.ticks(up, wanted=4):
        y = svg.place(up, tick.at, floor, top)
        yield svg.stroke(_LEFT, y, WIDTH - _RIGHT, y, ink, stroke_opacity=0.2)
        label = f"{100 * tick.at:g} %" if words == "accuracy" else tick.label
        yield svg.text(label, _LEFT - 5, y + 4, ink, "end")
    middle = (top + floor) / 2
    yield svg.text(words, 12, middle, ink, "middle", transform=f"rotate(-90 12 {middle:g})")


def _path(points: Points, across: Span, up: Span, top: float, floor: float, colour: str, dash: str) -> Iterator[Markup]:
    """Yield the curve, and a dot at its end, which is all that one lap shows."""
    steps, pen, last = [], "M", None
    for step, height in points:
        if not math.isfinite(height):
            pen = "M"
            continue
        last = svg.place(across, step, _LEFT, WIDTH - _RIGHT), svg.place(up, height, floor, top)
        steps.append(f"{pen}{last[0]:.1f} {last[1]:.1f}")
        pen = "L"
    if last is not None:
        path = "".join(steps)
        yield element("path", d=path, fill="none", stroke=colour, stroke_width=2, stroke_dasharray=dash)
        yield element("circle", cx=f"{last[0]:.1f}", cy=f"{last[1]:.1f}", r=3, fill=colour)


def _below(across: Span, floor: float, ink: str) -> Iterator[Markup]:
    yield svg.stroke(_LEFT, floor, WIDTH - _RIGHT, floor, ink)
    for tick in axes.ticks(across):
        x = svg.place(across, tick.at, _LEFT, WIDTH - _RIGHT)
        yield svg.stroke(x, floor, x, floor + 4, ink)
        yield svg.text(tick.label, x, floor + 16, ink, "middle")
    yield svg.text("steps", (_LEFT + WIDTH - _RIGHT) / 2, floor + 32, ink, "middle")


def _hover(chart: RaceChart, across: Span) -> Markup:
    """Return a box for each lap that says its values."""
    told: dict[int, list[str]] = {}
    for words, of in (("loss", "losses"), ("accuracy", "accuracies")):
        for line in chart.lines:
            for step, value in getattr(line, of):
                shown = percent(value) if words == "accuracy" else number(value)
                told.setdefault(step, []).append(f"{words} {line.name} {shown}")
    steps = sorted(told)
    width = (WIDTH - _RIGHT - _LEFT) / max(chart.steps, 1) * (steps[-1] - steps[-2] if len(steps) > 1 else 1)
    boxes = []
    for step in steps:
        x = svg.place(across, step, _LEFT, WIDTH - _RIGHT)
        boxes.append((x - width / 2, _LOSS[0], width, _ACCURACY[1] - _LOSS[0], f"step {step}: {', '.join(told[step])}"))
    return svg.hover(boxes)
