"""The catalogue of rules, one file a rule, in the order of their codes: a file lm*.py with a RULE in it is in the catalogue."""

from __future__ import annotations

import importlib
import pkgutil

from logit_magic.rules.rule import Example, Facts, Judgement, Rule

RULES: tuple[Rule, ...] = tuple(
    importlib.import_module(f"{__name__}.{module.name}").RULE
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
    if module.name.startswith("lm")
)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}

__all__ = ["BY_CODE", "RULES", "Example", "Facts", "Judgement", "Rule"]
