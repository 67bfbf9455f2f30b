"""What is kept of a sample: the right classes, the right truth, and shares that are those of the whole rows."""

from __future__ import annotations

import numpy as np
import pytest

from logit_magic.explore import decoding
from logit_magic.explore.rows import ITEMS, KEPT, rows_of

GENERATOR = np.random.default_rng(3)


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def logits(*shape):
    return (3 * GENERATOR.standard_normal(shape)).astype("float32")


def configured(z):
    return (("as configured", "softmax", z),)


def test_few_classes_are_all_kept_in_order() -> None:
    z = logits(5, 10)
    rows = rows_of(z, configured(z), np.arange(5))
    assert rows.ids.tolist() == [list(range(10))] * 5
    assert rows.places == tuple(f"row {at}" for at in range(5))
    assert rows.truth == tuple((at,) for at in range(5))
    assert decoding.shares(rows, rows.readings[0], 2).kept == pytest.approx(softmax(z[2]), rel=1e-5)
    assert rows.readings[0].losses == pytest.approx(-np.log(softmax(z)[np.arange(5), np.arange(5)]), rel=1e-4)


@pytest.mark.parametrize("classes", [31, 1_000, 100_000])
def test_of_many_classes_the_largest_and_the_true_one_are_kept_and_the_rest_weighs_what_it_weighs(classes) -> None:
    z = logits(4, classes)
    true = z.argmin(1)
    rows = rows_of(z, configured(z), true)
    for item in range(4):
        kept = [i for i in rows.ids[item].tolist() if i >= 0]
        assert set(np.argsort(z[item])[-KEPT:].tolist()) | {int(true[item])} == set(kept)
        given, p = decoding.shares(rows, rows.readings[0], item), softmax(z[item])
        assert given.kept[: len(kept)] == pytest.approx(p[kept], rel=1e-3)
        assert given.rest == pytest.approx(1.0 - p[kept].sum(), abs=1e-4)
        assert given.others == classes - len(kept)
        assert given.total == pytest.approx(1.0)


@pytest.mark.parametrize("temperature", [0.25, 0.5, 2.0, 10.0])
def test_the_rest_follows_the_temperature(temperature) -> None:
    z = logits(3, 2_000)
    rows = rows_of(z, configured(z), None)
    for item in range(3):
        p = softmax(z[item].astype("float64") / temperature)
        given = decoding.shares(rows, rows.readings[0], item, temperature)
        assert given.rest == pytest.approx(1.0 - p[rows.ids[item][rows.ids[item] >= 0]].sum(), abs=0.01)


@pytest.mark.parametrize(
    ("shape", "axis", "labels", "first", "place"),
    [
        ((3, 4, 5), -1, (3, 4), 0, "row 0, position 0"),
        ((3, 4, 5), -1, (3, 4, 1), 0, "row 0, position 0"),
        ((2, 6, 6, 5), -1, (2, 6, 6), 0, "row 0, position 0, 0"),
        ((2, 5, 6, 6), 1, (2, 6, 6), 0, "row 0, position 0, 0"),
        ((7, 1, 5), -1, (7,), 0, "row 0"),
    ],
)
def test_sequences_and_maps_are_taken_position_by_position(shape, axis, labels, first, place) -> None:
    z = logits(*shape)
    true = np.moveaxis(z, axis, -1).argmax(-1)
    rows = rows_of(z, configured(z), true.reshape(labels), axis=axis)
    assert rows.classes == 5 and rows.places[0] == place
    assert rows.truth == tuple((int(t),) for t in true.reshape(-1))
    assert [decoding.greedy(rows, rows.readings[0], at) for at in range(len(rows.places))] == [t for (t,) in rows.truth]


def test_a_large_map_is_thinned_evenly() -> None:
    z = logits(8, 32, 32, 3)
    rows = rows_of(z, configured(z), None)
    assert len(rows.places) == ITEMS
    assert rows.places[0] == "row 0, position 0, 0" and rows.places[-1] == "row 7, position 31, 31"


def test_one_unit_is_two_classes() -> None:
    z = logits(6, 1)
    rows = rows_of(z, (("as configured", "sigmoid", z),), np.array([0, 1, 1, 0, 1, 0]), names=("no", "yes"))
    assert rows.classes == 2 and not rows.independent and rows.names == ("no", "yes")
    assert rows.truth == ((0,), (1,), (1,), (0,), (1,), (0,))
    p = 1 / (1 + np.exp(-z[:, 0]))
    assert decoding.shares(rows, rows.readings[0], 1).kept == pytest.approx([1 - p[1], p[1]], rel=1e-5)
    assert np.isnan(rows.raw[:, 0]).all() and rows.raw[:, 1] == pytest.approx(z[:, 0])
    assert rows.margins == pytest.approx(np.where([0, 1, 1, 0, 1, 0], z[:, 0], -z[:, 0]), rel=1e-5)


def test_independent_units_have_a_truth_of_several() -> None:
    z, labels = logits(4, 6), np.eye(6)[:4] + np.eye(6)[1:5]
    rows = rows_of(z, (("as configured", "sigmoid", z),), labels)
    assert rows.independent and rows.truth[0] == (0, 1) and rows.margins is None
    p = 1 / (1 + np.exp(-z))
    expected = -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p), axis=1)
    assert rows.readings[0].losses == pytest.approx(expected, rel=1e-4)


def test_many_independent_units_leave_their_mean() -> None:
    z = logits(2, 500)
    rows = rows_of(z, (("as configured", "sigmoid", z),), None)
    given, p = decoding.shares(rows, rows.readings[0], 0), 1 / (1 + np.exp(-z[0]))
    others = np.delete(p, rows.ids[0][rows.ids[0] >= 0])
    assert given.rest == pytest.approx(others.mean(), abs=0.01) and given.others == len(others)


@pytest.mark.parametrize("labels", [np.arange(3), np.array(["a"] * 5), np.zeros((5, 3)), None])
def test_labels_that_do_not_fit_are_left_out(labels) -> None:
    z = logits(5, 10)
    rows = rows_of(z, configured(z), labels)
    assert rows.truth is None and rows.margins is None and rows.readings[0].losses is None


def test_a_label_outside_the_classes_stays_what_it_is() -> None:
    z = logits(2, 3)
    rows = rows_of(z, configured(z), np.array([3, -1]))
    assert rows.truth == ((3,), (-1,)) and np.isnan(rows.readings[0].losses).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_kept_and_break_nothing(value, recwarn) -> None:
    z = logits(3, 50)
    z[1, 4] = value
    rows = rows_of(z, configured(z), np.array([0, 4, 1]))
    assert not np.isfinite(rows.raw[1][rows.ids[1] == 4]).any()
    assert np.isfinite(rows.readings[0].losses[[0, 2]]).all() and not np.isfinite(rows.readings[0].losses[1])
    decoding.shares(rows, rows.readings[0], 1)
    assert decoding.worst(rows) == 1
    assert [str(w.message) for w in recwarn] == []


def test_names_that_are_not_as_many_as_the_classes_are_left_out() -> None:
    z = logits(2, 3)
    assert rows_of(z, configured(z), None, names=("a", "b", "c")).names == ("a", "b", "c")
    assert rows_of(z, configured(z), None, names=("a", "b")).names == ()
