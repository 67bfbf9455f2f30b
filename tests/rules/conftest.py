"""A shell of this process in which a rule's examples run as cells."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import logit_magic

_NAMES = "import keras, numpy as np\nfrom keras import layers, ops"


@pytest.fixture
def checked_cell(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[str], logit_magic.report.Report]]:
    """Run code as a checked cell; returns the report."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config, colors="nocolor")
    shell.run_line_magic("load_ext", "logit_magic")

    def run(code: str) -> logit_magic.report.Report:
        assert shell.run_cell(_NAMES).success
        assert shell.run_cell(f"%%checkloss --text\n{code}").success, capsys.readouterr().out
        report = logit_magic.last_report()
        assert report is not None
        return report

    yield run
    shell.run_line_magic("unload_ext", "logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)
