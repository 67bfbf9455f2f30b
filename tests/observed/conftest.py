"""A real kernel in which many cells are checked, one after the other, each in a namespace of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.notebook_kernel import Kernel

_ROOT = Path(__file__).parents[2]
_PRELUDE = """\
import keras, numpy as np
from keras import layers, losses, ops
keras.utils.set_random_seed(7)
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 8)).astype('float32')
ids = np.arange(64) % 5
hot, bits = np.eye(5, dtype='float32')[ids], (ids % 2).astype('float32')[:, None]
words = rng.integers(1, 9, (64, 6)).astype('int32')
"""
_EMPTY = """\
for _name in [n for n in globals() if not n.startswith('_') and n not in ('In', 'Out', 'get_ipython', 'exit', 'quit', 'open')]:
    del globals()[_name]
import keras
keras.backend.clear_session()
"""
_REPORT = """\
import json, logit_magic
def _place(location):
    return None if location is None else [location.file, location.line, location.cell]
_report = logit_magic.last_report()
print(json.dumps({
    'pairs': [[p.model, p.loss, p.verdict, p.basis, _place(p.location), p.emission.reason] for p in _report.pairs],
    'findings': [[f.code, f.severity, f.pair and f.pair.model, f.pair and f.pair.loss, f.pair and f.pair.basis,
                  _place(f.location), f.message] for f in _report.findings],
    'leftover': __import__('tests.left_behind', fromlist=['left_behind']).left_behind()}))
"""


class Notebook:
    """Cells run in one kernel; the last of each lot is checked, and must fail with the error named (None: with any)."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.run(f"%load_ext logit_magic\nimport sys\nsys.path.insert(0, {str(_ROOT)!r})")

    def run(self, code: str, fails: str | None = "") -> Any:
        said = self._kernel.run(code, stop_on_error=False)
        assert fails is None or said.reply.get("ename", "") == fails, (code, said.reply)
        return said

    def checked(self, cells: list[str], fails: str | None = "") -> dict[str, Any]:
        """What the report says after the last of the cells, which is checked, in a fresh namespace."""
        self.run(_EMPTY)
        self.run(_PRELUDE)
        counts = [self.run(cell).reply["execution_count"] for cell in cells[:-1]]
        counts.append(self.run(f"%%checkloss --quiet --text --budget 60\n{cells[-1]}", fails).reply["execution_count"])
        report: dict[str, Any] = json.loads(self.run(_REPORT).stream())
        return {**report, "counts": counts}


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    kernel = Kernel(tmp_path_factory.mktemp("observed"))
    yield Notebook(kernel)
    kernel.close()
