"""Run a model on a sample, or a loss on plain arrays, and leave both as they were."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic import backends
from logit_magic.measure.sample import Sample, cut
from logit_magic.scope import left_as_found, stateless, trains_elsewhere
from logit_magic.structure import at, mapped, tensors_with_places

ELEMENTS = 4_000_000
_FIRST_BATCH, _BATCH = 8, 32
_AT_ONCE = 32_000_000  # numbers in the outputs of one batch: 128 MB of float32; a single row may have more
_ASKED = 25  # rows that a loss is asked for one by one


@dataclass(frozen=True, slots=True)
class Run:
    """What a model gave on a sample.

    Attributes:
        outputs: one array per place, `(rows, …, classes)` in the model's dtype as float32.
        logits: what Keras noted as the logits behind each output, like it; None where it noted none.
        rows: how many were fed.
        thinned: how large outputs were thinned, else "".
    """

    outputs: list[np.ndarray]
    logits: list[np.ndarray | None]
    rows: int
    thinned: str


def outputs(
    model: Any, sample: Sample, places: list[tuple[Any, ...]], axes: list[int], seconds: float, row: int = 0
) -> Run:
    """The model's outputs on the sample, in inference mode, a few rows at a time until the time is up.

    Args:
        model: a built Keras model.
        sample: what to feed.
        places: paths of the outputs wanted in what the model returns.
        axes: the class axis of each output, counted from the end: it is never thinned.
        seconds: stop asking for more rows after so long.
        row: numbers that the outputs have for one row, where that is known: large ones are asked for a few rows at a time.

    Raises:
        Exception: whatever the model raises on this input.
    """
    parts: list[list[np.ndarray]] = [[] for _ in places]
    noted: list[list[np.ndarray]] = [[] for _ in places]
    deadline, done, thinned = time.monotonic() + seconds, 0, ""
    fit = max(1, _AT_ONCE // max(row, 1))
    with _quiet(model):
        while done < sample.rows and (done == 0 or time.monotonic() < deadline):
            stop = min(done + min(fit, _FIRST_BATCH if done == 0 else _BATCH), sample.rows)
            result = model(_as_tensors(cut(sample.x, done, stop), model), training=False)
            for part, logits, place, axis in zip(parts, noted, places, axes, strict=True):
                tensor = at(result, place)
                whole = _numbers(tensor)
                small = thin(whole, axis, ELEMENTS * (stop - done) // max(sample.rows, 1))
                if small.size < whole.size:
                    shown = " x ".join(map(str, whole.shape[1:])), " x ".join(map(str, small.shape[1:]))
                    thinned = f"of each row's {shown[0]} values {shown[1]} were looked at"
                part.append(small if small.size == whole.size else small.copy())  # no view that keeps the whole alive
                behind = backends.logits_behind(tensor) if small.size == whole.size else None
                logits += [] if behind is None else [np.asarray(backends.to_numpy(behind), dtype=np.float32)]
                fit = min(fit, max(1, _AT_ONCE * (stop - done) // max(whole.size, 1)))
                del whole, tensor, behind
            done = stop
            del result
    whole_notes = [np.concatenate(n) if sum(map(len, n)) == done else None for n in noted]
    return Run([np.concatenate(part) for part in parts], whole_notes, done, thinned)


def everything(model: Any, x: Any) -> list[tuple[tuple[Any, ...], np.ndarray]]:
    """Every output on one small batch, with its place in what the model returns.

    Raises:
        Exception: whatever the model raises on this input.
    """
    with _quiet(model):
        result = model(_as_tensors(x, model), training=False)
        return [(place, _numbers(tensor)) for place, tensor in tensors_with_places(result) if tensor.shape]


def _numbers(tensor: Any) -> np.ndarray:
    """A batch as float32; a `call` may return anything, and numpy would parse a long text for half a minute."""
    if not getattr(tensor, "shape", ()):
        raise TypeError(f"the model returned a {type(tensor).__name__} where a batch was expected")
    return np.asarray(backends.to_numpy(tensor), dtype=np.float32)


def thin(array: np.ndarray, axis: int, limit: int) -> np.ndarray:
    """Every n-th position along each axis but the first (rows) and `axis` (classes), so that `limit` elements remain."""
    steps = thinning(array.shape, axis, limit)
    return array[tuple(slice(None, None, s) for s in steps)]


def thinning(shape: tuple[int, ...], axis: int, limit: int) -> list[int]:
    steps = [1] * len(shape)
    free = [i for i in range(1, len(shape)) if i != axis % len(shape)]
    while free and np.prod([-(-d // s) for d, s in zip(shape, steps, strict=True)]) > limit:
        widest = max(free, key=lambda i: -(-shape[i] // steps[i]))
        if steps[widest] >= shape[widest]:
            break
        steps[widest] *= 2
    return steps


def loss_value(call: Callable[[Any, Any], Any], y_true: Any, y_pred: np.ndarray, model: Any) -> float | None:
    """A loss on plain arrays, so that Keras finds no logits behind them; None where it raises or is not finite.

    Args:
        call: (y_true, y_pred) -> tensor.
        y_true: labels as the user has them.
        y_pred: `(rows, …)` float32.
        model: the one that the loss is for: its Keras decides which tensors the loss is fed with.
    """
    with _quiet(None):
        try:
            tensor = call(backends.to_tensor(y_true, model), backends.to_tensor(y_pred, model))
            value = float(np.mean(backends.to_numpy(tensor)))
        except Exception:
            return None
    return value if np.isfinite(value) else None


def loss_values(
    call: Callable[[Any, Any], Any], y_true: np.ndarray, y_pred: np.ndarray, model: Any, deadline: float, rows: int = 0
) -> np.ndarray | None:
    """A loss of every single row, on plain arrays; None where it raises, or is too slow to be asked row by row.

    Args:
        call: (y_true, y_pred) -> tensor; a Loss object is asked before it reduces, anything else for a few rows one by one
            if need be; the rows between these are interpolated.
        y_true, y_pred: `(rows, …)`, in an order in which the loss changes little from row to row.
        model: the one that the loss is for.
        deadline: of `time.monotonic`, by which the rows have been asked.
        rows: fill up to so many where all are asked at once.
    """
    single = getattr(call, "call", None) if hasattr(call, "reduction") else call
    with _quiet(None):
        try:
            for ask in filter(callable, (single, call)):
                fed = [backends.to_tensor(_filled(array, rows), model) for array in (y_true, y_pred)]
                values = np.asarray(backends.to_numpy(ask(*fed)), dtype=np.float64)  # type: ignore[misc]
                if values.size == max(len(y_pred), rows) > 1:
                    return values.reshape(-1)[: len(y_pred)]
            found, asked = [], np.linspace(0, len(y_pred) - 1, min(len(y_pred), _ASKED)).astype(int)
            for at in asked.tolist():
                one = call(
                    backends.to_tensor(y_true[at : at + 1], model), backends.to_tensor(y_pred[at : at + 1], model)
                )
                found.append(float(np.mean(backends.to_numpy(one))))
                if time.monotonic() > deadline:
                    return None
        except Exception:
            return None
    return np.interp(np.arange(len(y_pred)), asked, found)


def _filled(array: np.ndarray, rows: int) -> np.ndarray:
    """The array with its last row repeated: on JAX a loss is not compiled once more for as many rows as the sample has."""
    return np.concatenate([array, np.repeat(array[-1:], max(rows - len(array), 0), axis=0)])


@contextlib.contextmanager
def _quiet(model: Any) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(left_as_found() if model is None else stateless(model))
        for backend in backends.loaded():
            stack.enter_context(backend.no_gradient())
            if not trains_elsewhere():
                stack.enter_context(backend.same_randomness())
        yield


def _as_tensors(x: Any, model: Any) -> Any:
    return mapped(x, lambda array: array if array.dtype.kind in "OUS" else backends.to_tensor(array, model))
