"""LM107: rows sum to one along another axis than the one that the loss takes for the classes."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import is_categorical, output


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if emission.kind not in ("class-probabilities", "log-probabilities") or not is_categorical(expectation):
        return None
    if emission.axis is None or emission.rank is None or emission.simplex_size == 1:
        return None
    wanted = expectation.axis - emission.rank if expectation.axis >= 0 else expectation.axis
    if emission.axis == wanted:
        return None
    of_batch = emission.axis == -emission.rank
    along = "the batch" if of_batch else f"axis {emission.axis}"
    return Judgement(
        f"{output(facts)} sums to one along {along}, but {expectation.loss} has its classes along axis {wanted}",
        (
            Remedy(
                f"normalise along axis {wanted}",
                "each position gets its own distribution over the classes",
                (Step("set-axis", wanted),) if of_batch else (),
                problem=""
                if of_batch
                else f"the classes may lie along either axis: then the loss wants axis={emission.axis} instead",
            ),
        ),
    )


RULE = Rule(
    code="LM107",
    slug="wrong-axis",
    severity="error",
    finds="Softmax runs along the batch, time or image axis, the loss along the class axis.",
    why="What the loss reads as one distribution over classes is a slice through several. Predictions of one sample depend "
    "on the others in the batch, or of one pixel on the rest of its column.",
    instead="`axis=-1` (channels last), or the class axis in both places.",
    silent="Softmax along the class axis wherever that is, if the loss is told the same axis.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10), layers.Softmax(axis=0)])
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 1), layers.Softmax(axis=1)])
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 1), layers.Softmax(axis=1)])
model.compile(loss=keras.losses.CategoricalCrossentropy(axis=1))
""",
            finds=False,
            note="both along axis 1",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 1), layers.Softmax(axis=-1)])
model.compile(loss=keras.losses.CategoricalCrossentropy())
""",
            finds=False,
        ),
    ),
)
