"""What a mismatch costs, end to end: the effect of a finding against what Keras itself prints and computes."""

from __future__ import annotations

import json
import math

import keras
import numpy as np
import pytest
from keras import layers

import logit_magic
from logit_magic.facts import Effect

BACKEND = keras.config.backend()
RNG = np.random.default_rng(5)
ROWS, CLASSES = 256, 10
X = RNG.normal(size=(ROWS, 8)).astype("float32")
IDS = (X @ RNG.normal(size=(8, CLASSES))).argmax(1)
ONE_HOT = np.eye(CLASSES, dtype="float32")[IDS]
YES = (X[:, :1] > 0).astype("float32")
L = keras.losses


def compiled(units: int, activation, loss, *more, metrics=None, seed: int = 1):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([layers.Input((8,)), layers.Dense(units, activation=activation), *more])
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=metrics)
    return model


def effect_of(model, x=X, y=IDS, code: str = "") -> Effect:
    found = [f for f in logit_magic.check(model, x=x, y=y).findings if f.code == code or not code]
    assert len(found) == 1 and found[0].effect is not None
    return found[0].effect


def evaluated(model, y) -> float:
    return float(model.evaluate(X, y, batch_size=ROWS, verbose=0))


def test_the_rescue_leaves_no_difference_on_tensorflow_and_the_whole_one_elsewhere() -> None:
    model = compiled(CLASSES, "softmax", L.SparseCategoricalCrossentropy(from_logits=True))
    effect = effect_of(model, code="LM102")
    assert effect.loss_computed == pytest.approx(evaluated(model, IDS), rel=1e-5), "what `fit` really computes"
    assert abs(effect.loss_configured - effect.loss_right) > 0.05
    assert effect.gradient is not None and effect.gradient.difference > 0.5
    if BACKEND == "tensorflow":
        assert effect.loss_computed - effect.loss_right == 0.0
        assert effect.gradient_computed.difference == 0.0
        assert "as Keras repairs it" in effect.sentence
    else:
        assert effect.loss_computed == effect.loss_configured
        assert effect.gradient_computed == effect.gradient
        assert "as configured" in effect.sentence


def test_the_rescue_lost_behind_a_reshape_is_lost_in_the_numbers() -> None:
    loss = L.SparseCategoricalCrossentropy(from_logits=True)
    model = compiled(CLASSES, "softmax", loss, layers.Reshape((CLASSES,)))
    effect = effect_of(model, code="LM102")
    assert effect.loss_computed == effect.loss_configured == pytest.approx(evaluated(model, IDS), rel=1e-5)
    assert effect.gradient_computed == effect.gradient and effect.gradient.ratio < 0.5


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "code"),
    [
        (CLASSES, "sigmoid", "categorical_crossentropy", ONE_HOT, "LM202"),
        (CLASSES, "softmax", "binary_crossentropy", ONE_HOT, "LM201"),
        (CLASSES, None, "categorical_crossentropy", ONE_HOT, "LM101"),
        (1, "sigmoid", L.BinaryCrossentropy(from_logits=True), YES, "LM102"),
    ],
)
def test_what_keras_computes_is_what_evaluate_prints(units, activation, loss, y, code) -> None:
    model = compiled(units, activation, loss)
    effect = effect_of(model, y=y, code=code)
    assert effect.loss_computed == pytest.approx(evaluated(model, y), rel=1e-4)
    if code in ("LM201", "LM202"):  # TensorFlow's Keras goes by the logits behind the output without a word
        assert (effect.loss_computed == pytest.approx(effect.loss_configured, rel=1e-3)) == (BACKEND != "tensorflow")


def test_the_right_loss_is_that_of_the_other_flag_or_family() -> None:
    logits = compiled(CLASSES, None, "categorical_crossentropy")
    z = logits.predict(X, verbose=0)
    right = float(L.CategoricalCrossentropy(from_logits=True)(ONE_HOT, z))
    assert effect_of(logits, y=ONE_HOT).loss_right == pytest.approx(right, rel=1e-5)
    softmax, several = compiled(CLASSES, "softmax", "binary_crossentropy"), np.maximum(ONE_HOT, ONE_HOT[::-1])
    right = float(L.CategoricalCrossentropy()(ONE_HOT, softmax.predict(X, verbose=0)))
    assert effect_of(softmax, y=ONE_HOT, code="LM201").loss_right == pytest.approx(right, rel=1e-4)
    assert effect_of(softmax, y=several, code="LM201").loss_right is None, "no loss over classes is right for these"
    one = compiled(1, None, "categorical_crossentropy")
    right = float(L.BinaryCrossentropy(from_logits=True)(YES, one.predict(X, verbose=0)))
    effect = effect_of(one, y=YES, code="LM203")
    assert effect.loss_right == pytest.approx(right, rel=1e-5) and effect.gradient.ratio == 0.0
    assert (effect.range_configured.low, round(effect.range_configured.high, 6), effect.gradient.silent) == (0, 0, 1)


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "low", "high"),
    [
        (CLASSES, "softmax", L.CategoricalCrossentropy(from_logits=True), ONE_HOT, 1.46115, 2.46115),
        (1, "sigmoid", L.BinaryCrossentropy(from_logits=True), YES, 0.31326, 1.31326),
        (CLASSES, "tanh", L.CategoricalCrossentropy(from_logits=True), ONE_HOT, 0.79661, 4.21215),
        (CLASSES, None, "categorical_crossentropy", ONE_HOT, 0.0, 16.11810),
        (CLASSES, "tanh", "binary_crossentropy", ONE_HOT, 0.0, 16.11810),
    ],
)
def test_the_range_holds_what_was_measured(units, activation, loss, y, low, high) -> None:
    effect = effect_of(compiled(units, activation, loss), y=y)
    bounds = effect.range_configured
    assert bounds.low == pytest.approx(low, abs=1e-4) and bounds.high == pytest.approx(high, abs=1e-4)
    assert bounds.low <= effect.loss_configured <= bounds.high
    assert (effect.range_right.low, effect.range_right.high) == (0.0, math.inf)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (L.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), ONE_HOT),
        (L.CategoricalCrossentropy(from_logits=True, reduction="sum"), ONE_HOT),
        (L.CategoricalFocalCrossentropy(from_logits=True), ONE_HOT),
        (L.CategoricalCrossentropy(from_logits=True), ONE_HOT + ONE_HOT[::-1]),
        (L.SparseCategoricalCrossentropy(from_logits=True, ignore_class=3), IDS),
    ],
    ids=["smoothed", "sum", "focal", "several ones", "ignored class"],
)
def test_no_range_where_the_closed_form_would_not_hold(loss, y) -> None:
    assert effect_of(compiled(CLASSES, "softmax", loss), y=y, code="LM102").range_configured is None


def test_the_share_that_is_clipped_is_the_share_outside() -> None:
    model = compiled(1, None, "binary_crossentropy")
    z = model.predict(X, verbose=0)
    effect = effect_of(model, y=YES, code="LM101")
    assert effect.clipped == pytest.approx(float(np.mean((z < 1e-7) | (z > 1 - 1e-7))), abs=1e-3)
    assert 0.3 < effect.clipped < 1.0
    assert effect_of(compiled(1, "sigmoid", L.BinaryCrossentropy(from_logits=True)), y=YES).clipped is None


def test_accuracy_as_printed_and_with_the_threshold_of_logits() -> None:
    model = compiled(1, None, L.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    effect = effect_of(model, y=YES, code="LM401")
    printed = model.evaluate(X, YES, verbose=0, return_dict=True)["accuracy"]
    z = model.predict(X, verbose=0)
    assert effect.accuracy_printed == pytest.approx(printed, abs=1e-6)
    assert effect.accuracy_right == pytest.approx(float(np.mean((z > 0) == (YES > 0.5))), abs=1e-6)
    assert effect.thresholds == (0.5, 0.0) and effect.accuracy_printed != effect.accuracy_right
    assert effect.loss_configured is None and effect.gradient is None and "with threshold 0.5" in effect.sentence


def test_the_largest_output_is_the_same_under_both_readings() -> None:
    model = compiled(CLASSES, None, L.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    effect = effect_of(model, code="LM101")
    printed = model.evaluate(X, IDS, verbose=0, return_dict=True)["accuracy"]
    assert effect.accuracy_printed == effect.accuracy_right == pytest.approx(printed, abs=1e-6)


def reshaped(**more):
    loss = L.SparseCategoricalCrossentropy(from_logits=True)
    return compiled(CLASSES, "softmax", loss, layers.Reshape((CLASSES,)), **more)


def text(report) -> str:
    return " ".join(str(report).split())


def test_training_that_ended_in_the_range_is_told() -> None:
    model = reshaped()
    end = model.fit(X, IDS, epochs=60, verbose=0).history["loss"][-1]
    report = logit_magic.check(model, x=X, y=IDS)
    training = report.findings[0].effect.training
    assert training is not None and (training.loss, training.epochs) == (pytest.approx(end), 60)
    assert f"Your training stopped at loss {end:.4g} after 60 epochs" in text(report)
    assert "the lowest that this pairing allows for 10 classes is 1.461" in text(report)
    assert "one class" not in text(report)


def test_one_class_for_everything_has_a_number() -> None:
    model = reshaped()
    bias = np.zeros(CLASSES, "float32")
    bias[3] = 40.0
    model.layers[0].set_weights([np.zeros((8, CLASSES), "float32"), bias])
    y = np.arange(ROWS) % CLASSES
    model.compile(keras.optimizers.SGD(0.0), model.loss)
    end = model.fit(X, y, verbose=0).history["loss"][-1]
    assert end == pytest.approx(math.log(9 + math.e) - 0.1, abs=0.01)
    report = logit_magic.check(model, x=X, y=y)
    assert report.findings[0].effect.training.landmark == "one class"
    assert (
        "2.36 is what one class for everything looks like, and 100 % of the sample's rows get one and the same"
        in text(report)
    )


def test_a_blind_guess_has_a_number() -> None:
    model = compiled(CLASSES, None, L.CategoricalCrossentropy(from_logits=True), layers.Activation("softmax"))
    model.layers[0].set_weights([np.zeros((8, CLASSES), "float32"), np.zeros(CLASSES, "float32")])
    model = keras.Sequential([model, layers.Reshape((CLASSES,))])
    model.compile(keras.optimizers.SGD(0.0), L.CategoricalCrossentropy(from_logits=True))
    model.fit(X, ONE_HOT, verbose=0)
    assert "a blind guess over 10 classes costs 2.303" in text(logit_magic.check(model, x=X, y=ONE_HOT))


def test_training_that_is_none_of_this_pairing_is_not_told() -> None:
    untrained = reshaped()
    regular = keras.Sequential(
        [layers.Input((8,)), layers.Dense(CLASSES, "softmax", kernel_regularizer=keras.regularizers.L2(5.0)),
         layers.Reshape((CLASSES,))]
    )  # fmt: skip
    regular.compile(keras.optimizers.SGD(0.0), L.SparseCategoricalCrossentropy(from_logits=True))
    weighted = reshaped()
    weighted.fit(X, IDS, class_weight=dict.fromkeys(range(CLASSES), 0.2), verbose=0)
    anew = compiled(CLASSES, "softmax", L.SparseCategoricalCrossentropy(), layers.Reshape((CLASSES,)))
    anew.fit(X, IDS, epochs=80, verbose=0)
    anew.compile("sgd", L.SparseCategoricalCrossentropy(from_logits=True))
    regular.fit(X, IDS, verbose=0)
    for model in (untrained, weighted, regular, anew):
        report = logit_magic.check(model, x=X, y=IDS)
        assert [f.code for f in report.findings] == ["LM102"]
        assert report.findings[0].effect.training is None and "Your training" not in text(report)


def test_a_repaired_training_is_not_held_against_the_range() -> None:
    model = compiled(CLASSES, "softmax", L.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(X, IDS, epochs=2, verbose=0)
    assert (effect_of(model).training is None) == (BACKEND == "tensorflow")


def test_without_data_there_are_ranges_and_no_numbers_of_the_user() -> None:
    report = logit_magic.check(compiled(CLASSES, "softmax", L.CategoricalCrossentropy(from_logits=True)))
    effect = report.findings[0].effect
    assert effect.range_configured.low == pytest.approx(1.46115, abs=1e-4) and effect.sentence == ""
    assert effect.loss_configured is effect.loss_right is effect.loss_computed is effect.gradient is None
    assert effect.accuracy_printed is effect.clipped is effect.training is None
    assert "1.461 … 2.461" in text(report)


def test_without_labels_what_needs_none_is_measured() -> None:
    model = compiled(CLASSES, None, L.CategoricalCrossentropy())
    effect = logit_magic.check(model, x=X).findings[0].effect
    assert effect.loss_configured is effect.loss_right is effect.gradient is effect.accuracy_printed is None
    assert effect.clipped > 0.3 and effect.range_configured is not None


def test_outputs_that_are_not_finite_leave_their_numbers_out() -> None:
    model = compiled(CLASSES, None, L.SparseCategoricalCrossentropy())
    model.layers[0].set_weights([np.full((8, CLASSES), np.nan, "float32"), np.zeros(CLASSES, "float32")])
    report = logit_magic.check(model, x=X, y=IDS)
    effect = report.findings[0].effect
    assert effect.gradient is effect.accuracy_printed is effect.clipped is effect.loss_configured is None
    json.dumps(report.to_dict(), allow_nan=False)


def test_many_classes_and_maps_are_cheap_enough_to_measure() -> None:
    words = keras.Sequential([layers.Input((2,)), layers.Dense(20_000)])
    words.compile(loss=L.SparseCategoricalCrossentropy())
    few = RNG.normal(size=(32, 2)).astype("float32")
    effect = effect_of(words, x=few, y=RNG.integers(0, 20_000, 32))
    assert effect.gradient is not None and effect.gradient.rows == 20 and effect.classes == 20_000
    maps = keras.Sequential([layers.Input((64, 64, 3)), layers.Conv2D(5, 1, activation="softmax"), layers.Dropout(0.0)])
    maps.compile(loss=L.SparseCategoricalCrossentropy(from_logits=True))
    pictures = RNG.normal(size=(4, 64, 64, 3)).astype("float32")
    effect = effect_of(maps, x=pictures, y=RNG.integers(0, 5, (4, 64, 64)), code="LM102")
    assert effect.range_configured.low == pytest.approx(math.log(4 + math.e) - 1)
    assert effect.gradient is not None and 0.0 < effect.gradient.ratio < 1.0


def test_the_model_and_its_loss_are_left_alone() -> None:
    model = reshaped()
    model.fit(X, IDS, verbose=0)
    before = [w.copy() for w in model.get_weights()], dict(vars(model.loss)), model.history.history["loss"][:]
    effect_of(model)
    assert all(np.array_equal(a, b) for a, b in zip(before[0], model.get_weights(), strict=True))
    assert (vars(model.loss), model.history.history["loss"]) == before[1:]


def test_a_match_has_no_effect() -> None:
    assert logit_magic.check(compiled(CLASSES, "softmax", L.CategoricalCrossentropy()), x=X, y=ONE_HOT).findings == ()
