"""Measure the pairs of one model: find a sample, run the model on it once, show each output under both readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.emission import inputs
from logit_magic.expectation.call import as_callable
from logit_magic.facts import Distributions, Expectation, Pair, SampleNote
from logit_magic.measure import forward
from logit_magic.measure.distributions import distributions
from logit_magic.measure.sample import Sample, cut, from_namespace, synthetic


def distributions_of(
    target: Target,
    meetings: list[tuple[Pair, Meeting, bool]],
    rows: int,
    seconds: float,
    namespace: Mapping[str, Any] | None,
) -> list[Distributions | None]:
    """One `Distributions` per pair of one model, on the best sample there is; None for all where there is none.

    Args:
        target: the model, with the data that `fit` saw if it did.
        meetings: (pair, meeting, whether Keras repairs the pair) of the same model.
        rows: at most so many are looked at.
        seconds: for the forward pass.
        namespace: where to look for arrays if `fit` was not seen.
    """
    sample = _sample(target, meetings, rows, namespace)
    if sample is None:
        return [None] * len(meetings)
    places = [_output(m).place for _, m, _ in meetings]
    axes = [pair.expectation.axis for pair, _, _ in meetings]
    raws, done, thinned = forward.outputs(target.model, sample, places, axes, seconds)
    used = sample if done == sample.rows else replace(sample, x=None, y=_first(sample.y, done), rows=done)
    found: list[Distributions | None] = []
    for raw, (pair, meeting, rescued) in zip(raws, meetings, strict=True):
        labels = None if used.y is None or thinned else _labels(used.y, _output(meeting), len(meetings))
        call = as_callable(meeting.loss, raw.shape[-1] if raw.ndim > 1 else None, target.model)
        loss = None if labels is None or call is None else _on_labels(call, labels, target.model)
        note = SampleNote(used.source, used.rows, labels is not None, used.synthetic, thinned)
        clips_first = pair.backend == "tensorflow" and pair.expectation.labels == "sparse"
        if raw.ndim < 2 or raw.size == 0:
            found.append(None)
            continue
        found.append(
            distributions(
                raw, pair.emission, pair.expectation, note, loss=loss, rescued=rescued, clips_first=clips_first
            )
        )
    return found


def _output(meeting: Meeting) -> Any:
    assert meeting.output is not None, "only outputs that exist are measured"
    return meeting.output


def _on_labels(call: Callable[[Any, Any], Any], labels: Any, model: Any) -> Callable[[np.ndarray], float | None]:
    return lambda y_pred: forward.loss_value(call, labels, y_pred, model)


def _first(y: Any, rows: int) -> Any:
    return None if y is None else cut(y, 0, rows)


def _sample(
    target: Target, meetings: list[tuple[Pair, Meeting, bool]], rows: int, namespace: Mapping[str, Any] | None
) -> Sample | None:
    if target.data is not None:
        data: Sample = target.data
        return data if data.rows <= rows else replace(data, x=cut(data.x, 0, rows), y=_first(data.y, rows), rows=rows)
    specs = inputs.input_specs(target.model)
    if specs is None:
        return None
    if namespace is not None and len(meetings) == 1:
        pair, meeting, _ = meetings[0]
        shapes = _label_shapes(_output(meeting).shape, pair.expectation)
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
