"""LM401: a metric compares logits with a threshold that is meant for probabilities."""

from __future__ import annotations

from logit_magic.facts import Evidence, Metric, Remedy
from logit_magic.rules.rule import Example, Facts, Judgement, Rule
from logit_magic.rules.wording import (
    activation_for,
    is_categorical,
    listed,
    metric_steps,
    output,
    present,
    set_flag,
    takes_logits,
)


def check(facts: Facts) -> Judgement | None:
    wrong = tuple(metric for metric in facts.metrics if any(0.0 < t < 1.0 for t in metric.thresholds))
    on_logits = facts.emission.kind in ("logits", "log-probabilities")
    if not wrong or not on_logits or not takes_logits(facts.expectation):
        # a loss that takes probabilities is LM101; beside any other, or none in sight, a threshold may be meant as it is
        return None
    names = listed([metric.written for metric in wrong])
    takes = "takes them for probabilities" if len(wrong) == 1 else "take them for probabilities"
    return Judgement(
        f"{output(facts)} emits {facts.emission.kind}, but {names} {takes}",
        present(_same_for_logits(facts, wrong), _given_probabilities() if facts.metered else _probabilities(facts)),
        evidence=tuple(_evidence(metric) for metric in wrong),
    )


def _same_for_logits(facts: Facts, wrong: tuple[Metric, ...]) -> Remedy | None:
    """The same metrics with the threshold of logits; over several classes no threshold of logits stands for one half."""
    several = facts.expectation.kind == "unknown" and facts.emission.size != 1
    if (
        several
        or is_categorical(facts.expectation)
        or facts.emission.kind != "logits"
        or not all(m.remedy for m in wrong)
    ):
        return None
    return Remedy(
        f"use {listed([metric.remedy for metric in wrong])}",
        "sigmoid(z) > 0.5 is z > 0; model and loss stay as they are",
        metric_steps(wrong),
    )


def _given_probabilities() -> Remedy:
    return Remedy(
        "give the metric keras.ops.sigmoid(...) of the output, or its softmax where it is about classes that exclude each other",
        "model and loss stay as they are",
    )


def _probabilities(facts: Facts) -> Remedy:
    flag = set_flag(facts, False)
    loss = flag.change.removeprefix("use ") if flag is not None else "a loss that takes probabilities"
    return Remedy(
        f"give the last layer activation='{activation_for(facts.expectation)}' and use {loss}",
        "loss, metrics and predictions then all speak of probabilities",
    )


def _evidence(metric: Metric) -> Evidence:
    goes_by = f"; {metric.goes_by.who} goes by it" if metric.goes_by else ""
    if len(metric.thresholds) == 3 and metric.thresholds[0] == 0.0:
        return Evidence(f"{metric.written} tries thresholds from 0 to 1 and does not look beyond{goes_by}", "proved")
    compared = ", ".join(f"{t:g}" for t in metric.thresholds)
    return Evidence(f"{metric.written} compares with {compared}{goes_by}", "proved")


RULE = Rule(
    code="LM401",
    slug="metric-threshold-on-logits",
    severity="warning",
    beside=True,
    finds="BinaryAccuracy, Precision, Recall, F1 with a threshold, AUC without `from_logits=True`, or 'accuracy' over one "
    "unit, fed with logits: by `compile`, or by hand with `update_state`.",
    why="A logit above 0.5 is a probability above 0.62: yeses between 0.5 and 0.62 are counted as noes, so the number that "
    "is printed is not the accuracy of the model. Training is right. AUC takes all logits below 0 for one, and all above 1 "
    "for another; Keras does not check either.",
    instead="`BinaryAccuracy(threshold=0.0)`, `Precision(thresholds=0.0)`, `AUC(from_logits=True)`; or a sigmoid head with a "
    "loss that takes probabilities.",
    silent="Threshold 0 on logits; metrics that ask which class is highest ('accuracy' over several classes, top-k, F1 "
    "without a threshold); regression losses, whose threshold may be meant as it is; a subclass with an update of its own.",
    check=check,
    examples=(
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=["binary_accuracy"],
    weighted_metrics=[keras.metrics.Recall(), keras.metrics.AUC()],
)
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=[keras.metrics.F1Score(threshold=0.5)])
""",
            finds=True,
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[
        keras.metrics.BinaryAccuracy(threshold=0),
        keras.metrics.Precision(thresholds=0.0),
        keras.metrics.AUC(from_logits=True),
    ],
)
""",
            finds=False,
            note="z > 0 is sigmoid(z) > 0.5",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(10)])
model.compile(
    loss=keras.losses.CategoricalCrossentropy(from_logits=True),
    metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(), keras.metrics.F1Score(), keras.metrics.Recall(top_k=3)],
)
""",
            finds=False,
            note="which class is highest does not change",
        ),
        Example(
            """
model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(loss="mse", metrics=["accuracy"])
""",
            finds=False,
            note="a regression on 0 and 1 has its threshold at one half",
        ),
        Example(
            """
class OnLogits(keras.metrics.Precision):
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true, ops.sigmoid(y_pred), sample_weight)

model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])
model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True), metrics=[OnLogits()])
""",
            finds=False,
            note="an update of its own",
        ),
    ),
)
