"""Fixtures for tests in a real JupyterLab; skipped where there is no Chromium, except on continuous integration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright")
pytest.importorskip("jupyterlab")

import labdriver

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = labdriver.find_chromium()
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(f"no Chromium found under any of {', '.join(labdriver.NAMES)}: install the package chromium")
    with labdriver.chromium(path) as running:
        yield running


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[labdriver.Lab]:
    with labdriver.lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def notebook(browser: Browser, lab: labdriver.Lab) -> Iterator[Callable[..., labdriver.Notebook]]:
    """Open a notebook with the given cells; at the end, assert that nothing asked for the outside."""
    opened: list[labdriver.Notebook] = []

    def open_notebook(*cells: Any) -> labdriver.Notebook:
        opened.append(labdriver.Notebook(browser, lab, list(cells)))
        return opened[-1]

    yield open_notebook
    for each in opened:
        each.close()
    assert [url for each in opened for url in each.external] == []
    assert [error for each in opened for error in each.errors] == []
