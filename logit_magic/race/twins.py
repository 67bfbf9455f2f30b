"""Two copies of a compiled model with its weights: one keeps its loss, the other gets the corrected one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic import backends, kerases
from logit_magic.emission.model import Output, outputs_of
from logit_magic.expectation.catalogue import expectation_of
from logit_magic.facts import Expectation, Finding
from logit_magic.fix.live import CannotRepairError, compiled_like, corrected
from logit_magic.foreign import said
from logit_magic.measure.forward import everything
from logit_magic.measure.sample import Sample, cut
from logit_magic.race.entry import CannotRaceError
from logit_magic.scope import layers_of, left_as_found
from logit_magic.structure import at, mapped

_COMPARED = 4  # rows on which a copy must give what the model gives


@dataclass(frozen=True, slots=True)
class Twins:
    """Both copies, compiled.

    Attributes:
        configured, right: with the same weights, seeds and kind of optimizer.
        change: what was changed for the right one, in words.
        expectation: what the corrected loss expects.
        output: the output that it meets.
        outputs: how many the model has.
    """

    configured: Any
    right: Any
    change: str
    expectation: Expectation
    output: Output
    outputs: int


def twins(model: Any, finding: Finding, data: Sample) -> Twins:
    """Copy a model twice; the model, its optimizer and every random state stay as they are.

    To be called while no cell runs: to copy layers draws seeds, which are put back.

    Args:
        model: compiled and built.
        finding: whose pair is to be raced.
        data: rows that the model takes.

    Raises:
        CannotRaceError: the model cannot be copied faithfully.
    """
    pair = finding.pair
    assert pair is not None
    try:
        remedy, loss = corrected(model, finding)
    except CannotRepairError as reason:
        raise CannotRaceError(str(reason)) from None
    outputs = outputs_of(model, mapped(data.x, lambda array: (None, *array.shape[1:]), listed=True))
    output = next((o for o in outputs if len(outputs) == 1 or str(o.name) == pair.output), None)
    if output is None:
        raise CannotRaceError("the output that this loss meets was not found again")
    with left_as_found(model):
        configured, right = _copy(model, data), _copy(model, data)
        _compile(configured, model, None)
        _compile(right, model, loss)
    expectation = expectation_of(at(loss, pair.loss_path), pair.emission.size)
    return Twins(configured, right, remedy.change, expectation, output, len(outputs))


def _copy(model: Any, data: Sample) -> Any:
    """A copy with the same weights, which gives the same outputs."""
    few = cut(data.x, 0, _COMPARED)
    try:
        copy = _cloned(model)
        _require_own_parts(copy, model)
        if not copy.built:
            copy(mapped(few, lambda array: backends.to_tensor(array, copy)), training=False)
            _require_own_parts(copy, model)
        _same_layers(copy, model)
        _same_values(copy, model)
        ours, theirs = everything(copy, few), everything(model, few)
    except CannotRaceError:
        raise
    except Exception as error:
        raise CannotRaceError(f"the model cannot be copied ({said(error)})") from None
    alike = [place for place, _ in ours] == [place for place, _ in theirs] and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-3, atol=1e-4, equal_nan=True)
        for (_, a), (_, b) in zip(ours, theirs, strict=True)
    )
    if not alike:
        raise CannotRaceError("the model cannot be copied: its copy, with the same weights, gives other outputs")
    return copy


def _require_own_parts(copy: Any, model: Any) -> None:
    """A config may hand on a layer itself: to train the copy would then train the model."""
    theirs = {id(part) for part in (*layers_of(model), *model.variables)}
    if any(id(part) in theirs for part in (*layers_of(copy), *copy.variables)):
        raise CannotRaceError("the model cannot be copied: its copy would share layers with it")


def _cloned(model: Any) -> Any:
    """Keras' clone, not compiled: Keras would compile it from the model's config, which needs the user's own metrics."""
    own = vars(model)
    compiled = own["compiled"]
    own["compiled"] = False
    try:
        return kerases.three().models.clone_model(model)
    finally:
        own["compiled"] = compiled


def _same_layers(copy: Any, model: Any) -> None:
    """What is frozen in the model is frozen in the copy, and unseeded layers draw from their own seeds."""
    ours, theirs = layers_of(copy), layers_of(model)
    if [type(layer).__name__ for layer in ours[1:]] != [type(layer).__name__ for layer in theirs[1:]]:
        raise CannotRaceError("the model cannot be copied: its copy has other layers")
    for layer, original in zip(ours, theirs, strict=True):
        if layer.trainable != original.trainable:
            layer.trainable = original.trainable
    for layer in ours:
        for generator in getattr(layer, "_seed_generators", ()):
            if getattr(generator, "_initial_seed", 0) is None:
                generator._initial_seed = 0  # without one, torch would draw dropout from its global generator


def _same_values(copy: Any, model: Any) -> None:
    """Assign every variable, seeds among them, a copy of the model's: JAX gives away the arrays that it trains on."""
    ours, theirs = copy.variables, model.variables
    if [(tuple(v.shape), str(v.dtype), v.trainable) for v in ours] != [
        (tuple(v.shape), str(v.dtype), v.trainable) for v in theirs
    ]:
        raise CannotRaceError("the model cannot be copied: its copy has other weights")
    for variable, original in zip(ours, theirs, strict=True):
        variable.assign(np.array(backends.to_numpy(original)))


def _compile(copy: Any, model: Any, loss: Any) -> None:
    optimizer = model.optimizer
    try:
        own = type(optimizer).from_config(optimizer.get_config())
        compiled_like(copy, model, loss, own)
    except Exception as error:
        raise CannotRaceError(f"its optimizer, {type(optimizer).__name__}, cannot be copied ({said(error)})") from None
