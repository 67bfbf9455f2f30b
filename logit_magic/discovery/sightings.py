"""What is kept of one call of a loss or metric: which tensor it was given, as references and small copies."""

from __future__ import annotations

import functools
import weakref
from dataclasses import dataclass
from typing import Any

from logit_magic import backends
from logit_magic.facts import Applied, Location

_ELEMENTS = 65_536  # of one copy


class CallOf(functools.partial):  # type: ignore[type-arg]
    """A loss function as it was called: with the keywords that differ from its defaults; called as Keras calls a loss."""

    names: tuple[str, str] = ("y_true", "y_pred")

    def __call__(self, y_true: Any, y_pred: Any) -> Any:
        return self.func(**dict(zip(self.names, (y_true, y_pred), strict=True)), **self.keywords)


def is_formula(function: Any, y_true: Any) -> bool:
    """A divergence from a lone number: the formula for single units, as in a regulariser, with no distribution in it."""
    return getattr(function, "__name__", "").startswith("kl") and not getattr(y_true, "shape", ())


@dataclass(slots=True)
class Maker:
    """A layer or model that returned a tensor.

    Attributes:
        layer: weak reference.
        is_model: a `keras.Model`.
        trains_itself: a model whose class brings its own `train_step`, `compute_loss` or `fit`.
    """

    layer: weakref.ref[Any]
    is_model: bool
    trains_itself: bool


@dataclass(slots=True)
class Candidate:
    """An output that a tensor may have been computed from: its first elements, whole rows."""

    maker: Maker
    place: tuple[Any, ...]
    values: Any


@dataclass(slots=True)
class Sighting:
    """One call of a loss, or of a metric's `update_state`.

    Attributes:
        loss: the Loss object, or the function with its keywords; the Metric object.
        location: of the call in the user's source.
        maker: whose output y_pred is or, while a backend was tracing, comes from; None where that is not known.
        is_output, place: it is that very output, and which.
        candidates: outputs that it may have been computed from, latest first.
        trace: the graph behind it, where a backend was tracing and that was read; else None.
        values, labels: first elements of y_pred and y_true; None while a backend was tracing.
        shape, dtype: of y_pred.
        carries: what TensorFlow's Keras can find its logits by, see `logit_magic.facts.Emission`.
        traced: a backend was tracing: there were no values.
        trainer: weak reference to the model whose own training step made the call, or None.
        inside: the Loss object that made the call, or None.
        turned: where y_true is the very output of a model, and y_pred of none: whose and which, else None.
        flows: whether a gradient is being taken through y_true, and through y_pred; None where that cannot be told.
        code: stands for the code that made the call.
        weights: first elements of sample_weight; None without one.
        maskable: the loss gave a number per row, or had weights that are not known: the cell may leave some out.
        metric: it is a metric.
        derived: y_pred is no literal and no data, as far as can be told: something made it from what a model returned.
    """

    loss: Any
    location: Location | None
    maker: Maker | None
    is_output: bool
    place: tuple[Any, ...]
    candidates: tuple[Candidate, ...]
    trace: Any
    values: Any
    labels: Any
    shape: tuple[int | None, ...]
    dtype: str
    carries: str
    traced: bool
    trainer: weakref.ref[Any] | None
    inside: Any
    turned: tuple[Maker, tuple[Any, ...]] | None = None
    flows: tuple[bool | None, bool | None] = (None, None)
    code: int = 0
    weights: Any = None
    maskable: bool = False
    metric: bool = False
    derived: bool = False


@dataclass(slots=True)
class Use:
    """Something that the cell applied to an output after the model.

    Attributes:
        applied: what it was.
        location: of the call in the user's source.
        maker, place: whose output it was given, and which; None where that is for the values to tell.
        given: first elements of what it was given, where the values have to tell.
        seen: outputs of models as they were seen in the same cell, latest first.
    """

    applied: Applied
    location: Location | None
    maker: Maker | None
    place: tuple[Any, ...] = ()
    given: Any = None
    seen: tuple[Candidate, ...] = ()


def copy_of(tensor: Any) -> Any:
    """The first elements of a tensor, whole rows, as a numpy array of its own; None where it has no values now."""
    if type(tensor) in (int, float, bool, str):
        return None
    try:
        array = backends.values(tensor)
        if array is None or not array.shape or array.dtype.kind not in "fiub":
            return None
        row = max(array[:1].size, 1)
        return array[: max(1, _ELEMENTS // row)].copy() if row <= 16 * _ELEMENTS else None
    except Exception:
        return None


def shape_of(tensor: Any) -> tuple[int | None, ...]:
    try:
        return tuple(None if d is None else int(d) for d in tensor.shape)
    except Exception:
        return ()
