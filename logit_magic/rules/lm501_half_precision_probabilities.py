"""LM501: probabilities leave the model in half precision."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output, takes_probabilities

_HALF = ("float16", "bfloat16")


def check(facts: Facts) -> Judgement | None:
    emission = facts.emission
    if emission.dtype not in _HALF or not takes_probabilities(facts.expectation):
        return None
    if emission.kind not in ("class-probabilities", "independent-probabilities"):
        return None
    return Judgement(
        f"{output(facts)} emits probabilities in {emission.dtype}, in which small ones are rounded to 0 or 1",
        (
            Remedy(
                "give the last layer dtype='float32'",
                "the body stays in half precision, the probabilities do not",
                (Step("set-dtype", "float32"),),
            ),
            Remedy("emit logits and set from_logits=True", "the loss then computes in float32 from the start"),
        ),
    )


RULE = Rule(
    code="LM501",
    slug="half-precision-probabilities",
    severity="warning",
    finds="Mixed precision without a float32 output: softmax or sigmoid computed in float16 or bfloat16.",
    why="Half precision has three decimal digits: 0.9999 becomes 1.0, 1e-8 becomes 0, and the loss sees log(0), clipped.",
    instead="`dtype='float32'` on the last layer, as the mixed-precision guide says; or logits.",
    silent="A float32 head under a mixed policy; logits in half precision.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax", dtype="mixed_float16")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([
    layers.Input((8,)),
    layers.Dense(16, dtype="mixed_float16"),
    layers.Dense(10, activation="softmax", dtype="float32"),
])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=False,
            note="the head is in float32",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, dtype="mixed_float16")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=False,
            note="logits in half precision",
        ),
        Example(
            """
model = keras.Sequential([
    layers.Input((8,)),
    layers.Dense(10, dtype="mixed_float16"),
    layers.Softmax(dtype="float32"),
])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=False,
            note="the softmax itself is in float32",
        ),
    ),
)
