"""What the panel costs in the kernel, each as a share of what it may cost: a slider's step, the first panel, its state."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

import logit_magic
from logit_magic.report.panel import panel

STEP, FIRST = 0.060, 0.300
"""Seconds from a slider to its picture, and from the end of a check to its panel."""
STATE = {10: 40_000, 100_000: 120_000}
"""Classes -> bytes that a notebook saves for the panel."""

Row = tuple[float, float, float]


def report(classes: int) -> Any:
    """The report of a softmax head that meets a loss which applies softmax once more."""
    head = keras.layers.Dense(classes, activation="softmax")
    model = keras.Sequential([keras.Input((8,)), head])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((256, 8)).astype("float32"), generator.integers(0, classes, 256)
    rows = 256 if classes <= 1_000 else 32
    return logit_magic.check(model, x=x[:rows], y=y[:rows])


def rows(rounds: int) -> dict[str, Row]:
    """Every row of the table."""
    found: dict[str, Row] = {}
    for classes, limit in STATE.items():
        made = report(classes)
        found[f"first panel, {classes:,} classes / 300 ms"] = _shares(lambda made=made: panel(made), FIRST, rounds)
        box = panel(made)
        sizes = []
        for name in _switch(box).options:
            _switch(box).value = name
            sizes.append(state(box) / limit)
        found[f"largest state, {classes:,} classes / {limit // 1000} kB"] = (max(sizes), min(sizes), max(sizes))
        _switch(box).value = "Samples"
        for control in ("Sample", "Temperature"):
            step = _steps(box, control)
            found[f"{control} to picture, {classes:,} classes / 60 ms"] = _shares(step, STEP, rounds)
        box.close()
    return found


def state(box: Any) -> int:
    """Bytes of JSON that a notebook saves for a panel, with layouts and styles."""
    parts = {part.model_id: part.get_state(drop_defaults=True) for part in _parts(box)}
    return len(json.dumps(parts, default=str))


def _parts(box: Any) -> Iterator[Any]:
    yield from (part for part in (box, getattr(box, "layout", None), getattr(box, "style", None)) if part is not None)
    for child in getattr(box, "children", ()):
        yield from _parts(child)


def _switch(box: Any) -> Any:
    return next(part for part in _parts(box) if type(part).__name__ == "ToggleButtons")


def _steps(box: Any, label: str) -> Callable[[], None]:
    """A function that moves a control to another value each time."""
    control = next(part for part in _parts(box) if getattr(part, "description", "") == label and hasattr(part, "max"))
    turns = iter(range(10_000))

    def step() -> None:
        turn = next(turns)
        control.value = turn % 16 if label == "Sample" else 0.5 + 0.1 * (turn % 16)

    return step


def _shares(act: Callable[[], object], limit: float, rounds: int) -> Row:
    """(median, lower quartile, upper quartile) of the time that `act` takes, over its limit."""
    act()
    shares = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        shares.append((time.perf_counter() - start) / limit)
    low, median, high = statistics.quantiles(shares, n=4)
    return median, low, high
