"""Generated hostile cells: the cell's result always stands, and the check says nothing but its own report.

5,000 cells are generated on TensorFlow and a sixteenth of that on each other backend; each is run plainly, under
`%%checkloss` and under `--watch`. `LOGIT_MAGIC_HOSTILE_CELLS` sets another number.
"""

from __future__ import annotations

import os

import keras
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from tests.hostile import cells
from tests.hostile.running import Runs, same, stray

CELLS = int(os.environ.get("LOGIT_MAGIC_HOSTILE_CELLS", "5000" if keras.config.backend() == "tensorflow" else "312"))
PARTS = {  # strategy -> parts of all cells: more of those that are quickly run, in tests that take seconds each
    cells.losses: 12,
    cells.compiled_with: 12,
    cells.functional: 7,
    cells.things: 5,
    cells.fits: 2,
    cells.subclassed: 2,
}
EACH = -(-CELLS // sum(PARTS.values()))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("kind", "part"),
    [pytest.param(kind, part, id=f"{kind.__name__}-{part}") for kind, parts in PARTS.items() for part in range(parts)],
)
def test_the_cell_stands(kind, part: int, runs: Runs) -> None:
    ran = 0

    @seeded(part)
    @settings(
        max_examples=EACH,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=(Phase.generate, Phase.shrink),
    )
    @given(kind(), st.sampled_from(cells.ENDS))
    def stands(code: str, end: str) -> None:
        nonlocal ran
        ran += 1
        cell = f"{code}\narmed[0] = True\n{end}"
        plain = runs.plainly(cell)
        for watching in (False, True):
            again = runs.watched(cell) if watching else runs.checked(cell)
            assert same(plain, again), (cell[:3000], plain, again)
            assert stray(plain, again, watching=watching) == "", cell[:3000]

    stands()
    assert ran == EACH, "fewer could be generated"
