"""Showing: what is displayed in a kernel and printed in a terminal, in which order, and when nothing is."""

from __future__ import annotations

import atexit
import sys

import pytest
from report_samples import CLEAN, EMPTY, FULL, INFO, UNKNOWN

from logit_magic.report import Report
from logit_magic.report.show import show

IPython = pytest.importorskip("IPython")

VIEW = "application/vnd.jupyter.widget-view+json"
UNTOLD = Report((UNKNOWN,), (INFO,))


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)


@pytest.fixture
def displayed(shell, monkeypatch):
    """Make the shell look like a kernel's; return the bundles displayed."""
    bundles = []
    shell.kernel = object()
    monkeypatch.setattr(shell.display_pub, "publish", lambda data, *args, **kwargs: bundles.append(data))
    yield bundles
    del shell.kernel


def test_a_kernel_gets_the_static_report_first_and_the_panel_second(displayed, capsys):
    pytest.importorskip("ipywidgets")
    show(FULL)
    static, live = displayed
    assert static == {"text/plain": str(FULL), "text/html": FULL.to_html()}
    assert live[VIEW]["model_id"] and (live["text/plain"], live["text/html"]) == ("", "")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("report", "options", "bundles"),
    [
        (FULL, {}, 2),
        (CLEAN, {}, 2),
        (EMPTY, {}, 1),
        (FULL, {"text_only": True}, 1),
        (FULL, {"quiet": True}, 2),
        (UNTOLD, {"quiet": True}, 2),
        (CLEAN, {"quiet": True}, 0),
        (EMPTY, {"quiet": True}, 0),
    ],
)
def test_how_much_a_kernel_gets(displayed, report, options, bundles):
    pytest.importorskip("ipywidgets")
    show(report, **options)
    assert len(displayed) == bundles


def test_text_only_is_text_only(displayed):
    show(FULL, text_only=True)
    assert displayed == [{"text/plain": str(FULL)}]


@pytest.mark.parametrize("broken", [{"ipywidgets": None}, {"ipywidgets": object()}])
def test_without_usable_ipywidgets_the_static_report_stands(displayed, monkeypatch, broken):
    for module in [each for each in sys.modules if each.startswith("logit_magic.report.panel")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("logit_magic.report.panel", raising=False)
    for name, module in broken.items():
        monkeypatch.setitem(sys.modules, name, module)
    show(FULL)
    assert displayed == [{"text/plain": str(FULL), "text/html": FULL.to_html()}]


@pytest.mark.parametrize(
    ("report", "quiet", "printed"),
    [
        (FULL, False, f"{FULL}\n"),
        (CLEAN, False, "3 pairs checked, all match.\n"),
        (CLEAN, True, ""),
        (EMPTY, False, "No model-loss pair found to check.\n"),
    ],
)
def test_a_terminal_gets_text(shell, capsys, report, quiet, printed):
    show(report, quiet=quiet)
    assert capsys.readouterr().out == printed


def test_plain_python_gets_text(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython.core.getipython", None)
    show(CLEAN)
    assert capsys.readouterr().out == "3 pairs checked, all match.\n"


def test_the_last_result_is_left_alone(shell, displayed):
    shell.run_cell("6 * 7", store_history=True)
    before = dict(shell.user_ns["Out"])
    shell.user_ns.update(show=show, report=CLEAN)
    shell.run_cell("show(report)", store_history=True)
    assert shell.user_ns["Out"] == before and shell.user_ns["_"] == 42
