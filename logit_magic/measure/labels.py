"""What the labels of one output look like: their shape, their values, and what each row along the last axis is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, cast

import numpy as np

from logit_magic import kerases
from logit_magic.emission.model import Output
from logit_magic.facts import Labels
from logit_magic.measure.sample import Sample
from logit_magic.scope import layers_of

_LEVELS = 256
_VALUES = 200_000  # more are drawn from, evenly and always the same ones
_FEW_FACTORS = 4  # of one-hot rows: masks of 0 and 255 have one, advantages of a policy gradient one for each row
_TOLERANCE = 1e-3  # of a row's sum: soft labels in half precision still count as distributions

Along = Literal["", "one-hot", "multi-hot", "distribution", "scaled one-hot"]
Array = Any  # numpy.ndarray: its stubs' element types say nothing here


def labels_of(sample: Sample, output: Output, outputs: int, masked: bool = False) -> Labels | None:
    """The labels that belong to one output; None where there are none or it cannot be told which.

    Args:
        sample: what the cell used; `sample.y` may be a structure, as the model's outputs are.
        output: whose labels are wanted.
        outputs: how many outputs the model has.
        masked: see `Labels`.
    """
    y = part_for(sample.y, output, outputs)
    if y is None or not hasattr(y, "dtype") or not hasattr(y, "shape") or sample.synthetic:
        return None
    array = np.asarray(y)
    counted = _counted(array, part_for(sample.weights, output, outputs))
    if counted is None or counted.size == 0:
        return None
    if counted.dtype.kind not in "biuf":
        return Labels(array.shape, sample.source, ())
    values = _few(counted.reshape(-1)).astype("float64")
    finite = values[np.isfinite(values)]
    along, several = _along(counted) if len(finite) == len(values) else ("", 0.0)
    return Labels(
        shape=array.shape,
        source=sample.source,
        levels=_levels(finite, counted),
        whole=bool(finite.size) and bool(np.all(finite == np.round(finite))),
        along=along,
        several=several,
        masked=masked,
    )


def may_mask(model: Any) -> bool:
    """Whether some layer of the model makes a mask, which Keras hands on to the loss."""
    masking = kerases.of(model).layers.Masking
    return any(
        isinstance(layer, masking) or getattr(layer, "mask_zero", False) is True or _computes_mask(layer)
        for layer in layers_of(model)
    )


def part_for(structure: Any, output: Output, outputs: int) -> Any:
    """The part of a structure of labels, or of weights, that belongs to one output; None where it cannot be told.

    Args:
        structure: an array, or lists, tuples and dicts of them, as `fit` takes for y.
        output: found by its place in what the model returns, or by its name.
        outputs: how many outputs the model has.
    """
    part, place = structure, output.place
    if isinstance(part, Mapping):
        if output.name in part and not isinstance(part[output.name], (Mapping, list, tuple)):
            return part[output.name]
    elif isinstance(part, (list, tuple)):
        if outputs == 1 and len(part) == 1 and not place:
            return part[0]
    else:
        return part if outputs == 1 else None
    for key in place:
        try:
            part = part[key]
        except (KeyError, IndexError, TypeError):
            return None
    return None if isinstance(part, (Mapping, list, tuple)) else part


def _computes_mask(layer: Any) -> bool:
    """Whether the user's own class makes masks: Keras' classes hand masks on, but for the two asked for above."""
    owner = next((c for c in type(layer).__mro__ if "compute_mask" in vars(c)), None)
    return owner is not None and not owner.__module__.startswith(("keras.", "tf_keras."))


def _counted(array: Array, weights: Any) -> Array | None:
    """The labels whose sample weight is not 0: all others may hold anything; None where it cannot be told which."""
    if weights is None:
        return array
    weights = np.asarray(weights)
    if weights.dtype.kind not in "biuf" or np.all(weights != 0):
        return array
    while weights.ndim > 1 and weights.shape[-1] == 1 and weights.shape != array.shape[: weights.ndim]:
        weights = weights[..., 0]
    return array[weights != 0] if weights.shape == array.shape[: weights.ndim] else None


def _few(flat: Array) -> Array:
    """At most so many of the entries along the first axis; a stride would fall in step with the classes."""
    if len(flat) <= _VALUES:
        return flat
    return flat[np.random.default_rng(0).integers(0, len(flat), _VALUES)]


def _levels(finite: Array, whole: Array) -> tuple[tuple[float, float], ...]:
    if not finite.size:
        return ()
    values, counts = cast("tuple[Array, Array]", np.unique(finite, return_counts=True))
    if len(values) > _LEVELS:
        values = np.quantile(finite, np.linspace(0.0, 1.0, _LEVELS + 1))
        counts = np.ones(len(values))
    ends = float(np.nanmin(whole)), float(np.nanmax(whole))
    shares = [(float(v), float(c / counts.sum())) for v, c in zip(values, counts, strict=True)]
    missed = [(end, 0.0) for end in ends if math.isfinite(end) and not shares[0][0] <= end <= shares[-1][0]]
    return tuple(sorted((*shares, *missed)))


def _along(array: Array) -> tuple[Along, float]:
    """What the rows along the last axis are, and the share of them that hold several ones."""
    size = array.shape[-1] if array.ndim > 1 else 1
    if size < 2:
        return "", 0.0
    rows = array.reshape(-1, size)
    few = max(1, 5 * _VALUES // size)
    if len(rows) > few:
        rows = rows[np.random.default_rng(0).integers(0, len(rows), few)]
    rows = rows.astype("float64")
    sums = rows.sum(axis=-1)
    if np.all((rows == 0.0) | (rows == 1.0)):
        return ("one-hot" if np.all(sums == 1.0) else "multi-hot"), float(np.mean(sums > 1.0))
    if np.all((rows >= 0.0) & (rows <= 1.0)) and np.all(np.abs(sums - 1.0) <= _TOLERANCE):
        return "distribution", 0.0
    if np.all(np.count_nonzero(rows, axis=-1) <= 1) and len(np.unique(sums)) > _FEW_FACTORS:
        return "scaled one-hot", 0.0
    return "", 0.0
