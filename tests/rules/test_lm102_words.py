"""What LM102 says of a loss's range: numbers for the crossentropy of a softmax, and for no other loss."""

from __future__ import annotations

import re

import pytest

from logit_magic.facts import Emission, Expectation
from logit_magic.rules.lm102_probabilities_into_logits_loss import check
from logit_magic.rules.rule import Facts

NUMBERS = re.compile(r"\d\.\d{2}")
SOFTMAX = Emission(
    "class-probabilities", axis=-1, rank=2, size=10, simplex_size=10, low=0, high=1, normaliser="softmax"
)
THREE = Emission("class-probabilities", axis=-1, rank=2, size=3, simplex_size=3, low=0, high=1, normaliser="softmax")
OTHER_AXIS = Emission(
    "class-probabilities", axis=1 - 3, rank=3, size=10, simplex_size=10, low=0, high=1, normaliser="softmax"
)
SIGMOID = Emission("independent-probabilities", rank=2, size=10, low=0, high=1, normaliser="sigmoid")
BOUNDED = Emission("bounded", rank=2, size=10, low=0, high=1)
UNSIZED = Emission("class-probabilities", axis=-1, rank=2, low=0, high=1, normaliser="softmax")


@pytest.mark.parametrize(
    ("emission", "expects", "family", "low_and_high"),
    [
        (SOFTMAX, "class-logits", "SparseCategoricalCrossentropy", ("1.461", "2.461")),
        (SOFTMAX, "class-logits", "CategoricalCrossentropy", ("1.461", "2.461")),
        (THREE, "class-logits", "CategoricalCrossentropy", ("0.5514", "1.551")),
        (SOFTMAX, "class-logits", "CategoricalFocalCrossentropy", ()),
        (SOFTMAX, "class-logits", "", ()),
        (OTHER_AXIS, "class-logits", "CategoricalCrossentropy", ()),
        (UNSIZED, "class-logits", "CategoricalCrossentropy", ()),
        (SIGMOID, "class-logits", "CategoricalCrossentropy", ()),
        (BOUNDED, "class-logits", "CategoricalCrossentropy", ()),
        (SIGMOID, "binary-logits", "BinaryCrossentropy", ()),
        (SIGMOID, "binary-logits", "BinaryFocalCrossentropy", ()),
    ],
)
def test_numbers_stand_only_where_they_hold(emission, expects, family, low_and_high) -> None:
    said = check(Facts("model", "", emission, Expectation(expects, loss="loss", family=family))).explanation
    assert "normalises a second time" in said
    assert all(number in said for number in low_and_high), said
    if not low_and_high:
        assert not NUMBERS.search(said), said
