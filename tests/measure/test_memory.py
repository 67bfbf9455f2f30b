"""How much of a model's outputs is held at a time: a head of many classes takes a check no more memory than it must."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


HEAVY = """
import json, keras, numpy as np, logit_magic
from tests.benchmarks.big import memory_of
layers = keras.layers
x, y = np.zeros((32, 64), "float32"), np.arange(32) % 10
def model(width):
    made = keras.Sequential([layers.Input((64,)), layers.Dense(width), layers.Dense(width), layers.Dense(10)])
    made.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return made
def checked(net):
    net(x)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    before = memory_of("VmRSS")
    report = logit_magic.check(net, x=x, y=y)
    assert [finding.code for finding in report.findings] == ["LM101"] and report.findings[0].effect is not None
    return memory_of("VmHWM") - before
checked(model(16))
heavy = model(8000)
print(json.dumps([checked(heavy), 4 * heavy.count_params()]))
"""


if keras.config.backend() != "jax":  # XLA lays weights out anew for some of its programs, whoever runs the model

    def test_no_weight_is_copied_by_a_check() -> None:
        command = [sys.executable, "-c", HEAVY]
        root = Path(__file__).parents[2]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=big.as_users_run())
        taken, weights = json.loads(ran.stdout.splitlines()[-1])
        assert weights > 240 * 2**20
        assert taken < weights / 4, (taken, weights)


def test_a_check_of_a_large_head_takes_little_more_than_an_inference() -> None:
    checked, inferred = (big.peak(what, classes=32_000, positions=128) for what in ("check", "inference"))
    assert inferred > 400 * 2**20, "the outputs alone are 500 MB"
    assert checked <= big.allowed(inferred), (checked, inferred)
