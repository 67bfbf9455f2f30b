"""LM202: independent probabilities of several units go into a categorical crossentropy."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output


def check(facts: Facts) -> Judgement | None:
    emission, expectation = facts.emission, facts.expectation
    if emission.kind != "independent-probabilities" or not emission.elementwise or expectation.distribution:
        return None
    if expectation.kind != "class-probabilities" or emission.size is None or emission.size < 2:
        return None
    return Judgement(
        f"{output(facts)} gives {emission.size} independent probabilities, but {expectation.loss} takes a row for one "
        "distribution over classes",
        (
            Remedy(
                "use activation='softmax'",
                "one of several classes: rows sum to one",
                (Step("set-activation", "softmax"),),
            ),
            Remedy(
                "use keras.losses.BinaryCrossentropy()",
                "several labels may be true at once, as multi-hot labels say",
                () if expectation.labels == "sparse" else (Step("swap-loss", "BinaryCrossentropy()"),),
            ),
        ),
    )


RULE = Rule(
    code="LM202",
    slug="sigmoid-into-categorical-loss",
    severity="error",
    finds="Several sigmoid units with a (sparse) categorical crossentropy.",
    why="Only the true class gets a gradient: saying yes to every class costs nothing where the loss does not divide by "
    "the row's sum. On TensorFlow, Keras takes the sigmoid's inputs for class logits in `fit`, but not on "
    "`predict` output: same numbers in, two losses out.",
    instead="Softmax for one of several classes, binary crossentropy for several at once.",
    silent="Sigmoids with a binary crossentropy; heads in [0, 1] whose rows may well sum to one, such as [1 - p, p].",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation="sigmoid")])
model.compile(loss="categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = inputs = layers.Input((8,))
p = layers.Dense(1, activation="sigmoid")(x)
model = keras.Model(inputs, layers.Concatenate()([1 - p, p]))
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="rows sum to one",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
        ),
        Example(
            """
def asymmetric(y_true, p):
    no = ops.minimum(1.05 - p, 1.0)  # small probabilities of false classes cost nothing
    return -ops.mean(y_true * ops.log(p) + (1.0 - y_true) * (1.0 - no) ** 4 * ops.log(no))

model = keras.Sequential([layers.Input((8,)), layers.Dense(4, activation="sigmoid")])
model.compile(loss=asymmetric)
""",
            finds=False,
            note="a loss of several labels, in which a false class costs on its own",
        ),
    ),
)
