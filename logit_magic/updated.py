"""Judge the metrics that a cell updates by hand."""

from __future__ import annotations

from dataclasses import replace

from logit_magic import backends, kerases, verdicts
from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.emission.model import Output
from logit_magic.facts import Expectation, Pair
from logit_magic.measure import metered
from logit_magic.rules import Facts
from logit_magic.verdicts import Judged


def judged(target: Target, outputs: tuple[Output, ...]) -> list[Judged]:
    """What is wrong with a metric that the cell updates by hand; nothing is said of one that fits."""
    found = metered.metered(target, outputs)
    if found is None:
        return []
    output, metric, expectation = found
    emission, needs = output.emission, metric.expectation
    rescued = needs is not None and verdicts.rescued(emission, needs, target)
    name, backend = output.name if len(outputs) > 1 else 0, backends.name(target.model)
    given = (replace(metric, rescued=rescued),)
    facts = Facts(target.name, str(name), emission, expectation, backend, metrics=given, metered=True)
    judgements, faults = verdicts.apply_rules(facts, target)
    needs = needs or Expectation("binary-probabilities", metric.written)
    pair = Pair(
        model=target.name,
        output=name,
        loss=metric.written,
        emits=emission.kind,
        expects=needs.kind,
        verdict="rescued" if rescued else "mismatch",
        basis=target.basis,
        location=target.location,
        emission=emission,
        expectation=needs,
        backend=backend,
        keras=kerases.of(target.model).__name__,
    )
    meeting = Meeting(output, None)
    return [Judged(pair, meeting, facts, tuple(judgements), tuple(faults))] if judgements or faults else []
