"""LM402: a crossentropy among the metrics takes logits for probabilities, or the other way round."""

from __future__ import annotations

from logit_magic.facts import Evidence, Metric, Remedy, Severity
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import listed, metric_steps, output, takes_logits, takes_probabilities

_PROBABILITIES = ("class-probabilities", "independent-probabilities")


def check(facts: Facts) -> Judgement | None:
    wrong = tuple(metric for metric in facts.metrics if _is_wrong(metric, facts))
    if not wrong:
        return None
    kind = facts.emission.kind
    emits = kind if kind in ("logits", "log-probabilities") else "probabilities"
    taken = "logits" if emits == "probabilities" else "probabilities"
    takes = "takes" if len(wrong) == 1 else "take"
    going = next((metric for metric in wrong if metric.goes_by and not metric.rescued), None)
    by = "" if going is None or going.goes_by is None else f", and {going.goes_by.who} goes by it"
    severity: Severity | None = "error" if going is not None else None
    remedies = [metric.remedy for metric in wrong if metric.remedy]
    return Judgement(
        f"{output(facts)} emits {emits}, but the metric {listed([m.written for m in wrong])} {takes} them for {taken}{by}",
        (Remedy(f"use {listed(remedies)}", "the metric then reads the output as the loss does", metric_steps(wrong)),)
        if remedies
        else (),
        severity=severity,
        evidence=tuple(_evidence(metric) for metric in wrong if metric.rescued or metric.goes_by),
    )


def _is_wrong(metric: Metric, facts: Facts) -> bool:
    """The metric reads the output in the way that the loss does not, and the output is what the loss says it is.

    Where both read it wrongly the loss's finding says so (LM101, LM102); beside a regression loss a head that can give
    any number may be meant to give probabilities.
    """
    if metric.expectation is None:
        return False
    unknown = facts.metered and facts.expectation.kind == "unknown"  # a crossentropy by itself says what the output is
    if (takes_logits(facts.expectation) or unknown) and takes_probabilities(metric.expectation):
        return facts.emission.kind in ("logits", "log-probabilities")
    return (
        (takes_probabilities(facts.expectation) or unknown)
        and takes_logits(metric.expectation)
        and facts.emission.kind in _PROBABILITIES
    )


def _evidence(metric: Metric) -> Evidence:
    if metric.rescued or metric.goes_by is None:
        return Evidence(f"Keras' TensorFlow backend repairs {metric.written} here; other backends do not", "proved")
    return Evidence(f"{metric.goes_by.who} goes by {metric.name}", metric.goes_by.how)


RULE = Rule(
    code="LM402",
    slug="metric-crossentropy-mismatch",
    severity="warning",
    beside=True,
    finds="A crossentropy in `metrics` whose `from_logits` does not fit the head, beside a loss whose does; or one that "
    "is updated by hand with such an output.",
    why="Training is right, but the number that is printed is not the crossentropy of the model. It is an error where a "
    "callback such as EarlyStopping or ModelCheckpoint, a tuner, or a comparison of the cell goes by that number: it then "
    "stops at, or keeps, the wrong epoch or model.",
    instead="The metric with the loss's flag: `keras.metrics.SparseCategoricalCrossentropy(from_logits=True)`.",
    silent="A metric that reads the output as the loss does: what is wrong with both is said once, of the loss. "
    "Regression losses.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalCrossentropy()],
)
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", metrics=[keras.metrics.BinaryCrossentropy(from_logits=True)])
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[keras.metrics.SparseCategoricalCrossentropy(from_logits=True)],
)
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", metrics=["binary_crossentropy", "accuracy", "mse"])
""",
            finds=False,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(3)],
)
""",
            finds=False,
            note="the order of the classes is the same for logits",
        ),
    ),
)
