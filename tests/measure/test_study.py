"""The study of real pairs: the curve is the real loss, its bounds are the known ones, and nothing of it is a fact."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

import logit_magic
from logit_magic.measure.study import class_names

L, K = keras.layers, keras.losses
GENERATOR = np.random.default_rng(0)
ROWS = 100  # more than the curve has points
X, Y = GENERATOR.standard_normal((ROWS, 6)).astype("float32"), GENERATOR.integers(0, 10, ROWS)
FREE = (pytest.approx(0.0, abs=1e-3), pytest.approx(8.0, abs=0.01))  # a crossentropy of margins -8 to 8


def study(head, loss, y=Y, **more):
    model = keras.Sequential([keras.Input((6,)), *head])
    model.compile("adam", loss=loss)
    return logit_magic.check(model, x=X, y=y, **more).pairs[0].distributions.study


def bounds(found) -> dict:
    return {line.name: (min(line.losses), max(line.losses)) for line in found.curve.lines}


def test_softmax_twice_has_a_floor_and_a_ceiling() -> None:
    found = bounds(study([L.Dense(10, activation="softmax")], K.SparseCategoricalCrossentropy(from_logits=True)))
    assert found["as configured"] == (pytest.approx(1.4614, abs=1e-3), pytest.approx(2.461, abs=1e-3))
    assert found["if right"] == FREE


def test_sigmoid_twice_has_another_one_for_each_label() -> None:
    found = bounds(study([L.Dense(1, activation="sigmoid")], K.BinaryCrossentropy(from_logits=True), Y % 2))
    assert found["as configured"][0] == pytest.approx(0.3133, abs=1e-3)
    assert found["as configured, label 0"][0] == pytest.approx(0.6933, abs=1e-3)
    assert found["if right"] == FREE


@pytest.mark.parametrize(
    ("head", "loss", "labels"),
    [
        ([L.Dense(10)], K.SparseCategoricalCrossentropy(from_logits=True), Y),
        ([L.Dense(10, activation="softmax")], "categorical_crossentropy", np.eye(10)[Y]),
        ([L.Dense(10), L.Activation("softmax"), L.Reshape((1, 10))], "sparse_categorical_crossentropy", Y[:, None]),
        ([L.Dense(1)], K.BinaryCrossentropy(from_logits=True), Y % 2),
        ([L.Dense(10, activation="sigmoid")], "binary_crossentropy", np.eye(10)[Y]),
        ([L.Dense(10)], lambda y, z: keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True), Y),
        (
            [L.Dense(10)],
            lambda y, z: keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)),
            Y,
        ),
    ],
    ids=["logits", "one-hot", "sequence", "one unit", "units", "function", "function that reduces"],
)
def test_a_match_has_one_line_that_is_the_crossentropy(head, loss, labels) -> None:
    found = study(head, loss, labels)
    assert list(bounds(found)) == ["as configured"] and bounds(found)["as configured"] == FREE
    assert len(found.rows.readings) == 1


@pytest.mark.parametrize(
    ("head", "loss", "labels"),
    [
        ([L.Dense(1)], "mse", Y.astype("float32")),
        ([L.Dense(10, activation="sigmoid")], "categorical_crossentropy", np.eye(10)[Y]),
    ],
    ids=["any range", "units and a class loss"],
)
def test_a_pair_without_one_margin_has_no_curve(head, loss, labels) -> None:
    assert study(head, loss, labels).curve is None


def test_the_readings_are_those_of_the_distributions() -> None:
    model = keras.Sequential([keras.Input((6,)), L.Dense(10, activation="softmax")])
    model.compile("adam", loss=K.CategoricalCrossentropy(from_logits=True))
    measured = logit_magic.check(model, x=X, y=np.eye(10)[Y]).pairs[0].distributions
    losses = [np.mean(reading.losses) for reading in measured.study.rows.readings]
    assert losses == pytest.approx([measured.loss_configured, measured.loss_right], rel=1e-3)
    assert measured.study.rows.truth == tuple((int(y),) for y in Y)
    margins = measured.study.rows.margins
    assert np.mean(np.log1p(np.exp(-margins))) == pytest.approx(measured.loss_right, rel=1e-3)


def test_a_loss_that_cannot_be_called_on_plain_arrays_leaves_the_rows() -> None:
    def fussy(y, z):
        if len(z.shape) != 2 or z.shape[0] not in (32, 8, None):
            raise ValueError("only these")
        return keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True)

    found = study([L.Dense(10)], fussy)
    assert found is None or (found.curve is None and len(found.rows.places) == ROWS)


def test_the_study_is_no_part_of_the_report_as_data() -> None:
    model = keras.Sequential([keras.Input((6,)), L.Dense(10)])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    report = logit_magic.check(model, x=X, y=Y)
    assert report.pairs[0].distributions.study is not None
    assert "study" not in report.to_dict()["pairs"][0]["distributions"] and "study" not in repr(report.pairs[0])
    json.dumps(report.to_dict())
    assert report.pairs == logit_magic.check(model, x=X, y=Y).pairs


def test_classes_are_named_by_the_one_list_that_fits() -> None:
    names = [f"digit {at}" for at in range(10)]
    assert class_names({"anything": names, "n": 3, "other": ["a"] * 10}, 10) == tuple(names)
    assert class_names({"anything": np.array(names)}, 10) == tuple(names)
    assert class_names({"a": names, "b": names[::-1]}, 10) == (), "which of the two cannot be told"
    assert class_names({"a": names, "again": tuple(names)}, 10) == tuple(names)
    assert class_names({"_hidden": names, "short": names[:9], "same": ["x"] * 10, "text": "0123456789"}, 10) == ()


@pytest.mark.parametrize("own", ["In", "Out", "get_ipython", "exit", "quit", "open", "_ih"])
def test_the_cells_typed_so_far_are_no_names_of_classes(own) -> None:
    cells, names = ["", "import keras", "model = 1"], ["cat", "dog", "bird"]
    assert class_names({own: cells}, 3) == ()
    assert class_names({own: cells, "labels": names}, 3) == tuple(names)
    assert class_names({"In_": cells}, 3) == tuple(cells)
