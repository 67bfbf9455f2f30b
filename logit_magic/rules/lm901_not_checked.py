"""LM901: a pair that could not be judged, with the reason."""

from __future__ import annotations

from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if expectation.kind == "any":
        return None
    if emission.kind == "unknown":
        return Judgement(f"{output(facts)} was not checked against {expectation.loss}: {emission.reason}")
    if expectation.kind == "unknown":
        return Judgement(f"{output(facts)} was not checked against {expectation.loss}: {expectation.reason}")
    may_sum_to_one = emission.kind == "bounded" and emission.low >= 0.0 and emission.high <= 1.0
    vague = emission.kind == "independent-probabilities" and not emission.elementwise
    if expectation.kind == "class-probabilities" and (may_sum_to_one or vague) and not emission.broken_by:
        return Judgement(
            f"{output(facts)} stays in [0, 1], but whether its rows sum to one, as {expectation.loss} needs, is not known"
        )
    return None


RULE = Rule(
    code="LM901",
    slug="not-checked",
    severity="info",
    finds="A model and a loss that meet, but of which one could not be read; or a fault in the check itself.",
    why="A check that cannot tell must say so: silence would look like a clean bill.",
    instead="Build the model first (call it, or give it an Input); for a loss of your own, check the pair by hand.",
    silent="Losses that take any range, such as MSE, whatever the model emits.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
""",
            finds=True,
            note="not built: it has seen neither data nor an input shape",
        ),
        Example(
            """
model = keras.Sequential([layers.Dense(10)])
model.compile(loss="mse")
""",
            finds=False,
            note="any range will do",
        ),
        Example(
            """
model = keras.Sequential([layers.Dense(10)])
model(np.zeros((1, 8), "float32"))
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=False,
            note="without an Input, but called: built",
        ),
    ),
)
