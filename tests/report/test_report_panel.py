"""The panel: what its controls change, how it fails, how small its state is, and what its bundle says."""

from __future__ import annotations

import pytest
from report_reading import walk, words_of
from report_samples import CLEAN, FULL, MANY, MISMATCH, NAMES, hostile

from logit_magic.report import Report

widgets = pytest.importorskip("ipywidgets")

from logit_magic.report import panel as panel_module  # noqa: E402
from logit_magic.report.panel import panel  # noqa: E402

VIEW = "application/vnd.jupyter.widget-view+json"


def parts(box):
    """Return the pair selector, the two button rows, and the HTML parts by their order in the panel."""
    found = list(walk(box))
    (pair,) = (each for each in found if isinstance(each, widgets.Dropdown))
    chart, measure = (each for each in found if isinstance(each, widgets.ToggleButtons))
    pages = [each for each in found if type(each) is widgets.HTML]
    return pair, chart, measure, dict(zip(("problem", "facts", "drawing", "numbers"), pages, strict=True))


def state_size(box):
    return sum(len(repr(each.get_state())) for each in walk(box))


def test_the_pair_selector_changes_every_part():
    pair, chart, _, pages = parts(panel(FULL))
    before = {name: page.value for name, page in pages.items()}
    pair.value = 1
    assert all(pages[name].value != before[name] for name in ("facts", "numbers"))
    assert "sound[scores]" in pages["facts"].value and "0.1234" in pages["numbers"].value
    assert chart.layout.display == "none"  # one histogram: nothing to choose
    pair.value = 2
    assert pages["drawing"].value == "" and "Nothing measured" in pages["numbers"].value
    pair.value = 0
    assert {name: page.value for name, page in pages.items()} == before
    assert chart.layout.display is None


def test_the_buttons_choose_the_histogram_and_how_it_is_drawn():
    _, chart, measure, pages = parts(panel(FULL))
    assert "Emitted values" in pages["drawing"].value and ">count<" in pages["drawing"].value
    chart.value = 1
    assert "Top-class probability" in pages["drawing"].value
    measure.value = "cumulative"
    assert ">share<" in pages["drawing"].value


def test_it_opens_on_the_pair_with_the_worst_finding_and_marks_verdicts_by_shape_and_word():
    pair, *_ = parts(panel(MANY))
    assert pair.value == 39
    assert pair.options[39][0].startswith("✖ mismatch: classifier[scores]")
    assert pair.options[0][0].startswith("✔ match: model_0[scores]")
    assert parts(panel(CLEAN))[0].value == 0


def test_one_pair_needs_no_selector():
    assert parts(panel(Report((MISMATCH,))))[0].layout.display == "none"
    assert parts(panel(FULL))[0].layout.display is None


def test_a_failing_callback_says_so_in_the_panel_and_recovers(monkeypatch):
    pair, _, _, pages = parts(panel(FULL))
    with monkeypatch.context() as planted:
        planted.setattr(panel_module.document, "sides", lambda pair: 1 / 0)
        pair.value = 1
    assert "could not be drawn (ZeroDivisionError" in words_of(pages["problem"].value)
    pair.value = 0
    assert pages["problem"].value == ""


def test_a_failure_while_building_says_so_too(monkeypatch):
    monkeypatch.setattr(panel_module.charts, "live", lambda chart: 1 / 0)
    assert "ZeroDivisionError" in parts(panel(FULL))[3]["problem"].value


@pytest.mark.parametrize("report", [FULL, CLEAN, MANY, *map(hostile, NAMES)])
def test_the_state_stays_small(report):
    assert state_size(panel(report)) < 40_000


def test_the_size_is_really_measured():
    assert state_size(widgets.VBox([widgets.HTML("x" * 40_000)])) > 40_000


def test_its_bundle_has_a_view_and_no_words():
    box = panel(FULL)
    bundle = box._repr_mimebundle_()
    assert (bundle.pop("text/plain"), bundle.pop("text/html")) == ("", "")
    assert bundle.pop(VIEW)["model_id"] == box.model_id
    assert bundle == {}
    assert not callable(getattr(box, "_ipython_display_", None))
