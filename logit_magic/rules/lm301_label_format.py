"""LM301: one-hot labels meet a loss that takes class ids, or ids one that takes a column per class."""

from __future__ import annotations

from logit_magic.facts import Remedy, Step
from logit_magic.rules.labels import BINARY, ONE_HOT, SPARSE, classes, known, lacks_class_axis, seen
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output, takes_logits


def check(facts: Facts) -> Judgement | None:
    return _one_hot_into_sparse(facts) or _ids_into_columns(facts)


def _one_hot_into_sparse(facts: Facts) -> Judgement | None:
    labels, count = known(facts, SPARSE), classes(facts.emission, facts.expectation)
    if labels is None or count is None or count < 2 or not labels.along or len(labels.shape) != facts.emission.rank:
        return None
    kind = {"one-hot": "one-hot rows", "multi-hot": "rows of zeros and ones"}.get(labels.along, "soft labels")
    flag = "from_logits=True" if takes_logits(facts.expectation) else ""
    remedies = [
        Remedy(
            f"use keras.losses.CategoricalCrossentropy({flag})",
            "it takes a column per class, as the labels have them",
            _swap(facts, "SparseCategoricalCrossentropy", f"CategoricalCrossentropy({flag})"),
        )
    ]
    if labels.along == "one-hot":
        remedies.append(Remedy("pass y.argmax(axis=-1)", "the loss stays as it is and gets class ids"))
    return Judgement(
        f"{output(facts)} is trained on {kind} of shape {labels.shape}, but {facts.expectation.loss} takes class ids",
        tuple(remedies),
        evidence=(seen(labels),),
    )


def _ids_into_columns(facts: Facts) -> Judgement | None:
    labels, count = known(facts, (*ONE_HOT, *BINARY)), classes(facts.emission, facts.expectation)
    if labels is None or count is None or not lacks_class_axis(labels, facts.emission) or not labels.whole:
        return None
    if facts.expectation.family in BINARY and labels.levels[-1][0] <= 1.0:
        return None  # yes or no for several units: Keras names the shapes, and what was meant is not known
    flag = "from_logits=True" if takes_logits(facts.expectation) else ""
    return Judgement(
        f"{output(facts)} is trained on class ids of shape {labels.shape}, but {facts.expectation.loss} takes a column "
        f"for each of the {count} classes",
        (
            Remedy(
                f"use keras.losses.SparseCategoricalCrossentropy({flag})",
                "it takes class ids, as the labels are",
                _swap(facts, "CategoricalCrossentropy", f"SparseCategoricalCrossentropy({flag})"),
            ),
            Remedy(
                f"pass keras.utils.to_categorical(y, {count})", "the loss stays as it is and gets a column per class"
            ),
        ),
        evidence=(seen(labels),),
    )


def _swap(facts: Facts, family: str, other: str) -> tuple[Step, ...]:
    """The same loss for the other format of labels: of those with a focus or of yes and no there is none."""
    return (Step("swap-loss", other),) if facts.expectation.family == family else ()


RULE = Rule(
    code="LM301",
    slug="label-format",
    severity="error",
    beside=True,
    finds="One-hot labels with a sparse loss, or class ids with a loss that takes a column per class.",
    why="Keras mostly raises about shapes, without saying which side is meant; where shapes broadcast (focal losses and "
    "divergences with ids of shape (batch, 1)) it multiplies ids with probabilities and trains on that.",
    instead="The sparse loss for ids, the categorical one for one-hot rows; `keras.utils.to_categorical` or `argmax` turns "
    "one into the other.",
    silent="Ids of shape (batch, 1) or as floats with a sparse loss; soft labels, mixup and label smoothing with a "
    "categorical loss; masks of ids for segmentation; labels that the cell did not use.",
    check=check,
    examples=(
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(10)[np.arange(60) % 10]
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 3
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = (np.arange(60) % 3)[:, None]
model = keras.Sequential([layers.Input((8,)), layers.Dense(3)])
model.compile(loss=keras.losses.CategoricalFocalCrossentropy(from_logits=True))
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.arange(60) % 10
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="sigmoid")])
model.compile(loss="binary_crossentropy")
""",
            finds=True,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = (np.arange(60) % 3)[:, None]
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
            note="ids of shape (batch, 1)",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = (np.arange(60) % 3).astype("float32")
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
            note="ids as floats",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.eye(3)[np.arange(60) % 3]
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = 0.9 * np.eye(3)[np.arange(60) % 3] + 0.1 / 3
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="smoothed labels",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
w = np.linspace(0, 1, 60)[:, None]
y = w * np.eye(3)[np.arange(60) % 3] + (1 - w) * np.eye(3)[np.arange(60) % 2]
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="categorical_crossentropy")
""",
            finds=False,
            note="mixup",
        ),
        Example(
            """
x = np.random.default_rng(0).normal(size=(60, 8)).astype("float32")
y = np.array(["cat", "dog", "cow"])[np.arange(60) % 3]
model = keras.Sequential([layers.Input((8,)), layers.Dense(3, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
            note="words: not judged",
        ),
        Example(
            """
x = np.zeros((4, 6, 6, 2), "float32")
y = np.arange(144).reshape(4, 6, 6) % 3
model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 1, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
""",
            finds=False,
            note="a mask of ids",
        ),
    ),
)
