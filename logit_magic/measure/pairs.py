"""Measure the pairs of one model: find a sample, run the model on it once, show each output under both readings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logit_magic import kerases
from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.discovery.sightings import Sighting
from logit_magic.emission import inputs
from logit_magic.expectation.call import as_callable
from logit_magic.expectation.catalogue import arguments_of
from logit_magic.facts import Distributions, Effect, Expectation, Pair, SampleNote
from logit_magic.measure import forward, swapped
from logit_magic.measure.distributions import distributions
from logit_magic.measure.effect import Case, effect, metric_effect
from logit_magic.measure.sample import Sample, cut, from_namespace, synthetic
from logit_magic.measure.study import study_of
from logit_magic.structure import leaves_with_places

_SEEN = "the first {} rows that the loss was given"
Array = Any  # numpy.ndarray: its stubs' element types say nothing here


@dataclass(frozen=True, slots=True)
class Measurable:
    """A pair whose output exists.

    Attributes:
        pair, meeting: the pair, and where it comes from.
        rescued: Keras repairs it.
        finds_logits: Keras finds the logits behind this output in `fit`, whether that repairs anything or not.
        priced: there is something wrong with it, so that its effect is wanted.
        threshold: what a metric of `compile` compares this output with.
    """

    pair: Pair
    meeting: Meeting
    rescued: bool = False
    finds_logits: bool = False
    priced: bool = False
    threshold: float = 0.5


def measured(
    target: Target,
    meetings: list[Measurable],
    rows: int,
    seconds: float,
    namespace: Mapping[str, Any] | None,
) -> list[tuple[Distributions | None, Effect | None]]:
    """Distributions and, for pairs that do not fit, effects of one model, on the best sample there is.

    Args:
        target: the model, with the data that `fit` saw if it did.
        meetings: the pairs of this one model.
        rows: at most so many are looked at.
        seconds: for the forward pass.
        namespace: where to look for arrays if `fit` was not seen.

    Returns:
        one pair of them per meeting; None where there is no sample, or nothing to measure.
    """
    turned = any(one.meeting.swapped is not None for one in meetings)
    if target.sighting is not None and (target.sighting.values is not None or turned):
        return [_seen(target, target.sighting, one, rows) for one in meetings]
    sample = _sample(target, meetings, rows, namespace)
    if sample is None:
        return [(None, None)] * len(meetings)
    places = [_output(m.meeting).place for m in meetings]
    axes = [m.pair.expectation.axis for m in meetings]
    row = sum(_numbers_in_a_row(_output(m.meeting).shape, sample) for m in meetings)
    run = forward.outputs(target.model, sample, places, axes, seconds, row)
    used = sample if run.rows == sample.rows else replace(sample, x=None, y=_first(sample.y, run.rows), rows=run.rows)
    return [_one(target, one, run, at, used, len(meetings), namespace) for at, one in enumerate(meetings)]


def _numbers_in_a_row(shape: tuple[int | None, ...], sample: Sample) -> int:
    """About as many as an output has for one row; an axis of no fixed length is taken to be as long as the input's."""
    longest = max((size for _, array in leaves_with_places(sample.x) for size in array.shape[1:2]), default=1)
    return math.prod(longest if size is None else size for size in shape[1:])


def _seen(target: Target, sighting: Sighting, one: Measurable, rows: int) -> tuple[Distributions | None, Effect | None]:
    """The pair on what the loss was really given."""
    if one.meeting.swapped is not None:
        return None, swapped.cost(sighting, one.meeting, target.model, rows) if one.priced else None
    raw, data = sighting.values[:rows], seen_data(sighting)
    if raw.ndim < 2 or raw.size == 0 or raw.dtype.kind != "f":
        return None, None
    used = Sample(None, None if data is None else cut(data.y, 0, rows), len(raw), _SEEN.format(len(raw)))
    return _one(target, one, forward.Run([raw.astype(np.float32)], [None], len(raw), ""), 0, used, 1)


def seen_data(sighting: Sighting | None) -> Sample | None:
    """The labels that a loss was given; None where there are none, or not one row of them for each of y_pred."""
    if sighting is None or sighting.labels is None or sighting.values is None:
        return None
    rows = len(sighting.values)
    if len(sighting.labels) != rows:
        return None
    return Sample(None, sighting.labels, rows, _SEEN.format(rows), weights=sighting.weights)


def _one(
    target: Target,
    one: Measurable,
    run: forward.Run,
    at: int,
    used: Sample,
    outputs: int,
    namespace: Mapping[str, Any] | None = None,
) -> tuple[Distributions | None, Effect | None]:
    pair, meeting, raw = one.pair, one.meeting, run.outputs[at]
    if raw.ndim < 2 or raw.size == 0:
        return None, None
    labels = None if used.y is None or run.thinned else _labels(used.y, _output(meeting), outputs)
    call = as_callable(meeting.loss, raw.shape[-1], target.model)
    loss = None if labels is None or call is None else _on_labels(call, labels, target.model)
    note = SampleNote(used.source, used.rows, labels is not None, used.synthetic, run.thinned)
    clips_first = pair.backend == "tensorflow" and pair.expectation.labels == "sparse"
    found = distributions(
        raw, pair.emission, pair.expectation, note, loss=loss, rescued=one.rescued, clips_first=clips_first
    )
    study = study_of(
        raw, pair.emission, pair.expectation, labels, call, target.model, namespace=namespace, clips_first=clips_first
    )
    found = replace(found, study=study)
    if not one.priced:
        return found, None
    try:
        case = Case(
            emission=pair.emission,
            expectation=pair.expectation,
            raw=raw,
            labels=labels,
            call=None if kerases.is_two(target.model) else call,
            distributions=found,
            logits=run.logits[at],
            finds_logits=one.finds_logits,
            clips_first=clips_first,
            threshold=one.threshold,
            arguments=arguments_of(call),
            reduction=getattr(call, "reduction", None),
            history=_history(target.model) if outputs == 1 and target.sighting is None else (),
        )
        return found, effect(case) if pair.verdict in ("mismatch", "rescued") else metric_effect(case)
    except Exception:
        return found, None  # the finding stands without its price


def _history(model: Any) -> tuple[float, ...]:
    """The losses per epoch of the model's last `fit`, as Keras left them on the model; empty without one."""
    kept = getattr(vars(model).get("history"), "history", None)
    losses = kept.get("loss") if isinstance(kept, dict) else None
    try:
        return tuple(float(loss) for loss in losses or ())
    except (TypeError, ValueError):
        return ()


def _output(meeting: Meeting) -> Any:
    assert meeting.output is not None, "only outputs that exist are measured"
    return meeting.output


def _on_labels(call: Callable[[Any, Any], Any], labels: Any, model: Any) -> Callable[[np.ndarray], float | None]:
    return lambda y_pred: forward.loss_value(call, labels, y_pred, model)


def _first(y: Any, rows: int) -> Any:
    return None if y is None else cut(y, 0, rows)


def _sample(
    target: Target, meetings: list[Measurable], rows: int, namespace: Mapping[str, Any] | None
) -> Sample | None:
    if target.data is not None:
        data: Sample = target.data
        return data if data.rows <= rows else replace(data, x=cut(data.x, 0, rows), y=_first(data.y, rows), rows=rows)
    specs = inputs.input_specs(target.model)
    if specs is None:
        return None
    if namespace is not None and len(meetings) == 1:
        (lone,) = meetings
        shapes = _label_shapes(_output(lone.meeting).shape, lone.pair.expectation)
        found = from_namespace(namespace, inputs.lone_shape(specs), shapes, rows)
        if found is not None:
            return found
    return synthetic(specs, inputs.vocabulary(target.model), min(rows, 32))


def _label_shapes(shape: tuple[int | None, ...], expectation: Expectation) -> list[tuple[int | None, ...]]:
    """Shapes, without the batch axis, that labels of this loss may have for this output."""
    if expectation.labels == "sparse":
        return [shape[1:-1], (*shape[1:-1], 1)]
    if shape[1:] == (1,):
        return [(1,), ()]
    return [shape[1:]]


def _labels(y: Any, output: Any, outputs: int) -> Any:
    """The labels of one output out of a structure of labels; None where it cannot be told."""
    if isinstance(y, Mapping):
        return y.get(output.name, y.get(output.place[-1] if output.place else None))
    if isinstance(y, (list, tuple)):
        index = output.place[0] if output.place else 0
        return y[index] if isinstance(index, int) and index < len(y) else None
    return y if outputs == 1 else None
