"""Execute one notebook through nbclient or papermill, and give back what each of its cells left in the file."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient import NotebookClient
from notebook_kernel import PATIENCE, Said
from papermill.exceptions import PapermillExecutionError

GIVEN = {"given": 3}
_INJECTED = "# Parameters\ngiven = 3\n"  # the cell that papermill writes below the one with the default


def notebook(cells: Sequence[str], *, injected: bool) -> nbformat.NotebookNode:
    """A notebook in which every cell may fail without ending the run.

    Args:
        cells: their source.
        injected: whether the cell that papermill would add is in it.
    """
    first = _cell("given = 1", "parameters")
    second = [_cell(_INJECTED)] if injected else []
    return nbformat.v4.new_notebook(
        cells=[first, *second, *(_cell(source) for source in cells)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )


def by_nbclient(cells: Sequence[str], folder: Path) -> list[Said]:
    made = notebook(cells, injected=True)
    NotebookClient(made, timeout=PATIENCE, resources={"metadata": {"path": str(folder)}}).execute()
    return _said(made)


def by_papermill(cells: Sequence[str], folder: Path) -> list[Said]:
    source, target = folder / "source.ipynb", folder / "executed.ipynb"
    nbformat.write(notebook(cells, injected=False), source)
    with contextlib.suppress(PapermillExecutionError):  # raised when all have run: some of them fail on purpose
        papermill.execute_notebook(
            source, target, GIVEN, cwd=folder, progress_bar=False, execution_timeout=PATIENCE, kernel_name="python3"
        )
    return _said(nbformat.read(target, as_version=4))


def _cell(source: str, *tags: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception", *tags]})


def _said(executed: nbformat.NotebookNode) -> list[Said]:
    """Each code cell's outputs as messages, and its number as the reply."""
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    return [Said(tuple(map(_message, cell.outputs)), {"execution_count": cell.execution_count}) for cell in cells]


def _message(output: Any) -> tuple[str, dict[str, Any]]:
    return output.output_type, {key: value for key, value in output.items() if key != "output_type"}
