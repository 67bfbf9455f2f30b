"""LM103: log-probabilities go into a loss that takes the logarithm again."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output, present, set_flag, takes_probabilities


def check(facts: Facts) -> Judgement | None:
    if facts.emission.kind != "log-probabilities" or not takes_probabilities(facts.expectation):
        return None
    softmax = Remedy(
        "give the last layer activation='softmax'",
        "the loss stays as it is; predictions become probabilities",
        (Step("set-activation", "softmax"),),
    )
    return Judgement(
        f"{output(facts)} emits log-probabilities, but {facts.expectation.loss} takes the logarithm again",
        present(set_flag(facts, True), softmax),
    )


RULE = Rule(
    code="LM103",
    slug="log-probabilities-into-probability-loss",
    severity="error",
    finds="A log-softmax head feeds a loss that expects probabilities.",
    why="Log-probabilities are at most 0: the loss clips every one of them to 1e-7, the loss is flat and nothing is learnt.",
    instead="`from_logits=True`, which is exact for log-probabilities; or softmax in the head.",
    silent="Log-softmax into a logits loss: softmax(log p) = p.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="log_softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="log_softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([
    layers.Input((8,)),
    layers.Dense(10, activation="log_softmax"),
    layers.Activation("exponential"),
])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=False,
            note="exp takes the logarithm back: probabilities",
        ),
        Example(
            """
def negative_log_likelihood(y_true, log_p):
    return -ops.sum(y_true * log_p, axis=-1)

model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="log_softmax")])
model.compile(loss=negative_log_likelihood)
""",
            finds=False,
            note="a loss that takes log-probabilities as they are",
        ),
    ),
)
