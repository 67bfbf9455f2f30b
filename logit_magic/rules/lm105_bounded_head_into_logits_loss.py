"""LM105: a head with bounds is used as logits, so that some classes can never be scored low enough."""

from __future__ import annotations

import math

from logit_magic.facts import Emission, Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import interval, output, takes_logits

_NEGLIGIBLE = 0.001  # nats: a floor that nobody would notice


def check(facts: Facts) -> Judgement | None:
    emission = facts.emission
    if emission.kind not in ("nonnegative", "bounded") or not takes_logits(facts.expectation):
        return None
    if emission.broken_by or (emission.low >= 0.0 and emission.high <= 1.0):
        return None
    if emission.size == 1 and facts.expectation.kind == "class-logits":
        return None  # LM203
    floor = _floor(emission)
    if floor is not None and floor < _NEGLIGIBLE:
        return None
    cost = "" if floor is None else f": the loss cannot fall below {floor:.3g}"
    return Judgement(
        f"{output(facts)} emits values in {interval(emission)} only, which {facts.expectation.loss} takes for logits{cost}",
        (
            Remedy(
                "take the activation off the last layer",
                "every class can be scored as high or as low as the data says; predictions become plain logits",
                (Step("set-activation", None),),
            ),
        ),
    )


def _floor(emission: Emission) -> float | None:
    """The least crossentropy over C classes with logits in [low, high]: ln(1 + (C - 1) exp(low - high)).

    None where the interval has no upper end: the bound is then one-sided.
    """
    if not math.isfinite(emission.low) or not math.isfinite(emission.high):
        return None
    others = max((emission.size or 2) - 1, 1)
    return math.log1p(others * math.exp(emission.low - emission.high))


RULE = Rule(
    code="LM105",
    slug="bounded-head-into-logits-loss",
    severity="warning",
    finds="A relu, tanh, softsign or similar head whose output is used as logits.",
    why="A logit must be able to go as far down as up. A relu head cannot say less than 0 and stops learning where it is "
    "0; a tanh head over ten classes cannot push the loss below 0.797.",
    instead="No activation on the last layer.",
    silent="Heads bounded so far out that it does not matter, such as 30 * tanh(x / 30); leaky relu; sigmoid and softmax "
    "(LM102).",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="relu")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="tanh")])
model.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
x = inputs = layers.Input((8,))
x = layers.Dense(10)(x)
model = keras.Model(inputs, 30.0 * ops.tanh(x / 30.0))
model.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
""",
            finds=False,
            note="a soft cap far out",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10), layers.LeakyReLU()])
model.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
""",
            finds=False,
            note="reaches every real number",
        ),
    ),
)
