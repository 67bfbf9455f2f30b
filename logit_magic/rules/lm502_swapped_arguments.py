"""LM502: a loss called by hand as loss(y_pred, y_true)."""

from __future__ import annotations

from logit_magic.facts import Evidence, Remedy, Step, Swapped
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output, takes_logits, takes_probabilities

_EITHER_WAY = ("Dice", "Tversky")  # overlaps, which hardly tell their two sides apart


def check(facts: Facts) -> Judgement | None:
    swapped, expectation = facts.swapped, facts.expectation
    if swapped is None or expectation.family in _EITHER_WAY or expectation.distribution:
        return None
    if not (takes_logits(expectation) or takes_probabilities(expectation)):
        return None
    name = expectation.family or expectation.loss
    return Judgement(
        f"{output(facts)} and its labels are given to {expectation.loss} the wrong way round: the model's output as "
        "y_true, the labels as y_pred",
        (
            Remedy(
                "call it as loss(y_true, y_pred): labels first",
                f"this is the order of {name} and all of Keras",
                (Step("swap-arguments", None),),
            ),
        ),
        evidence=tuple(_evidence(swapped)),
    )


def _evidence(swapped: Swapped) -> list[Evidence]:
    how = "is the very tensor that the model returned" if swapped.known_by == "identity" else "equals what it returned"
    found = [Evidence(f"y_true {how}", "observed")]
    labels = swapped.labels
    if labels is not None:
        kinds = {"one-hot": "one-hot rows", "multi-hot": "rows of zeros and ones"}
        low, high = labels.levels[0][0], labels.levels[-1][0]
        what = kinds.get(labels.along) or f"nothing but whole numbers, {low:g} … {high:g}"
        found.append(Evidence(f"y_pred, of shape {labels.shape}, holds {what}, and is no model's output", "observed"))
    elif swapped.whole:
        found.append(Evidence("y_pred is of a type that holds whole numbers alone", "observed"))
    if swapped.trained:
        found.append(Evidence("a gradient is taken through y_true, and none through y_pred", "observed"))
    return found


_DATA = """
rng = np.random.default_rng(0)
x = rng.normal(size=(40, 8)).astype("float32")
ids = np.arange(40) % 4
hot = np.eye(4, dtype="float32")[ids]
"""
_NET = _DATA + "model = keras.Sequential([layers.Input((8,)), layers.Dense(4)])\n"

RULE = Rule(
    code="LM502",
    slug="swapped-arguments",
    severity="error",
    finds="A crossentropy called by hand as `loss(y_pred, y_true)`: the model's output where the labels belong.",
    why="A crossentropy is not symmetric: it takes the logarithm of its second argument. Of labels that is 0 or as far "
    "down as the clipping goes, so the number says next to nothing, and the gradient with respect to the model is a "
    "constant that drives its outputs without bound.",
    instead="`loss(y_true, y_pred)`: labels first, everywhere in Keras. PyTorch's own losses take predictions first.",
    silent="Losses that are the same both ways (MSE, MAE, Huber, cosine), Dice and KLDivergence; distillation, consistency "
    "and pseudo labels, where both sides come from models; autoencoders; a loss that adds up both directions.",
    check=check,
    examples=(
        Example(
            _NET
            + """
loss_fn = keras.losses.CategoricalCrossentropy(from_logits=True)
value = loss_fn(model(x), hot)
""",
            finds=True,
            cell=True,
        ),
        Example(
            _DATA
            + """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
bits = (ids % 2).astype("float32")[:, None]
print(keras.losses.binary_crossentropy(model.predict(x, verbose=0), bits))
""",
            finds=True,
            note="known by its values: it has been through predict",
            cell=True,
        ),
        Example(
            _NET
            + """
loss_fn = keras.losses.CategoricalCrossentropy(from_logits=True)
value = loss_fn(hot, model(x))
""",
            finds=False,
            cell=True,
        ),
        Example(
            _NET + "value = keras.losses.MeanSquaredError()(model(x), hot)\n",
            finds=False,
            note="the same both ways",
            cell=True,
        ),
        Example(
            _DATA
            + """
teacher = keras.Sequential([layers.Input((8,)), layers.Dense(4, activation="softmax")])
model = keras.Sequential([layers.Input((8,)), layers.Dense(4, activation="softmax")])
value = keras.losses.CategoricalCrossentropy()(teacher(x), model(x))
""",
            finds=False,
            note="distillation: the teacher's output is the target",
            cell=True,
        ),
    ),
)
