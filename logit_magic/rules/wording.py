"""The words that several rules share: the two sides of a pair, and the remedies in the user's own code."""

from __future__ import annotations

from logit_magic.facts import Emission, Expectation, Metric, Remedy, Step
from logit_magic.rules.rule import Facts

# losses with a from_logits flag, as they are called in keras.losses
FLAGGED = (
    "SparseCategoricalCrossentropy",
    "CategoricalCrossentropy",
    "BinaryCrossentropy",
    "CategoricalFocalCrossentropy",
    "BinaryFocalCrossentropy",
)


def output(facts: Facts) -> str:
    """The output, as the sentence's subject: "`model`" or "`model`, output `kind`,"."""
    return f"`{facts.model}`" if facts.output in ("", "0") else f"`{facts.model}`, output `{facts.output}`,"


def is_categorical(expectation: Expectation) -> bool:
    return expectation.kind in ("class-probabilities", "class-logits")


def takes_probabilities(expectation: Expectation) -> bool:
    return expectation.kind in ("class-probabilities", "binary-probabilities")


def takes_logits(expectation: Expectation) -> bool:
    return expectation.kind in ("class-logits", "binary-logits")


def activation_for(expectation: Expectation) -> str:
    return "softmax" if is_categorical(expectation) else "sigmoid"


def set_flag(facts: Facts, value: bool) -> Remedy | None:
    """Switch `from_logits` of the loss, or of what a loss of the user's own calls; None for a loss without the flag."""
    loss = facts.expectation.family
    if loss and loss not in FLAGGED:
        return None
    steps = (Step("set-flag", value),)
    activation = activation_for(facts.expectation)
    if value:
        return Remedy(
            f"use keras.losses.{loss}(from_logits=True)" if loss else _inside(facts, "logits", value),
            f"the model stays as it is; its predictions stay logits: apply {activation} when you read them as probabilities",
            steps,
        )
    return Remedy(
        f"use keras.losses.{loss}() with from_logits=False" if loss else _inside(facts, "probabilities", value),
        "the model stays as it is and its predictions stay probabilities",
        steps,
    )


def _inside(facts: Facts, what: str, value: bool) -> str:
    """What to do about a loss that is the user's own: what it calls is not known here."""
    return f"use a loss of {what} in place of {facts.expectation.loss}, or from_logits={value} in the crossentropy it calls"


def add_activation(facts: Facts) -> Remedy:
    activation = activation_for(facts.expectation)
    return Remedy(
        f"give the last layer activation='{activation}'",
        "the loss stays as it is; predictions become probabilities, and extreme logits are clipped by the loss",
        (Step("set-activation", activation),),
    )


def drop_activation(facts: Facts) -> Remedy:
    return Remedy(
        f"take the {facts.emission.normaliser or 'activation'} off the last layer",
        "the loss stays as it is and trains most stably; predictions become logits",
        (Step("set-activation", None),),
    )


def metric_steps(metrics: tuple[Metric, ...]) -> tuple[Step, ...]:
    """Metrics made for the other reading, where each has one and that is exact."""
    exact = all(metric.remedy and metric.exact for metric in metrics)
    return tuple(Step("set-metric", metric.remedy) for metric in metrics) if exact else ()


def listed(names: list[str]) -> str:
    """E.g. "a", "a and b", "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def present(*remedies: Remedy | None) -> tuple[Remedy, ...]:
    return tuple(r for r in remedies if r is not None)


def interval(emission: Emission) -> str:
    return f"[{emission.low:.3g}, {emission.high:.3g}]".replace("[-inf", "(-inf").replace("inf]", "inf)")
