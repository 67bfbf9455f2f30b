"""What a cell does with an output after the model: which output that is, and the loss that says what it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from logit_magic.discovery import pairing
from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.emission.model import Output
from logit_magic.measure.observed import contradiction
from logit_magic.measure.relation import relation


def meetings(target: Target, outputs: tuple[Output, ...]) -> Iterator[Meeting]:
    """The output that something was applied to, with its loss; none where it cannot be told for certain.

    Args:
        target: with what was applied, and outputs of the model as they were seen while the cell ran.
        outputs: what the model emits now.
    """
    use = target.use
    assert use is not None
    if use.given is not None and not any(
        _is_of(use.given, one.values, use.applied.axis) for one in use.seen if one.place == use.place
    ):
        return
    output = next((o for o in outputs if o.place == use.place), None)
    if output is None or (use.place == () and len(outputs) > 1):
        return
    emission = output.in_inference or output.emission
    if any(e.how == "measured" for e in emission.evidence):
        return
    if any(contradiction(emission, one.values) for one in use.seen if one.place == use.place):
        return  # the model was another one when the cell called it
    met = next((m for m in pairing.meetings(target.loss, outputs) if m.output and m.output.place == use.place), None)
    loss = None if met is None else met.loss
    yield Meeting(replace(output, emission=emission, in_inference=None), loss, path=() if met is None else met.path)


def _is_of(given: Any, values: Any, axis: int | None) -> bool:
    """What was given is an output, or rows of it, or one row; of that, a positive axis counts otherwise than the output's."""
    if given.shape == values.shape[1:]:
        return (axis is None or axis < 0) and relation(given[None], values) in ("same", "rows")
    if given.ndim != values.ndim and axis is not None and axis >= 0:
        return False
    return relation(given, values) in ("same", "rows")
