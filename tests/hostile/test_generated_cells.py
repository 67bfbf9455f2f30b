"""Generated hostile cells: the cell's result always stands, and the check says nothing but its own report."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from tests.hostile import cells, pieces
from tests.hostile.running import Runs, same, stray

CELLS = int(os.environ.get("LOGIT_MAGIC_HOSTILE_CELLS", "600"))
COMMON = dict(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
)


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    shell = InteractiveShell.instance()
    yield Runs(shell, pieces.SETUP)
    shell.run_cell("%unload_ext logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)


KINDS = {
    f.__name__: f
    for f in (cells.subclassed, cells.functional, cells.losses, cells.compiled_with, cells.things, cells.fits)
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_cell_stands(kind: str, runs: Runs) -> None:
    @settings(max_examples=CELLS // len(KINDS), **COMMON)
    @given(KINDS[kind](), st.sampled_from(cells.ENDS))
    def stands(code: str, end: str) -> None:
        cell = f"{code}\narmed[0] = True\n{end}"
        plain = runs.plainly(cell)
        for watching in (False, True):
            ran = runs.watched(cell) if watching else runs.checked(cell)
            assert same(plain, ran), (cell[:3000], plain, ran)
            assert not stray(plain, ran, watching=watching), (cell[:3000], stray(plain, ran, watching=watching))

    stands()
