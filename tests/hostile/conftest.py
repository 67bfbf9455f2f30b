"""One shell for all hostile cells of a file."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.hostile import pieces
from tests.hostile.running import Runs


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    handlers = list(logging.getLogger().handlers)
    shell = InteractiveShell.instance()
    yield Runs(shell, pieces.SETUP)
    shell.run_cell("%unload_ext logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)
    logging.getLogger().handlers[:] = handlers
