"""LM204: a divergence between distributions is fed with something that is none."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output

_NO_DISTRIBUTION = ("logits", "nonnegative")


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if not expectation.distribution:
        return None
    outside = emission.kind == "bounded" and (emission.low < 0.0 or emission.high > 1.0)
    independent = emission.kind == "independent-probabilities" and emission.elementwise
    if emission.kind not in _NO_DISTRIBUTION and not outside and not independent:
        return None
    return Judgement(
        f"{output(facts)} emits rows that do not sum to one, but {expectation.loss} compares distributions",
        (
            Remedy(
                "apply softmax to both sides first: to the labels, and in the last layer",
                "the divergence is then at least 0, and 0 only where both agree",
                (Step("set-activation", "softmax"),),
            ),
        ),
    )


RULE = Rule(
    code="LM204",
    slug="distribution-loss-on-non-distribution",
    severity="error",
    finds="KLDivergence fed with logits, or with rows that do not sum to one.",
    why="The formula sum(y * log(y / p)) is a divergence only between distributions: otherwise it can be negative, and "
    "large outputs lower it without end until they are clipped.",
    instead="Softmax on both sides (with a temperature, for distillation).",
    silent="Softmax heads; log-probabilities (LM103).",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])
model.compile(loss=keras.losses.KLDivergence())
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation="softmax")])
model.compile(loss=keras.losses.KLDivergence())
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([
    layers.Input((8,)),
    layers.Dense(5, activation="sigmoid"),
    layers.Lambda(lambda rates: rates / ops.sum(rates, axis=-1, keepdims=True)),
])
model.compile(loss=keras.losses.KLDivergence())
""",
            finds=False,
            note="divided by their sum, sigmoids are a distribution",
        ),
    ),
)
