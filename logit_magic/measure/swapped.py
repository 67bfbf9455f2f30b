"""Whether a loss was called with labels and predictions the wrong way round, and what that costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from logit_magic.discovery.pairing import Meeting
from logit_magic.discovery.sightings import Sighting
from logit_magic.emission.model import Output
from logit_magic.expectation.call import as_callable
from logit_magic.facts import Effect, Labels, Swapped
from logit_magic.measure import forward
from logit_magic.measure.labels import labels_of
from logit_magic.measure.relation import relation
from logit_magic.measure.sample import Sample

_ALIKE = 8  # numbers that are all 0 or all 1: not by chance


def swapped(sighting: Sighting, model: Any, all_seen: list[Sighting]) -> tuple[tuple[Any, ...], Swapped] | None:
    """Where in a model's outputs the tensor was that a loss was given as y_true, if y_pred was its labels.

    Args:
        sighting: a call whose y_pred is no output of this model.
        model: whose output y_true may be.
        all_seen: every call of the cell: where the same two meet the right way round too, both are meant.

    Returns:
        (place of the output, how it is known); None where y_true is no output, or y_pred does not look like labels.
    """
    if sighting.turned is not None:
        maker, place = sighting.turned
        known_by: Any = "identity"
        if maker.layer() is not model:
            return None
    else:
        found = next((c for c in sighting.candidates if c.maker.layer() is model and _equal(sighting, c.values)), None)
        if found is None or not found.maker.is_model:
            return None
        place, known_by = found.place, "values"
    trained = sighting.flows == (True, False)
    if any(_the_right_way(other, sighting, model, place) for other in all_seen):
        return None
    labels = None if sighting.values is None else labels_of(_sample(sighting), Output(place, 0, _NOTHING), 1)
    whole = sighting.dtype.startswith(("int", "uint", "bool"))
    if not (whole if labels is None else _look_like_labels(labels, *sighting.flows)):
        return None
    return place, Swapped(labels, known_by, trained, whole)


_NOTHING: Any = None  # of what the output emits, nothing is asked


def _equal(sighting: Sighting, output: Any) -> bool:
    given = sighting.labels
    return given is not None and given.dtype.kind == "f" and relation(given, output) in ("same", "rows")


def _sample(sighting: Sighting) -> Sample:
    rows = len(sighting.values)
    return Sample(None, sighting.values, rows, f"the first {rows} rows that the loss was given as y_pred")


def _look_like_labels(labels: Labels, through_true: bool | None, through_pred: bool | None) -> bool:
    """Zeros and ones, or whole numbers from 0 on, that nothing is trained by; all alike, only where a model is on them.

    TensorFlow's tapes follow `ones_like(output)` too, although nothing can come back through it.
    """
    values = [value for value, _ in labels.levels]
    if not values or not labels.whole or values[0] < 0.0:
        return False
    if len(values) == 1:
        return bool(through_true) and values[0] <= 1.0 and math.prod(labels.shape) >= _ALIKE
    return not through_pred


def _the_right_way(other: Sighting, sighting: Sighting, model: Any, place: tuple[Any, ...]) -> bool:
    """A call with this output as y_pred and the same labels as y_true: losses of both directions are added up."""
    if other is sighting or other.maker is None or other.maker.layer() is not model or other.place != place:
        return False
    if other.labels is None or sighting.values is None:
        return other.code == sighting.code
    same = other.labels.shape == sighting.values.shape
    return bool(same and np.array_equal(other.labels, sighting.values))


def cost(sighting: Sighting, meeting: Meeting, model: Any, rows: int) -> Effect | None:
    """The loss as it was called, and the right way round."""
    given, labels = sighting.labels, sighting.values
    if given is None or labels is None or len(given) != len(labels) or given.ndim < 2:
        return None
    call = as_callable(meeting.loss, given.shape[-1], model)
    if call is None:
        return None
    given, labels = given[:rows].astype(np.float32), labels[:rows]
    called = forward.loss_value(call, given, labels.astype(np.float32), model)
    right = forward.loss_value(call, labels, given, model)
    if called is None or right is None:
        return None
    on = "1 row" if len(given) == 1 else f"{len(given)} rows"
    sentence = f"loss {called:.4g} as called, {right:.4g} the right way round, on {on}"
    return Effect(sentence, loss_configured=called, loss_right=right)
