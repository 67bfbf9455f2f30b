"""What a mismatch costs is shown as one small table, read the same in text, HTML and panel."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from report_reading import views, words_of
from report_samples import EFFECT, ERROR, MISMATCH, WARNING

from logit_magic.facts import Effect, LossRange, TrainingEnd
from logit_magic.report import Report, costs

SAID = [
    "What it costs, measured",
    *("as configured", "if right", "as Keras computes it"),
    *("2.303", "0.4123", "2.287"),
    *("1.461 … 2.461", "0 … ∞", "ln(C-1+e)-1 … ln(C-1+e), C = 10"),
    *("0.0912", "0.9811", "25 %", "62.6 %", "55.1 %", "on 64 rows"),
    "Your training stopped at loss 2.361 after 20 epochs: the lowest that this pairing allows for 10 classes is 1.461; "
    "2.361 is what one class for everything looks like, and 97 % of the sample's rows get one and the same.",
]


def as_text(report):
    return " ".join(str(report).split())


def as_html(report):
    return words_of(report.to_html())


def as_panel(report):
    from logit_magic.report.panel import panel

    return " ".join(views(panel(report)).values())


RENDERINGS = [as_text, as_html, as_panel]


def report_of(effect: Effect | None) -> Report:
    return Report((MISMATCH,), (replace(ERROR, effect=effect),))


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_every_rendering_says_what_was_measured(rendering) -> None:
    shown = rendering(report_of(EFFECT))
    assert [fact for fact in SAID if fact not in shown] == []
    assert shown.count("What it costs, measured") == 1


@pytest.mark.parametrize("rendering", RENDERINGS)
@pytest.mark.parametrize("effect", [None, Effect(""), Effect("", classes=10)], ids=["none", "empty", "no numbers"])
def test_nothing_is_said_where_nothing_was_measured(rendering, effect) -> None:
    shown = rendering(report_of(effect))
    assert "What it costs" not in shown and "Your training" not in shown
    assert "loss as configured" in shown, "the losses of the distributions then stand in their own table"


@pytest.mark.parametrize("rendering", RENDERINGS)
def test_two_findings_of_one_pair_show_it_once(rendering) -> None:
    shown = rendering(Report((MISMATCH,), (ERROR, replace(WARNING, effect=EFFECT))))
    assert shown.count("What it costs, measured") == 1


def test_the_line_of_the_finding_stays_short() -> None:
    first = report_of(EFFECT).to_html().split("<details")[0]
    assert "0.4123 if right" in first and "training stopped" not in first and "gradient" not in first


def test_what_keras_computes_has_a_column_only_where_it_is_something_else() -> None:
    repaired, plain = costs.table(EFFECT), costs.table(replace(EFFECT, loss_computed=EFFECT.loss_configured))
    assert repaired is not None and repaired.head[-1] == "as Keras computes it"
    assert plain is not None and plain.head[-1] == "if right"
    assert all(len(row) == len(table.head) for table in (repaired, plain) for row in table.rows)


def test_a_terminal_cuts_none_of_its_words() -> None:
    table = costs.table(EFFECT)
    assert table is not None and "…" not in " ".join(row[0] for row in table.rows)
    assert all(row[0] in str(report_of(EFFECT)) for row in table.rows)


def test_a_number_that_is_missing_has_no_row() -> None:
    table = costs.table(Effect("", range_configured=LossRange(0.0, 16.118), range_right=LossRange(0.0, math.inf)))
    assert table is not None and [row[0] for row in table.rows] == ["range of this loss"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"training": None}, ""),
        ({"range_configured": None}, ""),
        (
            {"training": TrainingEnd(1.47, 1)},
            "Your training stopped at loss 1.47 after 1 epoch: the lowest that this pairing allows for 10 classes is 1.461.",
        ),
        (
            {"training": TrainingEnd(0.35, 3), "range_configured": LossRange(0.31326, 1.31326), "classes": 1},
            "Your training stopped at loss 0.35 after 3 epochs: the lowest that this pairing allows is 0.3133.",
        ),
        (
            {"training": TrainingEnd(2.3026, 2, "blind guess"), "range_configured": LossRange(0.0, 18.3)},
            "Your training stopped at loss 2.303 after 2 epochs: a blind guess over 10 classes costs 2.303.",
        ),
        (
            {"training": TrainingEnd(0.0, 2), "range_configured": LossRange(0.0, 0.0), "classes": 1},
            "Your training stopped at loss 0 after 2 epochs: this pairing gives that loss whatever the model does.",
        ),
    ],
)
def test_the_sentence_about_the_training(changes, sentence) -> None:
    assert costs.training(replace(EFFECT, **changes)) == sentence


def test_the_json_holds_every_number() -> None:
    (finding,) = json.loads(json.dumps(report_of(EFFECT).to_dict(), allow_nan=False))["findings"]
    effect = finding["effect"]
    assert effect["range_right"]["high"] == "inf" and effect["range_configured"]["low"] == 1.46115
    assert effect["gradient"]["ratio"] == 0.0912 and effect["gradient_computed"]["difference"] == 0.0
    assert (effect["clipped"], effect["training"]["landmark"]) == (0.6265, "one class")
