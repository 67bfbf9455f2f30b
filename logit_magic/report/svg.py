"""Puts an SVG picture together: its frame, text and lines."""

from __future__ import annotations

from collections.abc import Iterable

from logit_magic.report.axes import Span
from logit_magic.report.html import GREY, Markup, element

LIVE_INK = f"var(--jp-ui-font-color1, var(--vscode-editor-foreground, {GREY}))"
"""Text and axes of a live picture: the notebook's own ink."""

READINGS = ("emitted", "as configured", "if right")
COLOURS = ("#0072B2", "#D55E00", "#009E73")
"""Okabe and Ito's blue, vermilion and green, which people with any colour vision tell apart."""
DASHES = ("none", "5 3", "2 2")

_LETTER = 6.2
"""Rough width of a letter in a legend, in picture units."""


def style(name: str, position: int) -> int:
    """Which colour and dash a curve has: a reading looks the same in every chart, whatever stands beside it."""
    return READINGS.index(name) if name in READINGS else position % len(COLOURS)


def picture(parts: Iterable[Markup], width: float, height: float, alt: str) -> Markup:
    """Return the SVG element that holds `parts`; `alt` says its values to who does not see it."""
    return element(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label=alt,
        font_family="sans-serif",
        font_size=11,
        style="max-width:100%;height:auto",
    )


def stroke(x1: float, y1: float, x2: float, y2: float, colour: str, **more: str | float) -> Markup:
    x1, y1, x2, y2 = (round(value, 1) for value in (x1, y1, x2, y2))
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, style=f"stroke:{colour}", **more)


def text(words: str, x: float, y: float, ink: str, anchor: str, **more: str | float) -> Markup:
    return element("text", words, x=round(x, 1), y=round(y, 1), text_anchor=anchor, style=f"fill:{ink}", **more)


def look(name: str, position: int) -> tuple[str, str]:
    """Return the colour and dash of a curve; one such as "as configured, label 0" is finer than its first half."""
    base, _, part = name.partition(", ")
    found = style(base, position)
    return COLOURS[found], "1 3" if part else DASHES[found]


def legend(names: Iterable[str], y: float, ink: str, at: float = 8.0) -> Iterable[Markup]:
    """Yield a sample of each curve's line and its name, in one row."""
    for position, name in enumerate(names):
        colour, dash = look(name, position)
        yield stroke(at, y, at + 20, y, colour, stroke_width=2.5, stroke_dasharray=dash)
        yield text(name, at + 25, y + 4, ink, "start")
        at += 40 + _LETTER * len(name)


def place(over: Span, value: float, start: float, end: float) -> float:
    """Where a value stands between the picture's `start` and `end`."""
    return start + over.part(value) * (end - start)


def hover(boxes: Iterable[tuple[float, float, float, float, str]]) -> Markup:
    """Return invisible (x, y, width, height) boxes that say their words when the pointer rests on them."""
    found = (
        element("rect", element("title", words), x=round(x, 1), y=round(y, 1), width=round(w, 1), height=round(h, 1))
        for x, y, w, h, words in boxes
    )
    return element("g", *found, fill="#777", fill_opacity=0)
