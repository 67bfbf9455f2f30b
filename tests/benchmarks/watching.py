"""What watch mode adds to cells that touch no model, in a namespace of ten thousand names, as a share of a millisecond."""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from typing import Any

import keras
import numpy as np
import pandas as pd
from IPython.core.interactiveshell import InteractiveShell

NAMES, ROUNDS, CELLS = 10_000, 30, 20
MOST = 0.001  # seconds that it may add to a cell
KINDS = {
    "binds a number": "y = 1000 + {i}",
    "rebinds a data frame": "frame0 = frame0.copy(deep=False)",
    "defines and calls a function": "def f(x):\n    return [x + {i}]\nz = f(3)",
    "deletes a name": "gone = {i}\ndel other\nother = gone",
}


class Holder:
    """An object of the user's own, as notebooks have them."""

    def __init__(self) -> None:
        self.rows, self.settings = list(range(300)), {"a": 1}


def namespace() -> dict[str, Any]:
    """What fills a long session: large frames and arrays, containers, objects, compiled models, and many small things."""
    frame, array = pd.DataFrame(np.zeros((100_000, 20))), np.zeros((1000, 1000))
    found: dict[str, Any] = {f"n{i}": i * 1.5 for i in range(NAMES - 1000)}
    found |= {f"frame{i}": frame.copy(deep=False) for i in range(400)}
    found |= {f"array{i}": array[:] for i in range(400)}
    found |= {f"list{i}": list(range(10_000)) for i in range(90)}
    found |= {f"holder{i}": Holder() for i in range(90)}
    for i in range(20):
        model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(4)])
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        found[f"model{i}"] = model
    return found


def shares() -> dict[str, list[float]]:
    """Kind of cell -> (seconds watched - seconds plain) / a millisecond; each of `ROUNDS` is a median of `CELLS` cells.

    Seconds of this thread, which does all of it: what else the machine does is not counted.
    """
    shell = InteractiveShell.instance()
    shell.run_cell("%load_ext logit_magic", store_history=False).raise_error()
    shell.user_ns.update(namespace(), other=1)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with contextlib.redirect_stdout(io.StringIO()):
        for turn in range(ROUNDS):
            for kind, cell in KINDS.items():
                took = {}
                for line in ("--watch", "--unwatch") if turn % 2 else ("--unwatch", "--watch"):
                    shell.run_cell(f"%checkloss {line}", store_history=False).raise_error()
                    took[line] = _seconds(shell, cell)
                found[kind].append((took["--watch"] - took["--unwatch"]) / MOST)
    shell.run_cell("%unload_ext logit_magic", store_history=False)
    InteractiveShell.clear_instance()
    return found


def _seconds(shell: InteractiveShell, cell: str) -> float:
    took = []
    for i in range(CELLS):
        begin = time.thread_time()
        shell.run_cell(cell.format(i=i), store_history=False)
        took.append(time.thread_time() - begin)
    return statistics.median(took)
