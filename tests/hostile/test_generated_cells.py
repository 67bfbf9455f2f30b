"""Generated hostile cells: the cell's result always stands, and the check says nothing but its own report.

`LOGIT_MAGIC_HOSTILE_CELLS` sets how many are generated; each is run plainly, under `%%checkloss` and under `--watch`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.hostile import cells
from tests.hostile.running import Runs, same, stray

CELLS = int(os.environ.get("LOGIT_MAGIC_HOSTILE_CELLS", "300"))
KINDS = {
    f.__name__: f
    for f in (cells.subclassed, cells.functional, cells.losses, cells.compiled_with, cells.things, cells.fits)
}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_the_cell_stands(kind: str, runs: Runs) -> None:
    @settings(
        max_examples=CELLS // len(KINDS),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
    )
    @given(KINDS[kind](), st.sampled_from(cells.ENDS))
    def stands(code: str, end: str) -> None:
        cell = f"{code}\narmed[0] = True\n{end}"
        plain = runs.plainly(cell)
        for watching in (False, True):
            ran = runs.watched(cell) if watching else runs.checked(cell)
            assert same(plain, ran), (cell[:3000], plain, ran)
            assert stray(plain, ran, watching=watching) == "", cell[:3000]

    stands()
