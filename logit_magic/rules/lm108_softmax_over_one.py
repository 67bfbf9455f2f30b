"""LM108: a softmax over a single unit, which is always 1."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import is_categorical, output


def check(facts: Facts) -> Judgement | None:
    emission = facts.emission
    if emission.kind != "constant" or emission.simplex_size != 1:
        return None
    steps: tuple[Step, ...] = (Step("set-activation", "sigmoid"),)
    if is_categorical(facts.expectation):
        steps += (Step("swap-loss", "BinaryCrossentropy()"),)
    return Judgement(
        f"{output(facts)} always emits 1.0: {emission.maker} normalises over a single unit",
        (
            Remedy("use activation='sigmoid' with a binary crossentropy", "one unit says yes or no", steps),
            Remedy("use as many units as classes", "softmax then chooses among them"),
            Remedy("take the softmax away", "for a regression: the unit can then give any number"),
        ),
    )


RULE = Rule(
    code="LM108",
    slug="softmax-over-one",
    severity="error",
    finds="The head is a softmax along an axis of length 1.",
    why="exp(x) / exp(x) is 1 whatever x is: the prediction is constant and no gradient reaches the model.",
    instead="Sigmoid for one yes-or-no unit, as many units as classes for softmax, nothing for a regression.",
    silent="Attention over sequences that may have length 1: that softmax is no head.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="softmax")])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(1, 1), layers.Softmax()])
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
x = inputs = layers.Input((1, 8))
x = layers.Attention()([x, x])
model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="softmax over one position, inside attention",
        ),
    ),
)
