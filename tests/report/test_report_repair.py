"""The panel's remedies on real models: repaired, put back, refused with the reason, and no model kept alive."""

from __future__ import annotations

import gc
import threading
import weakref

import keras
import numpy as np
import pytest
from report_reading import pressed, switch, walk, words_of

import logit_magic
from logit_magic.checker import Options, run
from logit_magic.discovery.pairing import Target
from logit_magic.facts import Location
from logit_magic.fix import Sources
from logit_magic.report.panel import panel

CELL = """%%checkloss
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
"""
X, Y = np.random.default_rng(0).standard_normal((32, 4)).astype("float32"), np.arange(32) % 3


@pytest.fixture
def model():
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    made.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    made.fit(X, Y, epochs=1, verbose=0)
    return made


def report_of(model):
    """Return the report of the cell that made this model."""
    target = Target("model", model, model.loss, "compiled", Location("cell", 3, 0, 1))
    sources = Sources({1: CELL}, {"keras": keras, "model": model})
    return run([target], Options(samples=16), {"x": X, "y": Y}, sources)


def fixing(report):
    box = panel(report)
    switch(box).value = "Fix"
    return box


def said(box):
    return " ".join(words_of(each.value) for each in walk(box) if type(each).__name__ == "HTML")


def button(box, label):
    return next(each for each in walk(box) if getattr(each, "description", "") == label)


def remedy(box):
    return next(each for each in walk(box) if getattr(each, "description", "") == "Remedy")


def test_every_remedy_is_listed_with_its_consequence_the_preferred_one_first(model) -> None:
    box = fixing(report_of(model))
    labels = [label for label, _ in remedy(box).options]
    assert labels == ["1 (preferred)", "2"]
    for change in (
        "use keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        "give the last layer activation",
    ):
        assert said(box).count(change) == 1, "each stands there once"
    assert "Remedy 1 in the source" in said(box)
    assert "predictions stay logits" in said(box) and "predictions become probabilities" in said(box)


def test_the_diff_and_the_corrected_cell_follow_the_chosen_remedy(model) -> None:
    box = fixing(report_of(model))
    assert '+model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)' in said(box)
    remedy(box).value = 1
    assert '+model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])' in said(box)
    assert (
        "copy corrected cell" in said(box)
        and "SparseCategoricalCrossentropy" not in said(box).split("copy corrected")[1]
    )


def test_the_live_model_is_repaired_and_put_back(model) -> None:
    box = fixing(report_of(model))
    optimizer, weights = model.optimizer, [np.array(w) for w in model.get_weights()]
    pressed(box, "Repair the live model")
    assert logit_magic.check(model).ok and model.optimizer is optimizer
    assert "The live model is repaired" in said(box)
    assert button(box, "Repair the live model").disabled and not button(box, "Undo").disabled
    pressed(box, "Undo")
    assert not logit_magic.check(model).ok and model.loss == "sparse_categorical_crossentropy"
    assert not button(box, "Repair the live model").disabled and button(box, "Undo").disabled
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


def test_a_remedy_that_changes_layers_is_no_live_repair(model) -> None:
    box = fixing(report_of(model))
    remedy(box).value = 1
    assert "cannot be repaired this way: the change is one of the model's layers" in said(box)
    assert button(box, "Repair the live model").disabled


def test_undo_after_another_compile_says_why_not(model) -> None:
    box = fixing(report_of(model))
    pressed(box, "Repair the live model")
    model.compile("sgd", loss="mse")
    pressed(box, "Undo")
    assert "was not taken back: the model was compiled again since" in said(box)
    assert model.loss == "mse" and button(box, "Undo").disabled


def test_an_error_of_the_repair_is_shown(model, monkeypatch) -> None:
    box = fixing(report_of(model))
    monkeypatch.setattr(type(model), "compile", lambda *_, **__: 1 / 0)
    pressed(box, "Repair the live model")
    assert "This did not work" in said(box)


def test_a_running_cell_is_waited_for(model) -> None:
    box = fixing(report_of(model))
    pressing = threading.Thread(target=lambda: pressed(box, "Repair the live model"))

    def run_code() -> None:
        pressing.start()
        pressing.join()

    cell = type(run_code)(
        run_code.__code__.replace(co_filename="IPython/core/interactiveshell.py"),
        globals(),
        "run_code",
        (),
        run_code.__closure__,
    )
    cell()
    assert "A cell is running" in said(box) and model.loss == "sparse_categorical_crossentropy"
    pressed(box, "Repair the live model")
    assert "The live model is repaired" in said(box)


def test_neither_report_nor_panel_keeps_the_model() -> None:
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    made.compile("adam", loss="sparse_categorical_crossentropy")
    box = fixing(report_of(made))
    pressed(box, "Repair the live model")
    for name in switch(box).options:
        switch(box).value = name
    gone = weakref.ref(made)
    del made
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None
    switch(box).value = "Fix"
    pressed(box, "Undo")
    assert "the model does not exist any more" in said(box)
