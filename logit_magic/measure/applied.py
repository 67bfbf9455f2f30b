"""What a cell does with an output after the model: which output that is, and the loss that says what it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
        relation(use.given, one.values) in ("same", "rows") for one in use.seen if one.place == use.place
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
