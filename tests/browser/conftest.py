"""Fixtures for tests in a real JupyterLab; without Chromium they are skipped, but fail where CI is set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from labdriver import Lab, Notebook
    from playwright.sync_api import Browser

ON_CI = bool(os.environ.get("CI"))
NEEDED = ("playwright", "jupyterlab", "notebook", "nbformat", "ipywidgets")

if not ON_CI and not all(map(find_spec, NEEDED)):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per module: while Playwright runs, its event loop stands in the way of other tests' loops."""
    import labdriver

    path = labdriver.find_chromium()
    if path is None:
        refuse = pytest.fail if ON_CI else pytest.skip
        refuse(f"no Chromium found under any of {', '.join(labdriver.NAMES)}: install the package chromium")
    with labdriver.chromium(path) as running:
        yield running


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    import labdriver

    with labdriver.lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def notebook(browser: Browser, lab: Lab) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook with the given cells; at the end, assert that nothing asked for the outside."""
    import labdriver

    opened: list[Notebook] = []

    def open_notebook(*cells: Any, app: str = "lab/tree", kernel: bool = True) -> Notebook:
        opened.append(labdriver.Notebook(browser, lab, list(cells), app=app, kernel=kernel))
        return opened[-1]

    yield open_notebook
    for each in opened:
        each.close()
    assert [url for each in opened for url in each.external] == []
    assert [error for each in opened for error in each.errors] == []
