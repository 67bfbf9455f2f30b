"""A thousand random programs with known truth: no wrong word about any, and few of which nothing can be said.

`LOGIT_MAGIC_PROGRAMS=10000 python -m pytest tests/oracle` draws more.
"""

from __future__ import annotations

import collections
import os

import pytest

import logit_magic
from tests.oracle.generator import Draw, draw

PROGRAMS = int(os.environ.get("LOGIT_MAGIC_PROGRAMS", "1000"))
PARTS = 10


def judged(drawn: Draw) -> tuple[frozenset[str], str]:
    """The codes that are reported, and the reason where nothing could be said."""
    report = logit_magic.check(drawn.model, samples=16 if drawn.data else 0, **drawn.data)
    findings = [f for f in report.findings if f.pair is not None and f.pair.loss != "'mse'"]
    reason = next((f.message for f in findings if f.code == "LM901"), "")
    return frozenset(f.code for f in findings), reason


@pytest.mark.parametrize("part", range(PARTS))
def test_no_wrong_word_and_few_unknown(part: int) -> None:
    wrong, unknown = [], collections.Counter()
    seeds = range(part, PROGRAMS, PARTS)
    for seed in seeds:
        drawn = draw(seed)
        codes, reason = judged(drawn)
        if reason:
            unknown[reason.split(":")[-1][:80]] += 1
        elif codes != drawn.codes:
            wrong.append(f"{drawn.words}: expected {sorted(drawn.codes)}, said {sorted(codes)}")
    assert not wrong, "\n".join(wrong)
    assert sum(unknown.values()) < 0.05 * len(seeds), unknown


def test_the_oracle_bites() -> None:
    """Of the drawn programs both right and wrong ones are many, and a changed truth is noticed."""
    some = [draw(seed) for seed in range(30)]
    assert 5 < sum(bool(d.codes) for d in some) < 25
    said, _ = judged(some[0])
    assert said == some[0].codes and said != some[0].codes ^ {"LM101"}
