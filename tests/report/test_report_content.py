"""Text, HTML and panel say the same, whatever the facts; hostile names come out as short text."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from report_reading import views, words_of
from report_samples import (
    CLEAN,
    EMPTY,
    ERROR,
    FULL,
    INFO,
    MANY,
    MATCH,
    MISMATCH,
    NAMES,
    TAG,
    UNKNOWN,
    VALUES,
    WARNING,
    hostile,
)

from logit_magic.report import Report, document, text, wording
from logit_magic.report import html as markup
from logit_magic.report.measures import Table

KEY_FACTS = [
    "LM101",
    "error",
    "expects probabilities, but classifier[scores] emits logits",
    "cell line 7",
    "loss 2.303 as configured, 0.4123 if right, on 256 rows",
    "loss=SparseCategoricalCrossentropy(from_logits=True)",
    "the loss takes the scores as they are",
    "end the model with a softmax",
    "classifier[scores] ↔ SparseCategoricalCrossentropy()",
    "mismatch",
    "compiled together",
    "tensorflow",
    "training follows another number",
    "rows do not sum to one (measured)",
    "the last layer is linear (proved)",
    "dense_1 (Dense, activation=linear)",
    "from_logits is False (proved)",
    "class-probabilities",
    "the first 256 rows passed to fit",
    "every 4th pixel",
    *("-4.43", "4.51", "0.1012", "0.9123", "0.9991"),
    *("2.303", "0.4123", "2.287", "0.5432"),
]


def as_text(report):
    return " ".join(str(report).split())


def as_html(report):
    return words_of(report.to_html())


def as_panel(report):
    pytest.importorskip("ipywidgets")
    from logit_magic.report.panel import panel

    return " ".join(words for words in views(panel(report)).values())


RENDERINGS = [as_text, as_html, as_panel]


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_every_rendering_says_the_key_facts(rendering):
    shown = rendering(Report((MISMATCH,), (ERROR,))).replace("`", "")
    assert [fact for fact in KEY_FACTS if fact not in shown] == []


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_no_rendering_says_them_of_another_pair(rendering):
    shown = rendering(Report((UNKNOWN,), (INFO,)))
    assert [fact for fact in KEY_FACTS if fact in shown] == []
    assert "call() could not be traced" in shown and "Nothing measured" in shown


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("name", NAMES, ids=["tag", "control", "long"])
def test_hostile_names_come_out_as_short_visible_text(rendering, name):
    shown = rendering(hostile(name))
    assert len(shown) < 40_000
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Cf", "Cs")]
    shown.encode()
    if name == TAG:
        assert TAG in shown


@pytest.mark.parametrize("name", NAMES, ids=["tag", "control", "long"])
def test_hostile_names_add_no_element(name):
    tags = re.compile(r"<\s*(\w+)[^>]*?(\son\w+=)?")
    expected = {
        "div",
        "b",
        "span",
        "details",
        "summary",
        "ul",
        "ol",
        "li",
        "table",
        "tbody",
        "thead",
        "tr",
        "td",
        "th",
        "img",
    }
    page = hostile(name).to_html()
    assert {match[1] for match in tags.finditer(page)} <= expected
    assert all(source.startswith("data:image/svg+xml;base64,") for source in re.findall(r'<img src="([^"]*)', page))
    assert len(page) < 100_000


def test_the_builder_escapes_text_and_values_but_not_markup():
    built = markup.element("p", TAG, markup.element("b", "&"), title='"><script>')
    assert built == ('<p title="&quot;&gt;&lt;script&gt;">&lt;img src=x onerror=alert(1)&gt;<b>&amp;</b></p>')


@pytest.mark.parametrize(
    ("written", "shown"), [("a `b<` c", "a <code>b&lt;</code> c"), ("a ` c", "a ` c"), ("`", "`"), ("", "")]
)
def test_only_paired_back_ticks_make_code(written, shown):
    page = markup.blocks((document.Line(written),), draw=lambda chart: markup.Markup())
    assert f">{shown}</div>" in page


@pytest.mark.parametrize(
    ("pairs", "findings", "sentence"),
    [
        ((), (), "No model-loss pair found to check."),
        ((MATCH,), (), "1 pair checked, it matches."),
        ((MATCH, MATCH, MATCH), (), "3 pairs checked, all match."),
        ((MATCH,), (WARNING,), "1 pair checked, it matches on logits and probabilities."),
        ((MATCH, MATCH, UNKNOWN), (), "3 pairs checked: 2 match, 1 could not be told."),
        ((MISMATCH, MATCH), (ERROR,), "2 pairs checked: 1 does not match, 1 matches."),
        (
            (MISMATCH, replace(MISMATCH, verdict="rescued")),
            (),
            "2 pairs checked: 1 does not match, 1 is rescued by Keras.",
        ),
    ],
)
def test_the_summary_counts_and_says_it_in_one_sentence(pairs, findings, sentence):
    assert document.summary(pairs, findings) == sentence


def test_a_clean_report_is_one_quiet_line_and_folds():
    built = document.build(CLEAN.pairs, CLEAN.findings)
    assert built.lines == (document.Line("3 pairs checked, all match."),)
    assert len(built.folds) == 3 and all(fold.quiet for fold in built.folds)
    assert text.render(built, details=False) == "3 pairs checked, all match."


def test_nothing_to_check_has_nothing_to_open():
    assert str(EMPTY) == "No model-loss pair found to check."
    assert "<details" not in EMPTY.to_html()


def test_a_finding_about_no_pair_gets_its_own_fold_where_there_is_more_to_say():
    more, less = replace(INFO, pair=None), replace(WARNING, pair=None)
    built = document.build((MATCH,), (more, less))
    assert [fold.title.lead for fold in built.folds] == ["", "LM901"]
    assert "Pass x=… to try." in str(Report((), (more,)))


def test_a_fold_is_quiet_only_where_nothing_was_found():
    findings = (replace(ERROR, pair=MATCH),)
    assert [fold.quiet for fold in document.build((MATCH, UNKNOWN), ()).folds] == [False, True]
    assert [fold.quiet for fold in document.build((MATCH,), findings).folds] == [False]


@pytest.mark.parametrize("report", [FULL, CLEAN, MANY, *map(hostile, NAMES)])
def test_text_keeps_to_the_width_of_a_terminal(report):
    assert max(map(len, str(report).splitlines())) <= text.WIDTH


def test_the_width_is_kept_by_cutting_not_by_luck():
    wide = Table("T", ("a", "b"), (("x" * 70, "y" * 70),))
    fold = document.Fold(document.Line("F"), (wide,), quiet=False)
    shown = text.render(document.Document((), (fold,)))
    assert max(map(len, shown.splitlines())) <= text.WIDTH
    assert "x…" in shown


def test_many_pairs_stay_small_and_charts_go_to_the_troubled_first():
    page = MANY.to_html()
    assert page.count("<img ") == document.CHARTED_PAIRS + 1  # the mismatch, the last pair, has two histograms
    assert "Top-class probability" in html.unescape(page)
    assert len(page) < 250_000


def test_what_is_wrong_comes_first_and_open():
    folds = document.build(MANY.pairs, MANY.findings).folds
    assert [fold.open for fold in folds] == [True] + 39 * [False] and "classifier" in folds[0].title.text
    page = MANY.to_html()
    assert re.findall(r"<details[^>]*>", page)[1].endswith('open="open">') and page.count('open="open"') == 1
    assert [fold.title.text for fold in document.build(FULL.pairs, FULL.findings).folds] == [
        wording.heading(FULL.pairs[at]) for at in (0, 2, 1)
    ]


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize(
    ("counts", "lost", "said"),
    [
        (VALUES.series[0].counts, 0, None),
        (VALUES.series[0].counts, 1, f"1 of {sum(VALUES.series[0].counts) + 1:,} outputs measured is NaN or infinite"),
        ((), 24, "all of the 24 outputs measured are NaN or infinite, so that there is no figure to give"),
    ],
)
def test_outputs_that_are_no_numbers_are_said_in_plain_words(rendering, counts, lost, said):
    broken = replace(VALUES, series=(replace(VALUES.series[0], counts=counts, not_finite=lost),))
    for pair in (MISMATCH, MATCH):
        pair = replace(pair, distributions=replace(pair.distributions, histograms=(broken,)))
        report = Report((pair,), (replace(ERROR, pair=pair),) if pair.verdict == "mismatch" else ())
        assert ("infinite" in rendering(report)) is (said is not None)
        first = str(report).split("\n\n")[0].replace("\n    ", " ")
        if said is not None:
            assert said in rendering(report) and said in first, "on the card and below"


def test_what_has_no_labels_says_so_once():
    note = replace(MATCH.distributions.sample, source="array x of the namespace, without labels", has_labels=False)
    told = document.measured(replace(MATCH, distributions=replace(MATCH.distributions, sample=note)))
    assert str(told).count("without labels") == 1


def test_html_is_static_and_themeless():
    page = FULL.to_html()
    assert page.isascii()
    assert not re.search(r"<(style|script|svg|link)|\son\w+=|https?:|var\(", page)
    assert "<details" in page and "open" not in re.findall(r"<details[^>]*>", page)[0]
    assert "color:black" not in page and "background:white" not in page
    ElementTree.fromstring(page)


def test_pictures_in_html_are_svg_that_says_its_values():
    images = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]*)" alt="([^"]*)"', FULL.to_html())
    assert len(images) == 3
    for data, alt in images:
        root = ElementTree.fromstring(base64.b64decode(data))
        assert root.get("aria-label") == html.unescape(alt)
    assert "if right: median 0.9123, 5 % 0.4107, 95 % 0.9991, 2 not finite." in html.unescape(images[1][1])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0"),
        (-0.0, "0"),
        (2.302585, "2.303"),
        (0.000012345, "1.234e-05"),
        (123456.0, "1.235e+05"),
        (float("nan"), "not a number"),
        (float("inf"), "∞"),
        (float("-inf"), "-∞"),
    ],
)
def test_numbers_have_four_digits_or_words(value, shown):
    assert wording.number(value) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("dense_1", "dense_1"),
        ("naïve 模型", "naïve 模型"),
        ("two\n lines", "two lines"),
        ("\u202eevil", "\\u202eevil"),
        ("\x1b[31m", "\\u001b[31m"),
        ("\ud800", "\\ud800"),
        ("a" * 81, f"{'a' * 38} … {'a' * 38}"),
        (7, "7"),
    ],
)
def test_clean_keeps_what_is_visible_and_short(raw, shown):
    assert wording.clean(raw) == shown


def test_json_keeps_names_whole():
    assert json.loads(json.dumps(hostile(TAG * 50).to_dict()))["pairs"][0]["model"] == TAG * 50
