"""Report: order, verdict, JSON, errors, what a notebook cell shows, and how little importing it costs."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from dataclasses import replace

import pytest
from report_samples import CLEAN, EMPTY, ERROR, FULL, HOSTILE, INFO, MATCH, MISMATCH, NAMES, WARNING, hostile

from logit_magic.report import MismatchError, Report


@pytest.mark.parametrize(
    ("findings", "codes", "ok"),
    [
        ((), [], True),
        ((INFO,), ["LM901"], True),
        ((INFO, WARNING), ["LM401", "LM901"], False),
        ((INFO, WARNING, ERROR), ["LM101", "LM401", "LM901"], False),
        ((replace(ERROR, code="B"), replace(ERROR, code="A")), ["B", "A"], False),
    ],
)
def test_findings_stand_worst_first_and_decide_ok(findings, codes, ok):
    report = Report((MISMATCH,), findings)
    assert [finding.code for finding in report.findings] == codes
    assert report.ok is ok


@pytest.mark.parametrize(
    ("finding", "severity", "raises"),
    [
        (ERROR, "error", True),
        (WARNING, "error", False),
        (WARNING, "warning", True),
        (INFO, "warning", False),
        (INFO, "info", True),
        (None, "info", False),
    ],
)
def test_raise_for_findings(finding, severity, raises):
    report = Report((), (finding,) if finding else ())
    if not raises:
        report.raise_for_findings(severity)
        return
    with pytest.raises(MismatchError, match=finding.code) as caught:
        report.raise_for_findings(severity)
    assert caught.value.report is report


def test_raise_for_findings_names_a_severity_it_does_not_know():
    with pytest.raises(ValueError, match="'fatal'.*'error', 'warning', 'info'"):
        CLEAN.raise_for_findings("fatal")


def test_the_error_survives_pickling():
    assert pickle.loads(pickle.dumps(MismatchError(FULL))).report == FULL


@pytest.mark.parametrize("report", [FULL, CLEAN, EMPTY, *map(hostile, NAMES[:2])])
def test_to_dict_is_strict_json(report):
    written = json.dumps(report.to_dict(), allow_nan=False)
    assert json.loads(written) == report.to_dict()


def test_to_dict_says_what_json_cannot_and_points_findings_at_pairs():
    as_dict = FULL.to_dict()
    assert as_dict["ok"] is False
    assert (as_dict["pairs"][0]["emission"]["low"], as_dict["pairs"][0]["emission"]["high"]) == (
        "-inf",
        "inf",
    )
    assert [finding["pair"] for finding in as_dict["findings"]] == [0, 2]
    assert as_dict["findings"][0]["fix"]["remedies"][0]["change"] == ERROR.fix.remedies[0].change
    assert as_dict["notes"] == ["--ignore LM102 was given"]
    measured = HOSTILE.to_dict()["pairs"][0]["distributions"]
    assert (measured["divergence_bits"], measured["loss_configured"], measured["loss_right"]) == (
        "nan",
        "inf",
        "-inf",
    )
    assert Report((), (replace(ERROR, pair=MATCH),)).to_dict()["findings"][0]["pair"] is None


def test_a_cell_shows_the_html_and_the_text():
    assert FULL._repr_mimebundle_() == {"text/plain": str(FULL), "text/html": FULL.to_html()}
    assert FULL._repr_html_() == FULL.to_html()
    assert "3 pairs checked" in repr(FULL) and len(repr(FULL)) < 200


@pytest.mark.parametrize("pair", [1, -1, "scores"])
def test_plot_names_a_place_that_is_none(pair):
    with pytest.raises(ValueError, match="which has 1"):
        Report((MISMATCH,)).plot(pair)


def test_plot_says_that_nothing_was_measured():
    with pytest.raises(ValueError, match="nothing was measured.*with data"):
        FULL.plot(2)


def test_plot_draws_one_row_per_histogram_with_every_series():
    pytest.importorskip("matplotlib")
    values, top_class = FULL.plot(0).axes
    assert (values.get_title(), top_class.get_xlabel()) == ("Emitted values", "probability")
    assert [text.get_text() for text in top_class.get_legend().get_texts()] == ["as configured", "if right"]
    assert HOSTILE.plot().axes[1].texts[0].get_text() == "No finite values to draw."


def test_plot_without_matplotlib_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        FULL.plot()


def test_importing_and_rendering_are_light():
    heavy = ["numpy", "ipywidgets", "matplotlib", "IPython", "keras"]
    code = f"""
import sys
import logit_magic.report as r
import report_samples as s
str(s.FULL), s.FULL.to_html(), s.FULL.to_dict()
print([name for name in {heavy} if name in sys.modules])
"""
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_a_report_equals_itself_with_its_infinities():
    assert Report(FULL.pairs, FULL.findings, FULL.notes) == FULL
    assert Report((MATCH,)) != Report((replace(MATCH, emission=replace(MATCH.emission, low=-math.pi)),))
