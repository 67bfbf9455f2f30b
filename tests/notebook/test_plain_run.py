"""A cell under `%%checkloss` runs exactly as without that line: everything that two real kernels say is compared."""

from __future__ import annotations

import json

import pytest
from notebook_cells import PYTHON
from notebook_company_cells import COMPANY
from notebook_compare import differences, shown
from notebook_keras_cells import FIRST_IMPORT, KERAS
from notebook_kernel import Said


def _line_or_comment(said):
    """With the comment written as the line that it stands for: a traceback through a magic quotes the cell's source."""
    return Said(*json.loads(json.dumps([said.messages, said.reply]).replace("# %%checkloss", "%%checkloss")))


def _rows(table):
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in table])


@_rows(PYTHON)
def test_python_and_ipython(pair, row):
    assert pair.differences(row) == []


@pytest.fixture(scope="module")
def keras_pair(start_pair):
    """Two kernels that have imported Keras, under the eyes of the tests of that."""
    pair = start_pair()
    found = {row.name: pair.differences(row) for row in FIRST_IMPORT}
    return pair, found


@_rows(FIRST_IMPORT)
def test_the_first_import_of_keras(keras_pair, row):
    assert keras_pair[1][row.name] == []


@_rows(KERAS)
def test_keras(keras_pair, row):
    assert keras_pair[0].differences(row) == []


@_rows(COMPANY)
def test_in_company(keras_pair, row):
    assert keras_pair[0].differences(row) == []


def test_a_report_comes_after_the_cells_own_output(keras_pair):
    checked, plain = keras_pair[0].run(
        "print('own')\nsmall.compile('sgd', 'sparse_categorical_crossentropy')\n'result'"
    )
    kinds = [kind for kind, _ in checked.messages if not kind.startswith("comm")]
    assert kinds == ["status", "execute_input", "stream", "execute_result", "display_data", "display_data", "status"]
    assert len(shown(checked)) == 1 and "LM101" in shown(checked)[0]
    assert shown(plain) == []
    assert differences(checked, plain) == []


@pytest.mark.parametrize("leave", ["exit()", "quit()", "get_ipython().ask_exit()"])
def test_leaving(start_pair, leave):
    checked, plain = start_pair().run(f"print('bye')\n{leave}")
    assert differences(checked, plain) == []
    assert [payload["source"] for payload in checked.reply["payload"]] == ["ask_exit"]


@pytest.mark.parametrize(
    ("cell", "without"),
    [
        ("%%time\n%%checkloss\nsum(range(9))", "%%time\n# %%checkloss\nsum(range(9))"),
        ("%%time\n%%checkloss\n1 / 0", "%%time\n# %%checkloss\n1 / 0"),
        ("%%capture got\n%%checkloss\nprint(1)\n2", "%%capture got\n# %%checkloss\nprint(1)\n2"),
        ("%%capture got\n%%checkloss\n%%time\nprint(1)", "%%capture got\n%%time\nprint(1)"),
        ("%%timeit -n1 -r1\n%%checkloss\nsum(range(9))", "%%timeit -n1 -r1\n# %%checkloss\nsum(range(9))"),
        ("%%checkloss\n%%checkloss --text\nsum(range(9))", "# %%checkloss\n# %%checkloss --text\nsum(range(9))"),
        (
            "code = 'print(4)\\n5'\nget_ipython().run_cell_magic('checkloss', '', code)",
            "code = 'print(4)\\n5'\nran = get_ipython().run_cell(code)",
        ),
        (
            "get_ipython().run_cell_magic('checkloss', '', '1 / 0')",
            "ran = get_ipython().run_cell('# %%checkloss\\n1 / 0')",
        ),
        ("\n \n%%checkloss\n3", "\n \n# %%checkloss\n3"),
        ("  %%checkloss\n  4", "  # %%checkloss\n  4"),
        ("%%checkloss\n\n    ind = 4\n    ind", "# %%checkloss\n\nind = 4\nind"),
        ("%%checkloss\n\n%%time\nsum(range(9))", "%%time\nsum(range(9))"),
    ],
)
def test_other_places_for_the_line(pair, cell, without):
    checked, plain = (_line_or_comment(said) for said in (pair.checked.run(cell), pair.plain.run(without)))
    assert differences(checked, plain, timed=True) == []
    assert len(shown(checked)) == (0 if "1 / 0" in cell else 1)
