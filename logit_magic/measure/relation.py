"""What one array is to another: the same, a part of it, reshaped, or its softmax, sigmoid, logarithm, log-odds, multiple.

Told by values alone, so only what can hardly come about by chance is said: every element has to agree.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

Relation = Literal[
    "same", "rows", "part", "columns", "values", "softmax", "sigmoid", "log-softmax", "log", "log-odds", "scaled", "shifted"
]  # fmt: skip
_FEW = 4  # different numbers that are found again one by one: fewer may be chance
Array = Any  # numpy.ndarray: its stubs' element types say nothing here
_TOLERANCE: dict[str, Any] = {"rtol": 1e-3, "atol": 1e-5}


def relation(found: Array, raw: Array) -> Relation | None:
    """What `found` is to `raw`, or None.

    "rows": vectors along the last axis, each of them one of `raw`'s. "part": the other way round, so `found` holds others
    beside them. "columns": neighbours on the last axis. "values": the same ones in other rows. "shifted": by a vector.

    Args:
        found, raw: `(rows, …)`; where one has more rows, the others are compared with its first ones.
    """
    if found.ndim == 0 or raw.ndim == 0 or found.size < 2 or not (_says_much(found) and _says_much(raw)):
        return None
    found, raw = found.astype(np.float64), raw.astype(np.float64)
    rows = min(len(found), len(raw))
    if found[:1].size == raw[:1].size:
        near = _elementwise(found[:rows].reshape(raw[:rows].shape), raw[:rows])
        if near is not None:
            return near
        if found.shape[1:] == raw.shape[1:] and _is_among(found, raw):
            return "rows"
    elif _is_slice(found[:rows], raw[:rows]):
        return "columns"
    return _rearranged(found, raw)


def _rearranged(found: Array, raw: Array) -> Relation | None:
    """Values that were copied one by one, or moved by the same vector."""
    some, all_of = _vectors(found), _vectors(raw)
    if some.shape[1] == all_of.shape[1]:
        if _are_in(some, all_of) or (len(found) > len(raw) and _are_in(_vectors(found[: len(raw)]), all_of)):
            return "rows"
        if _are_in(all_of, some):
            return "part"
    elif found.size == raw.size > _FEW and np.array_equal(found.ravel(), raw.ravel()):
        return "values"
    return "shifted" if found.shape == raw.shape and _is_shifted(some, all_of) else None


def _vectors(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1] if array.ndim > 1 else 1)


def _are_in(some: Array, vectors: Array) -> bool:
    """Each of some vectors, of which there are several different ones, is among the others."""
    known = {vector.tobytes() for vector in vectors + 0.0}  # + 0.0: no negative zero
    wanted = {vector.tobytes() for vector in some + 0.0}
    return wanted <= known and len(wanted) >= (_FEW if some.shape[1] == 1 else 2)


def _is_shifted(found: Array, raw: Array) -> bool:
    """The same vector was added to every vector."""
    moved = found - raw
    slack = 1e-5 * max(1.0, float(np.abs(raw).max()))
    return len(raw) >= _FEW and bool(np.ptp(moved, axis=0).max() < slack < np.ptp(raw, axis=0).max())


def _says_much(array: Array) -> bool:
    return bool(np.isfinite(array).all()) and array.min() != array.max()


def _elementwise(found: Array, raw: Array) -> Relation | None:
    if np.allclose(found, raw, rtol=1e-5, atol=1e-7):
        return "same"
    with np.errstate(all="ignore"):
        if found.min() >= 0.0 and found.max() <= 1.0:
            if raw.shape[-1] > 1 and _is_softmax(found, raw):
                return "softmax"
            if np.allclose(found, 1.0 / (1.0 + np.exp(-raw)), **_TOLERANCE):
                return "sigmoid"
        if found.max() <= 0.0 and raw.shape[-1] > 1:
            peak = raw.max(-1, keepdims=True)
            if np.allclose(found, raw - peak - np.log(np.exp(raw - peak).sum(-1, keepdims=True)), **_TOLERANCE):
                return "log-softmax"
        if raw.min() >= 0.0 and raw.max() <= 1.0:
            inside = np.clip(raw, 1e-7, 1 - 1e-7)
            if np.allclose(found, np.log(inside), rtol=1e-2, atol=1e-2):
                return "log"
            if np.allclose(found, np.log(inside / (1.0 - inside)), rtol=1e-2, atol=1e-2):
                return "log-odds"
    return "scaled" if found.size > 3 and _is_multiple(found, raw) else None


def _is_softmax(found: Array, raw: Array) -> bool:
    """softmax(s * raw) for some s > 0: log-ratios within a row are then s times the differences of raw."""
    if not np.allclose(found.sum(-1), 1.0, atol=1e-3) or found.min() < 1e-30:
        return False
    ratios = np.log(found) - np.log(found[..., :1])
    return _is_multiple(ratios[..., 1:], (raw - raw[..., :1])[..., 1:])


def _is_multiple(found: Array, raw: Array) -> bool:
    """found = s * raw for one s > 0."""
    norm = float((raw * raw).sum())
    scale = float((found * raw).sum()) / norm if norm > 0.0 else 0.0
    return (
        scale > 0.0 and found.size > 1 and np.allclose(found, scale * raw, rtol=1e-3, atol=1e-3 * np.abs(found).max())
    )


def _is_among(found: Array, raw: Array) -> bool:
    """All rows of the one stand next to each other in the other."""
    for start in np.flatnonzero(np.isclose(raw.reshape(len(raw), -1), found.reshape(len(found), -1)[0]).all(1)):
        part = raw[start : start + len(found)]
        if len(part) == len(found) and np.allclose(part, found, rtol=1e-5, atol=1e-7):
            return True
    return False


def _is_slice(found: Array, raw: Array) -> bool:
    """Neighbouring entries of the last axis."""
    if found.ndim == raw.ndim - 1:
        found = found[..., None]
    if found.ndim != raw.ndim or found.shape[:-1] != raw.shape[:-1] or found.shape[-1] >= raw.shape[-1]:
        return False
    width = found.shape[-1]
    starts = range(raw.shape[-1] - width + 1)
    return any(np.allclose(raw[..., i : i + width], found, rtol=1e-5, atol=1e-7) for i in starts)
