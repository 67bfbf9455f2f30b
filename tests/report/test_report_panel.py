"""The panel: what its controls change, how it fails, how small its state is, and what its bundle says."""

from __future__ import annotations

import json
import threading

import pytest
from odd_samples import MAP
from report_reading import named, pressed, switch, views, walk, words_of
from report_samples import CLEAN, FULL, MANY, MISMATCH, NAMES, RIGHT_LOSS, hostile
from study_samples import HUGE, STUDIED

from logit_magic.report import Report

widgets = pytest.importorskip("ipywidgets")

from logit_magic.report.panel import board, panel  # noqa: E402
from logit_magic.report.panel import box as box_module  # noqa: E402

VIEW = "application/vnd.jupyter.widget-view+json"
LAYERS = ("layout", "style")


def selector(box):
    return next(each for each in walk(box) if isinstance(each, widgets.Dropdown) and each.description == "Pair")


def problem(box):
    return words_of(box.children[0].value)


def said(box):
    return " ".join(words_of(each.value) for each in walk(box) if type(each) is widgets.HTML)


def drawing(box):
    """Return the markup of the only picture that is shown."""
    (found,) = (each.value for each in walk(box) if type(each) is widgets.HTML and "<svg" in each.value)
    return found


def state_size(box):
    """Return how many bytes of JSON a notebook saves for the panel, with layouts and styles."""
    found = {}
    for each in walk(box):
        for part in (each, *(getattr(each, name, None) for name in LAYERS)):
            if part is not None:
                found[part.model_id] = part.get_state(drop_defaults=True)
    return len(json.dumps(found, default=str))


def test_the_pair_selector_changes_the_overview_and_the_views_on_offer():
    box = panel(FULL)
    assert switch(box).options == ("Overview", "Fix", "Distributions")
    first = said(box)
    selector(box).value = 1
    assert "sound[scores]" in said(box) and "class-logits" in said(box)
    assert switch(box).options == ("Overview", "Distributions")
    selector(box).value = 2
    assert switch(box).options == ("Overview",) and "could not be traced" in said(box)
    selector(box).value = 0
    assert said(box) == first and problem(box) == ""


def test_a_view_is_kept_from_pair_to_pair_where_there_is_one():
    box = panel(FULL)
    switch(box).value = "Distributions"
    assert "-4.43" in said(box)
    selector(box).value = 1
    assert switch(box).value == "Distributions" and "0.1234" in said(box)
    selector(box).value = 2
    assert switch(box).value == "Overview"


def test_the_buttons_choose_the_histogram_and_how_it_is_drawn():
    box = panel(FULL)
    switch(box).value = "Distributions"
    assert "Emitted values" in drawing(box) and ">count<" in drawing(box)
    pressed(box, "Top class")
    assert "Top-class probability" in drawing(box)
    pressed(box, "cumulative")
    assert ">share<" in drawing(box)


def test_the_values_of_a_bin_are_told_below_the_pointer():
    box = panel(FULL)
    switch(box).value = "Distributions"
    assert "<title>0 to 0.45: emitted 170</title>" in drawing(box)


def test_it_opens_on_the_pair_with_the_worst_finding_and_marks_verdicts_by_shape_word_and_colour():
    box = panel(MANY)
    pair = selector(box)
    assert pair.value == 39
    assert pair.options[0][0].startswith("✖ mismatch: classifier[scores]"), "the worst comes first"
    assert [label for label, _ in pair.options[1:3]] == [f"✔ match: model_{at}[scores] ↔ {RIGHT_LOSS}" for at in (0, 1)]
    tally = box.children[1].children[0].value
    assert words_of(tally) == "✖ mismatch 1 ✔ match 39"
    assert tally.count("#009E73") == tally.count("#D55E00") == 1 and "border" not in tally
    assert selector(panel(CLEAN)).value == 0


def test_one_pair_needs_no_selector():
    assert panel(Report((MISMATCH,))).children[1].layout.display == "none"
    assert panel(FULL).children[1].layout.display is None


def test_a_failing_callback_says_so_in_the_panel_and_recovers(monkeypatch):
    box = panel(FULL)
    with monkeypatch.context() as planted:
        planted.setattr(board.document, "sides", lambda pair: 1 / 0)
        selector(box).value = 1
    assert "This did not work (ZeroDivisionError" in problem(box)
    selector(box).value = 0
    assert problem(box) == ""


def test_a_failure_while_building_says_so_too(monkeypatch):
    monkeypatch.setattr(board.document, "title", lambda pair: 1 / 0)
    assert "ZeroDivisionError" in problem(panel(FULL))


def test_callbacks_of_two_threads_come_one_after_the_other():
    box = panel(STUDIED)
    switch(box).value = "Samples"
    slider = named(box, "Sample")
    threads = [
        threading.Thread(target=lambda start=start: [setattr(slider, "value", at) for at in range(start, 40, 2)])
        for start in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problem(box) == "" and f"row {slider.value}" in drawing(box)


@pytest.mark.parametrize(("report", "label"), [(STUDIED, "both readings"), (MAP, "probabilities")])
def test_the_view_of_the_readings_is_called_by_how_many_there_are(report, label):
    box = panel(report)
    switch(box).value = "Samples"
    (which,) = (each for each in walk(box) if "emitted" in getattr(each, "_options_labels", ()))
    assert which._options_labels[0] == label


class TestSamples:
    @pytest.fixture
    def box(self):
        box = panel(STUDIED)
        switch(box).value = "Samples"
        return box

    def test_slider_and_box_choose_the_same_sample(self, box):
        slider, number = named(box, "Sample"), named(box, "Sample", widgets.BoundedIntText)
        slider.value = 7
        assert number.value == 7 and "row 7" in drawing(box)
        number.value = 3
        assert slider.value == 3 and "row 3" in drawing(box)
        assert slider.max == number.max == 39

    def test_the_buttons_jump(self, box):
        rows = STUDIED.pairs[0].distributions.study.rows
        pressed(box, "Worst by loss")
        assert named(box, "Sample").value == rows.readings[0].losses.argmax()
        pressed(box, "Most confident")
        assert named(box, "Sample").value == rows.raw.max(1).argmax()
        before = named(box, "Sample").value
        pressed(box, "Random")
        assert named(box, "Sample").value != before

    def test_temperature_changes_the_bars(self, box):
        before = drawing(box)
        named(box, "Temperature", widgets.BoundedFloatText).value = 5.0
        assert "temperature 5" in drawing(box) and drawing(box) != before
        named(box, "Temperature").value = 1.0
        assert drawing(box) == before

    def test_top_k_shows_both_orders_and_its_own_control(self, box):
        assert "none" in hidden(box, "top-k")
        pressed(box, "top-k")
        assert "softmax, then top-k" in drawing(box) and "top-k, then softmax" in drawing(box)
        named(box, "top-k").value = 2
        assert "The 2 largest" in drawing(box)
        assert "none" not in hidden(box, "top-k")

    def test_every_draw_adds_one_and_the_first_ones_stay(self, box):
        before = said(box)
        for _ in range(3):
            pressed(box, "Draw")
        assert "of 4:" in said(box) and said(box) != before


def hidden(box, description):
    control = named(box, description)
    return [each.layout.display for each in walk(box) if control in getattr(each, "children", ())]


@pytest.mark.parametrize("report", [FULL, CLEAN, MANY, STUDIED, *map(hostile, NAMES)])
def test_the_state_stays_small_whatever_was_looked_at(report):
    box = panel(report)
    sizes = [state_size(box)]
    for name in switch(box).options:
        switch(box).value = name
        sizes.append(state_size(box))
    assert max(sizes) < 40_000


def test_the_state_stays_small_with_a_hundred_thousand_classes():
    box = panel(HUGE)
    sizes = []
    for name in switch(box).options:
        switch(box).value = name
        sizes.append(state_size(box))
    assert "the other 99,969" in said(box) or "the other 99,970" in said(box)
    assert max(sizes) < 120_000


def test_the_size_is_really_measured():
    assert state_size(widgets.VBox([widgets.HTML("x" * 40_000)])) > 40_000


def test_what_is_not_seen_is_not_kept():
    box = panel(STUDIED)
    views(box)
    switch(box).value = "Overview"
    hidden = [each.value for part in box.put_away for each in walk(part) if type(each) is widgets.HTML]
    assert hidden and set(hidden) == {""}


def test_its_bundle_has_a_view_and_no_words():
    box = panel(FULL)
    bundle = box._repr_mimebundle_()
    assert (bundle.pop("text/plain"), bundle.pop("text/html")) == ("", "")
    assert bundle.pop(VIEW)["model_id"] == box.model_id
    assert bundle == {}
    assert not callable(getattr(box, "_ipython_display_", None))


def test_a_closed_panel_leaves_no_widget_behind():
    before = set(registry())
    box = panel(STUDIED)
    views(box)
    assert len(registry()) > len(before)
    box.close()
    assert set(registry()) - before == set()


def registry():
    from ipywidgets.widgets import widget

    return dict(widget._instances if hasattr(widget, "_instances") else widget.Widget._active_widgets)


def test_a_run_of_a_cell_closes_the_panels_of_its_earlier_runs_only(monkeypatch):
    monkeypatch.setattr(box_module, "_of_cells", {})
    shown = {}
    for cell, run in (("a", "1"), ("a", "1"), ("b", "2"), ("", "3")):
        shown.setdefault(cell, []).append(panel(FULL))
        shown[cell][-1].belongs_to(cell, run)
    box_module.close_earlier("a", "1")
    assert [each.comm is not None for each in (*shown["a"], *shown["b"])] == [True] * 3
    box_module.close_earlier("a", "4")
    assert [each.comm is not None for each in (*shown["a"], *shown["b"])] == [False, False, True]
    assert list(box_module._of_cells) == ["b"]
    shown["b"][0].close(), shown[""][0].close()
    assert box_module._of_cells == {}


def test_the_close_button_ends_it(monkeypatch):
    before = set(registry())
    box = panel(STUDIED)
    views(box)
    left = []
    monkeypatch.setattr(box, "leave", lambda: left.append(True))
    pressed(box, "Close")
    assert set(registry()) - before == set() and left == [True]
