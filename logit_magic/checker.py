"""The one use case: pairs -> facts -> findings -> Report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from logit_magic import backends, kerases, limits, repeats, silence, updated, verdicts
from logit_magic.choices import Options, codes
from logit_magic.discovery import pairing, targets
from logit_magic.discovery.namespace import is_model
from logit_magic.discovery.nothing import next_step
from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.discovery.recorder import paused
from logit_magic.emission.changed import changed_head
from logit_magic.emission.model import Output
from logit_magic.expectation.catalogue import expectation_of, written
from logit_magic.expectation.metrics import metric_of
from logit_magic.expectation.probe import log_likelihood, probed
from logit_magic.facts import Emission, Finding, Labels, Metric, Pair
from logit_magic.fix import Sources, with_edits
from logit_magic.fix.live import remember
from logit_magic.foreign import name_of
from logit_magic.measure import applied, metered, observed
from logit_magic.measure.outputs import outputs_of_target
from logit_magic.measuring import said_of_data, with_measures
from logit_magic.quiet import quiet
from logit_magic.report import Report
from logit_magic.rules import Facts
from logit_magic.verdicts import Judged

_last: Report | None = None


def check(
    model: Any, loss: Any = None, *, x: Any = None, y: Any = None, samples: int = 256, only: str | Iterable[str] = (),
    ignore: str | Iterable[str] = (),
) -> Report:  # fmt: skip
    """Check one model against the losses that it was compiled with, or against one loss.

    Args:
        model: a Keras model, compiled unless `loss` is given. It is not built, trained or changed.
        loss: string, class, `keras.losses.Loss` object or function; None for the model's own.
        x: inputs `(batch, …)`, or a structure of them, to measure distributions on; made up where not given.
        y: labels `(batch, …)` that belong to x.
        samples: at most so many rows of x are looked at; 0 for none.
        only, ignore: codes such as "LM101", or names such as "label-format", to report or to leave out.

    Returns:
        a `Report`; `report.ok` is true without errors and warnings.

    Raises:
        TypeError: `model` is not a Keras model.
        ValueError: the model is not compiled and no loss was given; an unknown code; x and y do not fit.
    """
    _require_model(model)
    chosen = loss if loss is not None else pairing.compiled_loss(model)
    if chosen is None:
        raise ValueError(
            f"check() was given the model {name_of(model)!r}, which has no loss: compile it first, or pass "
            "the loss as second argument, e.g. check(model, 'binary_crossentropy')"
        )
    options = Options(samples, codes(only), codes(ignore))
    data = _given(x, y, samples)
    basis: Any = "given" if loss is not None else "compiled"
    target = Target(name_of(model), model, chosen, basis, None, data)
    return run([target], options)


def check_namespace(
    namespace: Mapping[str, Any], names: Iterable[str] | None = None, *, samples: int = 256,
    only: str | Iterable[str] = (), ignore: str | Iterable[str] = (),
) -> Report:  # fmt: skip
    """Check every compiled model that a namespace reaches, also inside lists, dicts and plain objects.

    Args:
        namespace: e.g. `globals()`.
        names: look at these names alone.
        samples, only, ignore: as for `check`.

    Raises:
        TypeError: `namespace` is not a mapping.
        ValueError: an unknown code.
    """
    if not isinstance(namespace, Mapping):
        raise TypeError(f"check_namespace() takes a mapping such as globals(), not {type(namespace).__name__}")
    options = Options(samples, codes(only), codes(ignore))
    chosen = None if names is None else list(names)
    todo = targets.in_namespace(namespace, chosen)
    return run(todo, options, namespace, notes=() if todo else (next_step(namespace, chosen),))


def last_report() -> Report | None:
    """The Report of the last check in this process; None before the first."""
    return _last


def run(
    todo: list[Target], options: Options, namespace: Mapping[str, Any] | None = None, sources: Sources | None = None,
    *, edits: bool = True, notes: Iterable[str] = (),
) -> Report:  # fmt: skip
    """Check every target; a fault in one check is reported as LM901 and stops none of the others.

    Args:
        todo, options: what to check, and how.
        namespace: where to look for data.
        sources: what the user wrote: comments there silence findings.
        edits: give findings their corrected source, where there are sources.
        notes: what else the report is to say.
    """
    global _last
    pairs: list[Pair] = []
    findings, found, notes = list[Finding](), list[Finding](), list(notes)
    owners: dict[int, repeats.Owner] = {}  # by id of the pair
    told = observed.Told(todo)
    deadline = time.monotonic() + options.limit
    with paused(), quiet():
        # every verdict comes before any measurement: a slow model takes the others' numbers, never their verdicts
        for target, judged, faults in list(_verdicts(todo, options, told, deadline)):
            findings += faults
            try:
                with limits.until(deadline):
                    judged = with_measures(target, judged, options, namespace)
            except limits.OutOfTimeError:
                notes.append(f"`{target.name}` was not measured: the time was up; --budget SECONDS gives more")
            notes += said_of_data(target, judged, options)
            for one in judged:
                pairs.append(one.pair)
                owners[id(one.pair)] = repeats.Owner(told.alike(target, one.pair), target.name if target.named else "")
                if target.metric is None:
                    remember(one.pair, target.model)
                found += _findings(one)
    findings += [finding for finding in found if options.wants(finding.code)]
    notes += options.left_out(finding.code for finding in found)
    if sources is not None:
        findings, silenced = silence.heeded(findings, todo, sources)
        notes += silenced
    final = tuple(repeats.merged(findings, owners))
    if sources is not None and edits:
        with contextlib.suppress(limits.OutOfTimeError), quiet(), limits.until(deadline):
            final = with_edits(final, tuple(pairs), sources)
    _last = Report(tuple(pairs), final, tuple(notes))
    return _last


def _verdicts(
    todo: list[Target], options: Options, told: observed.Told, deadline: float
) -> Iterator[tuple[Target, list[Judged], list[Finding]]]:
    """Each target with what is judged of it, or with why it could not be."""
    so_far: list[Finding] = []
    for target in todo:
        if told.is_settled(target):
            continue
        try:
            with limits.until(deadline):
                judged = [one for one in _judged(target, options, told) if told.is_new(target, one.pair)]
            if target.use is not None:
                judged = [one for one in judged if verdicts.is_news(one.judgements, one.pair, so_far)]
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            yield target, [], [verdicts.not_read(target, error)]
        else:
            so_far += [f for one in judged for f in _findings(one) if options.wants(f.code)]
            yield target, judged, []


def _judged(target: Target, options: Options, told: observed.Told) -> list[Judged]:
    outputs = outputs_of_target(target, options.samples)
    if target.metric is not None:
        return updated.judged(target, outputs)
    metrics = pairing.compiled_metrics(target.model, outputs) if target.basis == "compiled" else {}
    judged = [
        # an output that several losses meet has its metrics judged with the first of them
        _judge(target, m, len(outputs), metrics.pop(m.output.place, []) if m.output is not None else [])
        for m in (told.meetings(target, outputs) if target.use is None else applied.meetings(target, outputs))
    ]
    # a loss that takes anything was seen with no output: there is nothing to say
    return [
        j for j in judged
        if target.sighting is None or j.judgements or j.meeting.output is not None or j.pair.emits != "unknown"
    ]  # fmt: skip


def _judge(target: Target, meeting: Meeting, outputs: int, metrics: list[Any]) -> Judged:
    units = meeting.output.shape[-1] if meeting.output is not None and meeting.output.shape else None
    expectation = expectation_of(meeting.loss, units, kerases.of(target.model))
    own = pairing.own_training(target.model) if target.basis == "compiled" else ""
    if expectation.kind == "unknown" and callable(meeting.loss) and not own:
        expectation = probed(meeting.loss, meeting.output.shape if meeting.output is not None else (), target.model)
    if target.use is None:
        metered.remember(target.model, meeting.output, expectation)
    emission = meeting.output.emission if meeting.output is not None else Emission("unknown", reason=meeting.problem)
    if expectation.linear and emission.kind == "log-probabilities":
        expectation = log_likelihood(expectation)
    if own and expectation.kind != "any":
        reason = f"the model trains by its own {own}(), which decides for itself what the loss meets"
        expectation = replace(expectation, kind="unknown", reason=reason)
    output = meeting.output.name if meeting.output is not None and outputs > 1 else 0
    rescued = verdicts.rescued(emission, expectation, target)
    turned = meeting.swapped
    labels = None if own or turned else _labels(target, meeting.output, outputs)
    met = () if own else _metrics(target, meeting, emission, metrics)
    backend = backends.name(target.model)
    facts = Facts(target.name, str(output), emission, expectation, backend, rescued, labels, met, turned,
                  None if target.use is None else target.use.applied)  # fmt: skip
    if meeting.alone is not None:
        emission = verdicts.supported(facts, meeting.alone, target)
        facts = replace(facts, emission=emission)
    judgements, faults = verdicts.apply_rules(facts, target)
    changed = changed_head(target.model, emission.maker) if target.basis == "compiled" and judgements else ""
    if changed:
        emission = replace(emission, kind="unknown", reason=changed, evidence=())
        facts = replace(facts, emission=emission, rescued=False)
        judgements, faults = verdicts.apply_rules(facts, target)
    if not judgements and meeting.output is not None and meeting.output.in_inference is not None:
        judgements = verdicts.in_inference(facts, meeting.output.in_inference, target)
    verdict = verdicts.verdict(emission, expectation, judgements, rescued)
    pair = Pair(
        model=target.name,
        output=output,
        loss=written(meeting.loss),
        emits=emission.kind,
        expects=expectation.kind,
        verdict=verdict,
        basis=target.basis,
        location=target.location,
        emission=emission,
        expectation=expectation,
        backend=facts.backend,
        loss_path=meeting.path,
        keras=kerases.of(target.model).__name__,
    )
    return Judged(pair, meeting, facts, tuple(judgements), tuple(faults))


def _labels(target: Target, output: Output | None, outputs: int) -> Labels | None:
    """What the labels that the cell used for this output look like; guessed data are no ground for accusing them."""
    from logit_magic.measure.labels import labels_of, may_mask
    from logit_magic.measure.pairs import seen_data

    seen = target.sighting
    data = target.data or seen_data(seen)
    if data is None or data.y is None or output is None:
        return None
    masked = may_mask(target.model) or (seen is not None and seen.maskable)
    return labels_of(data, output, outputs if seen is None else 1, masked)


def _metrics(target: Target, meeting: Meeting, emission: Emission, given: list[Any]) -> tuple[Metric, ...]:
    """The metrics that take this output for something, and what goes by them."""
    units, name = emission.size, meeting.output.name if meeting.output is not None else ""
    found = []
    for metric in (metric_of(one, units, target.model) for one in given):
        if metric is None:
            continue
        logged = (metric.name, f"{name}_{metric.name}")
        goes_by = next((monitor for monitor in target.monitors if monitor.what.removeprefix("val_") in logged), None)
        rescued = metric.expectation is not None and verdicts.rescued(emission, metric.expectation, target)
        found.append(replace(metric, goes_by=goes_by, rescued=rescued))
    return tuple(found)


def _findings(judged: Judged) -> list[Finding]:
    found = [verdicts.finding(rule, judgement, judged.pair, judged.effect) for rule, judgement in judged.judgements]
    return found + [replace(fault, pair=judged.pair) for fault in judged.faults]


def _require_model(model: Any) -> None:
    if is_model(model):
        return
    raise TypeError(
        f"check() takes a Keras model (keras.Model or tf_keras.Model) as its first argument, not {type(model).__name__}; "
        "for everything in a namespace there is check_namespace(globals())"
    )


def _given(x: Any, y: Any, samples: int) -> Any:
    if x is None:
        return None
    from logit_magic.measure.sample import take

    taken = take(x, y, max(samples, 1), named=True)
    if isinstance(taken, str):
        raise ValueError(f"check() cannot sample the given data: {taken}; pass arrays x (batch, …) and y (batch, …)")
    return replace(taken, source=f"the first {taken.rows} rows of the given data")
