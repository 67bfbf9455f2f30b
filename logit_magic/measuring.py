"""Add to what was judged what a sample of data shows, or why it shows nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from logit_magic import limits, verdicts
from logit_magic.choices import Options
from logit_magic.discovery.pairing import Target
from logit_magic.facts import Distributions, Effect
from logit_magic.foreign import said
from logit_magic.verdicts import Judged

_MOST = 200  # characters of what an error says
# what Keras and TensorFlow put around the cause
_AROUND = re.compile(r"Exception encountered when calling [\w.]+\(\)\. |\{\{function_node .*?\}\} | \[Op:\w+\]")
_NOT_JUDGED = "what the model gives in inference is not what was judged, or could not be read"


def with_measures(
    target: Target, judged: list[Judged], options: Options, namespace: Mapping[str, Any] | None
) -> list[Judged]:
    """Add distributions where the model can be run on a sample; without them the verdicts stand all the same.

    Args:
        target, judged: a model with its data, and its pairs.
        options, namespace: how much to look at, and where to look for data.

    Raises:
        OutOfTimeError: the model does not return.
    """
    worth = [j for j in judged if _is_measurable(j)]
    if options.samples <= 0:
        return [_unmeasured(j, "no samples were wanted") for j in judged]
    if not worth:
        return judged if target.data is None else [_with_reason(j, target.data.source) for j in judged]
    from logit_magic.measure import pairs as measure

    meetings = [
        measure.Measurable(
            j.pair,
            j.meeting,
            bool(j.facts and j.facts.rescued),
            verdicts.finds_logits(j.pair.emission, j.pair.expectation, target),
            priced=bool(verdicts.serious(j.judgements)),
            threshold=verdicts.threshold(j.facts),
        )
        for j in worth
    ]
    try:
        measured = measure.measured(target, meetings, options.samples, options.seconds, namespace)
    except (KeyboardInterrupt, limits.OutOfTimeError):
        raise
    except BaseException as error:  # the model does not run on the sample: its structure is judged all the same
        why = _refused(target, error)
        return [_unmeasured(j, why) if any(j is one for one in worth) else j for j in judged]
    by_pair = dict(zip((id(j) for j in worth), measured, strict=True))
    found = [_with(j, *by_pair.get(id(j), (None, None))) for j in judged]
    return found if target.data is None else [_with_reason(j, target.data.source) for j in found]


def _with_reason(judged: Judged, source: str) -> Judged:
    """Why there are no numbers although there were data and the model took them."""
    if judged.pair.distributions is not None or judged.effect is not None:
        return judged
    if _is_measurable(judged):
        return _unmeasured(judged, f"on {source}, the model gives values without an axis of classes")
    return _unmeasured(judged, _NOT_JUDGED)


def _with(judged: Judged, distributions: Distributions | None, effect: Effect | None) -> Judged:
    return replace(judged, pair=replace(judged.pair, distributions=distributions), effect=effect)


def _is_measurable(judged: Judged) -> bool:
    """The model can be run, and what it gives in inference is what was judged."""
    output = judged.meeting.output
    about_loss = judged.facts is None or not (judged.facts.applied or judged.facts.metered)
    return about_loss and output is not None and output.in_inference is None and judged.pair.emission.reason == ""


def said_of_data(target: Target, judged: list[Judged], options: Options) -> tuple[str, ...]:
    """That the data which the user named for the check could not be used; () where they were, or none were named."""
    if target.data is None or not target.data.named or options.samples <= 0:
        return ()
    why = dict.fromkeys(one.pair.unmeasured for one in judged if one.pair.unmeasured)
    return tuple(f"`{target.name}` was not measured: {one}" for one in why)


def _unmeasured(judged: Judged, why: str) -> Judged:
    return replace(judged, pair=replace(judged.pair, unmeasured=why))


def _refused(target: Target, error: BaseException) -> str:
    """What was tried, and why the model did not take it."""
    from logit_magic.emission import inputs

    raised = _AROUND.sub("", said(error, 400)).partition(" Arguments received by ")[0].rstrip(": .")
    raised = raised if len(raised) <= _MOST else raised[:_MOST].rpartition(" ")[0] + " …"
    if target.data is None:
        return f"the model raised {raised}, on input that was found or made up for it"
    given = tuple(getattr(target.data.x, "shape", ()))[1:]
    takes = inputs.lone_shape(inputs.input_specs(target.model))
    tried = f"it was tried with {target.data.source}"
    if takes is None or (len(given) == len(takes) - 1 and all(map(_agree, given, takes[1:]))):
        return f"{tried}, on which the model raised {raised}"
    rows = f"rows of shape {_shown(given)}" if given else "single numbers"
    return f"{tried}: {rows} where the model takes rows of shape {_shown(takes[1:])}; inputs come first, then labels"


def _agree(size: int, wanted: int | None) -> bool:
    return wanted is None or size == wanted


def _shown(shape: tuple[int | None, ...]) -> str:
    sizes = ["any" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
