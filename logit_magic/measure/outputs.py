"""What each output of a model emits: read off its graph, or by its values alone where that cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from logit_magic.discovery.pairing import Target
from logit_magic.emission.model import Output, is_built, outputs_of
from logit_magic.structure import mapped


def outputs_of_target(target: Target, samples: int) -> tuple[Output, ...]:
    """The outputs of a target's model.

    Args:
        target: with the data that `fit` saw, if it did.
        samples: rows that may be looked at; 0 for none.
    """
    outputs = outputs_of(target.model, _input_shapes(target))
    opaque = [o for o in outputs if o.emission.kind == "unknown"]
    if not opaque or samples <= 0 or target.basis == "source" or not is_built(target.model):
        return outputs
    from logit_magic.measure.values import outputs_by_value

    by_place = {o.place: o for o in outputs_by_value(target.model, target.data)}
    if len(outputs) == 1 and outputs[0].shape == ():  # not even the structure was known
        return tuple(by_place.values()) or outputs
    return tuple(_better(o, by_place.get(o.place)) for o in outputs)


def _better(read: Output, by_value: Output | None) -> Output:
    if read.emission.kind != "unknown" or by_value is None or by_value.emission.kind == "unknown":
        return read
    return replace(read, emission=replace(by_value.emission, dtype=read.emission.dtype))


def _input_shapes(target: Target) -> Any:
    """Shapes that `fit` saw, for a model that does not remember what it was built with."""
    data = target.data
    return None if data is None else mapped(data.x, lambda array: (None, *array.shape[1:]), listed=True)
