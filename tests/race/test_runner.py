"""The race in its own thread: it ends when asked, one at a time, says its errors, and leaves nothing behind."""

from __future__ import annotations

import gc
import random
import threading
import time
import warnings
import weakref

import keras
import numpy as np
import pytest

from logit_magic.race import runner
from logit_magic.race.course import Course
from logit_magic.race.runner import Race
from logit_magic.race.twins import twins
from tests.race.entrants import course, digits, entry, never, small, twice
from tests.test_left_as_found import differences, snapshot

X, Y = digits()


@pytest.fixture(autouse=True)
def however_long(monkeypatch) -> None:
    """Many steps, so that a race is still running when it is stopped."""
    monkeypatch.setattr(runner, "LONGEST", 1e9)


def silent() -> None:
    """Tell nobody."""


def reached(race: Race, step: int) -> None:
    """Wait until a race has taken so many steps."""
    until = time.monotonic() + 120
    while race.progress.step < step and race.running and time.monotonic() < until:
        time.sleep(0.01)
    assert race.progress.step >= step, race.progress


def test_it_runs_to_its_end_and_says_so() -> None:
    told = []
    race = Race(course(never(), X, Y, 12)[0], lambda: told.append(race.progress))
    race.start()
    assert race.join(120) and race.progress.state == "finished" and race.progress.step == 12
    assert told[-1] is race.progress and race.progress.laps[-1].step == 12 and runner.current() is None


def test_stop_ends_it_within_one_step() -> None:
    race = Race(course(never(), X, Y, 100_000)[0], silent)
    race.start()
    reached(race, 3)
    race.stop()
    taken = race.progress.step
    assert race.join(60) and race.progress.state == "stopped" and race.progress.step <= taken + 1


def test_a_new_race_ends_the_one_before_it_begins() -> None:
    first, second = (Race(course(never(), X, Y, 100_000)[0], silent) for _ in range(2))
    first.start()
    reached(first, 2)
    second.start()
    reached(second, 1)
    assert first.progress.state == "stopped" and runner.current() is second
    runner.stop_all()
    assert second.join(60) and runner.current() is None


def test_an_error_is_told_and_goes_nowhere_else() -> None:
    class OnlyInference(keras.layers.Layer):
        def call(self, inputs, training=False):
            if training:
                raise RuntimeError("planted")
            return inputs

    model = keras.Sequential([keras.Input((64,)), OnlyInference(), keras.layers.Dense(10)])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    unhandled: list[object] = []
    before, threading.excepthook = threading.excepthook, unhandled.append
    try:
        race = Race(course(model, X, Y, 5)[0], silent)
        race.start()
        assert race.join(120)
    finally:
        threading.excepthook = before
    assert race.progress.state == "failed" and "planted" in race.progress.problem and unhandled == []


def test_one_that_would_take_too_long_is_ended(monkeypatch) -> None:
    monkeypatch.setattr(runner, "LONGEST", 0.0)
    race = Race(course(never(), X, Y, 50)[0], silent)
    race.start()
    assert race.join(120) and race.progress.state == "slow"
    assert race.progress.step <= 8 and "a step takes" in race.progress.problem and "50 steps" in race.progress.problem


def dropping() -> keras.Model:
    """Return a model whose layers draw seeds, and random numbers without any given."""
    model = keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.GaussianNoise(0.1),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    model.fit(X[:256], Y[:256], epochs=1, verbose=0)
    return model


def test_the_model_and_every_random_state_stay_as_they_were() -> None:
    model = dropping()
    pair, finding, data = entry(model, X, Y)
    keras.utils.set_random_seed(7)
    keras.random.uniform((1,))  # the global generator of this thread now exists
    optimizer, compiled, rows = model.optimizer, repr(model.get_compile_config()), data.x.copy()
    train, metrics = model.train_function, model.get_metrics_result()
    before = snapshot(model)
    race = Race(Course(twins(model, finding, data), pair.emission, data, 12), silent)
    race.start()
    assert race.join(120) and race.progress.state == "finished", race.progress
    assert differences(before, snapshot(model)) == []
    assert model.optimizer is optimizer and repr(model.get_compile_config()) == compiled
    assert model.train_function is train and model.get_metrics_result() == metrics
    assert np.array_equal(data.x, rows)
    drawn = random.random(), np.random.random(), np.asarray(keras.ops.convert_to_numpy(keras.random.uniform((3,))))
    keras.utils.set_random_seed(7)
    keras.random.uniform((1,))
    again = random.random(), np.random.random(), np.asarray(keras.ops.convert_to_numpy(keras.random.uniform((3,))))
    np.testing.assert_equal(drawn, again)


def test_the_snapshot_would_see_a_trained_model() -> None:
    model = dropping()
    before = snapshot(model)
    model.train_on_batch(X[:32], Y[:32])
    assert "variables" in differences(before, snapshot(model))


def test_what_the_user_draws_and_trains_meanwhile_is_what_it_would_have_been() -> None:
    def work() -> list:
        keras.utils.set_random_seed(5)
        model = small(None, 0.3)
        model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        losses = model.fit(X[:320], Y[:320], epochs=2, verbose=0).history["loss"]
        return [*losses, random.random(), np.random.random()]

    alone = work()
    race = Race(course(dropping(), X, Y, 100_000)[0], silent)
    race.start()
    reached(race, 2)
    step = race.progress.step
    beside = work()
    reached(race, step + 1)
    race.stop()
    assert race.join(60)
    np.testing.assert_allclose(beside, alone, rtol=1e-6)


def test_the_users_warnings_are_shown_while_it_runs() -> None:
    before = list(warnings.filters)
    race = Race(course(twice(), X, Y, 100_000)[0], silent)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        race.start()
        reached(race, 2)
        warnings.warn("mine", stacklevel=1)
        race.stop()
        assert race.join(60)
        assert list(warnings.filters) == filters
    assert [str(warning.message) for warning in caught] == ["mine"]
    assert list(warnings.filters) == before


def test_models_and_rows_are_freed() -> None:
    pair, finding, data = entry(never(0.3), X, Y)
    model = never(0.3)
    both = twins(model, finding, data)
    gone = [
        weakref.ref(both.configured),
        weakref.ref(both.right),
        weakref.ref(data.x),
        weakref.ref(both.right.optimizer),
    ]
    race = Race(Course(both, pair.emission, data, 100_000), silent)
    del both, data
    race.start()
    reached(race, 2)
    assert all(one() is not None for one in gone)
    race.leave()
    assert race.join(60)
    gc.collect()
    assert [one() for one in gone] == [None] * 4


@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_whoever_left_is_told_nothing_more(seconds) -> None:
    told = []
    race = Race(course(never(), X, Y, 100_000)[0], lambda: told.append(1))
    race.start()
    reached(race, 1)
    race.leave()
    race.join(seconds)
    race.join(60)
    told.clear()
    gc.collect()
    assert told == []
