"""What a loss was really given, from what was seen of the call: the tensor's maker, its trace, its values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from logit_magic.discovery import pairing
from logit_magic.discovery.pairing import Meeting, Target
from logit_magic.discovery.sightings import Candidate, Sighting
from logit_magic.emission.behind import emission_behind
from logit_magic.emission.model import Output, functional_of
from logit_magic.facts import Emission, Evidence, Pair
from logit_magic.measure.relation import Relation, relation
from logit_magic.measure.swapped import swapped
from logit_magic.measure.values import emission_of_arrays

_LOST = "what the loss was given there was computed from what models returned, in a way that is not followed"
_ENOUGH_ROWS = 4  # that sum to one: not by chance


def met(sighting: Sighting, model: Any, outputs: tuple[Output, ...]) -> Output | None:
    """The tensor that the loss was given, as an output of the model that it comes from.

    Args:
        sighting: the call.
        model: the model or layer that may have made it.
        outputs: what that emits.

    Returns:
        None where the tensor has nothing to do with this model, as far as can be told.
    """
    if sighting.maker is not None and sighting.is_output:
        return _returned(sighting, model, _at(outputs, sighting.place))
    if sighting.maker is not None and sighting.trace is not None:
        return _traced(sighting, outputs)
    for candidate in sighting.candidates:
        if candidate.maker.layer() is model and candidate.values is not None:
            found = relation(sighting.values, candidate.values)
            if found is not None:
                return _computed(sighting, candidate, found, _at(outputs, candidate.place))
    return None


def _at(outputs: tuple[Output, ...], place: tuple[Any, ...]) -> Output:
    found = next((o for o in outputs if o.place == place), None)
    if found is not None:
        return found
    reason = outputs[0].emission.reason if outputs else "its outputs are not known"
    return Output(place, 0, Emission("unknown", reason=reason or "this output of it is not known"), (), place)


def _traced(sighting: Sighting, outputs: tuple[Output, ...]) -> Output | None:
    """A tensor computed from what the model returned, while a backend was tracing; None where its graph does not tell."""
    emission = emission_behind(sighting.trace, sighting.dtype)
    if emission.kind == "unknown":
        return None
    carries: Any = sighting.carries
    name = outputs[0].name if len(outputs) == 1 else 0
    return Output((), name, replace(emission, carries_logits=carries), (None, *sighting.shape[1:]), ())


def _returned(sighting: Sighting, model: Any, output: Output) -> Output:
    """The very tensor that the model returned."""
    emission = _in_mode(output, sighting.values)
    if sighting.trace is not None and (emission.kind == "unknown" or functional_of(model) is None):
        there = emission_behind(sighting.trace, sighting.dtype)  # this very call, with its own flags and mode
        emission = there if there.kind != "unknown" else emission
    if emission.kind == "unknown" and sighting.values is not None:
        emission = emission_of_arrays([sighting.values], "what the loss was given", emission.reason)
    problem = "" if sighting.values is None else contradiction(emission, sighting.values)
    if problem:
        emission = Emission("unknown", reason=problem, dtype=sighting.dtype)
    carries: Any = sighting.carries
    return replace(
        output,
        emission=replace(emission, carries_logits=carries, dtype=sighting.dtype or emission.dtype),
        in_inference=None,
        shape=output.shape or (None, *sighting.shape[1:]),
    )


def _in_mode(output: Output, values: Any) -> Emission:
    """What the output emits in the mode in which the model was called, where that matters: the values tell which."""
    if output.in_inference is None:
        return output.emission
    fitting = (
        [] if values is None else [e for e in (output.emission, output.in_inference) if not contradiction(e, values)]
    )
    reason = "it emits one thing in training and another in inference, and which mode this was is not known"
    return fitting[0] if len(fitting) == 1 else Emission("unknown", reason=reason)


def contradiction(emission: Emission, values: Any) -> str:
    """How values disagree with what the model is known to emit: it was called in another way; "" where they agree."""
    if values.dtype.kind != "f" or not np.isfinite(values).all():
        return ""
    low, high = float(values.min()), float(values.max())
    slack = 1e-3 * max(1.0, abs(emission.low) if np.isfinite(emission.low) else 1.0)
    if low < emission.low - slack or high > emission.high + slack:
        return f"it emitted values between {low:.3g} and {high:.3g} there, which its graph says it does not"
    several = values.ndim > 1 and values.shape[-1] > 1
    sums_to_one = several and low >= 0.0 and np.allclose(values.sum(-1), 1.0, atol=1e-4)
    if emission.kind in ("logits", "log-probabilities") and sums_to_one and values[..., 0].size >= _ENOUGH_ROWS:
        return "it emitted rows that sum to one there, which its graph does not say"
    along = emission.axis if emission.kind == "class-probabilities" and not emission.broken_by else None
    inside = along is not None and -values.ndim < along < 0
    if inside and not np.allclose(values.sum(along), 1.0, atol=1e-2):
        return "it emitted rows that do not sum to one there, which its graph says they do"
    return ""


def _computed(sighting: Sighting, candidate: Candidate, found: Relation, output: Output) -> Output | None:
    """A tensor computed from what the model returned, in a way that its values show."""
    shape = (None, *sighting.shape[1:])
    base = _in_mode(output, candidate.values)
    if base.kind == "unknown":
        base = emission_of_arrays([candidate.values], "what the model returned", base.reason)
    problem = contradiction(base, candidate.values)
    if problem:
        base = Emission("unknown", reason=problem)
    emission = _after(base, found, shape)
    if emission is None:
        return None
    emission = replace(emission, carries_logits=sighting.carries, dtype=sighting.dtype)  # type: ignore[arg-type]
    return Output(output.path, output.name, emission, shape, output.place)


_WORDS = {
    "softmax": "softmax of what the model returned",
    "sigmoid": "sigmoid of what the model returned",
    "log-softmax": "log_softmax of what the model returned",
    "log": "the logarithm of what the model returned",
    "log-odds": "log(p / (1 - p)) of what the model returned",
}


def _after(base: Emission, found: Relation, shape: tuple[int | None, ...]) -> Emission | None:
    size = shape[-1] if len(shape) > 1 else None
    if found in ("same", "rows", "part"):
        moved = base.axis not in (None, -1) and base.rank != len(shape)
        return None if moved else replace(base, size=size, rank=len(shape))
    if found in ("columns", "values", "scaled", "shifted"):
        copied = found in ("columns", "values")
        keeps = base.kind == "logits" or (copied and base.kind == "independent-probabilities")
        return replace(base, size=size, rank=len(shape), axis=None, simplex_size=None) if keeps else None
    words = _WORDS[found]
    evidence = (Evidence(f"the loss was given {words}: its values are that", "observed"),)
    made = Emission("unknown", size=size, rank=len(shape), maker=words, evidence=evidence)
    twice = base.maker or "the model" if base.kind in ("class-probabilities", "independent-probabilities") else ""
    if found == "softmax":
        return replace(
            made, kind="class-probabilities", axis=-1, simplex_size=size, low=0.0, high=1.0, normaliser="softmax", twice=twice
        )  # fmt: skip
    if found == "sigmoid":
        return replace(
            made, kind="independent-probabilities", low=0.0, high=1.0, normaliser="sigmoid", twice=twice, elementwise=True
        )  # fmt: skip
    if found == "log-softmax" or (found == "log" and base.kind == "class-probabilities"):
        return replace(made, kind="log-probabilities", axis=-1, simplex_size=size, high=0.0)
    return replace(made, kind="logits", elementwise=True) if found == "log-odds" else None


def _is_certain(output: Output, outputs: tuple[Output, ...]) -> bool:
    """Whether a loss that a function calls on a model's output is known to be given this: it has not run yet.

    Where Keras would find the logits in a graph alone, it depends on whether `tf.function` will trace the loss.
    """
    alone = len(outputs) == 1 and output.place == () and output.in_inference is None
    return alone and output.emission.kind != "unknown" and output.emission.carries_logits != "graph"


class Told:
    """What a report says already, so that nothing that was seen twice is said twice."""

    def __init__(self, todo: list[Target]) -> None:
        self._seen = list(
            {id(t.sighting): t.sighting for t in todo if t.sighting is not None and t.metric is None}.values()
        )
        self._settled: set[int] = set()
        self._followed: set[Any] = set()  # places whose loss was given something that is known
        self._said: dict[Any, set[int]] = {}  # what was said -> ids of the models it holds for
        self._judged: set[int] = set()  # losses whose verdict is known

    def is_settled(self, target: Target) -> bool:
        """It is known already which model this sighting is about, or the loss that made the call was judged itself."""
        sighting = target.sighting
        return sighting is not None and (id(sighting) in self._settled or id(sighting.inside) in self._judged)

    def meetings(self, target: Target, outputs: tuple[Output, ...]) -> Iterator[Meeting]:
        """The outputs that the target's loss meets: those of `compile`'s rules, or the one that was seen."""
        if target.basis == "source":
            yield from (Meeting(output, target.loss) for output in outputs if _is_certain(output, outputs))
            return
        if target.sighting is None:
            yield from pairing.meetings(target.loss, outputs)
            return
        sighting, turned = target.sighting, None
        output = met(sighting, target.model, outputs)
        if output is None and sighting.maker is None and (sighting.values is not None or sighting.turned is not None):
            found = swapped(sighting, target.model, self._seen)
            if found is not None:
                output, turned = _at(outputs, found[0]), found[1]
        if output is not None:
            self._settled.add(id(sighting))
            self._followed.add((sighting.location, sighting.code))
            yield Meeting(output, target.loss, swapped=turned)
        elif (sighting.location, sighting.code) not in self._followed and self._is_about(sighting, target.model):
            self._settled.add(id(sighting))
            values = sighting.values
            alone = None if values is None else emission_of_arrays([values], "what the loss was given", _LOST)
            yield Meeting(None, target.loss, _LOST, alone=alone)

    def _is_about(self, sighting: Sighting, model: Any) -> bool:
        """Whether what the loss was given was made from this model's output, or from several of which this is the last."""
        if sighting.maker is not None:
            return sighting.maker.is_model and sighting.trace is not None
        if not sighting.derived:
            return False
        outputs = [c for c in sighting.candidates if c.maker.is_model]
        if sighting.values is not None:
            if any(swapped(sighting, c.maker.layer(), self._seen) for c in outputs):
                return False
            outputs = [c for c in outputs if relation(sighting.values, c.values) is not None] or outputs
        return bool(outputs) and outputs[0].maker.layer() is model

    def is_new(self, target: Target, pair: Pair) -> bool:
        """Whether nothing like this pair was said; models that the cell dropped are alike if the same code made them."""
        if target.sighting is not None and pair.verdict != "unknown":
            self._judged.add(id(target.sighting.loss))
        of = self._said.setdefault(_said(target, pair), set())
        new = target.sighting is None or not of
        of.add(id(target.model))
        return new

    def alike(self, target: Target, pair: Pair) -> frozenset[int]:
        """Ids of the models of which this very thing would have been said."""
        return (
            frozenset(self._said.get(_said(target, pair), ()))
            if _is_one_of_many(target)
            else frozenset({id(target.model)})
        )


def _is_one_of_many(target: Target) -> bool:
    """Seen by its call alone, and reached by no name."""
    return target.sighting is not None and not target.named


def _said(target: Target, pair: Pair) -> Any:
    model: Any = (str(pair.location), type(target.model)) if _is_one_of_many(target) else pair.model
    where = pair.location if pair.emission.reason.startswith(_LOST) else None
    return model, pair.output, pair.loss, pair.verdict, pair.emits, where
