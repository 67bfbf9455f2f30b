"""LM101: logits go into a loss that takes them for probabilities."""

from __future__ import annotations

from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import add_activation, output, present, set_flag, takes_probabilities


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if emission.kind != "logits" or not takes_probabilities(expectation) or expectation.distribution:
        return None
    if emission.size == 1 and expectation.kind == "class-probabilities":
        return None  # LM203: one unit is the larger fault
    return Judgement(
        f"{output(facts)} emits logits, but {expectation.loss} takes them for probabilities",
        present(set_flag(facts, True), add_activation(facts)),
    )


RULE = Rule(
    code="LM101",
    slug="logits-into-probability-loss",
    severity="error",
    finds="A head without activation feeds a loss that expects probabilities (`from_logits=False`, the default of every "
    "crossentropy and of every loss given as a string; Dice and Tversky).",
    why="The loss clips every logit into [1e-7, 1 - 1e-7] before it takes the logarithm. Negative logits and those above 1 "
    "get no gradient, so the model learns slowly, wrongly or not at all. No backend warns.",
    instead="`from_logits=True` in the loss, and softmax or sigmoid when you read predictions; or the activation in the head.",
    silent="A head with softmax or sigmoid wherever it stands; MSE, MAE, Huber, hinge and Poisson on a linear head; a logits "
    "model without a loss of its own.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(loss="mse")
""",
            finds=False,
            note="any range fits a squared error",
        ),
    ),
)
