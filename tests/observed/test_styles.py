"""Styles of real notebooks whose loss is called by hand: nothing is found in the right twin, and the fault in the wrong one."""

from __future__ import annotations

import os

import pytest

from tests.observed import styles_anywhere, styles_backend, styles_computed, styles_notebooks
from tests.observed.style import HERE

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
STYLES = (*styles_anywhere.STYLES, *styles_backend.STYLES, *styles_computed.STYLES, *styles_notebooks.STYLES)
_HERE = [pytest.param(style, id=style.name) for style in STYLES if BACKEND in style.backends]


def _serious(report: dict) -> list:
    return [finding for finding in report["findings"] if finding[1] != "info"]


def _line(cells: list[str]) -> tuple[int, int]:
    """(which cell, which line of it) is marked; the checked cell has the line of the magic on top."""
    (place,) = [(n, i) for n, cell in enumerate(cells) for i, line in enumerate(cell.splitlines(), 1) if HERE in line]
    return place[0], place[1] + (place[0] == len(cells) - 1)


@pytest.mark.parametrize("style", _HERE)
def test_the_right_twin_is_silent(notebook, style):
    report = notebook.checked(style.twin(style.right))
    assert report["leftover"] == []
    assert report["findings"] == []
    assert report["pairs"], "else it is silent because nothing was seen"


@pytest.mark.parametrize("style", _HERE)
def test_the_wrong_twin_is_found(notebook, style):
    cells = style.twin(style.wrong)
    report = notebook.checked(cells)
    assert [(f[0], f[2], f[4]) for f in _serious(report)] == [(style.finds, style.model, style.basis)]
    cell, line = _line(cells)
    ((_, _, _, loss, _, where, message),) = _serious(report)
    assert where == ["cell", line, report["counts"][cell]]
    assert style.model in message and loss


def test_the_tables_are_large():
    assert sum("tensorflow" in style.backends for style in STYLES) >= 60
    assert len({style.name for style in STYLES}) == len(STYLES)
