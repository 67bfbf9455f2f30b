"""From the two facts of a pair to a verdict and findings: the rules applied, severities settled, effects put in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from logit_magic import backends
from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.facts import (
    Effect,
    Emission,
    Evidence,
    Expectation,
    Finding,
    Fix,
    Location,
    Pair,
    Severity,
    Verdict,
)
from logit_magic.foreign import class_name, first_line, is_theirs
from logit_magic.limits import OutOfTimeError
from logit_magic.rules import BY_CODE, RULES, Facts, Judgement, Rule

_HERE = str(Path(__file__).parent)
_HOW_MET = {
    "source": (
        Evidence("that this model's output goes into this loss is read in the source; it has not run yet", "read"),
    )
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair with what the rules said of it."""

    pair: Pair
    meeting: Meeting
    facts: Facts | None
    judgements: tuple[tuple[Rule, Judgement], ...]
    faults: tuple[Finding, ...] = ()
    effect: Effect | None = None


def apply_rules(facts: Facts, target: Target) -> tuple[list[tuple[Rule, Judgement]], list[Finding]]:
    """What every rule says of a pair, and a finding for each rule that broke down."""
    said: list[tuple[Rule, Judgement]] = []
    faults: list[Finding] = []
    for rule in _rules_for(facts):
        try:
            judgement = rule.check(facts)
        except Exception as error:
            faults.append(fault(f"rule {rule.code} on `{facts.model}`", error, target.location))
            continue
        if judgement is not None:
            said.append((rule, judgement))
    return said, faults


def _rules_for(facts: Facts) -> tuple[Rule, ...]:
    """What else may be wrong with a loss shows once its arguments stand in their places."""
    if facts.applied is not None:
        return (BY_CODE["LM601"],)
    if facts.metered:
        return (BY_CODE["LM401"], BY_CODE["LM402"])
    return RULES if facts.swapped is None else (BY_CODE["LM502"],)


def is_news(judgements: tuple[tuple[Rule, Judgement], ...], pair: Pair, findings: list[Finding]) -> bool:
    """Whether what is said of an output after its model is not said already, of the loss that met it there."""
    echo = any(f.code == "LM104" and f.pair is not None and f.pair.model == pair.model for f in findings)
    return bool(judgements) and not echo


def in_inference(facts: Facts, emission: Emission, target: Target) -> list[tuple[Rule, Judgement]]:
    """What the rules say of validation and `evaluate`, where a model that is right in training emits something else."""
    there = replace(facts, emission=emission, rescued=rescued(emission, facts.expectation, target))
    said, _ = apply_rules(there, target)
    where = "right in training, but in validation and evaluate (training=False) "
    return [(rule, replace(j, message=where + j.message, severity="warning")) for rule, j in serious(said)]


def supported(facts: Facts, alone: Emission, target: Target) -> Emission:
    """What a loss was given, where its values alone tell: it is believed where it is right, and said where it is not."""
    if alone.kind == "unknown" or facts.expectation.kind in ("any", "unknown"):
        return facts.emission
    if not apply_rules(replace(facts, emission=alone), target)[0]:
        return alone
    seen = "; ".join(evidence.statement for evidence in alone.evidence)
    return replace(facts.emission, reason=f"{facts.emission.reason}, and its values do not fit: {seen}")


def serious(judgements: Iterable[tuple[Rule, Judgement]]) -> list[tuple[Rule, Judgement]]:
    """Those that make an error or a warning."""
    return [(rule, judgement) for rule, judgement in judgements if (judgement.severity or rule.severity) != "info"]


def threshold(facts: Facts | None) -> float:
    """What the first metric with a single threshold compares the output with; Keras' own 0.5 without one."""
    lone = [m.thresholds[0] for m in (facts.metrics if facts is not None else ()) if len(m.thresholds) == 1]
    return next((t for t in lone if 0.0 < t < 1.0), 0.5)


def finds_logits(emission: Emission, expectation: Expectation, target: Target) -> bool:
    """Whether Keras' TensorFlow backend finds the logits behind this output in `fit`, whatever the loss's flag says.

    Seen in keras/src/backend/tensorflow/nn.py: it looks for an attribute on the tensor, else at the type of the op
    that made it, which only a graph has; a cast to the loss's float32 makes another tensor.
    """
    if backends.name(target.model) != "tensorflow" or target.basis not in ("compiled", "observed", "source"):
        return False
    if emission.dtype != "float32" or emission.broken_by:
        return False
    if emission.carries_logits == "graph":
        fitting = "softmax" if expectation.kind.startswith("class") else "sigmoid"
        eager = target.basis == "compiled" and bool(getattr(target.model, "run_eagerly", False))
        return emission.normaliser == fitting and not eager
    return emission.carries_logits == "tensor"


def rescued(emission: Emission, expectation: Expectation, target: Target) -> bool:
    """Whether what Keras finds repairs this pair: it trains on the logits that its loss expects."""
    if not expectation.rescuable_from or emission.normaliser != expectation.rescuable_from:
        return False
    return finds_logits(emission, expectation, target)


def verdict(
    emission: Emission, expectation: Expectation, judgements: list[tuple[Rule, Judgement]], rescued: bool
) -> Verdict:
    """The one word for a pair, given what the rules said of it."""
    of_pair = [(rule, judgement) for rule, judgement in judgements if not rule.beside]
    if serious(of_pair):
        only_rescued = rescued and all(rule.code == "LM102" for rule, _ in of_pair)
        return "rescued" if only_rescued else "mismatch"
    if any(rule.code == "LM901" for rule, _ in judgements):
        return "unknown"
    return "match" if expectation.kind == "any" or "unknown" not in (emission.kind, expectation.kind) else "unknown"


def finding(rule: Rule, judgement: Judgement, pair: Pair, measured: Effect | None = None) -> Finding:
    """A judgement with its rule's code and page, the pair's evidence, and what was measured of its effect."""
    severity: Severity = judgement.severity or rule.severity
    if pair.basis in ("co-defined", "source") and severity == "error":
        severity = "warning"  # that they meet at all is guessed from living in the same cell, or was read and not seen
    return Finding(
        code=rule.code,
        slug=rule.slug,
        severity=severity,
        message=judgement.message,
        explanation=judgement.explanation or rule.why,
        pair=pair,
        location=pair.location,
        evidence=(
            *_HOW_MET.get(pair.basis, ()),
            *pair.emission.evidence,
            *pair.expectation.evidence,
            *judgement.evidence,
        ),
        effect=_effect_of(rule, pair, measured) if severity != "info" else None,
        fix=Fix(judgement.remedies) if judgement.remedies else None,
    )


def _effect_of(rule: Rule, pair: Pair, measured: Effect | None) -> Effect | None:
    """The effect that belongs to a finding: the loss's, or the accuracy's for a metric with a threshold."""
    if not rule.beside:
        return effect(pair, measured)
    at = measured.thresholds if measured is not None and rule.code == "LM401" else None
    if measured is None or at is None or pair.distributions is None:
        return None
    printed, right = (
        f"{100.0 * (share or 0.0):.1f} %" for share in (measured.accuracy_printed, measured.accuracy_right)
    )
    shown = f"accuracy {printed} with threshold {at[0]:g}, {right} with {at[1]:.3g}"
    return replace(measured, sentence=f"{shown}, {_on(pair.distributions.sample.rows)}")


def effect(pair: Pair, measured: Effect | None) -> Effect | None:
    """What was measured of the mismatch, with a sentence for the finding's line; None without any number."""
    if measured is None:
        return None
    configured, right, computed = measured.loss_configured, measured.loss_right, measured.loss_computed
    if configured is None or pair.distributions is None:
        return measured
    on = _on(pair.distributions.sample.rows)
    if pair.verdict == "rescued" and computed is not None:
        sentence = f"loss {computed:.4g} as Keras repairs it, {configured:.4g} as configured, {on}"
        return replace(measured, sentence=sentence)
    if right is None:
        return measured
    sentence = f"loss {configured:.4g} as configured, {right:.4g} if right, {on}"
    guess = math.log(pair.emission.size or 1)  # crossentropy of a uniform guess over C classes: ln C
    if pair.expects == "class-probabilities" and guess > 0.0 and abs(configured - guess) < 0.01:
        sentence += f" (ln {pair.emission.size} = {guess:.4g} is what a blind guess costs)"
    return replace(measured, sentence=sentence)


def _on(rows: int) -> str:
    return f"on {rows} row" if rows == 1 else f"on {rows} rows"


def not_read(target: Target, error: BaseException) -> Finding:
    """A model that could not be judged: the time was up, its own code raised, or the check has a fault."""
    what = f"model `{target.name}`"
    if isinstance(error, OutOfTimeError):
        return _unchecked(f"{what} was not checked: the time was up; --budget SECONDS gives more", target.location)
    if is_theirs(error, _HERE):
        message = f"{what} was not checked: code of its own raised {_said(error)}"
        return _unchecked(message, target.location)
    return fault(what, error, target.location)


def fault(what: str, error: BaseException, location: Location | None) -> Finding:
    """A fault of the check itself, as one LM901 line."""
    message = f"a fault in logit_magic itself kept {what} from being checked ({_said(error)}); "
    return _unchecked(message + "please report it with the cell's code", location)


def _said(error: BaseException) -> str:
    return f"{class_name(type(error))}: {first_line(error)}"


def _unchecked(message: str, location: Location | None) -> Finding:
    rule = BY_CODE["LM901"]
    return Finding(code=rule.code, slug=rule.slug, severity="info", message=message, location=location)
