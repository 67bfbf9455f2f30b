"""LM303: targets outside [0, 1] for a loss that reads them as probabilities."""

from __future__ import annotations

from logit_magic.facts import Labels, Remedy
from logit_magic.rules.labels import (
    BINARY,
    ONE_HOT,
    OVERLAP,
    known,
    lacks_class_axis,
    outside,
    percent,
    seen,
    share_of,
    span,
)
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import is_categorical, output

_ROUNDING = 0.01  # resized images and soft labels leave [0, 1] by a hair
_NOISE = 0.25  # beyond [0, 1]: labels that were scaled otherwise go further


def check(facts: Facts) -> Judgement | None:
    labels = known(facts, (*BINARY, *ONE_HOT, *OVERLAP))
    if labels is None or (is_categorical(facts.expectation) and facts.emission.size in (None, 1)):
        return None  # LM203; or it is not known whether these are columns or ids
    if facts.expectation.distribution and facts.emission.kind in ("logits", "nonnegative"):
        return None  # LM204: neither side is a distribution, and one remedy is for both
    if labels.along == "scaled one-hot" and facts.expectation.family in ONE_HOT:
        return None  # rows times a number each, such as the advantages of a policy gradient: the row's weight
    ids = lacks_class_axis(labels, facts.emission) and (labels.whole or is_categorical(facts.expectation))
    wrong = outside(labels, -_ROUNDING, 1.0 + _ROUNDING)
    if ids or not wrong:
        return None  # LM301, or a shape that Keras itself refuses
    if not labels.whole and not outside(labels, -_NOISE, 1.0 + _NOISE):
        return None  # noise on labels of 0 and 1, as for the discriminator of a GAN
    share = share_of(wrong)
    return Judgement(
        f"{output(facts)} is trained on labels {span(labels)}, but {facts.expectation.loss} takes labels for "
        f"probabilities: {percent(share)} of them lie outside [0, 1]",
        _remedies(labels),
        severity=None if share >= 0.01 else "warning",
        evidence=(seen(labels),),
    )


def _remedies(labels: Labels) -> tuple[Remedy, ...]:
    values = {value for value, _ in labels.levels}
    low, high = labels.levels[0][0], labels.levels[-1][0]
    if values == {-1.0, 1.0}:
        return (
            Remedy("pass (y + 1) / 2", "-1 becomes 0, and 1 stays 1"),
            Remedy("use keras.losses.Hinge() with a linear head", "it is made for labels of -1 and 1"),
        )
    if values == {1.0, 2.0}:
        return (Remedy("subtract 1 from the labels", "they are then 0 and 1"),)
    if low >= 0.0 and 200.0 < high <= 255.0:
        return (Remedy("divide the labels by 255", "pixels then lie in [0, 1]"),)
    return (
        Remedy("scale the labels to [0, 1]", "each is then the probability of a yes"),
        Remedy("use a regression loss such as 'mse' with a linear head", "it takes labels of any range"),
    )


RULE = Rule(
    code="LM303",
    slug="label-not-probability",
    severity="error",
    beside=True,
    finds="Targets outside [0, 1] with a crossentropy: -1/1, 0 … 255, standardised; with Dice and Tversky as well.",
    why="-y log p - (1 - y) log(1 - p) has no lower bound for y outside [0, 1]: the loss turns negative, and training runs "
    "to where it is clipped.",
    instead="Labels of 0 and 1, or in between: `(y + 1) / 2`, `y / 255`.",
    silent="Soft labels and pixels in [0, 1]; labels of -1 and 1 with a hinge loss; rows of sample weight 0; values that "
    "leave [0, 1] by rounding, or by noise on labels; one-hot rows times a number each (a policy gradient's advantages).",
    check=check,
    examples=(
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.where(np.arange(60) % 2, 1.0, -1.0)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(360).reshape(60, 6) % 256
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.random.default_rng(1).normal(size=(60, 6))
model = keras.Sequential([layers.Input((8,)), layers.Dense(6)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.random.default_rng(1).uniform(size=(60, 6))
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="pixels in [0, 1]",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.clip(np.arange(60) % 2, 0.1, 0.9)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="soft labels",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(6)[np.arange(60) % 6] * np.random.default_rng(1).normal(size=(60, 1))
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="advantages of a policy gradient",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(6)[np.arange(60) % 6] * 255.0
model = keras.Sequential([layers.Input((8,)), layers.Dense(6, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 2 + 0.1 * np.random.default_rng(1).uniform(size=60)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=False,
            note="noise on the labels of a discriminator",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.where(np.arange(60) % 2, 1.0, -1.0)
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="tanh")])
model.compile(loss=keras.losses.Hinge())
""",
            finds=False,
            note="a hinge loss takes -1 and 1",
        ),
    ),
)
