"""`--explain` prints a rule's whole page with its example, `--about` the versions of what runs, and neither checks or imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

import logit_magic
from logit_magic.rules import RULES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
@pytest.mark.parametrize("spelled", [str.upper, str.lower], ids=["as it is", "in small letters"])
def test_the_page_of_every_rule(shell, capsys, rule, spelled):
    capsys.readouterr()
    assert shell.run_cell(f"%checkloss --explain {spelled(rule.code)}").success
    page = capsys.readouterr().out.rstrip("\n")
    example = next(example for example in rule.examples if example.finds)
    parts = [f"{rule.code} {rule.slug} ({rule.severity})", "What it finds", rule.finds, "Why it matters", rule.why]
    parts += ["Example", example.code.strip(), "Use instead", rule.instead, "Must stay silent", rule.silent]
    at = [page.find(part) for part in parts]
    assert -1 not in at and at == sorted(at), page


def test_a_code_that_there_is_not(shell, capsys):
    capsys.readouterr()
    shell.run_cell("%checkloss --explain LM999")
    written = capsys.readouterr()
    assert "there is no code 'LM999'; near it: LM901 (not-checked)" in written.out + written.err


def test_about_tells_what_runs(shell, capsys):
    import IPython
    import keras

    capsys.readouterr()
    shell.run_cell("%checkloss --about")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Python {sys.version.split()[0]} on ")
    for line in (
        f"logit-magic {logit_magic.__version__}, imported",
        f"ipython {IPython.__version__}, imported",
        f"keras {keras.__version__}, imported",
        f"Keras backend: {keras.config.backend()}",
    ):
        assert line in lines
    used = sys.modules[keras.config.backend()]
    assert f"{used.__name__} {used.__version__}, imported" in lines
    assert lines[-1] == "Shell: IPython.core.interactiveshell.InteractiveShell"


def test_about_imports_nothing_and_sees_a_package_under_another_name(tmp_path):
    source = (
        "import sys, types\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "shell.run_line_magic('load_ext', 'logit_magic')\n"
        "shell.run_cell('%checkloss --about')\n"
        "print('IMPORTED', [n for n in ('keras', 'tensorflow', 'jax', 'torch', 'optax') if n in sys.modules])\n"
        "sys.modules['optax'] = types.SimpleNamespace(__version__='9.9.9')\n"
        "shell.run_cell('%checkloss --about')\n"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=tmp_path, check=True)
    first, second = run.stdout.split("IMPORTED []\n")
    assert "Keras backend: Keras is not imported" in first and "\nkeras " in first
    assert not any(line.startswith("keras ") and "imported" in line for line in first.splitlines())
    assert "optax 9.9.9, imported" in second
