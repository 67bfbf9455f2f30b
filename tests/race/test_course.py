"""What is trained is what the same training by hand gives, and the right copy leads where the configured one is wrong."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from logit_magic.race.course import batches
from logit_magic.race.score import score_of
from tests.race.entrants import checked, course, digits, entry, never, ran, small, twice

X, Y = digits()
REPAIRS = keras.config.backend() == "tensorflow"


def by_hand(model, make, loss, steps):
    """Train a model of the same weights with Keras alone; return the loss of each step, and the model."""
    twin = make()
    twin.set_weights(model.get_weights())
    twin.compile(keras.optimizers.Adam(0.002), loss=loss)
    generator, losses, order = np.random.default_rng(0), [], []
    while len(losses) < steps:
        order = order if len(order) >= 32 else list(generator.permutation(256))
        chosen, order = order[:32], order[32:]
        losses.append(float(twin.train_on_batch(X[:256][chosen], Y[:256][chosen], return_dict=True)["loss"]))
    return losses, twin


@pytest.mark.parametrize("rate", [0.0, 0.3], ids=["plain", "dropout"])
def test_the_numbers_are_those_of_training_both_by_hand(rate) -> None:
    model = twice(rate, keras.optimizers.Adam(0.002))
    race, both = course(model, X, Y, 20)
    laps = ran(race)
    losses = keras.losses.SparseCategoricalCrossentropy(from_logits=True), keras.losses.SparseCategoricalCrossentropy()
    for at, (loss, copy) in enumerate(zip(losses, (both.configured, both.right), strict=True)):
        expected, twin = by_hand(model, lambda: small("softmax", rate), loss, 20)
        np.testing.assert_allclose([step[at] for step in race.losses], expected, rtol=1e-5)
        accuracy = float(np.mean(twin.predict(X[:256], verbose=0).argmax(1) == Y[:256]))
        assert laps[-1].accuracies[at] == pytest.approx(accuracy, abs=1.5 / 256)
        np.testing.assert_allclose(copy.get_weights()[0], twin.get_weights()[0], rtol=1e-3, atol=1e-5)
        for lap, before in zip(laps[1:], laps, strict=False):
            mean = np.mean(expected[before.step : lap.step])
            assert lap.losses[at] == pytest.approx(mean, rel=1e-5)
    other, _ = by_hand(model, lambda: small("softmax", rate), "sparse_categorical_crossentropy", 20)
    assert REPAIRS or not np.allclose([step[0] for step in race.losses], other, rtol=1e-2)


def test_softmax_twice_the_right_copy_leads_where_keras_does_not_repair() -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    laps = ran(course(model, X, Y, 80)[0])
    assert laps[0].accuracies[0] == laps[0].accuracies[1] and laps[0].losses is None
    configured, right = laps[-1].accuracies
    if REPAIRS:
        assert [lap.losses[0] for lap in laps[1:]] == pytest.approx([lap.losses[1] for lap in laps[1:]], rel=1e-4)
        assert abs(configured - right) < 0.02
    else:
        assert right > configured + 0.1
        assert laps[-1].losses[0] > 1.461 and laps[-1].losses[0] > laps[-1].losses[1] + 0.3


def test_no_softmax_at_all_the_right_copy_leads_on_every_backend() -> None:
    keras.utils.set_random_seed(1)
    laps = ran(course(never(), X, Y, 40)[0])
    configured, right = laps[-1].accuracies
    assert right > configured + 0.2


def test_both_start_from_the_weights_that_the_model_has_now() -> None:
    model = twice()
    model.fit(X, Y, epochs=2, verbose=0)
    race, both = course(model, X, Y, 10)
    for copy in (both.configured, both.right):
        assert all(np.array_equal(a, b) for a, b in zip(copy.get_weights(), model.get_weights(), strict=True))
        assert int(copy.optimizer.iterations.value) == 0 and copy.optimizer is not model.optimizer
    accuracy = float(np.mean(model.predict(X[:256], verbose=0).argmax(1) == Y[:256]))
    assert next(race.run(lambda: False)).accuracies == (pytest.approx(accuracy, abs=1.5 / 256),) * 2


def test_frozen_layers_stay_frozen() -> None:
    base = keras.Sequential([keras.Input((64,)), keras.layers.Dense(16, activation="relu")])
    base.trainable = False
    model = keras.Sequential([keras.Input((64,)), base, keras.layers.Dense(10)])
    model.compile("sgd", loss="sparse_categorical_crossentropy")
    race, both = course(model, X, Y, 5)
    ran(race)
    for copy in (both.configured, both.right):
        assert np.array_equal(copy.get_weights()[0], model.get_weights()[0])
        assert not np.array_equal(copy.get_weights()[2], model.get_weights()[2])


def test_metrics_of_the_users_own_are_no_part_of_it() -> None:
    class Counting(keras.metrics.Mean):
        def __init__(self, needed: object) -> None:
            super().__init__()
            self.needed = needed

    model = never()
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=[Counting(object())])
    assert len(ran(course(model, X, Y, 2)[0])) == 3 and model.compiled


def test_every_row_comes_before_any_comes_again() -> None:
    drawn = batches(100, 32)
    first = np.concatenate([next(drawn) for _ in range(3)])
    assert len(set(first.tolist())) == 96
    assert [a.tolist() for a, _ in zip(batches(9, 3), range(5), strict=False)] == [
        a.tolist() for a, _ in zip(batches(9, 3), range(5), strict=False)
    ]


def test_a_yes_or_no_head_is_decided_where_the_right_reading_puts_the_even_chance() -> None:
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(1)])
    model.compile("adam", loss="binary_crossentropy")
    race, _ = course(model, X, (Y > 4).astype("float32"), 5)
    assert race.rule == "each output above 0"
    accuracy = np.mean((model.predict(X[:256], verbose=0)[:, 0] > 0) == (Y[:256] > 4))
    assert ran(race)[0].accuracies[0] == pytest.approx(accuracy)


def test_several_outputs_race_with_the_one_that_is_wrong() -> None:
    inputs = keras.Input((64,))
    outputs = {
        "kind": keras.layers.Dense(10, name="kind")(inputs),
        "size": keras.layers.Dense(1, name="size")(inputs),
    }
    model = keras.Model(inputs, outputs)
    model.compile("adam", loss={"kind": "sparse_categorical_crossentropy", "size": "mse"}, loss_weights={"kind": 2.0, "size": 0.5})  # fmt: skip
    race, _ = course(model, X, {"kind": Y, "size": X.sum(1, keepdims=True)}, 6)
    laps = ran(race)
    truth = np.mean(model.predict(X[:256], verbose=0)["kind"].argmax(1) == Y[:256])
    assert laps[0].accuracies[0] == pytest.approx(truth) and laps[-1].losses[0] != laps[-1].losses[1]


def test_sample_weights_count() -> None:
    weights = np.zeros(len(Y), "float32")
    weights[:128] = 1.0
    model = never()
    report, target = checked(model, X, Y, weights)
    from logit_magic.race.course import Course
    from logit_magic.race.entry import rows_for
    from logit_magic.race.twins import twins

    ((pair, data),) = rows_for(report.pairs, [target])
    race = Course(twins(model, report.findings[0], data), pair.emission, data, 3)
    ran(race)
    plain, _ = course(model, X, Y, 3)
    ran(plain)
    assert race.losses[0][1] < 0.9 * plain.losses[0][1]


def test_labels_that_are_no_decisions_leave_the_loss_alone() -> None:
    pair, _, _ = entry(never(), X, Y)
    right = pair.expectation
    assert score_of(pair.emission, right, np.array(["a"])) is None
    score = score_of(pair.emission, right, Y)
    assert score.words == "the largest output"
    assert score.hits(np.eye(10)[[1, 2, 3]], np.array([1, 2, 4])) == (2, 3)
    assert score.hits(np.eye(10)[[1, 2, 3]], np.eye(10)[[1, 2]]) == (0, 0)
