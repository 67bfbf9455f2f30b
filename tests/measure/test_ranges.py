"""Closed forms of the range of a loss, against Keras' own losses on random and on extreme outputs, on each backend."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from logit_magic.facts import Emission, Expectation
from logit_magic.measure import ranges

ROWS, CLASSES = 200, 10
RNG = np.random.default_rng(7)
EVERY = np.eye(CLASSES, dtype="float32")
IDS = np.repeat(np.arange(CLASSES), CLASSES)  # every true class meets every corner
CORNERS = np.tile(EVERY, (CLASSES, 1))
CLIPS_FIRST = keras.config.backend() == "tensorflow"


def row_losses(loss, y, p) -> np.ndarray:
    """Losses row by row, of plain arrays."""
    value = type(loss)(**{**loss.get_config(), "reduction": None})(keras.ops.convert_to_tensor(y), p.astype("float32"))
    return keras.ops.convert_to_numpy(value).reshape(-1)


def inside(bounds, values, slack=2e-6) -> bool:
    return bool((values >= bounds.low - slack).all() and (values <= bounds.high * (1 + 1e-6) + slack).all())


def dirichlet(sharpness: float) -> np.ndarray:
    return RNG.dirichlet(np.full(CLASSES, sharpness), ROWS)


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_resoftmaxed_probabilities(classes: int) -> None:
    bounds = ranges.resoftmaxed(classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    corners = np.eye(classes)[:2].repeat(2, 0)
    values = row_losses(loss, np.array([0, 1, 0, 1]), corners)
    assert values.min() == pytest.approx(bounds.low, rel=1e-5, abs=2e-6) and values.max() == pytest.approx(
        bounds.high, rel=1e-5, abs=2e-6
    )
    for sharpness in (0.05, 1.0, 20.0):
        p = RNG.dirichlet(np.full(classes, sharpness), 50)
        assert inside(bounds, row_losses(loss, RNG.integers(0, classes, 50), p))


def test_the_numbers_that_the_pages_name() -> None:
    ten = ranges.resoftmaxed(10)
    assert (round(ten.low, 3), round(ten.high, 3)) == (1.461, 2.461)
    yes_or_no = ranges.bounded_binary_logits(0.0, 1.0)
    assert (round(yes_or_no.low, 3), round(yes_or_no.high, 3)) == (0.313, 1.313)
    assert "0.313 where y = 1, 0.693 where y = 0" in yes_or_no.formula
    assert round(ranges.clipped(0.0, 1.0).high, 3) == 16.118
    assert round(ranges.bounded_logits(-1.0, 1.0, 10).low, 3) == 0.797
    flat = ranges.clipped_then_summed(-math.inf, 0.0, 10)
    assert flat.low == flat.high == pytest.approx(math.log(10))


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (0.0, 6.0), (0.0, 1.0), (-3.0, 0.5)])
def test_bounded_logits_reach_both_ends_and_pass_neither(low: float, high: float) -> None:
    bounds = ranges.bounded_logits(low, high, CLASSES)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    values = row_losses(loss, IDS, np.where(CORNERS > 0, high, low))
    assert values.min() == pytest.approx(bounds.low, rel=1e-5, abs=2e-6)
    worst = row_losses(loss, np.arange(CLASSES), np.where(EVERY > 0, low, high))
    assert worst.max() == pytest.approx(bounds.high, rel=1e-5, abs=2e-6)
    z = RNG.uniform(low, high, (ROWS, CLASSES))
    assert inside(bounds, row_losses(loss, RNG.integers(0, CLASSES, ROWS), z))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (0.0, 6.0)])
def test_bounded_binary_logits(low: float, high: float) -> None:
    bounds = ranges.bounded_binary_logits(low, high)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    y, z = np.array([[1.0], [0.0], [1.0], [0.0]], "float32"), np.array([[high], [low], [low], [high]])
    values = row_losses(loss, y, z)
    assert values.min() == pytest.approx(bounds.low, rel=1e-5, abs=2e-6) and values.max() == pytest.approx(
        bounds.high, rel=1e-5, abs=2e-6
    )
    assert inside(bounds, row_losses(loss, RNG.integers(0, 2, (ROWS, 1)), RNG.uniform(low, high, (ROWS, 1))))


EXTREMES = [
    RNG.normal(0.0, 1.0, (ROWS, CLASSES)),
    RNG.normal(0.0, 50.0, (ROWS, CLASSES)),
    np.full((ROWS, CLASSES), -3.0),
    np.full((ROWS, CLASSES), 5.0),
    np.where(RNG.random((ROWS, CLASSES)) > 0.5, 1e9, -1e9),
    RNG.dirichlet(np.full(CLASSES, 0.02), ROWS),
]


@pytest.mark.parametrize("p", EXTREMES, ids=["unit", "wide", "below", "above", "huge", "sharp"])
@pytest.mark.parametrize("family", ["SparseCategoricalCrossentropy", "CategoricalCrossentropy", "BinaryCrossentropy"])
def test_anything_into_a_loss_of_probabilities(family: str, p: np.ndarray) -> None:
    loss = getattr(keras.losses, family)()
    kind = "binary-probabilities" if family.startswith("Binary") else "class-probabilities"
    sparse = family.startswith("Sparse")
    ids = RNG.integers(0, CLASSES, ROWS)
    bounds = ranges.configured(
        Emission("logits", rank=2, size=CLASSES), Expectation(kind, family=family), CLASSES, CLIPS_FIRST and sparse
    )
    assert bounds is not None
    values = row_losses(loss, ids if sparse else EVERY[ids], p)
    assert inside(bounds, values[np.isfinite(values)]) and np.isfinite(values).any()


def test_logits_that_are_all_clipped_cost_ln_c_on_tensorflow_alone() -> None:
    loss = keras.losses.SparseCategoricalCrossentropy()
    flat = row_losses(loss, np.arange(CLASSES), -1.0 - RNG.random((CLASSES, CLASSES)))
    assert np.allclose(flat, math.log(CLASSES), atol=1e-5) == CLIPS_FIRST


@pytest.mark.parametrize("first", ["softmax", "sigmoid"])
def test_softmax_of_what_was_normalised(first: str) -> None:
    z = RNG.normal(0.0, 30.0, (ROWS, CLASSES)).astype("float32")
    p = keras.ops.convert_to_numpy(keras.activations.softmax(getattr(keras.activations, first)(z)))
    emission = Emission(
        "class-probabilities", axis=-1, rank=2, size=CLASSES, twice="the first", twice_of=first, normaliser="softmax"
    )
    family = "SparseCategoricalCrossentropy"
    bounds = ranges.configured(emission, Expectation("class-probabilities", family=family), CLASSES, CLIPS_FIRST)
    assert bounds is not None and bounds.low == pytest.approx(ranges.resoftmaxed(CLASSES).low)
    values = row_losses(keras.losses.SparseCategoricalCrossentropy(), p.argmin(-1), p)
    assert inside(bounds, values) and values.max() > 0.95 * bounds.high


@pytest.mark.parametrize(
    ("emission", "expectation"),
    [
        (Emission("logits"), Expectation("class-logits", family="CategoricalCrossentropy")),
        (Emission("nonnegative", low=0.0), Expectation("class-logits", family="CategoricalCrossentropy")),
        (Emission("class-probabilities", axis=-1, low=0.0, high=1.0), Expectation("class-logits", family="")),
        (Emission("logits"), Expectation("any", family="MeanSquaredError")),
        (
            Emission("class-probabilities", axis=-1, low=0.0, high=1.0, broken_by="dropout"),
            Expectation("class-logits", family="CategoricalCrossentropy"),
        ),
    ],
)
def test_no_range_where_nothing_bounds_the_loss_or_its_formula_is_not_known(emission, expectation) -> None:
    assert ranges.configured(emission, expectation, CLASSES, False) is None


def test_one_class_costs_nothing_whatever_the_model_does() -> None:
    for kind in ("class-logits", "class-probabilities"):
        bounds = ranges.configured(Emission("logits"), Expectation(kind, family="CategoricalCrossentropy"), 1, False)
        loss = keras.losses.CategoricalCrossentropy(from_logits=kind == "class-logits")
        assert bounds is not None
        assert inside(bounds, row_losses(loss, np.ones((20, 1), "float32"), RNG.normal(0, 9, (20, 1))))
