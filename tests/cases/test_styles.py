"""Each coding style: the right twin is silent, the wrong twin has its code, on the output that it is about."""

from __future__ import annotations

import textwrap

import pytest

import logit_magic
from tests.cases.styles import STYLES, Style
from tests.cases.test_programs import run


def twin(style: Style, value: str) -> dict:
    return run(textwrap.dedent(style.code.replace("FLAG", value).replace("HEAD", value)))


@pytest.mark.parametrize("style", STYLES, ids=lambda s: s.name)
def test_twins(style: Style) -> None:
    right = logit_magic.check(twin(style, style.right)["model"], samples=0)
    assert right.findings == (), str(right)
    wrong = logit_magic.check(twin(style, style.wrong)["model"], samples=0)
    assert [f.code for f in wrong.findings] == [style.code_of_wrong], str(wrong)
    assert wrong.findings[0].pair in wrong.pairs and wrong.findings[0].pair.basis == "compiled"
