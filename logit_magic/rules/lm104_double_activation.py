"""LM104: the head normalises what is normalised already."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output


def check(facts: Facts) -> Judgement | None:
    emission = facts.emission
    if not emission.twice or emission.simplex_size == 1:
        return None
    alike = emission.normaliser != "" and emission.normaliser == emission.twice_of
    follows = "predictions become what one activation gives; weights stay usable"
    one_of_two = Remedy(
        f"take away one of the two, {emission.maker} or {emission.twice}",
        follows,
        (Step("set-earlier-activation", None),) if alike else (),
        problem="" if alike else "which of the two is meant is not known",
    )
    last = Remedy(f"take {emission.maker} away, the later of the two", follows, (Step("drop-layer", None),))
    return Judgement(
        f"{output(facts)} normalises twice: {emission.maker} is applied to the output of {emission.twice}",
        (one_of_two, last) if alike else (one_of_two,),
    )


RULE = Rule(
    code="LM104",
    slug="double-activation",
    severity="error",
    finds="Softmax of softmax, sigmoid of sigmoid, or one of the other, at the head, whatever the loss.",
    why="The second activation squeezes [0, 1] once more: ten classes can reach at most e/(e+9) = 0.23, a sigmoid stays "
    "within 0.5 … 0.73. Nothing can be predicted with confidence and gradients shrink.",
    instead="One activation. A wrapper for export needs none if the wrapped model has one.",
    silent="Softmax inside attention or gating; log-probabilities through a softmax; a temperature between the two.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax"), layers.Softmax()])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
trained = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model = keras.Sequential([layers.Input((8,)), trained, layers.Activation("sigmoid")])
model.compile(loss=keras.losses.BinaryCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
x = inputs = layers.Input((8,))
x = layers.Dense(10, activation="log_softmax")(x)
model = keras.Model(inputs, layers.Softmax()(x))
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=False,
            note="softmax undoes the logarithm",
        ),
        Example(
            """
x = inputs = layers.Input((8,))
gate = layers.Dense(8, activation="softmax")(x)
x = layers.Multiply()([x, gate])
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=False,
            note="the first softmax is a gate, not a head",
        ),
    ),
)
