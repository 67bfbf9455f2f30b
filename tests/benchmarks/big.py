"""A whole check of large models: its time over one inference of the same rows, its memory over what an inference takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

import logit_magic

ROWS = 32
HEAD = (256_000, 128)  # classes and positions of the language model
_LEAST = 256 * 2**20  # bytes that a check may take in any case
_STATUS = "/proc/self/status"


def inference() -> tuple[Callable[[], object], Callable[[], object]]:
    """(whole check, one inference) of ResNet50 on 32 rows at 224 x 224."""
    model = keras.applications.ResNet50(weights=None)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    generator = np.random.default_rng(0)
    x = generator.standard_normal((ROWS, 224, 224, 3)).astype("float32")
    y = generator.integers(0, 1000, ROWS)
    return lambda: _complete(logit_magic.check(model, x=x, y=y, samples=ROWS)), lambda: np.asarray(
        keras.ops.convert_to_numpy(model(x, training=False))
    )


def _complete(report: Any) -> None:
    assert report.pairs[0].distributions.sample.rows == ROWS, "every row was looked at"


def language_model(classes: int, positions: int) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """A small body with a head of so many classes at so many positions, and ids and labels for it."""
    ids = keras.layers.Input((positions,), dtype="int32")
    body = keras.layers.Embedding(1000, 8)(ids)
    model = keras.Model(ids, keras.layers.Dense(classes)(body))
    model.compile(loss="sparse_categorical_crossentropy")  # logits where it expects probabilities
    generator = np.random.default_rng(0)
    return model, generator.integers(0, 1000, (ROWS, positions)), generator.integers(0, classes, (ROWS, positions))


def peaks(rounds: int) -> Iterator[tuple[int, int]]:
    """(bytes that a check takes at most, bytes that an inference does), each in a process of its own, in turn."""
    for _ in range(rounds):
        yield peak("check"), peak("inference")


def allowed(inferred: int) -> float:
    """Bytes that a check may take beside an inference that takes so many."""
    return max(1.5 * inferred, _LEAST)


def as_users_run() -> dict[str, str]:
    """The environment without what the suite sets to have JAX compile quickly: such programs take more memory."""
    return {key: value for key, value in os.environ.items() if key != "JAX_DISABLE_MOST_OPTIMIZATIONS"}


def peak(what: str, classes: int = HEAD[0], positions: int = HEAD[1]) -> int:
    command = [sys.executable, "-m", __name__, what, str(classes), str(positions)]
    run = subprocess.run(command, env=as_users_run(), capture_output=True, text=True, check=True)
    return int(json.loads(run.stdout.splitlines()[-1]))


def memory_of(field: str) -> int:
    """Bytes of this process, by the name of a line of its status."""
    with open(_STATUS, encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))


def _measure(what: str, classes: int, positions: int) -> int:
    """Bytes above those of before, at most, once everything has been imported and the model is there."""
    small, x, y = language_model(10, positions)
    logit_magic.check(small, x=x, y=y)
    small(x, training=False)
    model, x, y = language_model(classes, positions)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # the peak is counted from here
    before = memory_of("VmRSS")
    begin = time.perf_counter()
    if what == "check":
        report = logit_magic.check(model, x=x, y=y)
        assert [finding.code for finding in report.findings] == ["LM101"] and report.pairs[0].distributions is not None
        print(report.pairs[0].distributions.sample, file=sys.stderr)
    else:
        outputs = model(x, training=False)
        getattr(outputs, "block_until_ready", bool)()  # JAX computes while Python goes on
    print(f"{what}: {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    return memory_of("VmHWM") - before


if __name__ == "__main__":
    print(_measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
