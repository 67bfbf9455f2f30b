"""Charts: well-formed SVG, sane axes, heights where they belong."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from report_samples import TOP_CLASS, VALUES, bell, edges

from logit_magic.facts import Histogram, Series
from logit_magic.report import axes, charts
from logit_magic.report.axes import Span
from logit_magic.report.measures import chart

SVG = "{http://www.w3.org/2000/svg}"


def histogram(counts, low=0.0, high=1.0):
    width = (high - low) / len(counts)
    inner = tuple(low + width * at for at in range(len(counts)))
    return Histogram("values", "Values", "logit", (*inner, high), (Series("emitted", tuple(counts), ()),))


def drawn(shown, **options):
    return ElementTree.fromstring(charts.drawn(chart(shown, **options), "#777"))


def labels(root):
    return [text.text for text in root.iter(f"{SVG}text")]


SOUND = [
    VALUES,
    TOP_CLASS,
    histogram((1, 2, 3)),
    histogram((0, 0)),
    histogram((5,), 3.0, 3.0),
    histogram((5, 1), -1e300, 1e300),
    histogram((5, 1), 0.0, 5e-324),
    histogram((5, 1), 1e16, 1e16 + 4),
    histogram((5, 1), 1.0, 1.0 + 1e-15),
    histogram((10**12, 1)),
]
EMPTY = [
    Histogram("values", "Values", "logit", (), (Series("emitted", (), (), not_finite=9),)),
    replace(VALUES, edges=(0.0, math.nan, 1.0)),
    replace(VALUES, edges=(0.0, math.inf)),
    replace(VALUES, edges=(-1.7e308, 1.7e308)),
    replace(VALUES, edges=(1.0,)),
]


@pytest.mark.parametrize("cumulative", [False, True])
@pytest.mark.parametrize("shown", SOUND)
def test_every_chart_is_well_formed_and_stays_inside(shown, cumulative):
    root = drawn(shown, cumulative=cumulative)
    assert root.get("role") == "img" and root.get("aria-label")
    paths = [path.get("d") for path in root.iter(f"{SVG}path")]
    assert len(paths) == len(shown.series)
    numbers = [float(number) for path in paths for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]
    assert all(0 <= number <= charts.WIDTH for number in numbers)
    assert not re.search("nan|inf", " ".join(paths))


@pytest.mark.parametrize("shown", EMPTY)
def test_a_chart_of_nothing_says_so(shown):
    root = drawn(shown)
    assert "No finite values to draw." in labels(root)
    assert not list(root.iter(f"{SVG}path"))


def test_heights_stand_where_they_belong():
    (path,) = drawn(histogram((10, 5, 0))).iter(f"{SVG}path")
    tops = [float(top) for top in re.findall(r"V([\d.]+)", path.get("d"))]
    floor, top = tops[-1], min(tops)
    assert tops[:3] == [top, (top + floor) / 2, floor]


def test_cumulative_rises_to_one():
    (curve,) = chart(histogram((1, 0, 3)), cumulative=True).curves
    assert curve.heights == (0.25, 0.25, 1.0)
    root = drawn(histogram((1, 0, 3)), cumulative=True)
    assert "share" in labels(root)
    (path,) = root.iter(f"{SVG}path")
    tops = [float(top) for top in re.findall(r"V([\d.]+)", path.get("d"))]
    assert path.get("fill") == "none" and tops == sorted(tops, reverse=True), "it does not fall at its end"


@pytest.mark.parametrize(
    ("counts", "logarithmic"),
    [((1, 2, 3), False), ((2000, 1, 2, 3), True), ((100, 100), False), ((0, 0), False)],
)
def test_a_logarithmic_axis_where_one_bin_dwarfs_the_others(counts, logarithmic):
    shown = labels(drawn(histogram(counts)))
    assert ("count, log scale" in shown) is logarithmic
    assert ("count" in shown) is not logarithmic


def test_a_logarithmic_axis_is_marked_at_zero_and_powers_of_ten():
    marks = axes.Heights(24_000.0, logarithmic=True).ticks()
    assert [tick.label for tick in marks] == ["0", "10", "100", "1000", "1e4"]
    assert axes.Heights(24_000.0, logarithmic=True).part(24_000.0) == 1.0


def looks(*names):
    """Return (dash, colour) of each series in a chart of series with these names."""
    several = tuple(Series(name, bell(20, 2), ()) for name in names)
    paths = drawn(replace(TOP_CLASS, series=several)).iter(f"{SVG}path")
    return [(path.get("stroke-dasharray"), path.get("stroke")) for path in paths]


def test_the_readings_differ_by_dash_and_colour():
    assert looks("emitted", "as configured", "if right") == [
        ("none", "#0072B2"),
        ("5 3", "#D55E00"),
        ("2 2", "#009E73"),
    ]


def test_a_reading_looks_the_same_whatever_stands_beside_it():
    assert looks("as configured", "if right") == looks("emitted", "as configured", "if right")[1:]


def test_live_ink_follows_the_theme_and_static_ink_does_not():
    assert "--jp-ui-font-color1" in charts.live(chart(VALUES))
    assert "--vscode-editor-foreground" in charts.live(chart(VALUES))
    assert "var(" not in charts.drawn(chart(VALUES), charts.GREY)
    assert charts.static(chart(VALUES)).startswith('<img src="data:image/svg+xml;base64,')


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (-9.0, 9.0, ["-5", "0", "5"]),
        (0.0, 3e-5, ["0", "5e-6", "1e-5", "1.5e-5", "2e-5", "2.5e-5", "3e-5"]),
        (1000.0, 1000.4, ["1000", "1000.1", "1000.2", "1000.3", "1000.4"]),
        (0.0, 2e6, ["0", "5e5", "1e6", "1.5e6", "2e6"]),
    ],
)
def test_ticks_are_round_and_distinct(low, high, expected):
    assert [tick.label for tick in axes.ticks(Span(low, high))] == expected


@pytest.mark.parametrize("step", [1e-300, 1e-7, 0.03, 1.0, 7e5, 1e200])
@pytest.mark.parametrize("start", [0.0, -0.5, 3.3])
def test_ticks_lie_within_and_have_labels_of_their_own(start, step):
    span = Span(start * step, (start + 1.7) * step)
    marks = axes.ticks(span)
    assert 3 <= len(marks) <= 8
    assert len({tick.label for tick in marks}) == len(marks)
    assert all(-1e-6 <= span.part(tick.at) <= 1 + 1e-6 for tick in marks)


def test_forty_bins_make_a_small_picture():
    assert len(edges(0.0, 1.0)) == 41
    assert len(charts.static(chart(TOP_CLASS))) < 8_000
