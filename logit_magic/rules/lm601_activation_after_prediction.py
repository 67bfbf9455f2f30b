"""LM601: the cell takes a model's output for what it is not, after the model."""

from __future__ import annotations

from logit_magic.facts import Evidence, Remedy, Step
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import output, takes_logits, takes_probabilities

_SEEN = {
    "identity": "it is given the very tensor that the model returned",
    "values": "it is given what the model returned, or rows of it",
    "source": "read in the cell's source",
}


def check(facts: Facts) -> Judgement | None:
    if facts.applied is None:
        return None
    return _threshold(facts) if facts.applied.kind == "threshold" else _twice(facts)


def _twice(facts: Facts) -> Judgement | None:
    """A softmax or sigmoid of probabilities; the output's loss, where it has one, takes them for that, too."""
    applied, emission, expectation = facts.applied, facts.emission, facts.expectation
    assert applied is not None
    if emission.broken_by or takes_logits(expectation):
        return None
    if emission.kind == "class-probabilities":
        along = applied.axis if applied.axis is None or applied.axis < 0 else applied.axis - (emission.rank or 0)
        if applied.kind == "softmax" and along is not None and along != emission.axis:
            return None
    elif emission.kind != "independent-probabilities" or not emission.normaliser:
        return None
    elif applied.kind == "softmax" and not takes_probabilities(expectation):
        return None  # features between 0 and 1 may be meant to be weighed against each other
    flat = "nearly flat" if applied.kind == "softmax" else "between 0.5 and 0.73"
    return Judgement(
        f"{output(facts)} emits {_probabilities(facts)} already; `{applied.written}` puts a {applied.kind} on top, and what "
        f"comes out is {flat}",
        (
            Remedy(
                f"leave the {applied.kind} out",
                "the model's own output is the probability",
                (Step("drop-call", None),),
            ),
        ),
        evidence=(_evidence(facts),),
    )


def _threshold(facts: Facts) -> Judgement | None:
    """0.5 for log-odds, of a model that was trained on log-odds: its own loss says so."""
    applied, emission = facts.applied, facts.emission
    assert applied is not None
    if emission.kind != "logits" or facts.expectation.kind != "binary-logits":
        return None
    return Judgement(
        f"{output(facts)} emits logits; `{applied.written}` decides at 0.5 as if they were probabilities: on logits that is "
        "a probability of 0.62",
        (
            Remedy("compare with 0", "a logit of 0 is a probability of one half", (Step("set-threshold", "0.0"),)),
            Remedy("apply a sigmoid first", "what is compared with 0.5 is then a probability"),
        ),
        evidence=(_evidence(facts),),
    )


def _probabilities(facts: Facts) -> str:
    maker = f" ({facts.emission.maker})" if facts.emission.maker else ""
    return f"probabilities{maker}"


def _evidence(facts: Facts) -> Evidence:
    assert facts.applied is not None
    how = facts.applied.known_by
    return Evidence(f"`{facts.applied.written}`: {_SEEN[how]}", "read" if how == "source" else "observed")


_DATA = 'x = np.random.default_rng(0).normal(size=(40, 8)).astype("float32")\n'
_SOFTMAX = (
    _DATA
    + """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax")])
model.compile(loss="sparse_categorical_crossentropy")
"""
)
_UNIT = (
    _DATA
    + """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
"""
)

RULE = Rule(
    code="LM601",
    slug="activation-after-prediction",
    severity="warning",
    beside=True,
    finds="A softmax or sigmoid that the cell puts on what the model has normalised already; a threshold at 0.5, or "
    "rounding, on logits.",
    why="Training is right, but what is read off it is not: a softmax of probabilities over C classes gives none more than "
    "e / (C - 1 + e), and a logit passes 0.5 only from a probability of 0.62 on, so positives are missed.",
    instead="The model's output as it is where it emits probabilities; a threshold at 0, or a sigmoid before the one at "
    "0.5, where it emits logits.",
    silent="A softmax or sigmoid of logits, which is how to read them; temperature and sampling; a threshold at 0 on "
    "logits or at 0.5 on a sigmoid; argmax; thresholds on regression outputs; what a model does inside itself.",
    check=check,
    examples=(
        Example(_SOFTMAX + "p = keras.ops.softmax(model.predict(x, verbose=0))\n", finds=True, cell=True),
        Example(_UNIT + "positive = model.predict(x, verbose=0) > 0.5\n", finds=True, cell=True),
        Example(
            _UNIT + "p = keras.ops.sigmoid(model.predict(x, verbose=0))\npositive = p > 0.5\n",
            finds=False,
            note="the right way",
            cell=True,
        ),
        Example(_UNIT + "positive = model.predict(x, verbose=0) > 0.0\n", finds=False, cell=True),
        Example(
            _DATA
            + """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
readable = keras.Sequential([model, layers.Softmax()])
p = readable.predict(x, verbose=0)
q = keras.ops.softmax(model.predict(x, verbose=0) / 2.0)
""",
            finds=False,
            note="a wrapper for prediction, and a temperature",
            cell=True,
        ),
    ),
)
