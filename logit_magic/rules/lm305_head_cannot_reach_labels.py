"""LM305: labels outside the range that the head can give."""

from __future__ import annotations

from logit_magic.facts import Emission, Remedy, Step
from logit_magic.rules.labels import known, outside, percent, seen, share_of, span
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import interval, output

# losses that are at their best where the output is the label
_REGRESSION = (
    "MeanSquaredError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "Huber",
    "LogCosh",
    "Poisson",
)
_SHARE = 0.05  # of the labels: fewer may be outliers that the head is meant to cut off


def check(facts: Facts) -> Judgement | None:
    labels, emission = known(facts, _REGRESSION), facts.emission
    if labels is None or emission.kind == "constant" or not _is_proved(emission):
        return None
    room = 1e-3 * max(abs(labels.levels[0][0]), abs(labels.levels[-1][0]), 1.0)
    wrong = outside(labels, emission.low - room, emission.high + room)
    if share_of(wrong) < _SHARE:
        return None
    return Judgement(
        f"{output(facts)} can only give values in {interval(emission)}, but {percent(share_of(wrong))} of the labels "
        f"lie outside: {span(labels)}",
        (
            Remedy(
                "take the activation off the last layer",
                "the head can then give any number, and the loss fits it",
                (Step("set-activation", None),),
            ),
            Remedy("scale the labels into the head's range", "predictions are then on that scale: scale them back"),
        ),
        evidence=(seen(labels),),
    )


def _is_proved(emission: Emission) -> bool:
    """The interval holds every output that there can be; one seen on a batch holds only those."""
    return all(fact.how == "proved" for fact in emission.evidence)


RULE = Rule(
    code="LM305",
    slug="head-cannot-reach-labels",
    severity="error",
    beside=True,
    finds="Labels outside the range that the head can give: a relu head and negative targets, a sigmoid head and prices.",
    why="The loss pushes the head against its end, where its gradient dies: predictions settle at a constant, and the loss "
    "stops far above zero.",
    instead="A linear head for targets of any range; or targets scaled into the head's range.",
    silent="Targets that the head can reach, such as 0/1 with a sigmoid and 'mse'; a few outliers; hinge losses; "
    "crossentropies (LM303); ranges that are not proved.",
    check=check,
    examples=(
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.random.default_rng(1).normal(size=60)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="relu")])
model.compile(loss="mse")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.random.default_rng(1).normal(size=60)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="tanh")])
model.compile(loss=keras.losses.Huber())
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = 1000.0 * np.arange(60)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="mse")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.random.default_rng(1).normal(size=60)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="softplus")])
model.compile(loss="mae")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 2
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="mse")
""",
            finds=False,
            note="legal, if unusual",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.where(np.arange(60) % 2, 1.0, -1.0)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="tanh")])
model.compile(loss="mse")
""",
            finds=False,
            note="just within reach",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.where(np.arange(60) == 7, -0.3, 1.0 * np.arange(60))
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="relu")])
model.compile(loss="mse")
""",
            finds=False,
            note="one outlier",
        ),
    ),
)
