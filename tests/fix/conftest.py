"""A shell of this process with the extension, emptied before every test."""

from __future__ import annotations

import atexit
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture(scope="module")
def one_shell() -> Iterator[InteractiveShell]:
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config, colors="nocolor")
    shell.run_line_magic("load_ext", "logit_magic")
    yield shell
    shell.run_line_magic("unload_ext", "logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)


@pytest.fixture
def shell(one_shell: InteractiveShell) -> InteractiveShell:
    one_shell.reset(new_session=True)
    one_shell.set_next_input("")
    return one_shell
