"""The panel's race on real models: offered, refused, run, stopped, closed, and said in words."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from dataclasses import replace

import keras
import pytest
from report_reading import named, pressed, switch, walk, words_of
from report_samples import FULL

from logit_magic.race import runner
from logit_magic.race.course import Lap
from logit_magic.race.entry import rows_for
from logit_magic.race.runner import Progress
from logit_magic.report import racing
from logit_magic.report.panel import panel
from logit_magic.report.panel import racing as view
from tests.race.entrants import checked, digits, never, small, twice

X, Y = digits()
LAPS = (Lap(0, None, (0.1, 0.1)), Lap(5, (2.2, 1.9), (0.2, 0.5)), Lap(10, (2.0, 0.9), (0.25, 0.75)))
RUNNING = Progress("running", 10, 20, 3.2, LAPS, "the largest output", 256)


def racing_panel(model, y=Y):
    report, target = checked(model, X, y)
    box = panel(report, rows_for(report.pairs, [target]))
    switch(box).value = "Race"
    return box


def said(box):
    return " ".join(words_of(each.value) for each in walk(box) if type(each).__name__ == "HTML")


def button(box, *labels):
    return next(each for each in walk(box) if getattr(each, "description", "") in labels)


def ended():
    race = runner.current()
    assert race is None or race.join(120)


def steps(box, count):
    named(box, "Steps", "box").value = count


def test_the_right_copy_leads_and_the_panel_says_so() -> None:
    keras.utils.set_random_seed(1)
    box = racing_panel(never())
    assert "the first 256 rows passed to fit" in said(box) and button(box, "Stop").disabled
    steps(box, 40)
    pressed(box, "Start")
    ended()
    assert "After 40 steps: accuracy" in said(box) and "by the largest output, on 256 of the rows" in said(box)
    assert button(box, "Stop").disabled and not button(box, "Start again").disabled
    (picture,) = (
        each.value for each in walk(box) if "Loss and accuracy of both copies" in str(getattr(each, "value", ""))
    )
    assert sum(len(str(getattr(each, "value", ""))) for each in walk(box)) < 25_000
    assert picture.count("<path") == 4 and "step 40: loss as configured" in picture
    box.close()


def test_where_keras_repairs_the_loss_it_is_said_that_the_curves_coincide() -> None:
    box = racing_panel(twice())
    steps(box, 10)
    pressed(box, "Start")
    ended()
    repaired = keras.config.backend() == "tensorflow"
    assert ("Keras repairs this loss inside training" in said(box)) == repaired
    assert ("The curves coincide" in said(box)) == repaired
    box.close()


def test_stop_and_another_view_meanwhile(monkeypatch) -> None:
    monkeypatch.setattr(runner, "LONGEST", 1e9)
    box = racing_panel(never())
    steps(box, 2000)
    pressed(box, "Start")
    race = runner.current()
    switch(box).value = "Overview"
    until = time.monotonic() + 120
    while race.progress.step < 3 and time.monotonic() < until:
        time.sleep(0.01)
    hidden = [each.value for part in box.put_away for each in walk(part) if type(each).__name__ == "HTML"]
    assert race.running and set(hidden) == {""}
    switch(box).value = "Race"
    assert "after" in said(box).lower() and not button(box, "Stop").disabled
    pressed(box, "Stop")
    assert race.join(60) and "Stopped after" in said(box) and button(box, "Stop").disabled
    box.close()


def test_refused_in_one_sentence() -> None:
    box = racing_panel(never(), y=None)
    assert "There is no race: there are no labels" in said(box) and button(box, "Start").disabled
    box.close()


def test_a_model_that_cannot_be_copied_is_said_when_it_is_tried() -> None:
    class Head(keras.Model):
        def __init__(self, units) -> None:
            super().__init__()
            self.head = keras.layers.Dense(len(units))

        def call(self, inputs):
            return self.head(inputs)

    model = Head(range(10))
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(X[:32], Y[:32], verbose=0)
    box = racing_panel(model)
    pressed(box, "Start")
    assert "There is no race: the model cannot be copied" in said(box) and runner.current() is None
    box.close()


def test_an_error_in_the_race_shows_in_the_panel() -> None:
    class OnlyInference(keras.layers.Layer):
        def call(self, inputs, training=False):
            if training:
                raise RuntimeError("planted")
            return inputs

    model = keras.Sequential([keras.Input((64,)), OnlyInference(), keras.layers.Dense(10)])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    box = racing_panel(model)
    pressed(box, "Start")
    ended()
    assert "The race ended with an error" in said(box) and "planted" in said(box)
    box.close()


def test_an_error_in_drawing_shows_in_the_panel(monkeypatch) -> None:
    box = racing_panel(never())
    monkeypatch.setattr(view.racing, "pictures", lambda progress: 1 / 0)
    steps(box, 10)
    pressed(box, "Start")
    ended()
    assert "ZeroDivisionError" in said(box)
    box.close()


def test_a_pair_that_matches_or_has_no_live_model_has_no_race() -> None:
    right = small(None)
    right.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    report, _ = checked(right, X, Y)
    for box in (panel(report), panel(FULL)):
        assert "Race" not in switch(box).options
        box.close()


def test_closing_the_panel_stops_the_race_and_frees_everything(monkeypatch) -> None:
    monkeypatch.setattr(runner, "LONGEST", 1e9)
    from ipywidgets.widgets import widget

    before = set(widget._instances)
    model = never()
    report, target = checked(model, X, Y)
    rows = rows_for(report.pairs, [target])
    box = panel(report, rows)
    switch(box).value = "Race"
    steps(box, 2000)
    pressed(box, "Start")
    race = runner.current()
    copies = race._course._models
    gone = [*map(weakref.ref, copies), weakref.ref(rows[0][1].x), weakref.ref(model), weakref.ref(box)]
    del copies, rows, target, model
    until = time.monotonic() + 120
    while race.progress.step < 2 and time.monotonic() < until:
        time.sleep(0.01)
    box.close()
    assert race.join(60) and race.progress.state == "stopped" and runner.current() is None
    del box, race
    sys.modules["keras"].backend.clear_session()
    gc.collect()
    assert [one() for one in gone] == [None] * 5
    assert set(widget._instances) - before == set() and report.pairs


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (RUNNING, "step 10 of 20, 4 s left"),
        (replace(RUNNING, seconds_left=None), "step 10 of 20, starting"),
        (replace(RUNNING, seconds_left=600.0), "step 10 of 20, 10 min left"),
        (replace(RUNNING, state="finished"), "step 10 of 20"),
    ],
)
def test_the_clock(progress, words) -> None:
    assert racing.clock(progress) == words


def test_the_chart_says_its_values_in_words() -> None:
    chart, table = racing.pictures(RUNNING)
    assert chart.alt.endswith(
        "After 10 of 20 steps: as configured loss 2, accuracy 25.0 %; if right loss 0.9, accuracy 75.0 %."
    )
    assert table.rows == (("as configured", "2", "25.0 %"), ("if right", "0.9", "75.0 %"))
    assert racing.pictures(replace(RUNNING, laps=())) == ()


def test_not_a_number_and_no_accuracy_are_drawn_too() -> None:
    from logit_magic.report.panel.controls import markup

    broken = tuple(replace(lap, losses=(float("nan"), 1.0), accuracies=None) for lap in LAPS)
    shown = markup(*racing.pictures(replace(RUNNING, laps=broken, rule="")))
    assert "not a number" in shown and "nan" not in shown and ">accuracy</text>" not in shown
