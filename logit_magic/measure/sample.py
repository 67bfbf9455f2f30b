"""A bounded batch to look at: from `fit`, from named arrays, from the namespace, or made up; and where it came from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic import backends
from logit_magic.discovery.namespace import is_users_class
from logit_magic.foreign import class_name, first_line
from logit_magic.structure import mapped

ROWS = 256
_BYTES = 64 * 2**20  # of one array's copy: a first batch, kept small
_FREE_AXIS = 16  # length given to an input axis of no fixed size, for made-up input


@dataclass(frozen=True, slots=True)
class Sample:
    """A batch. `x`, `y` and `weights` are arrays or structures of arrays with as many rows; the last two may be None.

    Attributes:
        named: the user named these very arrays for the check.
    """

    x: Any
    y: Any
    rows: int
    source: str
    synthetic: bool = False
    weights: Any = None
    named: bool = False


def take(x: Any, y: Any = None, rows: int = ROWS, weights: Any = None, *, named: bool = False) -> Sample | str:
    """Copy the first rows of what was passed to `fit`; a string says why that was not possible.

    Arrays, tensors, lists, data frames and structures of them are copied; data sets made of arrays in memory are looked
    through. Iterators, generators and data sets that compute are left alone: to read from them would use them up. So are
    objects of the user's own classes, which might print or count when read, unless they were `named` for it.
    """
    try:
        if not named:
            _require_readable((x, y, weights))
        for backend in backends.loaded():
            arrays = backend.dataset_arrays(x)
            if arrays is not None:
                x, y, weights = _split(arrays)
        few_x = _head(x, rows)
        few_y, few_weights = (None if part is None else _head(part, rows) for part in (y, weights))
        lengths = _rows(x), _rows(x if y is None else y)
        count = _rows(few_x)
        # of large rows fewer are copied than of their labels
        few_x, few_y, few_weights = (None if p is None else cut(p, 0, count) for p in (few_x, few_y, few_weights))
    except _NotArraysError as problem:
        return str(problem)
    except Exception as error:
        return f"reading its first rows raised {type(error).__name__}: {first_line(error, 100)}"
    if count == 0:
        return "it has no rows"
    if lengths[0] != lengths[1]:
        return f"x has {lengths[0]} rows where y has {lengths[1]}"
    return Sample(few_x, few_y, count, f"the first {count} rows passed to fit", weights=few_weights, named=named)


class _NotArraysError(Exception):
    """Why something cannot be read as arrays without using it up."""


def _split(arrays: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample weights) of what a data set yields."""
    if isinstance(arrays, (tuple, list)) and arrays:
        return (*arrays, None, None)[:3]
    return arrays, None, None


def _head(data: Any, rows: int) -> Any:
    if isinstance(data, Mapping):
        return {key: _head(member, rows) for key, member in data.items()}
    if isinstance(data, (tuple, list)) and data and hasattr(data[0], "shape") and np.ndim(data[0]) > 0:
        return type(data)(_head(member, rows) for member in data)
    if isinstance(data, (list, tuple)):
        return np.asarray(data[:rows])
    if hasattr(data, "iloc"):  # a data frame or series: by position, whatever its index is
        return np.array(data.iloc[:rows])
    if not hasattr(data, "shape") or not hasattr(data, "__getitem__"):
        raise _NotArraysError(f"a {type(data).__name__} is not read: that could use it up")
    shape = tuple(data.shape)
    if not shape:
        raise _NotArraysError("a single number is no batch")
    row_bytes = max(math.prod(int(d) for d in shape[1:]) * 8, 1)
    return np.array(backends.to_numpy(data[: max(1, min(rows, _BYTES // row_bytes))]))


def _require_readable(data: Any) -> None:
    """What a class of the user's own does when it is read is not known: it might print, count or never return."""
    if is_users_class(type(data)):
        raise _NotArraysError(f"a {class_name(type(data))} is not read: its class is the user's own")
    if type(data) in (list, tuple):
        for member in data[:ROWS]:
            _require_readable(member)
    elif type(data) is dict:
        for member in data.values():
            _require_readable(member)


def _rows(data: Any) -> int:
    if isinstance(data, Mapping):
        return min((_rows(member) for member in data.values()), default=0)
    if isinstance(data, (tuple, list)) and data and hasattr(data[0], "shape") and np.ndim(data[0]) > 0:
        return min(_rows(member) for member in data)
    if isinstance(data, (tuple, list)):
        return len(data)
    return int(data.shape[0]) if data.shape else 0


def cut(data: Any, start: int, stop: int) -> Any:
    """Rows start … stop of a structure of arrays."""
    return mapped(data, lambda array: array[start:stop])


def from_namespace(
    namespace: Mapping[str, Any], input_shape: Any, label_shapes: Iterable[tuple[int | None, ...]], rows: int
) -> Sample | None:
    """Arrays of the namespace whose shapes fit the model's input and its labels.

    Args:
        namespace: names and what they are bound to; only arrays, tensors and data frames are looked at.
        input_shape: of the model's single input, with the batch axis; None where there is not one such.
        label_shapes: shapes, without the batch axis, that labels may have.
        rows: at most so many are copied.

    Returns:
        the sample, or None where no array fits. Of several that fit the one bound last is taken, and the source says so.
    """
    if not isinstance(input_shape, tuple) or len(input_shape) < 2:
        return None
    arrays = {n: v for n, v in list(namespace.items()) if type(n) is str and not n.startswith("_") and _is_array(v)}
    inputs = [n for n, v in reversed(arrays.items()) if _fits(tuple(v.shape), input_shape)]
    wanted = list(label_shapes)
    among = ", the last bound of several that fit" if len(inputs) > 1 else ""
    for name in inputs:
        count = arrays[name].shape[0]
        if count < 2:
            continue
        for label, array in reversed(arrays.items()):
            if label != name and array.shape[0] == count and any(_fits(tuple(array.shape[1:]), w) for w in wanted):
                taken = take(arrays[name], array, rows)
                if isinstance(taken, Sample):
                    return Sample(taken.x, taken.y, taken.rows, f"arrays {name} and {label} of the namespace{among}")
    for name in inputs:
        taken = take(arrays[name], None, rows)
        if isinstance(taken, Sample):
            return Sample(taken.x, None, taken.rows, f"array {name} of the namespace{among}, without labels")
    return None


def _is_array(value: Any) -> bool:
    if is_users_class(type(value)):
        return False
    return isinstance(value, np.ndarray) or any(backend.is_tensor(value) for backend in backends.loaded())


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w is None or w == d for d, w in zip(shape, wanted, strict=True))


def synthetic(inputs: Any, vocabulary: int | None, rows: int = 32) -> Sample | None:
    """Seeded input that fits the model's input: normal numbers, or ids below the vocabulary's size.

    Args:
        inputs: (shape, dtype) of each input in a structure of lists and dicts; shapes with the batch axis.
        vocabulary: number of ids that the model's smallest embedding knows; None without one.
        rows: how many rows to make.
    """
    generator = np.random.default_rng(0)

    def make(spec: Any) -> Any:
        if isinstance(spec, dict):
            return {key: make(member) for key, member in spec.items()}
        if isinstance(spec, list):
            return [make(member) for member in spec]
        shape, dtype = spec
        size = (rows, *(_FREE_AXIS if d is None else d for d in shape[1:]))
        if vocabulary is not None:
            return generator.integers(0, vocabulary, size).astype("int32")
        if dtype.startswith(("int", "uint", "bool")):
            return generator.integers(0, 2, size).astype(dtype)
        return generator.standard_normal(size).astype("float32")

    try:
        return Sample(make(inputs), None, rows, "seeded synthetic input: no data was at hand", synthetic=True)
    except (TypeError, ValueError):
        return None
