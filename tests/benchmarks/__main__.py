"""Costs as ratios measured in one run: `python -m tests.benchmarks [GROUP…]` prints a table; `--json FILE` writes it.

Both sides of a ratio are timed in turn, A B A B …; the median of the ratios is given, with their quartiles.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import logit_magic
from tests.benchmarks import big, budgets, loops, panels, racing, starting
from tests.benchmarks import watching as cells
from tests.models.big import BIG, application

ROUNDS = 15


def ratio(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float, float]:
    """(median, lower quartile, upper quartile) of the time of `ours` over that of `theirs`."""
    ours(), theirs()
    ratios = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ours()
        middle = time.perf_counter()
        theirs()
        ratios.append((middle - start) / (time.perf_counter() - middle))
    low, median, high = statistics.quantiles(ratios, n=4)
    return median, low, high


def structural_verdicts() -> dict[str, tuple[float, float, float]]:
    """A verdict without data against the same model's `summary()` printed to nowhere."""
    rows = {}
    for name, build in BIG.items():
        model = build("softmax")
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        rows[f"verdict of {name} / its summary()"] = ratio(
            lambda model=model: logit_magic.check(model, samples=0),
            lambda model=model: model.summary(print_fn=lambda *_, **__: None),
        )
    return rows


def depth() -> dict[str, tuple[float, float, float]]:
    """A verdict does not grow with the depth of the model."""
    deep, shallow = (application(name, "softmax") for name in ("ResNet152", "ResNet50"))
    for model in (deep, shallow):
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return {
        "verdict of ResNet152 / of ResNet50": ratio(
            lambda: [logit_magic.check(deep, samples=0) for _ in range(20)],
            lambda: [logit_magic.check(shallow, samples=0) for _ in range(20)],
        )
    }


def watching() -> dict[str, tuple[float, float, float]]:
    """A cell that is watched against the same cell that is not."""
    loop, alone, fit = loops.own_loop(), loops.own_loop(loops.ALONE), loops.fit()
    steps = f"{loops.PIECES * loops.STEPS:,} steps"
    return {
        f"watched / plain loop of {steps}": quartiles(loops.runs(loop, loops.PIECES, loops.RUNS)),
        f"the recorder's part of a loop of {loops.ALONE:,} steps": quartiles(loops.shares(alone, 5)),
        f"watched / plain fit of {loops.FIT_STEPS} steps": quartiles(loops.ratios(fit, loops.FITS)),
        f"the recorder's part of a fit of {loops.FIT_STEPS} steps": quartiles(loops.shares(fit, loops.FITS // 3)),
    }


def quartiles(ratios: list[float]) -> tuple[float, float, float]:
    """(median, lower quartile, upper quartile)."""
    low, median, high = statistics.quantiles(ratios, n=4)
    return median, low, high


def loading() -> dict[str, tuple[float, float, float]]:
    """A plain IPython that starts and ends against one that loads the extension too."""
    return {"IPython with %load_ext / plain start": quartiles(starting.ratios(ROUNDS))}


def idle_watching() -> dict[str, tuple[float, float, float]]:
    """What watch mode adds to a cell that touches no model."""
    return {
        f"watching a cell that {kind}, {cells.NAMES:,} names / 1 ms": quartiles(shares)
        for kind, shares in cells.shares().items()
    }


def whole_check() -> dict[str, tuple[float, float, float]]:
    """A check with everything that it measures against one inference of the same rows."""
    return {f"whole check of ResNet50, {big.ROWS} rows / one inference": ratio(*big.inference())}


def memory() -> dict[str, tuple[float, float, float]]:
    """What a check of a language model's head takes at most, of what it may take: see `big.allowed`."""
    classes, positions = big.HEAD
    shares = [checked / big.allowed(inferred) for checked, inferred in big.peaks(3)]
    name = f"memory of a check, {classes:,} classes x {big.ROWS} x {positions} / allowed"
    return {name: (statistics.median(shares), min(shares), max(shares))}


def budget() -> dict[str, tuple[float, float, float]]:
    """What a check that cannot finish adds to its cell, of what it may add."""
    return {
        f"check of a model that hangs / its budget of {seconds:g} s and one second": quartiles(
            budgets.shares(seconds, 5)
        )
        for seconds in (0.5, 2.0)
    }


def race() -> dict[str, tuple[float, float, float]]:
    """When the right copy leads visibly."""
    return {"race of softmax twice on digits, JAX: until the right copy leads / 10 s": quartiles(racing.shares(3))}


GROUPS: dict[str, Callable[[], dict[str, tuple[float, float, float]]]] = {
    "loading": loading,
    "panels": lambda: panels.rows(ROUNDS),
    "idle": idle_watching,
    "training": watching,
    "verdicts": structural_verdicts,
    "depth": depth,
    "whole": whole_check,
    "memory": memory,
    "budget": budget,
    "race": race,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all without one")
    parser.add_argument("--json", metavar="FILE", help="write the table to FILE as JSON")
    arguments = parser.parse_args()
    rows = {name: row for group in arguments.groups or GROUPS for name, row in GROUPS[group]().items()}
    where = f"Keras {keras.__version__} on {keras.config.backend()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{where}{load}, median of interleaved rounds [quartiles]")
    for name, (median, low, high) in rows.items():
        print(f"{name:75} {median:8.4f}  [{low:.4f} … {high:.4f}]")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"where": where + load, "rows": rows}, file, indent=2)


if __name__ == "__main__":
    sys.exit(main())
