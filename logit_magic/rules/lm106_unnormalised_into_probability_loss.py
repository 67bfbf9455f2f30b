"""LM106: an activation that is no probability feeds a loss that expects probabilities."""

from __future__ import annotations

from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import activation_for, add_activation, interval, output, present, takes_probabilities


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if emission.kind not in ("nonnegative", "bounded") or not takes_probabilities(expectation):
        return None
    if emission.broken_by or (emission.low >= 0.0 and emission.high <= 1.0) or expectation.distribution:
        return None
    if emission.size == 1 and expectation.kind == "class-probabilities":
        return None  # LM203
    return Judgement(
        f"{output(facts)} emits values in {interval(emission)}, but {expectation.loss} takes them for probabilities",
        present(add_activation(facts)),
        explanation=f"{RULE.why} The last layer wants {activation_for(expectation)} in place of what it has.",
    )


RULE = Rule(
    code="LM106",
    slug="unnormalised-into-probability-loss",
    severity="error",
    finds="A relu, tanh or similar head feeds a loss that expects probabilities.",
    why="Values below 0 or above 1 are clipped and get no gradient; rows that do not sum to one make a crossentropy that "
    "is no log-likelihood.",
    instead="Softmax (one of several classes) or sigmoid (yes or no) in place of the activation.",
    silent="Sigmoid, hard sigmoid and anything clipped to [0, 1]; relu into MSE or Poisson.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="relu")])
model.compile(loss="categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="tanh")])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="hard_sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="in [0, 1]",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="relu")])
model.compile(loss="poisson")
""",
            finds=False,
            note="a rate may be any number from 0 up",
        ),
    ),
)
