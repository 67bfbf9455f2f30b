"""A notebook of all cells leaves the same outputs, names and numbers, checked, watched or plain, through other doors.

The first door, a kernel by jupyter_client, is in `test_plain_run`: cell by cell, with every message. Here nbclient and
papermill execute all the cells as one notebook.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from notebook_cells import PYTHON, Row
from notebook_company_cells import COMPANY
from notebook_compare import differences, shown
from notebook_doors import by_nbclient, by_papermill
from notebook_keras_cells import FIRST_IMPORT, KERAS

_WITH_KERAS = (
    "keras_imported_for_the_first_time", "own_loop", "loss_raises_in_own_loop", "training", "later_cells_draw_the_same",
    "generator_is_not_read", "stack_within_fit", "not_compiled", "training_interrupted", "error_in_own_loss",
)  # fmt: skip
ROWS = [row for row in PYTHON if not row.late]  # what a process writes late is in no order
ROWS += [row for row in (*FIRST_IMPORT, *KERAS) if row.name in _WITH_KERAS]
ROWS += COMPANY
LEFT = Row(
    "what_is_left",
    (
        "given",
        "sorted(name for name in globals() if not name.startswith('_'))",
        "{name: repr(value)[:200] for name, value in sorted(globals().items()) if type(value) in (int, str, tuple, list, dict)"
        " and name not in ('In', 'Out') and not name.startswith('_')}",
        "len(In), sorted(Out), [source.removeprefix('# ') for source in In[4:]]",
        "{number: type(value).__name__ for number, value in Out.items()}",
        "import sys\nsorted(name for name in sys.modules if name.split('.')[0] in ('keras', 'tensorflow', 'jax', 'torch')"
        " and name.count('.') < 2)",
    ),
)
ALL = [*ROWS, LEFT]
DOORS = ("nbclient", "nbclient, watching", "papermill")
MISMATCH = (
    "odd = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])\n"
    "odd.compile('sgd', 'sparse_categorical_crossentropy')"
)


def _cells(*, checked: bool = False, watched: bool = False) -> list[str]:
    """All cells: under `%%checkloss`, or with that line as a comment, plain or under `%checkloss --watch`."""
    load = "%load_ext logit_magic" + "\n%checkloss --watch" * watched
    cells = [load if checked or watched else "# the other notebook loads the extension here"]
    for source in (source for row in ALL for source in row.cells):
        comment = "" if source.startswith("%%") else "# %%checkloss\n"
        cells.append(f"%%checkloss\n{source}" if checked else f"{comment}{source}")
    return [*cells, f"%%checkloss\n{MISMATCH}" if checked else f"# %%checkloss\n{MISMATCH}"]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Per door what the checked cells said, and what the plain ones did."""
    folders = {name: tmp_path_factory.mktemp("kernel") for name in ("plain", *DOORS)}
    with ThreadPoolExecutor(2) as pool:
        plain = pool.submit(by_nbclient, _cells(checked=False), folders["plain"])
        doors = {
            "nbclient": pool.submit(by_nbclient, _cells(checked=True), folders["nbclient"]),
            "nbclient, watching": pool.submit(by_nbclient, _cells(watched=True), folders["nbclient, watching"]),
            "papermill": pool.submit(by_papermill, _cells(checked=True), folders["papermill"]),
        }
        return plain.result(), {name: door.result() for name, door in doors.items()}


@pytest.mark.parametrize("door", DOORS)
def test_a_notebook_of_all_cells(executed, door):
    plain, checked = executed[0], executed[1][door]
    assert len(checked) == len(plain) == len(_cells(checked=True)) + 2
    rows = [row for row in ALL for _ in row.cells]
    found = {
        f"{row.name}, cell {number}": differing
        for number, (row, one, other) in enumerate(zip(rows, checked[3:-1], plain[3:-1], strict=True))
        if (differing := differences(one, other, timed=row.timed))
    }
    assert found == {}


@pytest.mark.parametrize("door", DOORS)
def test_the_doors_show_reports_and_parameters(executed, door):
    checked = executed[1][door]
    assert checked[-1].contents("display_data") and "LM101" in shown(checked[-1])[0]
    given = checked[-1 - len(LEFT.cells)]
    assert given.contents("execute_result")[0]["data"]["text/plain"] == "3"
    failing = [said for said in checked if said.contents("error")]
    assert len(failing) > 30, "rows that fail are in the notebook"
