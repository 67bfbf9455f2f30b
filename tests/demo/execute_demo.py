"""Executes demo.ipynb in a real kernel and saves it fit to be read anywhere: `python tests/demo/execute_demo.py`."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

DEMO = Path(__file__).parents[2] / "demo.ipynb"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PATIENCE = 240  # seconds for one cell

# TensorFlow writes these before it reads its log level; no setting silences them
_NOISE = re.compile(r"^(WARNING: All log messages before absl::|[IWE]\d{4} \d\d?[\d:. ]).*\n?", re.MULTILINE)
_LIBRARY = re.compile(r"/[^\s\"':]*/site-packages/")


def execute(notebook: NotebookNode) -> NotebookNode:
    """Run every cell, in place, in a kernel of its own on TensorFlow and in an empty folder.

    Raises:
        CellExecutionError: a cell failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "KERAS_BACKEND": "tensorflow", "IPYTHONDIR": str(Path(folder) / "ipython")}
        client = NotebookClient(
            notebook,
            timeout=PATIENCE,
            kernel_name="python3",
            store_widget_state=False,
            record_timing=False,
            resources={"metadata": {"path": folder}},
        )
        return client.execute(env=env)


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """Take away, in place, what is of no use to a reader: log noise, machine paths, widgets without a kernel."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = _joined(output for output in map(_cleaned_output, cell.outputs) if output is not None)
    return notebook


def _cleaned_output(output: Any) -> Any:
    if output.output_type == "stream":
        output.text = _LIBRARY.sub("", _NOISE.sub("", output.text))
        return output if output.text.strip() else None
    if WIDGET_VIEW in output.get("data", {}):
        del output.data[WIDGET_VIEW]
        return output if any(output.data.values()) else None
    return output


def _joined(outputs: Iterable[Any]) -> list[Any]:
    """Make one of neighbouring pieces of a stream: where a kernel cuts it is chance."""
    joined: list[Any] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def main() -> None:
    notebook = nbformat.read(DEMO, as_version=4)
    nbformat.write(cleaned(execute(notebook)), DEMO)


if __name__ == "__main__":
    main()
