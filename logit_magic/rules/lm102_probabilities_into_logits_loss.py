"""LM102: probabilities go into a loss that takes them for logits and normalises them again."""

from __future__ import annotations

import math

from logit_magic.facts import Evidence
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import drop_activation, output, present, set_flag, takes_logits


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    normalised = emission.kind in ("class-probabilities", "independent-probabilities")
    in_unit_interval = emission.kind == "bounded" and emission.low >= 0.0 and emission.high <= 1.0
    if not takes_logits(expectation) or not (normalised or in_unit_interval):
        return None
    if emission.size == 1 and expectation.kind == "class-logits":
        return None  # LM203
    what = "probabilities" if normalised else "values in [0, 1]"
    again = "softmax" if expectation.kind == "class-logits" else "sigmoid"
    message = f"{output(facts)} emits {what}, but {expectation.loss} takes them for logits"
    remedies = present(set_flag(facts, False), drop_activation(facts))
    if not facts.rescued:
        inner = emission.normaliser or "…"
        return Judgement(f"{message}: it trains on {again}({inner}(x))", remedies, explanation=_why(facts))
    trains_on = f"{again}({emission.normaliser}(x))"
    return Judgement(
        f"{message}. Keras repairs this on TensorFlow; on JAX and torch the same code trains on {trains_on}",
        remedies,
        severity="warning",
        explanation=f"Keras repairs this on TensorFlow: it finds the {emission.normaliser}'s inputs and trains on those, so "
        f"the numbers here are right. On JAX and torch the same code trains on {trains_on}. The repair is "
        "also lost, without a word, behind a Reshape or a cast, in half precision, in a loop that calls the loss on "
        "`predict` output, and with focal losses.",
        evidence=(Evidence("Keras' TensorFlow backend finds the logits behind this very tensor", "proved"),),
    )


def _why(facts: Facts) -> str:
    """Why it matters here: with numbers where the loss has them, which is a plain crossentropy of a softmax."""
    emission, expectation = facts.emission, facts.expectation
    classes = emission.simplex_size or 0
    axis = expectation.axis if expectation.axis < 0 or emission.rank is None else expectation.axis - emission.rank
    plain = expectation.family in ("SparseCategoricalCrossentropy", "CategoricalCrossentropy")
    softmax = emission.kind == "class-probabilities" and emission.axis == axis
    if not (plain and softmax and expectation.kind == "class-logits" and classes > 1):
        return (
            "The loss normalises a second time. It takes numbers between 0 and 1 for logits, between which there is little to "
            "choose: it can be sure of nothing, and gradients shrink."
        )
    top = math.log(classes - 1.0 + math.e)
    return (
        f"The loss normalises a second time. Over {classes:,} classes the loss of a sample can then only move between "
        f"{top - 1.0:.4g} and {top:.4g}, and gradients shrink."
    )


RULE = Rule(
    code="LM102",
    slug="probabilities-into-logits-loss",
    severity="error",
    finds="A head that ends in softmax or sigmoid feeds a loss that expects logits (`from_logits=True`, CTC).",
    why="The loss normalises a second time, and gradients shrink. The crossentropy of a softmax over C classes can then only "
    "move between ln(C-1+e)-1 and ln(C-1+e): 1.461 … 2.461 for ten. It is a warning where Keras repairs it on TensorFlow.",
    instead="`from_logits=False` in the loss; or no activation in the head, which trains most stably.",
    silent="Log-softmax into a logits loss (the same number); logits computed as log(p / (1 - p)); softmax inside attention.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax"), layers.Reshape((10,))])
model.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="log_softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=False,
            note="softmax(log p) = p",
        ),
    ),
)
