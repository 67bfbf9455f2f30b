"""LM302: class ids that the head has no class for."""

from __future__ import annotations

from logit_magic.facts import Labels, Remedy
from logit_magic.rules.labels import SPARSE, classes, known, lacks_class_axis, outside, percent, seen, share_of, span
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output


def check(facts: Facts) -> Judgement | None:
    labels, count = known(facts, SPARSE), classes(facts.emission, facts.expectation)
    if labels is None or count is None or not lacks_class_axis(labels, facts.emission) or not labels.whole:
        return None
    wrong = outside(labels, 0, count - 1, facts.expectation.ignore_class)
    if not wrong:
        return None
    subject = f"{output(facts)} has {count} classes, 0 … {count - 1}, but"
    if labels.levels[0][0] == 1.0 and labels.levels[-1][0] == float(count):
        message = f"{subject} the class ids start at one: {span(labels)}, off by one"
        remedies = (Remedy("subtract 1 from the labels", f"they then run from 0 to {count - 1}, as the loss counts"),)
        return Judgement(message, remedies, explanation=_what_happens(facts), evidence=(seen(labels),))
    if _is_padding(labels, wrong, count):
        return _padding(facts, labels, wrong, subject)
    message = f"{subject} {percent(share_of(wrong))} of the class ids lie outside: {span(labels)}"
    return Judgement(message, _remedies(labels, count), explanation=_what_happens(facts), evidence=(seen(labels),))


def _is_padding(labels: Labels, wrong: list[tuple[float, float]], count: int) -> bool:
    """One value outside, far from the classes: likely meant for what is to be left out."""
    return len(wrong) == 1 and len(labels.levels) > 1 and wrong[0][0] != float(count)


def _padding(facts: Facts, labels: Labels, wrong: list[tuple[float, float]], subject: str) -> Judgement:
    value = int(wrong[0][0])
    skipped = (facts.backend == "jax") or (facts.backend == "torch" and value == -100)
    where = {"jax": "JAX counts it as no loss at all", "torch": "torch happens to skip it"}.get(facts.backend, "")
    return Judgement(
        f"{subject} {percent(share_of(wrong))} of the labels are {value}, which {facts.expectation.loss} was not told to "
        "leave out",
        (
            Remedy(
                f"give the loss ignore_class={value}",
                "these positions are left out of the loss and of its mean, on any backend",
            ),
        ),
        severity="warning" if skipped else None,
        explanation=f"{where}, but still divides by all positions; other backends raise."
        if skipped
        else _what_happens(facts),
        evidence=(seen(labels),),
    )


def _remedies(labels: Labels, count: int) -> tuple[Remedy, ...]:
    top = int(labels.levels[-1][0])
    if labels.levels[0][0] >= 0.0 and top >= count:
        return (
            Remedy(f"give the head {top + 1} units or more", "every id that was seen then has a class"),
            Remedy("renumber the labels from 0 without gaps", "the head stays as it is"),
        )
    return (Remedy("renumber the labels from 0 without gaps", "every id then has a class"),)


def _what_happens(facts: Facts) -> str:
    return {
        "tensorflow": "TensorFlow raises on a CPU, and gives NaN without a word where the step is compiled or on a GPU.",
        "jax": "JAX says nothing: a row whose class is not there adds no loss and teaches nothing.",
        "torch": "torch raises: the target is out of bounds.",
    }.get(facts.backend, "")


RULE = Rule(
    code="LM302",
    slug="label-out-of-range",
    severity="error",
    beside=True,
    finds="Class ids outside 0 … C-1 with a sparse loss: counted from one, or a head with too few units.",
    why="TensorFlow raises, or gives NaN where the step is compiled; JAX ignores such rows without a word; torch raises.",
    instead="Ids from 0 to C-1; `ignore_class=-1` in the loss for positions that are to be left out.",
    silent="The loss's own `ignore_class`; rows of sample weight 0; padding that a Masking layer or `mask_zero` hides from "
    "the loss; CTC.",
    check=check,
    examples=(
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = 1 + np.arange(60) % 3
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 12
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 4 - 1
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 3
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = 1 + np.arange(60) % 2
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
            note="class 0 is just not among them",
        ),
        Example(
            """
x = np.zeros((4, 6, 6, 2), "float32")
y = np.arange(144).reshape(4, 6, 6) % 4 - 1
model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 1, activation="softmax")])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1))
""",
            finds=False,
            note="-1 is left out by the loss",
        ),
        Example(
            """
x = np.arange(60).reshape(10, 6) % 5
y = np.where(x == 0, -1, x % 3)
model = keras.Sequential([layers.Input((6,)), layers.Embedding(5, 4, mask_zero=True), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
            note="the mask hides the padding",
        ),
    ),
)
