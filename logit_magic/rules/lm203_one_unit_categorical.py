"""LM203: a single unit with a categorical crossentropy, which is constant."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import is_categorical, output

_FITS = ("logits", "independent-probabilities")  # what a binary crossentropy takes, one way or the other


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if emission.size != 1 or not is_categorical(expectation) or expectation.distribution:
        return None
    if emission.kind in ("constant", "unknown") or expectation.axis not in (-1, (emission.rank or 0) - 1):
        return None
    flag = "from_logits=True" if emission.kind == "logits" else ""
    return Judgement(
        f"{output(facts)} has one unit, but {expectation.loss} needs one per class: over a single class it is constant",
        (
            Remedy(
                f"use keras.losses.BinaryCrossentropy({flag})",
                "one unit says yes or no",
                (Step("swap-loss", f"BinaryCrossentropy({flag})"),) if emission.kind in _FITS else (),
            ),
            Remedy("use as many units as classes, with softmax", "the loss then compares them"),
        ),
    )


RULE = Rule(
    code="LM203",
    slug="one-unit-categorical",
    severity="error",
    finds="One output unit with a (sparse) categorical crossentropy.",
    why="The only class there is has probability 1 after normalising: the loss does not depend on the model.",
    instead="Binary crossentropy for one unit; two or more units for a categorical one.",
    silent="One unit with a binary crossentropy or a regression loss; softmax over one unit (LM108).",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(loss="mse")
""",
            finds=False,
            note="a regression",
        ),
    ),
)
