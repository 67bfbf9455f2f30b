"""LM109: something after the softmax makes its rows sum to something else."""

from __future__ import annotations

from logit_magic.facts import Remedy
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if not emission.broken_by or expectation.kind != "class-probabilities" or expectation.distribution:
        return None
    tried_out = all(fact.how == "measured" for fact in expectation.evidence)
    if tried_out and emission.broken_in == "always" and emission.high <= 1.0:
        return None  # heads joined for a loss of the user's own, which may take them apart again
    when = " while training" if emission.broken_in == "training" else ""
    helped = " (this loss divides by the row's sum, others do not)" if expectation.renormalises else ""
    return Judgement(
        f"{output(facts)} is normalised, but {emission.broken_by} after it breaks the rows' sum{when}{helped}",
        (
            Remedy(
                f"move {emission.broken_by} before the normalisation, or normalise after it",
                "rows sum to one again in training and in prediction",
            ),
        ),
    )


RULE = Rule(
    code="LM109",
    slug="broken-simplex",
    severity="warning",
    finds="Dropout, Add, Concatenate or scaling stands between the softmax and a loss that expects class probabilities.",
    why="Rows no longer sum to one, so the loss is no log-likelihood; with Dropout, `fit` and `evaluate` compute different "
    "formulas, and a dropped true class costs 16 nats.",
    instead="Put it before the softmax; average members instead of adding them.",
    silent="Average and other convex mixtures of softmax members, Reshape, Identity, Dropout with rate 0; heads joined for "
    "a loss of your own, which may take them apart again.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax"), layers.Dropout(0.3)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
x = inputs = layers.Input((8,))
members = [layers.Dense(4, activation="softmax")(x) for _ in range(2)]
model = keras.Model(inputs, layers.Add()(members))
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
x = inputs = layers.Input((8,))
kinds, sizes = (layers.Dense(units, activation="softmax")(x) for units in (5, 3))
model = keras.Model(inputs, layers.Concatenate()([kinds, sizes]))
crossentropy = keras.losses.categorical_crossentropy
model.compile(loss=lambda y, p: crossentropy(y[:, :5], p[:, :5]) + crossentropy(y[:, 5:], p[:, 5:]))
""",
            finds=False,
            note="two tasks, joined for a loss that takes them apart",
        ),
        Example(
            """
x = inputs = layers.Input((8,))
kinds, sizes = (layers.Dense(units, activation="softmax")(x) for units in (5, 3))
model = keras.Model(inputs, layers.Concatenate()([kinds, sizes]))
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
x = inputs = layers.Input((8,))
members = [layers.Dense(4, activation="softmax")(x) for _ in range(3)]
model = keras.Model(inputs, layers.Average()(members))
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=False,
            note="an average of distributions is one",
        ),
        Example(
            """
x = inputs = layers.Input((8,))
a, b = (layers.Dense(4, activation="softmax")(x) for _ in range(2))
model = keras.Model(inputs, 0.25 * a + 0.75 * b)
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=False,
            note="weights that sum to one",
        ),
    ),
)
