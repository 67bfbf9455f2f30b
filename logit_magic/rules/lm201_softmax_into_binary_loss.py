"""LM201: class probabilities over more than two classes go into a binary crossentropy."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.labels import BINARY, known, seen
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output

_CATEGORICAL = Remedy(
    "use keras.losses.CategoricalCrossentropy()",
    "one of several classes: the usual meaning of a softmax",
    (Step("swap-loss", "CategoricalCrossentropy()"),),
)
_SIGMOID = Remedy(
    "use activation='sigmoid'",
    "several labels may be true at once: each unit answers for itself",
    (Step("set-activation", "sigmoid"),),
)


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if emission.kind != "class-probabilities" or expectation.labels != "binary":
        return None
    if expectation.kind != "binary-probabilities" or not emission.simplex_size or emission.simplex_size <= 2:
        return None
    labels = known(facts, BINARY)
    several = labels is not None and labels.along == "multi-hot" and labels.several > 0
    return Judgement(
        f"{output(facts)} is a softmax over {emission.simplex_size} classes, but {expectation.loss} judges each class on its own",
        (_SIGMOID,) if several else (_CATEGORICAL, _SIGMOID),
        evidence=(seen(labels),) if labels is not None and several else (),
    )


RULE = Rule(
    code="LM201",
    slug="softmax-into-binary-loss",
    severity="warning",
    finds="A softmax over more than two classes with a binary crossentropy.",
    why="It trains, but the loss is averaged over the classes and smaller than it looks, `accuracy` may become a "
    "per-class one near 1 - 1/C, and several labels at once can never be reached.",
    instead="Categorical crossentropy for one of several classes, sigmoid for several at once.",
    silent="Two classes on one-hot labels: the same number as the categorical loss. Sigmoids on multi-hot labels.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(4, activation="softmax")])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(2, activation="softmax")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="two classes: the same number",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(4, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="several labels at once",
        ),
    ),
)
