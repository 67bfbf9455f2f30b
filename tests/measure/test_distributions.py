"""Readings, entropies, divergences and losses on a sample, against closed forms and against Keras itself."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from logit_magic.facts import Emission, Expectation, SampleNote
from logit_magic.measure.distributions import distributions

NOTE = SampleNote("made for the test", 3, has_labels=True)
LOGITS = Emission("logits", rank=2, size=4)
SOFTMAX = Emission("class-probabilities", axis=-1, rank=2, size=4, simplex_size=4)
ROWS = np.array([[2.0, 0.0, -1.0, 0.5], [0.1, 0.1, 0.1, 0.1], [-3.0, 4.0, 1.0, 1.0]], dtype="float32")


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def found(measured, key: str, name: str):
    histogram = next(h for h in measured.histograms if h.key == key)
    return next(s for s in histogram.series if s.name == name)


def test_a_match_has_one_reading_and_no_distance() -> None:
    measured = distributions(ROWS, LOGITS, Expectation("class-logits"), NOTE)
    assert [h.key for h in measured.histograms] == ["values", "row-sums", "readings", "top-class", "entropy"]
    assert [s.name for s in measured.histograms[2].series] == ["as configured"]
    assert measured.divergence_bits == pytest.approx(0.0)
    assert found(measured, "entropy", "as configured").quantiles[-1] == pytest.approx(2.0)  # log2 4 for the flat row


def test_probabilities_read_as_logits() -> None:
    p = softmax(ROWS)
    measured = distributions(p, SOFTMAX, Expectation("class-logits"), NOTE)
    assert found(measured, "top-class", "if right").quantiles[-1] == pytest.approx(p.max(), rel=1e-5)
    # the most that a second softmax over C classes can give is e / (e + C - 1)
    assert found(measured, "top-class", "as configured").quantiles[-1] <= math.e / (math.e + 3)
    assert found(measured, "row-sums", "emitted").quantiles[3] == pytest.approx(1.0)
    assert 0.0 < measured.divergence_bits < 1.0


def test_distance_of_disjoint_distributions_is_one() -> None:
    sure = np.array([[60.0, -60.0], [-60.0, 60.0]], dtype="float32")
    measured = distributions(sure, LOGITS, Expectation("class-probabilities"), NOTE)
    assert measured.divergence_bits == pytest.approx(0.0, abs=1e-2)  # clipped to (1, 0): the same as the softmax
    opposite = np.array([[-60.0, 0.0], [0.0, -60.0]], dtype="float32")
    flat = distributions(opposite, LOGITS, Expectation("class-probabilities"), NOTE)
    assert flat.divergence_bits == pytest.approx(math.sqrt(0.3113), abs=2e-3)  # (1/2, 1/2) against (0, 1), in bits


@pytest.mark.parametrize(
    ("loss", "emission", "raw"),
    [
        (keras.losses.SparseCategoricalCrossentropy(), LOGITS, ROWS),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), SOFTMAX, softmax(ROWS)),
    ],
)
def test_the_loss_if_right_is_the_other_flag_on_the_same_outputs(loss, emission: Emission, raw: np.ndarray) -> None:
    y = np.array([0, 3, 1])

    def value(p: np.ndarray) -> float:
        return float(keras.ops.convert_to_numpy(loss(y, p)))

    kind = "class-logits" if emission is SOFTMAX else "class-probabilities"
    measured = distributions(raw, emission, Expectation(kind), NOTE, loss=value)
    other = keras.losses.SparseCategoricalCrossentropy(from_logits=emission is LOGITS)
    assert measured.loss_configured == pytest.approx(value(raw))
    assert measured.loss_right == pytest.approx(float(keras.ops.convert_to_numpy(other(y, raw))), rel=1e-4)
    assert measured.loss_configured != pytest.approx(measured.loss_right, rel=1e-2)


def test_values_that_are_not_finite_are_counted_apart() -> None:
    broken = ROWS.copy()
    broken[0, 0], broken[1, 1] = np.nan, np.inf
    measured = distributions(broken, LOGITS, Expectation("class-logits"), NOTE)
    raw = found(measured, "values", "emitted")
    assert raw.not_finite == 2 and sum(raw.counts) == 10
    nothing = distributions(np.full((2, 3), np.nan, "float32"), LOGITS, Expectation("class-logits"), NOTE)
    assert nothing.histograms[0].edges == () and nothing.histograms[0].series[0].quantiles == ()


@pytest.mark.parametrize("head", [LOGITS, SOFTMAX], ids=["logits", "probabilities"])
def test_outputs_that_are_no_numbers_have_no_entropy_and_no_distance(head: Emission) -> None:
    for expects in ("class-logits", "class-probabilities", "binary-logits", "binary-probabilities"):
        measured = distributions(np.full((2, 4), np.nan, "float32"), head, Expectation(expects), NOTE)
        assert measured.divergence_bits is None
        for histogram in measured.histograms:
            for series in histogram.series:
                lost = series.quantiles == () and sum(series.counts) == 0 and series.not_finite > 0
                assert lost, f"{expects}: {histogram.key} {series.name} {series.quantiles}"
    broken = np.vstack([softmax(ROWS), np.full((1, 4), np.nan)]).astype("float32")
    measured = distributions(broken, SOFTMAX, Expectation("class-logits"), NOTE)
    whole = distributions(softmax(ROWS), SOFTMAX, Expectation("class-logits"), NOTE)
    assert found(measured, "entropy", "as configured").quantiles == found(whole, "entropy", "as configured").quantiles
    assert found(measured, "entropy", "as configured").not_finite == 1
    assert measured.divergence_bits == pytest.approx(whole.divergence_bits)


@pytest.mark.parametrize(
    "raw",
    [np.zeros((3, 100_000)), np.zeros((3, 1)), np.full((3, 4), 1e-6), np.array([[60.0, -60.0]] * 3), np.zeros((1, 4))],
    ids=["a hundred thousand alike", "one unit", "tiny values", "sure", "one row"],
)
@pytest.mark.parametrize("expects", ["class-logits", "class-probabilities", "binary-logits", "binary-probabilities"])
def test_bins_of_probabilities_lie_between_0_and_1(raw: np.ndarray, expects) -> None:
    measured = distributions(raw.astype("float32"), LOGITS, Expectation(expects), NOTE)
    for histogram in measured.histograms:
        if histogram.unit in ("probability", "bits"):
            ends = histogram.edges[0], histogram.edges[-1]
            assert ends[0] >= 0.0 and ends[1] <= (1.0 if histogram.unit == "probability" else 20.0), (
                histogram.key,
                ends,
            )
            assert ends[1] > ends[0]
            assert all(sum(each.counts) > 0 and each.not_finite == 0 for each in histogram.series)


def test_one_lies_in_the_middle_of_a_bin_of_row_sums() -> None:
    measured = distributions(softmax(ROWS), SOFTMAX, Expectation("class-logits"), NOTE)
    sums = next(h for h in measured.histograms if h.key == "row-sums")
    assert max(sums.series[0].counts) == 3 and sum(sums.series[0].counts) == 3


def test_yes_or_no_units_are_read_one_by_one() -> None:
    z = np.array([[0.0], [4.0]], dtype="float32")
    measured = distributions(z, Emission("logits", rank=2, size=1), Expectation("binary-logits"), NOTE)
    assert found(measured, "top-class", "as configured").quantiles[0] == pytest.approx(0.5)
    assert found(measured, "entropy", "as configured").quantiles[-1] == pytest.approx(1.0)
    assert [h.key for h in measured.histograms] == ["values", "readings", "top-class", "entropy"]
