"""Metrics of a cell: which callback goes by them is seen in `fit`, and decides how bad it is."""

from __future__ import annotations

import pytest

import logit_magic

SETUP = """
import gc, weakref, keras, numpy as np
layers, losses, callbacks = keras.layers, keras.losses, keras.callbacks
x, ids = np.random.default_rng(0).normal(size=(60, 3)).astype("float32"), np.arange(60) % 4
model = keras.Sequential([layers.Input((3,)), layers.Dense(4)])
def wrong(**more):
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=[keras.metrics.SparseCategoricalCrossentropy(name="ce")], **more)
def fit(*given, **more):
    return model.fit(x, ids, *given, validation_data=(x, ids), verbose=0, **more)
"""


@pytest.fixture
def run(shell):
    """Run a cell in a shell that has Keras and data; return IPython's result."""
    shell.run_cell(SETUP)
    return shell.run_cell


def _found():
    return [(finding.code, finding.severity) for finding in logit_magic.last_report().findings]


@pytest.mark.parametrize(
    ("fit", "severity"),
    [
        ("fit()", "warning"),
        ("fit(callbacks=[callbacks.EarlyStopping(monitor='val_ce')])", "error"),
        ("fit(callbacks=callbacks.EarlyStopping(monitor='ce'))", "error"),
        ("fit(callbacks=[callbacks.TerminateOnNaN(), callbacks.ReduceLROnPlateau('val_ce')])", "error"),
        (
            "fit(callbacks=callbacks.CallbackList([callbacks.EarlyStopping('val_ce')], add_history=True, model=model, epochs=1))",
            "error",
        ),
        ("model.fit(x, ids, 32, 1, 0, [callbacks.ModelCheckpoint('best.keras', 'ce')])", "error"),
        ("fit(callbacks=[callbacks.EarlyStopping(monitor='val_loss')])", "warning"),
        ("fit(callbacks=[callbacks.LambdaCallback(on_epoch_end=lambda *a: None)])", "warning"),
    ],
)
def test_how_bad_a_wrong_crossentropy_is(run, tmp_path, monkeypatch, fit, severity):
    monkeypatch.chdir(tmp_path)
    assert run(f"%%checkloss\nwrong()\n{fit}").success
    assert _found() == [("LM402", severity)], str(logit_magic.last_report())
    (finding,) = logit_magic.last_report().findings
    assert (severity == "error") == ("goes by it" in finding.message)


@pytest.mark.parametrize(
    ("choice", "severity"),
    [
        ("kept = fit()\nbest = int(np.argmin(kept.history['val_ce']))", "error"),
        ("fit()\nbest = np.asarray(model.history.history['ce']).argmin()", "error"),
        ("fit()\nloss, ce = model.evaluate(x, ids, verbose=0)\nif ce < 9.0:\n    best = model", "error"),
        ("fit()\nscore = float(model.evaluate(x, ids, verbose=0)[1])\nbest = max(score, 0.0) > 3", "error"),
        (
            "fit()\ntold = model.evaluate(x, ids, verbose=0, return_dict=True)\nwhile told['ce'] > 99:\n    pass",
            "error",
        ),
        ("for _ in range(2):\n    h = fit()\n    if min(h.history['val_ce']) < 1:\n        break", "error"),
        ("kept = fit()\nbest = int(np.argmin(kept.history['val_loss']))", "warning"),
        ("fit()\nloss, ce = model.evaluate(x, ids, verbose=0)\nif loss < 9.0:\n    best = model\nprint(ce)", "warning"),
        ("fit()\nloss, ce = model.evaluate(x, ids, verbose=0)\nce = 1\nbest = ce < 9.0", "warning"),
        ("kept = fit()\nprint(min(kept.history['val_ce']))", "warning"),
    ],
)
def test_a_choice_of_the_cells_own(run, choice, severity):
    assert run(f"%%checkloss\nwrong()\n{choice}").success
    assert _found() == [("LM402", severity)], str(logit_magic.last_report())
    (finding,) = logit_magic.last_report().findings
    assert (severity == "error") == ("and the comparison in cell line " in finding.message)


def test_a_tuner_goes_by_its_objective(run, tmp_path):
    cell = f"""%%checkloss
import keras_tuner
def build(hp):
    made = keras.Sequential([layers.Input((3,)), layers.Dense(hp.Choice("units", [4, 5]))])
    made.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True),
                 metrics=[keras.metrics.SparseCategoricalCrossentropy(name="ce")])
    return made
tuner = keras_tuner.RandomSearch(build, objective=keras_tuner.Objective("val_KEY", "min"), max_trials=1, directory={str(tmp_path)!r}, overwrite=True)
tuner.search(x, ids, validation_data=(x, ids), epochs=1, verbose=0)
"""
    assert run(cell.replace("KEY", "ce")).success
    assert ("LM402", "error") in _found() and "SaveBestEpoch goes by it" in str(logit_magic.last_report())
    assert run(cell.replace("KEY", "loss")).success
    assert set(_found()) == {("LM402", "warning")}


def test_a_threshold_stays_a_warning(run):
    cell = (
        "%%checkloss\nmodel = keras.Sequential([layers.Input((3,)), layers.Dense(1)])\n"
        "model.compile('sgd', losses.BinaryCrossentropy(from_logits=True), metrics=['accuracy'])\n"
        "model.fit(x, ids % 2, callbacks=[callbacks.EarlyStopping('accuracy')], verbose=0)"
    )
    assert run(cell).success
    assert _found() == [("LM401", "warning")]
    assert "EarlyStopping goes by it" in str(logit_magic.last_report().findings[0].evidence)


def test_an_output_of_several_is_logged_under_its_own_name(run):
    cell = (
        "%%checkloss\ninputs = layers.Input((3,))\n"
        "model = keras.Model(inputs, [layers.Dense(4, name='a')(inputs), layers.Dense(4, name='b')(inputs)])\n"
        "model.compile('sgd', [losses.SparseCategoricalCrossentropy(from_logits=True)] * 2,\n"
        "              metrics=[[keras.metrics.SparseCategoricalCrossentropy(name='ce')], []])\n"
        "model.fit(x, [ids, ids], callbacks=[callbacks.EarlyStopping('{}', mode='min')], verbose=0)"
    )
    assert run(cell.format("a_ce")).success and _found() == [("LM402", "error")]
    assert run(cell.format("b_ce")).success and _found() == [("LM402", "warning")]


def test_no_callback_is_kept(run, shell):
    cell = (
        "%%checkloss\nwrong()\nstop = callbacks.EarlyStopping('ce')\ngone = weakref.ref(stop)\n"
        "fit(callbacks=[stop])\nmodel.stop_training = False\ndel stop"
    )
    assert run(cell).success
    run("gc.collect()\nleft = gone()")
    assert shell.user_ns["left"] is None and _found() == [("LM402", "error")]


def test_the_metrics_are_left_as_found(run, shell):
    run(
        "wrong()\nfit()\nbefore = model.evaluate(x, ids, verbose=0)\nstate = [np.array(v) for v in model.metrics_variables]"
    )
    run("%checkloss model")
    run("same = all(np.array_equal(a, np.array(b)) for a, b in zip(state, model.metrics_variables))")
    run("after = model.evaluate(x, ids, verbose=0)")
    assert shell.user_ns["same"] is True and shell.user_ns["after"] == shell.user_ns["before"]
    assert _found() == [("LM402", "warning")]
