"""The styles whose loss goes through `compile`, in a real kernel: each finding stands on the line of the `compile`."""

from __future__ import annotations

import textwrap

import pytest

from tests.cases.styles import STYLES

_STYLES = [pytest.param(style, id=style.name) for style in STYLES]


def _cell(style, value):
    return textwrap.dedent(style.code.replace("FLAG", value).replace("HEAD", value))


def _line(cell):
    """Of the last call of `compile`, below the magic on top."""
    return max(i for i, line in enumerate(cell.splitlines(), 1) if "compile(" in line) + 1


@pytest.mark.parametrize("style", _STYLES)
def test_the_right_twin_is_silent(notebook, style):
    report = notebook.checked([_cell(style, style.right)])
    assert report["findings"] == [] and report["leftover"] == [] and report["pairs"]


@pytest.mark.parametrize("style", _STYLES)
def test_the_wrong_twin_is_found_where_it_is_compiled(notebook, style):
    cell = _cell(style, style.wrong)
    report = notebook.checked([cell])
    assert {f[0] for f in report["findings"]} == {style.code_of_wrong}
    ((_, _, model, _, basis, where, message),) = [f for f in report["findings"] if f[2] == "model"]
    assert basis == "compiled" and where == ["cell", _line(cell), report["counts"][0]] and f"`{model}`" in message
