"""A few rows of a sample under both readings of the loss, cut down to each row's largest classes.

A reading is kept as scores, so that a temperature can be put on it later: the probabilities are the softmax of the
scores ("softmax"), their exponential ("as is": the loss takes what it gets for probabilities), or the sigmoid of each
("sigmoid"). What the classes that were left out weigh is kept as a coarse histogram of their scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

KEPT = 30
"""Most classes kept of a row, beside its true ones."""
ITEMS = 256
"""Most rows, or positions in rows, that are kept."""
_ELEMENTS = 2_560_000
_BINS = 32

Array = Any  # numpy.ndarray: its stubs' element types say nothing here
How = Literal["softmax", "as is", "sigmoid"]


@dataclass(frozen=True, slots=True, eq=False)
class Rest:
    """The scores of the classes that a row does not show.

    Attributes:
        scores: (items, bins) mean score of each bin.
        counts: (items, bins) how many classes fell into it.
        shift: (items,) what the log of their summed exponentials lacks at temperature 1.
    """

    scores: Array
    counts: Array
    shift: Array


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One way to take the outputs.

    Attributes:
        name: "as configured" or "if right".
        how: what makes probabilities of the scores, see the module.
        scores: (items, kept) float32.
        rest: of the classes not kept; None where all are.
        losses: (items,) crossentropy of the true classes in nats, NaN where it is not finite; None without labels.
    """

    name: str
    how: How
    scores: Array
    rest: Rest | None
    losses: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the explorer shows.

    Attributes:
        places: which row of the sample each item is, e.g. "row 3" or "row 3, position 4, 7".
        classes: number of classes, or of independent units.
        ids: (items, kept) int32 class ids, ascending; -1 fills rows that have fewer.
        raw: (items, kept) float32 what the model emitted; NaN for a class that is only implied.
        truth: the true class ids of each item; None without labels that fit.
        readings: as configured first; empty where the loss takes any range.
        margins: (items,) log-odds of the true class, by the right reading where there is one; None without labels.
        names: of the classes; () where not known.
        independent: each unit answers a yes-or-no question of its own.
        one_unit: the two classes are what a single yes-or-no unit means.
    """

    places: tuple[str, ...]
    classes: int
    ids: Array
    raw: Array
    truth: tuple[tuple[int, ...], ...] | None
    readings: tuple[Reading, ...]
    margins: Array | None
    names: tuple[str, ...] = ()
    independent: bool = False
    one_unit: bool = False


@np.errstate(all="ignore")
def rows_of(
    raw: Array,
    readings: tuple[tuple[str, How, Array], ...],
    labels: Array | None,
    *,
    axis: int = -1,
    names: tuple[str, ...] = (),
) -> Rows:
    """Keep at most 256 items of a batch.

    Args:
        raw: `(rows, …, classes)`, the class axis at `axis`.
        readings: (name, how, scores shaped like `raw`), as configured first.
        labels: class ids `(rows, …)` or `(rows, …, 1)`, or a column per class, shaped like `raw`; else they are left out.
        axis: the class axis.
        names: of the classes, as many as there are, else they are left out.
    """
    classes = raw.shape[axis]
    flat = _flat(raw, axis)
    chosen = _chosen(len(flat), classes)
    independent = any(how == "sigmoid" for _, how, _ in readings) and classes > 1
    truth = _truth(labels, raw.shape, axis, chosen, independent)
    scores = [(name, how, _flat(array, axis)[chosen]) for name, how, array in readings]
    shown = flat[chosen]
    one_unit = classes == 1 and any(how == "sigmoid" for _, how, _ in readings)
    if one_unit:
        # softmax over (0, z) is (1 - sigmoid(z), sigmoid(z)): the one unit is shown as the two classes that it means
        shown = np.concatenate([np.full_like(shown, np.nan), shown], axis=1)
        scores = [(name, "softmax", np.concatenate([np.zeros_like(z), z], axis=1)) for name, _, z in scores]
        classes = 2
    ids = _largest(scores[-1][2] if scores else shown, truth)
    right = scores[-1] if scores else None
    margins = None if truth is None or right is None or independent else _margins(right[2], right[1], truth)
    return Rows(
        places=_places(raw.shape, axis, chosen),
        classes=classes,
        ids=ids,
        raw=_taken(shown, ids),
        truth=truth,
        readings=tuple(_reading(name, how, z, ids, truth) for name, how, z in scores),
        margins=margins,
        names=names if len(names) == classes else (),
        independent=independent,
        one_unit=one_unit,
    )


def _flat(array: Array, axis: int) -> Array:
    moved = np.moveaxis(array, axis, -1)
    return moved.reshape(-1, moved.shape[-1])


def _chosen(items: int, classes: int) -> Array:
    most = max(1, min(ITEMS, items, _ELEMENTS // max(classes, 1)))
    return np.linspace(0, items - 1, most).astype(int)


def _places(shape: tuple[int, ...], axis: int, chosen: Array) -> tuple[str, ...]:
    outer = [d for at, d in enumerate(shape) if at != axis % len(shape)]
    found = []
    for row, *position in np.stack(np.unravel_index(chosen, outer), axis=-1).tolist():
        where = f", position {', '.join(map(str, position))}" if any(d > 1 for d in outer[1:]) else ""
        found.append(f"row {row}{where}")
    return tuple(found)


def _truth(
    labels: Array | None, shape: tuple[int, ...], axis: int, chosen: Array, independent: bool
) -> tuple[tuple[int, ...], ...] | None:
    """The true classes of each chosen item; None where the labels do not fit."""
    if labels is None or getattr(labels, "dtype", np.dtype("O")).kind not in "biuf":
        return None
    classes = shape[axis]
    items = int(np.prod(shape)) // max(classes, 1)
    if labels.shape == shape and classes > 1:
        columns = _flat(labels, axis)[chosen]
        if independent:
            return tuple(tuple(np.flatnonzero(row > 0.5).tolist()) for row in columns)
        return tuple((int(at),) for at in np.argmax(columns, axis=1))
    if labels.size != items or independent:
        return None
    ids = labels.reshape(-1)[chosen].astype("float64")
    if classes == 1:
        ids = ids > 0.5
    return tuple((int(each),) if np.isfinite(each) else () for each in ids)


def _largest(scores: Array, truth: tuple[tuple[int, ...], ...] | None) -> Array:
    """The ids of each row's largest scores and of its true classes, ascending."""
    classes = scores.shape[1]
    if classes <= KEPT:
        return np.broadcast_to(np.arange(classes, dtype="int32"), scores.shape)
    comparable = np.where(np.isnan(scores), np.inf, scores)
    top = np.argpartition(comparable, classes - KEPT, axis=1)[:, classes - KEPT :]
    ids = np.full((len(scores), KEPT + 1), -1, dtype="int32")
    for at, row in enumerate(top):
        true = () if truth is None else tuple(t for t in truth[at] if 0 <= t < classes)[:1]
        kept = np.union1d(row, np.array(true, dtype=row.dtype))
        ids[at, : len(kept)] = kept
    return ids


def _taken(array: Array, ids: Array) -> Array:
    taken = np.take_along_axis(array, np.maximum(ids, 0), axis=1)
    return np.where(ids >= 0, taken, np.nan).astype("float32")


def _reading(name: str, how: How, scores: Array, ids: Array, truth: tuple[tuple[int, ...], ...] | None) -> Reading:
    whole = scores.shape[1] <= KEPT
    losses = None if truth is None else _losses(scores, how, truth)
    return Reading(name, how, _taken(scores, ids), None if whole else _rest(scores, ids, how), losses)


def _rest(scores: Array, ids: Array, how: How) -> Rest:
    means, counts = np.zeros((len(scores), _BINS), "float32"), np.zeros((len(scores), _BINS), "float32")
    shift = np.zeros(len(scores), "float32")
    for at, row in enumerate(scores):
        left = np.delete(row, ids[at][ids[at] >= 0])
        left = left[np.isfinite(left)].astype("float64")
        if not left.size:
            continue
        low, high = left.min(), left.max()
        width = (high - low) / _BINS or 1.0
        bins = np.minimum(((left - low) / width).astype(int), _BINS - 1)
        counts[at] = np.bincount(bins, minlength=_BINS)
        sums = np.bincount(bins, weights=left, minlength=_BINS)
        means[at] = sums / np.maximum(counts[at], 1.0)
        if how != "sigmoid":
            shift[at] = _log_sum(left) - _log_sum(means[at] + _log(counts[at]))
    return Rest(means, counts, shift)


def _losses(scores: Array, how: How, truth: tuple[tuple[int, ...], ...]) -> Array:
    """Crossentropy in nats of each row; the mean over its units where they are independent."""
    found = np.full(len(scores), np.nan, "float32")
    for at, (row, true) in enumerate(zip(scores.astype("float64"), truth, strict=True)):
        if how == "sigmoid":
            right = np.where(np.isin(np.arange(len(row)), true), row, -row)
            found[at] = np.mean(np.logaddexp(0.0, -right))
        elif true and 0 <= true[0] < len(row):
            found[at] = -row[true[0]] + (_log_sum(row) if how == "softmax" else 0.0)
    return found


def _margins(scores: Array, how: How, truth: tuple[tuple[int, ...], ...]) -> Array:
    found = np.full(len(scores), np.nan, "float32")
    for at, (row, true) in enumerate(zip(scores.astype("float64"), truth, strict=True)):
        if true and 0 <= true[0] < len(row) > 1:
            found[at] = row[true[0]] - _log_sum(np.delete(row, true[0]))
    return found


def _log(counts: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(counts)


def _log_sum(values: Array) -> float:
    """log of the sum of exponentials; NaN where a value is NaN or +inf."""
    top = float(np.max(values))
    if not np.isfinite(top):
        return top if top == -np.inf else np.nan
    return top + float(np.log(np.sum(np.exp(values - top))))
