"""How much of a model's outputs is held at a time: a head of many classes takes a check no more memory than it must."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from logit_magic.measure import forward
from logit_magic.measure.sample import Sample
from tests.benchmarks import big


class Counting(keras.layers.Layer):
    """Notes how many rows it is given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def call(self, x):
        if x.shape[0] is not None:
            self.rows.append(x.shape[0])
        return x


@pytest.mark.parametrize(
    ("at_once", "known", "batches"),
    [
        (10**6, 0, [8, 32]),
        (10**6, 100, [8, 32]),
        (1000, 100, [8, 10, 10, 10, 2]),
        (500, 100, [5] * 8),
        (500, 0, [8] + [5] * 6 + [2]),  # not known before: the first batch tells
        (10, 100, [1] * 40),
    ],
)
def test_large_outputs_are_asked_for_a_few_rows_at_a_time(monkeypatch, at_once, known, batches) -> None:
    monkeypatch.setattr(forward, "_AT_ONCE", at_once)
    counting = Counting()
    model = keras.Sequential([keras.layers.Input((10,)), counting, keras.layers.Dense(100)])
    counting.rows.clear()
    x = np.random.default_rng(0).normal(size=(40, 10)).astype("float32")
    run = forward.outputs(model, Sample(x, None, 40, "here"), [()], [-1], 60.0, known)
    assert [sum(counting.rows), run.rows, run.thinned] == [40, 40, ""]
    assert counting.rows == batches
    np.testing.assert_allclose(run.outputs[0], keras.ops.convert_to_numpy(model(x)), rtol=1e-4, atol=1e-5)


def test_a_check_of_a_large_head_takes_little_more_than_an_inference() -> None:
    checked, inferred = (big.peak(what, classes=32_000, positions=128) for what in ("check", "inference"))
    assert inferred > 400 * 2**20, "the outputs alone are 500 MB"
    assert checked <= big.allowed(inferred), (checked, inferred)
