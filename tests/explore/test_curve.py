"""The margin's line: what is emitted on it has that margin, and the losses of the rule book stand at its ends."""

from __future__ import annotations

import math

import numpy as np
import pytest

from logit_magic.explore.curve import curve_of, emissions, grid

MARGINS = np.linspace(-9.0, 9.0, 37)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_emissions_have_the_margin_they_stand_for(classes) -> None:
    wanted = 1.0 / (1.0 + np.exp(-MARGINS))
    p = emissions(MARGINS, classes, "class-probabilities")
    assert p[:, 0] == pytest.approx(wanted, rel=1e-4) and p.sum(1) == pytest.approx(np.ones(37), rel=1e-4)
    assert softmax(emissions(MARGINS, classes, "logits"))[:, 0] == pytest.approx(wanted, rel=1e-4)
    assert np.exp(emissions(MARGINS, classes, "log-probabilities")) == pytest.approx(p, rel=1e-4)


def test_one_unit_emits_its_own_log_odds() -> None:
    assert emissions(MARGINS, 1, "logits")[:, 0] == pytest.approx(MARGINS, rel=1e-5)
    assert emissions(MARGINS, 1, "independent-probabilities")[:, 0] == pytest.approx(
        1 / (1 + np.exp(-MARGINS)), rel=1e-4
    )


def test_softmax_twice_runs_between_the_known_bounds() -> None:
    losses = -np.log(softmax(emissions(np.linspace(-16, 16, 81), 10, "class-probabilities"))[:, 0])
    assert losses.min() == pytest.approx(math.log(9 + math.e) - 1, abs=1e-3)  # 1.461
    assert losses.max() == pytest.approx(math.log(9 + math.e), abs=1e-3)  # 2.461


def test_slopes_are_the_derivative_and_ticks_stay_inside() -> None:
    losses = np.log1p(np.exp(-MARGINS))
    curve = curve_of(MARGINS, (("as configured", losses),), np.array([3.0, -40.0, np.nan, 40.0]), False)
    assert curve.ticks == (-9.0, 3.0, 9.0)
    (line,) = curve.lines
    assert line.slopes[18] == pytest.approx(-0.5, abs=1e-3) and line.slopes[0] == pytest.approx(-1.0, abs=1e-2)


def test_a_reading_that_is_nowhere_finite_is_left_out() -> None:
    nothing = np.full(37, np.nan)
    assert curve_of(MARGINS, (("as configured", nothing),), None, False) is None
    curve = curve_of(MARGINS, (("as configured", MARGINS), ("if right", nothing)), None, False)
    assert [line.name for line in curve.lines] == ["as configured"]


def test_the_grid_reaches_the_samples_within_reason_and_thins_out_for_many_classes() -> None:
    assert grid(10, None)[[0, -1]].tolist() == [-8.0, 8.0]
    assert grid(10, np.array([12.0, -1.0, np.nan]))[-1] > 11.0
    assert grid(10, np.array([500.0]))[-1] == 16.0
    assert len(grid(100_000, None)) * 100_000 < 3_000_000 < len(grid(10, None)) * 100_000
