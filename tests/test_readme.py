"""The README stays true: its snippets run, its tables name what there is. Run this module to write the table of codes."""

from __future__ import annotations

import atexit
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from logit_magic.facts import pairs
from logit_magic.notebook.options import _ARGUMENTS
from logit_magic.rules import RULES

README = Path(__file__).resolve().parent.parent / "README.md"
BETWEEN = re.compile(r"(<!-- codes -->\n).*?(<!-- /codes -->)", re.DOTALL)


def table() -> str:
    rows = [f"| {rule.code} | {rule.slug} | {rule.severity} | {rule.finds} |" for rule in RULES]
    return "\n".join(["| code | name | severity | finds |", "|---|---|---|---|", *rows]) + "\n"


def with_table(readme: str) -> str:
    return BETWEEN.sub(lambda m: m[1] + table() + m[2], readme)


def test_the_table_of_codes_is_fresh() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "run `python -m tests.test_readme`"


def test_a_stale_table_is_seen() -> None:
    text = README.read_text(encoding="utf-8").replace("| LM101 |", "| LM000 |")
    assert with_table(text) != text


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README.read_text(encoding="utf-8"))
    assert pictures and all((README.parent / p).is_file() for p in pictures)


def snippets(readme: str) -> list[str]:
    """The README's Python, in order, without what belongs into IPython's own configuration."""
    return re.findall(r"(?<!<!-- config -->\n)^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)


@pytest.fixture
def shell():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config, colors="nocolor")
    yield shell
    shell.run_line_magic("unload_ext", "logit_magic")
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)


def test_every_snippet_runs_after_those_above_it(shell, capsys, monkeypatch) -> None:
    cells = snippets(README.read_text(encoding="utf-8"))
    assert len(cells) >= 5 and cells[0] == "%load_ext logit_magic\n"
    said = []
    for cell in cells:
        result = shell.run_cell(cell, store_history=True)
        assert result.success, f"{cell}\n{result.error_before_exec or result.error_in_exec}"
        said.append(capsys.readouterr().out)
    checked, in_python, repaired = said[1:4]
    assert (
        "error LM101 `model` emits logits" in checked and "SparseCategoricalCrossentropy(from_logits=True)" in checked
    )
    assert "1 does not match" in in_python
    assert "from_logits=True" in repaired
    assert shell.user_ns["undo"].done is False and shell.user_ns["model"].loss == "sparse_categorical_crossentropy"
    (remedy, *_) = shell.user_ns["logit_magic"].check(shell.user_ns["model"]).findings[0].fix.remedies
    assert remedy.edit is None, "edits belong to findings of a checked cell, as the README says"
    shell.run_cell(cells[1])
    assert "+model.compile(" in shell.user_ns["logit_magic"].last_report().findings[0].fix.remedies[0].edit.diff


def test_a_snippet_that_does_not_run_is_seen(shell) -> None:
    text = README.read_text(encoding="utf-8").replace("report.plot()", "report.draw()")
    shell.run_cell("%load_ext logit_magic")
    results = [shell.run_cell(cell).success for cell in snippets(text)]
    assert not all(results)


def test_the_configuration_loads_it_in_every_notebook(tmp_path) -> None:
    (config,) = re.findall(r"<!-- config -->\n```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    said = {}
    for name, text in (("with", config), ("without", "")):
        profile = tmp_path / name
        profile.mkdir()
        (profile / "ipython_config.py").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "IPython", "--profile-dir", str(profile), "-c", "%checkloss --about"]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        said[name] = ran.stdout + ran.stderr
    assert "logit-magic " in said["with"] and "logit-magic " not in said["without"]


def test_the_tables_name_every_option_and_value() -> None:
    text = README.read_text(encoding="utf-8")
    usage = text[text.index("| write | to |") : text.index("## In Python")]
    declared = {name for argument in _ARGUMENTS for name in argument.args if name.startswith("--")}
    assert set(re.findall(r"--[a-z]+", usage)) == declared
    values = dict(re.findall(r"^\| `\.(\w+)` \| (.*) \|$", text, re.MULTILINE))
    for name in ("Emits", "Expects", "Verdict", "Basis"):
        stated = re.findall(r"`([a-z-]+)`", values[name.lower()])
        assert stated == list(get_args(getattr(pairs, name))), name


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
