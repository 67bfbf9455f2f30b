"""A thousand random programs with known truth: no wrong word about any, and few of which nothing can be said.

`LOGIT_MAGIC_PROGRAMS=10000 python -m pytest tests/oracle -rP` draws more, and lists why nothing was said of some.
"""

from __future__ import annotations

import collections
import os

import pytest

import logit_magic
from tests.oracle.generator import Draw, draw

PROGRAMS = int(os.environ.get("LOGIT_MAGIC_PROGRAMS", "1000"))
PARTS = 10


def judged(drawn: Draw) -> tuple[frozenset[str], str, str, bool]:
    """The codes that are reported, the word for the head, the reason where nothing could be said, and whether they fit."""
    report = logit_magic.check(drawn.model, samples=16 if drawn.data else 0, **drawn.data)
    findings = [f for f in report.findings if f.pair is not None and f.pair.loss != "'mse'"]
    reason = next((f.message for f in findings if f.code == "LM901"), "")
    pair = next(pair for pair in report.pairs if pair.loss != "'mse'")
    return frozenset(f.code for f in findings), pair.emits, reason, pair.verdict == "match"


@pytest.mark.parametrize("part", range(PARTS))
def test_no_wrong_word_and_few_unknown(part: int) -> None:
    wrong, unknown = [], collections.Counter()
    seeds = range(part, PROGRAMS, PARTS)
    for seed in seeds:
        drawn = draw(seed)
        codes, emits, reason, fits = judged(drawn)
        if reason:
            unknown[reason.split(":")[-1][:80]] += 1
        elif (codes, emits, fits) != (drawn.codes, drawn.emits, drawn.fits):
            wrong.append(
                f"{drawn.words}: expected {sorted(drawn.codes)}, said {sorted(codes)} of {emits}, fits: {fits}"
            )
    assert not wrong, "\n".join(wrong)
    print(f"of {len(seeds)} programs nothing was said of {sum(unknown.values())}", *unknown.items(), sep="\n")
    assert sum(unknown.values()) < 0.05 * len(seeds), unknown


def test_the_oracle_bites() -> None:
    """Of the drawn programs both right and wrong ones are many, and a changed truth is noticed."""
    some = [draw(seed) for seed in range(30)]
    assert 5 < sum(bool(d.codes) for d in some) < 25
    said, emits, _, fits = judged(some[0])
    assert (said, emits, fits) == (some[0].codes, some[0].emits, some[0].fits)
    assert said != some[0].codes ^ {"LM101"} and fits != (not some[0].fits)
