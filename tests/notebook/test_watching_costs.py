"""What watching does in cells that touch no model: as much at ten names as at ten thousand, and nothing stays."""

from __future__ import annotations

import gc
import sys
import tracemalloc
import types
from collections import Counter
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

import logit_magic
from logit_magic.discovery.namespace import bindings, rebound
from logit_magic.discovery.reading import speaks_of_models
from logit_magic.foreign import class_name, module_of

ROOT = str(Path(logit_magic.__file__).parent)
CELLS = {
    "binds a number": "y = 1000 + {i}",
    "binds nothing": "1000 + {i}",
    "a data frame": "frame0 = frame0 * 1.5\nmean = frame0.mean()",
    "defines a function": "def f{i}(x):\n    return x + {i}\nz = f{i}(3)",
    "a list of lists": "rows = [[{i}] * 10] * 10",
    "deletes a name": "del gone\ngone = {i}",
    "an error": "1 / 0",
}


class Thing:
    """Plain objects are looked into."""

    def __init__(self) -> None:
        self.inside = {"a": [1, 2, 3]}


def fill(namespace: dict, names: int) -> None:
    """So many names, bound to what notebooks hold: numbers, frames, arrays, containers, objects and compiled models."""
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    frame, array = pd.DataFrame(np.zeros((100, 2))), np.zeros((100, 100))
    for i in range(names):
        namespace[f"frame{i}"] = (
            (frame if i == 0 else [i] * 300, array, {"a": [i]}, Thing(), i * 1.5, model)[i % 6] if i < 600 else i * 1.5
        )


def calls(shell, cell: str) -> Counter[str]:
    """How often each function of the package was called by a cell."""
    counted: Counter[str] = Counter()

    def count(frame, event, _) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOT):
            counted[f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}"] += 1

    sys.setprofile(count)
    try:
        shell.run_cell(cell, store_history=True)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_what_a_cell_costs_does_not_grow_with_the_namespace_or_the_notebook(shell, capsys, cell) -> None:
    counted = []
    for names, cells in ((60, 3), (10_000, 60)):
        fill(shell.user_ns, names)
        shell.run_cell("%checkloss --watch", store_history=False)
        for i in range(cells):
            shell.run_cell(cell.format(i=i), store_history=True)
        shell.user_ns["gone"] = 1
        shell.run_cell(cell.format(i=8), store_history=True)
        counted.append(calls(shell, cell.format(i=7)))
    few, many = counted
    assert few, "the cell was watched"
    assert many.total() < few.total() + 100, many - few


def test_the_count_sees_a_cell_that_touches_a_model(shell, capsys) -> None:
    fill(shell.user_ns, 60)
    shell.run_cell("%checkloss --watch")
    assert calls(shell, "frame5.compile(loss='mse')").total() > 3 * calls(shell, "1000").total()


def ours() -> Counter[str]:
    """Objects of the package's own classes, by class."""
    gc.collect()
    classes = (type(thing) for thing in gc.get_objects())
    return Counter(class_name(cls) for cls in classes if module_of(cls).startswith("logit_magic"))


def held() -> int:
    """Bytes that the package's code has asked for and that are still held."""
    gc.collect()
    only = tracemalloc.Filter(True, f"{ROOT}/*")
    return sum(stat.size for stat in tracemalloc.take_snapshot().filter_traces([only]).statistics("filename"))


def test_nothing_grows_over_five_thousand_cells(shell, capsys) -> None:
    fill(shell.user_ns, 600)
    shell.run_cell("%checkloss --watch")
    cells = list(CELLS.values())[:5]
    sizes, objects = [], []
    tracemalloc.start()
    try:
        for i in range(5_000):
            if i in (500, 2_500):
                sizes.append(held()), objects.append(ours())
            shell.run_cell(cells[i % 5].format(i=i % 50), store_history=False)
        sizes.append(held()), objects.append(ours())
    finally:
        tracemalloc.stop()
    assert objects[0] == objects[1] == objects[2]
    assert sizes[2] - sizes[0] < 20_000, sizes


def test_what_is_kept_is_seen_to_grow(shell, capsys) -> None:
    tracemalloc.start()
    try:
        before = held()
        kept = [bindings({f"n{i}": i + 1000 for i in range(500)}) for _ in range(10)]
        assert held() - before > 20_000 and kept
    finally:
        tracemalloc.stop()


class Hostile:
    """A key that may be neither compared nor hashed once it is in."""

    quiet = True

    def __hash__(self) -> int:
        assert Hostile.quiet
        return 1

    def __eq__(self, other: object) -> bool:
        raise AssertionError


NAMES = [f"n{i}" for i in range(2000)]
FULL = {name: object() for name in NAMES}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({}, []),
        ({"n0": 1}, ["n0"]),
        ({"n511": 1, "n512": 2, "n1999": 3}, ["n511", "n512", "n1999"]),
        ({"new": 1}, ["new"]),
        ({"new": 1, "n3": 2}, ["new", "n3"]),
        ({"_hidden": 1, "n3": 2, 7: 3}, ["n3"]),
        ({"n5": None}, []),  # None: deleted
        ({"n5": None, "new": 1}, ["new"]),
        ({"n1999": None, "new": 1}, ["new"]),
        ({"n1999": None, "n4": 1}, ["n4"]),
        ({"n5": None, "n700": None, "n1": 1, "n900": 2, "new": 3}, ["n1", "n900", "new"]),
        ({**dict.fromkeys(NAMES[:60]), "n100": 1, "new": 2}, ["n100", "new"]),
        ({"n0": None}, []),
        (dict.fromkeys(NAMES), []),
        ({**dict.fromkeys(NAMES), "new": 1}, ["new"]),
        (dict.fromkeys(NAMES, 1), NAMES),
    ],
)
@pytest.mark.parametrize("start", [FULL, {}, {**FULL, Hostile(): 1}], ids=["full", "empty", "hostile"])
def test_names_bound_anew(start, change, changed) -> None:
    Hostile.quiet = True
    namespace = dict(start)
    before = bindings(namespace)
    for name, value in change.items():
        if value is None:
            namespace.pop(name, None)
        else:
            namespace[name] = value
    Hostile.quiet = False
    new = [name for name, value in change.items() if value is not None and type(name) is str and name[0] != "_"]
    assert sorted(rebound(bindings(namespace), before)) == sorted(changed if start else new)


def test_a_name_that_is_deleted_and_bound_again_to_something_else() -> None:
    namespace = dict(FULL)
    before = bindings(namespace)
    del namespace["n3"]
    namespace["n3"] = object()
    assert rebound(bindings(namespace), before) == ["n3"]


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("y = number + 1", False),
        ("numbers[0] + frame.mean() + array", False),
        ("np.exp(array)\nnp.linalg.norm(array)", False),
        ("keras.losses.MeanSquaredError()", False),
        ("def f(x):\n    return x\nf(text)", False),
        ("model.predict(array) > 0.5", True),
        ("def f(x):\n    return model(x)", True),
        ("models['a'].predict(array)", True),
        ("nested[0]['a'](array)", True),
        ("holder.inside", True),
        ("mine.net(array)", True),
        ("mine.number", False),
        ("# model", True),
    ],
)
def test_cells_that_name_nothing_that_holds_a_model_are_not_read(text, speaks) -> None:
    model = keras.Sequential([keras.layers.Dense(2)])
    mine = types.ModuleType("mine")
    mine.net, mine.number = model, 3  # type: ignore[attr-defined]
    namespace = dict(
        number=1, numbers=[1, 2], frame=pd.DataFrame(), array=np.zeros(2), np=np, keras=keras, text="a", model=model,
        models={"a": model}, nested=[{"a": model}], holder=Thing(), mine=mine, f=lambda: 0,
    )  # fmt: skip
    assert speaks_of_models(text, namespace) == speaks
