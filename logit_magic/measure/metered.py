"""Metrics that a cell updates by hand: what they are given, and which loss says what that stands for."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

from logit_magic import kerases
from logit_magic.discovery import pairing
from logit_magic.discovery.pairing import Target
from logit_magic.emission.model import Output
from logit_magic.expectation.catalogue import expectation_of
from logit_magic.expectation.metrics import metric_of
from logit_magic.facts import Expectation, Metric
from logit_magic.measure.observed import met

_REMEMBERED = 200  # models
# id of a model -> it, and by place of its outputs what the losses expect that met them: in this cell or in one before
_losses: dict[int, tuple[weakref.ref[Any], dict[Any, list[Expectation]]]] = {}


def remember(model: Any, output: Output | None, expectation: Expectation) -> None:
    """Note that a loss met an output; the model is not kept alive."""
    known = _losses.get(id(model))
    if known is None or known[0]() is not model:
        try:
            known = _losses[id(model)] = (weakref.ref(model), {})
        except TypeError:
            return  # it takes no weak references: another cell will not know it again
        if len(_losses) > _REMEMBERED:
            gone = [key for key, (ref, _) in _losses.items() if ref() is None]
            for key in gone or list(_losses)[:1]:
                del _losses[key]
    found = known[1].setdefault(None if output is None else output.place, [])
    if expectation not in found:
        found.append(expectation)


def metered(target: Target, outputs: tuple[Output, ...]) -> tuple[Output, Metric, Expectation] | None:
    """The output that a metric is given, the metric, and what the loss that meets this output expects.

    Returns:
        None where that is not known, or where the metric takes any values. The expectation is of kind "unknown" where
        no loss was seen to meet the model.
    """
    sighting = target.sighting
    assert sighting is not None, "it was seen"
    output = met(sighting, target.model, outputs)
    if output is None or output.emission.kind == "unknown":
        return None
    metric = metric_of(target.metric, output.emission.size, target.model)
    return None if metric is None else (output, metric, _expectation(target.model, output, outputs))


def _expectation(model: Any, output: Output, outputs: tuple[Output, ...]) -> Expectation:
    """Of the losses that meet the output; one that takes logits says most."""
    found = list(_of_compile(model, output, outputs))
    known = _losses.get(id(model))
    if known is not None and known[0]() is model:
        found += known[1].get(output.place) or [one for several in known[1].values() for one in several]
    told = [one for one in found if one.kind != "unknown"]
    if found and not told:
        return Expectation("any", reason="it is a loss that is not known")
    telling = next((one for one in told if one.kind.endswith("logits")), told[0] if told else None)
    return telling or Expectation("unknown", reason="no loss of this model was seen")


def _of_compile(model: Any, output: Output, outputs: tuple[Output, ...]) -> Iterator[Expectation]:
    for one in pairing.meetings(pairing.compiled_loss(model), outputs):
        if one.output is not None and one.output.place == output.place:
            units = output.shape[-1] if output.shape else None
            yield expectation_of(one.loss, units, kerases.of(model))
