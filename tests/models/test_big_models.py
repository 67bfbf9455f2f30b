"""Models of the size that people use are judged right, with either head and either flag."""

from __future__ import annotations

import keras
import pytest

import logit_magic
from tests.models.big import BIG


@pytest.mark.parametrize("activation", ["softmax", None])
@pytest.mark.parametrize("name", BIG)
def test_big_model(name: str, activation: str | None) -> None:
    model = BIG[name](activation)
    for flag in (True, False):
        model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=flag))
        report = logit_magic.check(model, samples=0)
        expected = [] if flag == (activation is None) else ["LM102"] if flag else ["LM101"]
        assert [f.code for f in report.findings] == expected
        assert report.pairs[0].emits == ("logits" if activation is None else "class-probabilities")
