"""What is said and drawn of one sample: odd shapes, odd values, odd names; every number from the study."""

from __future__ import annotations

import re

import numpy as np
import pytest
from odd_samples import BINARY, LONG_NAMES, MAP, NOT_FINITE, ONE_ROW, UNITS
from report_samples import NAMES
from study_samples import HUGE, STUDIED, studied

from logit_magic.explore.rows import rows_of
from logit_magic.explore.study import Study
from logit_magic.report import charts, html, text
from logit_magic.report.document import Document, Fold, Line
from logit_magic.report.exploring import Look, class_name, shown, views
from logit_magic.report.measures import Bars, Table

ODD = {
    "ten classes": STUDIED,
    "one unit": BINARY,
    "independent units": UNITS,
    "a map": MAP,
    "not finite": NOT_FINITE,
    "one row": ONE_ROW,
    "long names": LONG_NAMES,
    "a hundred thousand classes": HUGE,
}


def rows(report):
    return report.pairs[0].distributions.study.rows


def bars(found) -> Bars:
    (one,) = (block for block in found if isinstance(block, Bars))
    return one


def table(found) -> dict[str, dict[str, str]]:
    (one,) = (block for block in found if isinstance(block, Table))
    return {row[0]: dict(zip(one.head, row, strict=True)) for row in one.rows}


@pytest.mark.parametrize("name", ODD)
def test_every_item_in_every_view_can_be_drawn(name, recwarn) -> None:
    sample = rows(ODD[name])
    for view in views(sample):
        for item in range(min(len(sample.places), 12)):
            for temperature in (0.1, 1.0, 10.0):
                found = shown(sample, Look(item, view, temperature, k=2, drawn=3))
                drawn = html.blocks(found, charts.live)
                assert "<svg" in drawn and "None" not in drawn and ">nan<" not in drawn
                assert len(bars(found).rows) <= 32 and len(drawn) < 30_000
                text.render(Document((), (Fold(Line(name), found, quiet=False),)))
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ten classes", ("readings", "top-k", "emitted")),
        ("one unit", ("readings", "emitted")),
        ("independent units", ("readings", "emitted")),
    ],
)
def test_the_views_on_offer(name, expected) -> None:
    assert views(rows(ODD[name])) == expected
    nothing = rows_of(np.ones((2, 3), "float32"), (), None)
    assert views(nothing) == ("emitted",)
    (headline, drawn) = shown(nothing, Look(view="emitted"))
    assert headline.asides == ("without labels",) and [row.values for row in drawn.rows] == [(1.0,)] * 3


def test_the_numbers_are_those_of_the_readings() -> None:
    sample = rows(STUDIED)
    found = shown(sample, Look(item=4))
    p = sample.raw[4]
    twice = np.exp(p) / np.exp(p).sum()
    assert bars(found).series == ("as configured", "if right")
    for row, first, second in zip(bars(found).rows, twice, p, strict=True):
        assert row.values == pytest.approx((first, second), rel=1e-3)
    said = table(found)
    assert said["if right"]["greedy choice"] == str(p.argmax())
    assert float(said["if right"]["sum"]) == pytest.approx(1.0)
    true = sample.truth[4][0]
    assert float(said["as configured"]["crossentropy in nats"]) == pytest.approx(-np.log(twice[true]), rel=1e-3)
    assert [row.true for row in bars(found).rows] == [at == true for at in range(10)]


def test_the_headline_says_right_wrong_and_why_not() -> None:
    sample = rows(STUDIED)
    hits = [sample.raw[at].argmax() == sample.truth[at][0] for at in range(len(sample.places))]
    marks = [shown(sample, Look(at))[0].mark.word for at in range(len(sample.places))]
    assert marks == ["right" if hit else "wrong" for hit in hits] and len(set(marks)) == 2
    assert shown(rows(NOT_FINITE), Look(0))[0].mark.word == "not finite"
    z = np.zeros((1, 3), "float32")
    outside = rows_of(z, (("as configured", "softmax", z),), np.array([3]))
    assert shown(outside, Look())[0].asides == ("its label 3 is none of the classes 0 to 2",)
    assert "none: 3 classes tie" in table(shown(outside, Look()))["as configured"]["greedy choice"]


@pytest.mark.parametrize("report", [STUDIED, BINARY, LONG_NAMES])
def test_the_headline_says_by_which_reading(report) -> None:
    sample = rows(report)
    for item in range(len(sample.places)):
        assert shown(sample, Look(item))[0].asides == ("by the reading “if right”",)
    alone = shown(rows(MAP), Look(0))[0]
    assert (alone.mark.word, alone.asides) == ("right", ("by the reading “as configured”",))


def test_columns_of_numbers_have_headings_and_the_mark_of_the_true_class_is_explained() -> None:
    for view, heads in (
        ("readings", ["as configured", "if right"]),
        ("top-k", ["softmax", "then top-k", "top-k", "then softmax"]),
    ):
        drawn = html.blocks(shown(rows(STUDIED), Look(0, view)), charts.live)
        assert [drawn.count(f">{head}<") >= 1 for head in heads] == [True] * len(heads)
        assert drawn.count(">▶ true class<") == 1
    sample = rows(STUDIED)
    unlabelled = rows_of(sample.raw, (("as configured", "softmax", sample.raw),), None)
    assert "true class" not in html.blocks(shown(unlabelled, Look(0)), charts.live)
    assert (
        html.blocks(shown(unlabelled, Look(0)), charts.live).count(">as configured<") == 2 + 1
    )  # legend, column, table


def test_temperature_is_in_the_crossentropy_and_its_heading() -> None:
    sample, true = rows(STUDIED), rows(STUDIED).truth[4][0]
    said = table(shown(sample, Look(item=4, temperature=2.5)))
    z = np.log(sample.raw[4]) / 2.5
    expected = np.log(np.exp(z).sum()) - z[true]
    assert float(said["if right"]["crossentropy in nats at temperature 2.5"]) == pytest.approx(expected, rel=1e-3)


def test_the_table_of_top_k_has_the_sums_of_its_two_orders() -> None:
    found = shown(rows(STUDIED), Look(2, "top-k", k=3))
    said = table(found)
    after = sum(row.values[0] for row in bars(found).rows if row.values[0] is not None)
    assert float(said["softmax, then top-k"]["sum of the 3"]) == pytest.approx(after, rel=1e-3) and after < 1.0
    assert said["top-k, then softmax"]["sum of the 3"] == "1"
    p = np.full((1, 4), 0.25, "float32")
    taken = rows_of(p, (("as configured", "as is", np.log(p)),), None)
    assert bars(shown(taken, Look(view="top-k", k=2))).series == ("as given, then top-k", "top-k, then normalised")


def test_nothing_is_called_softmax_that_is_a_sigmoid() -> None:
    for report in (BINARY, UNITS):
        for view in views(rows(report)):
            assert "softmax" not in html.blocks(shown(rows(report), Look(0, view)), charts.live)


def test_a_bar_that_runs_out_of_the_picture_is_broken() -> None:
    def pieces(report):
        drawn = html.blocks(shown(rows(report), Look()), charts.live)
        return [path.count("z") for path in re.findall(r'<path d="([^"]*)"', drawn)][-2:]

    assert pieces(STUDIED) == [10, 10], "all fit"
    assert pieces(HUGE) == [33, 33], "31 classes, and the others in two pieces"


def test_values_that_are_not_finite_have_no_bar_but_are_written() -> None:
    drawn = html.blocks(shown(rows(NOT_FINITE), Look(0)), charts.live)
    assert drawn.count(">NaN<") == 8  # four classes, two readings
    emitted = html.blocks(shown(rows(NOT_FINITE), Look(1, "emitted")), charts.live)
    assert ">∞<" in emitted and "inf" not in emitted


def test_many_classes_are_the_largest_and_one_bar_for_the_others() -> None:
    found = bars(shown(rows(HUGE), Look()))
    assert found.rows[-1].name in ("the other 99,969", "the other 99,970")
    assert sum(row.values[1] for row in found.rows) == pytest.approx(1.0, abs=1e-3)
    assert found.high == 0.05, "the axis is that of the classes shown"


def test_long_names_are_told_apart_and_kept_whole_for_the_pointer() -> None:
    sample = rows(LONG_NAMES)
    names = [class_name(sample, at) for at in range(40)]
    assert len(set(names)) == 40 and max(map(len, names)) <= 26
    pictures = ["a picture of a cat on a mat, seen from above", "a picture of a cat on a mat, seen from below"]
    alike = rows_of(np.zeros((1, 2), "float32"), (), None, names=tuple(pictures))
    assert [class_name(alike, at)[-5:] for at in range(2)] == ["above", "below"]
    assert all(class_name(alike, at)[3:8] == "a pic" for at in range(2))
    assert any(
        "class number 7 of a very long list of names (class 7)" in row.told for row in bars(shown(sample, Look())).rows
    )


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_harmless(name) -> None:
    z = np.zeros((1, 2), "float32")
    report = studied(Study(rows_of(z, (("as configured", "softmax", z),), None, names=(name, "plain")), None))
    drawn = html.blocks(shown(rows(report), Look()), charts.live)
    assert "<img" not in drawn and "\u202e" not in drawn and "\x1b" not in drawn and len(drawn) < 5_000


def test_top_k_sums_to_one_only_where_softmax_comes_after() -> None:
    found = bars(shown(rows(STUDIED), Look(2, "top-k", k=3)))
    after, before = zip(*(row.values for row in found.rows if row.values[0] is not None), strict=True)
    assert len(after) == 3 and sum(after) < 1.0 and sum(before) == pytest.approx(1.0)


def test_draws_are_tallied() -> None:
    one, many = (table(shown(rows(STUDIED), Look(3, drawn=count)))["if right"]["drawn"] for count in (1, 30))
    assert one.isdigit() and "(of 30: " in many
