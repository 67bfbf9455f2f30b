"""What a model emits, told by its values alone: the last resort, where its graph cannot be read.

A value outside a range refutes; values inside only support. So the model is run on the sample at hand and on seeded
random input of three sizes, the largest of which drives a sigmoid or softmax to its ends and anything unbounded out of
[0, 1]. What still fits is said to be measured, never proved.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from logit_magic.emission import inputs
from logit_magic.emission.model import Output
from logit_magic.facts import Emission, Evidence
from logit_magic.measure import forward
from logit_magic.measure.sample import Sample, cut, synthetic
from logit_magic.structure import mapped

_ROWS = 16
_SCALES = (1.0, 10.0, 100.0)
_FEW = 64  # values; fewer than that say nothing


def outputs_by_value(model: Any, sample: Sample | None) -> tuple[Output, ...]:
    """One `Output` per tensor that the model returns, judged by its values; empty where it cannot be run.

    Args:
        model: a built Keras model.
        sample: the user's own data, or None.
    """
    batches = _batches(model, sample)
    if not batches:
        return ()
    try:
        runs = [forward.everything(model, batch) for batch in batches]
    except Exception:
        return ()
    places = [place for place, _ in runs[0]]
    if any([place for place, _ in run] != places for run in runs):
        return ()
    return tuple(
        _output(place, [run[i][1] for run in runs], _name(place, i), sample is not None)
        for i, place in enumerate(places)
    )


def _batches(model: Any, sample: Sample | None) -> list[Any]:
    specs = inputs.input_specs(model)
    if specs is None and sample is not None:
        specs = mapped(sample.x, lambda array: ((None, *array.shape[1:]), str(array.dtype)), listed=True)
    made = None if specs is None else synthetic(specs, inputs.vocabulary(model), _ROWS)
    own = [] if sample is None else [cut(sample.x, 0, min(sample.rows, 4 * _ROWS))]
    if made is None:
        return own
    return [*own, *(mapped(made.x, functools.partial(_scaled, scale)) for scale in _SCALES)]


def _scaled(scale: float, array: Any) -> Any:
    return array * np.float32(scale) if array.dtype.kind == "f" else array


def _name(place: tuple[Any, ...], index: int) -> str | int:
    return place[-1] if place else index


def _output(place: tuple[Any, ...], arrays: list[Any], name: str | int, own_data: bool) -> Output:
    shape = (None, *arrays[0].shape[1:])
    return Output(place, name, _emission(arrays, own_data), shape, place)


def _emission(arrays: list[Any], own_data: bool) -> Emission:
    tried = "the sample and seeded random input" if own_data else "seeded random input"
    return emission_of_arrays(arrays, tried, "its graph could not be read")


def emission_of_arrays(arrays: list[Any], of_what: str, unread: str) -> Emission:
    """What an output emits, told by some of its values.

    Args:
        arrays: `(rows, …)` each.
        of_what: where they come from, in words that follow "n rows of".
        unread: why its graph does not tell.
    """
    rows = sum(len(a) for a in arrays)
    where = f"on {rows} {'row' if rows == 1 else 'rows'} of {of_what}"
    values = np.concatenate([a.reshape(-1) for a in arrays])
    rank, size = arrays[0].ndim, arrays[0].shape[-1]
    if rank < 2 or values.size < _FEW or not np.isfinite(values).all():
        return Emission("unknown", reason=f"{unread}, and its values are too few or not finite")
    low, high = float(values.min()), float(values.max())

    def measured(kind: Any, statement: str, **more: Any) -> Emission:
        evidence = (Evidence(f"{where}, {statement}", "measured"),)
        return Emission(kind, rank=rank, size=size, low=low, high=high, maker="", evidence=evidence, **more)

    if low == high:
        return Emission("unknown", reason=f"{where}, it always gave {low:g}")
    inside = low >= -1e-6 and high <= 1.0 + 1e-6
    axis = _summing_axis(arrays)
    if inside and axis is not None:
        length = arrays[0].shape[axis] if axis > -rank else None
        statement = f"every value lies in [0, 1] and they sum to one along axis {axis}"
        return measured("class-probabilities", statement, axis=axis, simplex_size=length)
    if inside and low < 0.05 and high > 0.95 and _are_apart(arrays):
        return measured(
            "independent-probabilities", "every value lies in [0, 1], and rows do not sum to one", elementwise=True
        )
    if high <= 1e-6 and _summing_axis([np.exp(a) for a in arrays]) == -1 and size > 1:
        return measured("log-probabilities", "exp of every row sums to one", axis=-1, simplex_size=size)
    if low < -1.0 and high > 1.0 and _some_stay(arrays):
        return Emission("unknown", reason=f"{unread}, and {where} some of its units stayed in [0, 1], others did not")
    if low < -1.0 and high > 1.0:
        return measured("logits", f"values lie between {low:.3g} and {high:.3g}", elementwise=True)
    reason = f"{unread}, and its values, between {low:.3g} and {high:.3g} {where}, fit more than one reading"
    return Emission("unknown", reason=reason)


def _are_apart(arrays: list[Any]) -> bool:
    """Whether units answer for themselves: of one alone nothing else is asked, several sum to anything.

    Distributions that were joined sum to a constant, those of which a class was cut off to less than one.
    """
    if arrays[0].shape[-1] == 1:
        return True
    sums = np.concatenate([a.sum(axis=-1).reshape(-1) for a in arrays])
    return bool(sums.max() > 1.1 and np.ptp(sums) > 0.1)


def _some_stay(arrays: list[Any]) -> bool:
    """Whether a unit never left [0, 1]: probabilities may be joined with numbers."""
    units = [a.reshape(-1, a.shape[-1]) for a in arrays]
    lowest, highest = np.min([u.min(axis=0) for u in units], axis=0), np.max([u.max(axis=0) for u in units], axis=0)
    return bool(((lowest >= 0.0) & (highest <= 1.0)).any())


def _summing_axis(arrays: list[Any]) -> int | None:
    """The axis along which all values sum to one: the last if that does, the batch only where no other does."""
    rank = int(arrays[0].ndim)
    axes: tuple[int, ...] = (-1, *range(1 - rank, -1), -rank)
    for axis in axes:
        if arrays[0].shape[axis] > 1 and all(np.allclose(a.sum(axis=axis), 1.0, atol=2e-3) for a in arrays):
            return axis
    return None
