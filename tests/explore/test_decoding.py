"""Temperature, top-k in either order, greedy choice and draws: against hand-written numpy, and the user's RNG untouched."""

from __future__ import annotations

import math

import numpy as np
import pytest

from logit_magic.explore import decoding
from logit_magic.explore.rows import rows_of

Z = np.array([[2.0, 1.0, 0.0, -1.0], [0.0, 0.0, 5.0, 0.0]], "float32")


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


P = softmax(Z)
ROWS = rows_of(P, (("as configured", "softmax", P), ("if right", "softmax", np.log(P))), np.array([1, 2]))
TWICE, ONCE = ROWS.readings
CLIPPED = np.clip(Z, 1e-7, 1 - 1e-7)
AS_IS = rows_of(Z, (("as configured", "as is", np.log(CLIPPED)), ("if right", "as is", np.log(P))), None)


def test_readings_give_what_the_loss_takes() -> None:
    assert decoding.shares(ROWS, TWICE, 0).kept == pytest.approx(softmax(P[0]), rel=1e-5)
    assert decoding.shares(ROWS, ONCE, 0).kept == pytest.approx(P[0], rel=1e-5)
    assert decoding.shares(AS_IS, AS_IS.readings[0], 0).kept == pytest.approx(CLIPPED[0], rel=1e-5)
    assert decoding.shares(AS_IS, AS_IS.readings[0], 0).total == pytest.approx(2.0, rel=1e-5)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 2.0, 10.0])
def test_temperature_divides_the_scores(temperature) -> None:
    assert decoding.shares(ROWS, ONCE, 0, temperature).kept == pytest.approx(softmax(Z[0] / temperature), rel=1e-4)
    assert decoding.shares(ROWS, TWICE, 0, temperature).kept == pytest.approx(softmax(P[0] / temperature), rel=1e-4)
    powers = CLIPPED[0].astype("float64") ** (1 / temperature)
    cooled = decoding.shares(AS_IS, AS_IS.readings[0], 0, temperature)
    assert cooled.kept == pytest.approx(powers / powers.sum(), rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_that_is_not_above_zero_is_refused(temperature) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        decoding.shares(ROWS, ONCE, 0, temperature)


def test_top_k_in_either_order() -> None:
    cut = decoding.top_k(ROWS, ONCE, 0, 2)
    assert cut.after[:2] == pytest.approx(P[0, :2], rel=1e-5) and np.isnan(cut.after[2:]).all()
    assert cut.before[:2] == pytest.approx(softmax(Z[0, :2]), rel=1e-5) and np.isnan(cut.before[2:]).all()
    assert np.nansum(cut.after) < 1.0 and np.nansum(cut.before) == pytest.approx(1.0)
    whole = decoding.top_k(ROWS, ONCE, 0, 99)
    assert whole.after == pytest.approx(P[0], rel=1e-5) and whole.before == pytest.approx(P[0], rel=1e-5)
    with pytest.raises(ValueError, match="k must be above 0"):
        decoding.top_k(ROWS, ONCE, 0, 0)


def test_greedy_takes_the_largest() -> None:
    assert [decoding.greedy(ROWS, ONCE, at) for at in (0, 1)] == [0, 2]
    empty = rows_of(np.full((1, 3), np.nan, "float32"), (("as configured", "softmax", np.full((1, 3), np.nan)),), None)
    assert decoding.greedy(empty, empty.readings[0], 0) is None
    assert decoding.draws(empty, empty.readings[0], 0, 3) == ()


def test_draws_follow_the_shares_and_are_the_same_again() -> None:
    many = decoding.draws(ROWS, ONCE, 0, 20_000)
    share = np.bincount(many, minlength=4) / len(many)
    assert share == pytest.approx(P[0], abs=0.015)
    assert decoding.draws(ROWS, ONCE, 0, 7) == many[:7]
    assert decoding.draws(ROWS, ONCE, 0, 50, seed=1) != many[:50]
    assert set(decoding.draws(ROWS, ONCE, 0, 500, k=2)) == {0, 1}
    assert set(decoding.draws(ROWS, ONCE, 0, 500, temperature=0.1)) == {0}


def test_a_draw_may_be_one_of_the_rest() -> None:
    z = np.zeros((1, 3_000), "float32")
    rows = rows_of(z, (("as configured", "softmax", z),), None)
    drawn = decoding.draws(rows, rows.readings[0], 0, 200)
    assert drawn.count(decoding.REST) > 150
    assert decoding.tally(drawn)[0][0] == decoding.REST


def test_independent_units_are_not_drawn_from() -> None:
    rows = rows_of(Z, (("as configured", "sigmoid", Z),), None)
    assert decoding.draws(rows, rows.readings[0], 0, 5) == ()


def test_picks() -> None:
    assert decoding.worst(ROWS) == 0  # its true class is not its first
    assert decoding.most_confident(ROWS) == 1
    no_labels = rows_of(P, (("as configured", "softmax", P),), None)
    assert decoding.worst(no_labels) is None
    assert decoding.most_confident(rows_of(Z, (), None)) == 1
    assert decoding.worst(rows_of(Z, (), np.array([0, 1]))) is None


def test_another_is_another_and_every_one_can_be_it() -> None:
    assert {decoding.another(2, 5, turn) for turn in range(60)} == {0, 1, 3, 4}
    assert decoding.another(0, 1, 3) == 0


def test_the_users_random_state_is_left_alone() -> None:
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    decoding.draws(ROWS, ONCE, 0, 10)
    decoding.another(0, 9, 1)
    assert (np.random.get_state()[1] == before).all()


def test_a_tie_is_no_choice() -> None:
    assert decoding.tied(ROWS, ONCE, 0) == 1
    flat = rows_of(np.zeros((1, 4), "float32"), (("as configured", "softmax", np.zeros((1, 4), "float32")),), None)
    assert decoding.tied(flat, flat.readings[0], 0) == 4


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_crossentropy_at_a_temperature(temperature) -> None:
    for item, true in enumerate((1, 2)):
        expected = -np.log(softmax(Z[item].astype("float64") / temperature)[true])
        assert decoding.crossentropy(ROWS, ONCE, item, temperature) == pytest.approx(expected, rel=1e-4)
    assert decoding.crossentropy(AS_IS, AS_IS.readings[0], 0, temperature) is None, "without labels"
    far = np.array([[900.0, 0.0]], "float32")
    sure = rows_of(far, (("as configured", "softmax", far),), np.array([1]))
    assert decoding.crossentropy(sure, sure.readings[0], 0, temperature) == pytest.approx(900 / temperature)


def test_the_crossentropy_of_many_classes_and_of_units_at_a_temperature() -> None:
    z = np.random.default_rng(0).normal(size=(2, 500)).astype("float32")
    many = rows_of(z, (("as configured", "softmax", z),), np.array([3, 499]))
    expected = -np.log(softmax(z[1].astype("float64") / 2.0)[499])
    assert decoding.crossentropy(many, many.readings[0], 1, 2.0) == pytest.approx(expected, rel=1e-2)
    y = (z[:, :20] > 1).astype("float32")
    units = rows_of(z[:, :20], (("as configured", "sigmoid", z[:, :20]),), y)
    right = np.where(y[0] > 0, z[0, :20], -z[0, :20]) / 2.0
    assert decoding.crossentropy(units, units.readings[0], 0, 2.0) == pytest.approx(
        np.log1p(np.exp(-right)).mean(), rel=1e-4
    )
    cut = rows_of(z, (("as configured", "sigmoid", z),), (z > 1).astype("float32"))
    assert decoding.crossentropy(cut, cut.readings[0], 0, 2.0) is None
    assert decoding.crossentropy(cut, cut.readings[0], 0) == pytest.approx(float(cut.readings[0].losses[0]))
