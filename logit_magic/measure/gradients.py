"""Gradients of a loss with respect to the head's pre-activation: as the code says, as Keras computes, and if right.

The loss itself is differentiated, by the backend at hand, on plain arrays of a few rows: no model is run, no variable is
touched. "As the code says" feeds it a copy of the activation's result, behind which Keras finds nothing; "as Keras
computes" feeds it the very tensor, as `fit` does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic import backends
from logit_magic.expectation.trial import conducted
from logit_magic.facts import Emission, Expectation, GradientGap
from logit_magic.measure.heads import Head

ROWS, ELEMENTS = 64, 400_000  # of the sub-sample: at most so many rows, and numbers in all
_TOO_LONG = 4_000_000  # a single row of more numbers is left alone
_NOTHING = 1e-12  # relative to the right gradient: below it, a gradient points nowhere

Array = Any
Loss = Callable[[Any, Any], Any]  # (y_true, z) -> tensor


@dataclass(frozen=True, slots=True)
class Losses:
    """One loss under three readings, each a function of the labels and the head's pre-activation.

    Attributes:
        configured: as the code says it.
        computed: as Keras computes it inside `fit`; the same function as `configured` where it repairs nothing.
        right: with the reading that fits the head; None where none is known.
        call: the loss itself, (y_true, y_pred) -> tensor.
    """

    configured: Loss
    computed: Loss
    right: Loss | None
    call: Loss


def losses(
    call: Loss, head: Head, emission: Emission, expectation: Expectation, labels: Array, finds_logits: bool
) -> Losses:
    """The three readings of a loss.

    Args:
        call: (y_true, y_pred) -> tensor, as Keras would call it.
        head: of the model.
        emission, expectation: the two sides.
        labels: the rows that the losses will be given; which loss is right can hang on them.
        finds_logits: Keras finds the logits behind the very tensor that this model's activation returns.
    """

    def configured(y: Any, z: Any) -> Any:
        return call(y, head.activate(z) * 1.0)  # the same numbers in another tensor

    def computed(y: Any, z: Any) -> Any:
        return call(y, head.activate(z))

    right = _right(call, head, emission, expectation, labels)
    return Losses(configured, computed if finds_logits else configured, right, call)


def _right(call: Loss, head: Head, emission: Emission, expectation: Expectation, labels: Array) -> Loss | None:
    keras, kind = sys.modules["keras"], expectation.kind
    categorical = kind in ("class-logits", "class-probabilities")
    if kind in ("any", "unknown"):
        return None
    axis = expectation.axis
    if head.z.shape[axis] == 1 and categorical:
        yes_or_no = keras.losses.BinaryCrossentropy(from_logits=True)
        return lambda y, z: yes_or_no(keras.ops.reshape(keras.ops.cast(y, z.dtype), z.shape), z)
    if head.name in ("softmax", "log_softmax") and not categorical:
        if labels.shape == head.z.shape and ((labels == 1).sum(-1) > 1).any():
            return None  # several at once want sigmoids, and a softmax says nothing of how high its logits lie
        return _other_family(keras.losses.CategoricalCrossentropy(from_logits=True), head, labels.shape)
    if head.name == "sigmoid" and categorical:
        return _other_family(keras.losses.BinaryCrossentropy(from_logits=True), head, labels.shape)
    if emission.axis is not None and emission.axis != (axis if axis < 0 else axis - head.z.ndim):
        return None  # normalised along another axis: what the loss's own axis would need is lost
    if kind in ("class-logits", "binary-logits"):
        return call
    activation = keras.activations.softmax if categorical else keras.activations.sigmoid
    along = {"axis": axis} if categorical else {}
    return lambda y, z: call(y, activation(z, **along))


def _other_family(loss: Loss, head: Head, shape: tuple[int, ...]) -> Loss | None:
    """The loss that belongs to the head, where the labels have one entry per unit, as it needs them."""
    return loss if shape == head.z.shape else None


def value(readings: Losses, loss: Loss, labels: Array, z: Array) -> float | None:
    """One of the readings on plain arrays; None where it raises or is not finite."""
    keras = sys.modules["keras"]

    def experiment(_: object) -> float:
        tensors = keras.ops.convert_to_tensor(labels), keras.ops.convert_to_tensor(z)
        return float(np.mean(backends.to_numpy(loss(*tensors))))

    found = _tried(experiment, readings.call)
    return found if found is not None and np.isfinite(found) else None


def gaps(readings: Losses, labels: Array, z: Array) -> tuple[GradientGap | None, GradientGap | None]:
    """The gradient as configured and as computed, each beside the right one; None where one of them cannot be had.

    Args:
        readings: the losses.
        labels: `(rows, …)`.
        z: `(rows, …, classes)` float32, a few rows.
    """
    if readings.right is None:
        return None, None
    wanted = [readings.configured, readings.right]
    if readings.computed is not readings.configured:
        wanted.append(readings.computed)
    found = _gradients(readings.call, wanted, labels, z)
    if found is None:
        return None, None
    right = found[1]
    return compared(found[0], right), compared(found[-1] if len(found) == 3 else found[0], right)


def compared(gradient: Array, right: Array) -> GradientGap | None:
    """A gradient beside the right one, row by row; None without a row in which both are finite.

    Args:
        gradient, right: `(rows, …)`, of the same shape.
    """
    a, b = (g.reshape(len(g), -1).astype("float64") for g in (gradient, right))
    kept = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    if not kept.any():
        return None
    a, b = a[kept], b[kept]
    size_a, size_b = np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1)
    whole = float(np.linalg.norm(b))
    some_b = size_b > _NOTHING * max(whole, 1.0)
    some_a = size_a > _NOTHING * max(whole, 1.0)
    both = some_a & some_b
    cosine = float(np.mean(np.sum(a[both] * b[both], axis=1) / (size_a[both] * size_b[both]))) if both.any() else None
    return GradientGap(
        rows=len(a),
        ratio=float(size_a.mean() / size_b.mean()) if some_b.any() else None,
        cosine=None if cosine is None else min(max(cosine, -1.0), 1.0),
        difference=float(np.linalg.norm(a - b)) / whole if some_b.any() else None,
        silent=float(np.mean(some_b & ~some_a)),
    )


def few(raw: Array, labels: Array) -> tuple[Array, Array] | None:
    """The first finite rows, few enough to be cheap, with their labels; None where there are none or a row is huge."""
    row = int(np.prod(raw.shape[1:]))
    if row > _TOO_LONG or len(labels) != len(raw):
        return None
    finite = np.flatnonzero(np.isfinite(raw.reshape(len(raw), -1)).all(axis=1))
    chosen = finite[: max(1, min(ROWS, ELEMENTS // max(row, 1)))]
    return (raw[chosen], labels[chosen]) if chosen.size else None


def _gradients(call: Loss, wanted: list[Loss], labels: Array, z: Array) -> list[Array] | None:
    backend, keras = backends.in_use(), sys.modules["keras"]
    if backend is None:
        return None

    def experiment(_: object) -> list[Array]:
        y = keras.ops.convert_to_tensor(labels)

        def mean(loss: Loss) -> Callable[[Any], Any]:
            return lambda point: keras.ops.mean(loss(y, point))

        found: list[Array] = backend.gradients_of([mean(loss) for loss in wanted], z)
        return found

    gradients: list[Array] | None = _tried(experiment, call)
    return gradients


def _tried(experiment: Callable[[Any], Any], call: Loss) -> Any:
    """What an experiment on somebody else's loss gives, with its side effects undone; None where it fails."""
    try:
        return conducted(experiment, call, sys.modules["keras"].ops.convert_to_tensor)
    except Exception:
        return None
