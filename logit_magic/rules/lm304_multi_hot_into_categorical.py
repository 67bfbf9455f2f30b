"""LM304: several ones in a row of labels, for a loss over classes that exclude each other."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.labels import classes, known, percent, seen
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output, takes_logits

_FAMILIES = ("CategoricalCrossentropy", "CategoricalFocalCrossentropy")
_EXCLUSIVE = ("class-probabilities", "logits", "log-probabilities")  # several sigmoids are LM202


def check(facts: Facts) -> Judgement | None:
    labels, count = known(facts, _FAMILIES), classes(facts.emission, facts.expectation)
    if labels is None or facts.emission.kind not in _EXCLUSIVE or count is None or count < 2:
        return None
    if labels.along != "multi-hot" or not labels.several or labels.shape[-1] != count:
        return None
    flag = "from_logits=True" if takes_logits(facts.expectation) else ""
    head = "no activation" if flag else "activation='sigmoid'"
    return Judgement(
        f"{output(facts)} is trained on rows with several ones ({percent(labels.several)} of them), but "
        f"{facts.expectation.loss} is for classes that exclude each other",
        (
            Remedy(
                f"use keras.losses.BinaryCrossentropy({flag}) and a head with {head}",
                "each class is then a yes or no of its own",
                _steps(facts, flag),
            ),
            Remedy("divide each row by its sum", "if the classes exclude each other and a row is a vote among them"),
        ),
        evidence=(seen(labels),),
    )


def _steps(facts: Facts, flag: str) -> tuple[Step, ...]:
    swap = Step("swap-loss", f"BinaryCrossentropy({flag})")
    if facts.expectation.family != "CategoricalCrossentropy":
        return ()
    if flag:
        return (swap,) if facts.emission.kind == "logits" else ()
    return (Step("set-activation", "sigmoid"), swap)


RULE = Rule(
    code="LM304",
    slug="multi-hot-into-categorical",
    severity="warning",
    beside=True,
    finds="Label rows with several ones, with softmax and a categorical crossentropy.",
    why="A softmax spreads one unit of probability over all classes, so no two can be likely at once: the best it can do "
    "for two ones is one half each, and the loss stops at 2 ln 2 for such a row.",
    instead="One sigmoid per class with a binary crossentropy.",
    silent="Rows with exactly one 1; rows that sum to one (soft labels, mixup, votes); rows of zeros alone; several "
    "sigmoids with a binary crossentropy.",
    check=check,
    examples=(
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(6)[np.arange(60) % 6] + np.eye(6)[(np.arange(60) + 1) % 6]
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(6)[np.arange(60) % 6] + np.eye(6)[(np.arange(60) + 1) % 6]
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="a yes or no for each class",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = 0.5 * np.eye(6)[np.arange(60) % 6] + 0.5 * np.eye(6)[(np.arange(60) + 1) % 6]
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="votes that sum to one",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(6)[np.arange(60) % 6]
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="by luck every row has one 1",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(6)[np.arange(60) % 6] * (np.arange(60) % 5 > 0)[:, None]
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="rows without any label",
        ),
    ),
)
