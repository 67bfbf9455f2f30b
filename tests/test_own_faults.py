"""A fault in the check is one LM901 line: the user's cell, its result and its variables stand."""

from __future__ import annotations

import atexit
import dataclasses
from collections.abc import Iterator

import keras
import pytest
from IPython.core.interactiveshell import InteractiveShell

import logit_magic
from logit_magic import checker, verdicts
from logit_magic.emission import transfer
from logit_magic.rules import RULES

CELL = """%%checkloss --text
import keras
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
answer = 42
answer"""


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell.instance()
    shell.run_cell("%load_ext logit_magic")
    yield shell
    shell.run_cell("%unload_ext logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)  # else it lives, with all that it holds, to the end of the process


def crash(*_: object, **_named: object) -> None:
    raise ZeroDivisionError("planted")


def test_crash_inside_a_rule(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tuple(dataclasses.replace(r, check=crash) if r.code == "LM101" else r for r in RULES)
    monkeypatch.setattr(verdicts, "RULES", broken)
    result = shell.run_cell(CELL)
    assert result.success and result.result == 42 and shell.user_ns["answer"] == 42
    (finding,) = logit_magic.last_report().findings
    assert finding.code == "LM901" and "LM101" in finding.message and "planted" in finding.message


def test_crash_inside_a_row(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer.lookup("layers.Dense")
    monkeypatch.setitem(transfer.TABLE, "layers.Dense", crash)
    assert shell.run_cell(CELL).result == 42
    (finding,) = logit_magic.last_report().findings
    assert finding.code == "LM901" and "planted" in finding.message


def test_crash_of_the_whole_check(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checker, "run", crash)
    capsys.readouterr()
    result = shell.run_cell(CELL)
    out = capsys.readouterr().out
    assert result.success and result.result == 42
    assert out.count("LM901") == 1 and "planted" in out


def test_without_a_planted_fault_there_is_a_real_finding(shell: InteractiveShell) -> None:
    assert shell.run_cell(CELL).result == 42
    assert [f.code for f in logit_magic.last_report().findings] == ["LM101"]


HOSTILE = "<img src=x onerror=alert(1)>"


def test_hostile_names_are_text_in_every_report() -> None:
    inputs = keras.layers.Input((8,))
    model = keras.Model(inputs, keras.layers.Dense(10, name=HOSTILE)(inputs), name=HOSTILE)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
    report = logit_magic.check(model)
    assert HOSTILE in report.findings[0].message
    assert "<img src=x" not in report.to_html().replace("&lt;img", "")
    assert "&lt;img src=x onerror=alert(1)&gt;" in report.to_html()
    assert "onerror" in str(report)
    from logit_magic.report.panel import panel

    values = [w.value for w in _widgets(panel(report)) if type(w).__name__ == "HTML"]
    assert values and any("&lt;img" in v for v in values) and not any("<img src=x" in v for v in values)


def _widgets(widget: object) -> Iterator[object]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _widgets(child)
