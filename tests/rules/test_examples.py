"""Every rule's own examples, run on real Keras: they fire where they say so and are silent where they say so."""

from __future__ import annotations

import subprocess
import sys

import pytest

import logit_magic
from logit_magic.rules import RULES, Example, Rule
from tests.cases.test_programs import run

EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=lambda v: getattr(v, "code", "")[:5].strip() or None)
def test_example(rule: Rule, example: Example, request: pytest.FixtureRequest) -> None:
    if example.cell:
        report = request.getfixturevalue("checked_cell")(example.code)
    else:
        names = run(example.code)
        data = {"x": names["x"], "y": names["y"]} if "y" in names else {}
        report = logit_magic.check(names["model"], **data)
    codes = {finding.code for finding in report.findings}
    if example.finds:
        assert rule.code in codes, str(report)
    else:
        assert not codes, str(report)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_every_rule_has_both_signs_a_look_alike_and_a_whole_page(rule: Rule) -> None:
    assert {example.finds for example in rule.examples} == {True, False}
    assert any(example.note for example in rule.examples if not example.finds)
    for part in (rule.finds, rule.why, rule.instead, rule.silent):
        assert len(part) > 20 and part in rule.page()
    assert rule.page().startswith(f"{rule.code} {rule.slug}")


def test_codes_are_in_order_and_unique() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


def test_a_file_of_its_own_is_all_that_a_rule_needs(tmp_path) -> None:
    rule = 'Rule("LM999", "planted", "info", "", "", "", "", lambda facts: None)'
    planted = f"from logit_magic.rules.rule import Rule\nRULE = {rule}\n"
    (tmp_path / "lm999_planted.py").write_text(planted, encoding="utf-8")
    (tmp_path / "not_a_rule.py").write_text("raise SystemExit('only files lm*.py are read')", encoding="utf-8")
    source = (
        "import importlib.util, sys\n"
        "found = importlib.util.find_spec('logit_magic.rules')\n"
        f"found.submodule_search_locations.append({str(tmp_path)!r})\n"
        "sys.modules[found.name] = rules = importlib.util.module_from_spec(found)\n"
        "found.loader.exec_module(rules)\n"
        "print(list(rules.BY_CODE)[-1], len(rules.RULES))\n"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["LM999", str(len(RULES) + 1)]
