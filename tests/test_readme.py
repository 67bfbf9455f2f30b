"""The README's table of codes is made from the rules; run this module to write it."""

from __future__ import annotations

import re
from pathlib import Path

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


if __name__ == "__main__":
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
