"""What the panel explores of a measured pair: a few rows under both readings, and the real loss along its margin."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np

from logit_magic.explore.curve import Curve, Emitted, curve_of, emissions, grid
from logit_magic.explore.rows import How, rows_of
from logit_magic.explore.study import Study
from logit_magic.facts import Emission, Expectation
from logit_magic.measure.distributions import as_configured, if_right
from logit_magic.measure.forward import loss_values

_SECONDS = 0.8  # for a loss that has to be asked point by point
_CLASSES = {"class-logits", "class-probabilities"}
_NAMES = 10_000  # of classes; more are not looked for in a namespace
_SHELL = {"In", "Out", "get_ipython", "exit", "quit", "open"}  # IPython's own: `In` is a list of different strings

Array = Any  # numpy.ndarray: its stubs' element types say nothing here


@np.errstate(all="ignore")
def study_of(
    raw: Array,
    emission: Emission,
    expectation: Expectation,
    labels: Any,
    call: Callable[[Any, Any], Any] | None,
    model: Any,
    *,
    namespace: Mapping[str, Any] | None = None,
    clips_first: bool = False,
) -> Study | None:
    """The study of one pair; None where it cannot be made, which takes nothing from the report.

    Args:
        raw: `(rows, …, classes)` float32, the model's outputs.
        emission, expectation: the two sides.
        labels: that belong to `raw`, or None.
        call: (y_true, y_pred) -> loss; None where it cannot be called.
        model: the one that the loss is for.
        namespace: where to look for names of the classes.
        clips_first: see `distributions`.
    """
    axis = expectation.axis if -raw.ndim <= expectation.axis < raw.ndim else -1
    try:
        labels = None if labels is None else np.asarray(labels)
        names = class_names(namespace or {}, 2 if raw.shape[axis] == 1 else raw.shape[axis])
        readings = _readings(raw, emission, expectation, axis, clips_first)
        rows = rows_of(raw, readings, labels, axis=axis, names=names)
        ticks = None if rows.margins is None else rows.margins
        curve = None if call is None else _curve(raw.shape, axis, emission, expectation, call, model, ticks)
    except Exception:
        return None
    return Study(rows, curve)


def _readings(
    raw: Array, emission: Emission, expectation: Expectation, axis: int, clips_first: bool
) -> tuple[tuple[str, How, Array], ...]:
    """As configured and if right, each as (name, how, scores)."""
    right = if_right(raw, emission, expectation, axis)
    named = [("as configured", raw)]
    if right is not None and right is not raw:
        named.append(("if right", right))
    return tuple(r for name, values in named for r in _scored(name, values, expectation, axis, clips_first))


def _scored(
    name: str, values: Array, expectation: Expectation, axis: int, clips_first: bool
) -> tuple[tuple[str, How, Array], ...]:
    if expectation.kind == "class-logits":
        return ((name, "softmax", values),)
    if expectation.kind == "binary-logits":
        return ((name, "sigmoid", values),)
    p = as_configured(values, expectation, axis, clips_first)
    if p is None:
        return ()
    with np.errstate(divide="ignore", invalid="ignore"):
        if expectation.kind == "binary-probabilities":
            return ((name, "sigmoid", np.log(p) - np.log1p(-p)),)
        return ((name, "as is", np.log(p)),)


def _curve(
    shape: tuple[int, ...],
    axis: int,
    emission: Emission,
    expectation: Expectation,
    call: Callable[[Any, Any], Any],
    model: Any,
    ticks: Array | None,
) -> Curve | None:
    """The real loss at every margin, fed with plain arrays under both readings."""
    categorical, classes = expectation.kind in _CLASSES, shape[axis]
    if (
        emission.kind not in get_args(Emitted)
        or expectation.kind in ("any", "unknown")
        or (categorical and classes == 1)
    ):
        return None
    kind: Any = emission.kind
    if categorical and kind == "independent-probabilities":
        return None  # what one unit holds says nothing of the others
    if not categorical and kind != "logits" and kind != "independent-probabilities":
        return None
    margins = grid(classes if categorical else 1, ticks)
    size = classes if categorical else 1
    named: list[tuple[str, Array]] = []
    labelled = ((0, ""),) if categorical else ((1, ""), (0, ", label 0"))
    for label, suffix in labelled:
        raw = emissions(margins if label or categorical else -margins, size, kind)
        placed = _placed(raw, len(shape), axis)
        right = if_right(placed, emission, expectation, axis)
        y = _labels(expectation, len(margins), len(shape), axis, size, label)
        for name, fed in (("as configured", placed), ("if right", right)):
            if fed is None or (name == "if right" and fed is placed):
                continue
            rows = max(shape[0], len(margins)) if len(shape) == 2 else len(margins)
            losses = loss_values(call, y, fed, model, time.monotonic() + _SECONDS, rows)
            if losses is not None:
                named.append((name + suffix, losses))
    return curve_of(margins, _distinct(named), ticks, not categorical, bounded=size == 1 or kind != "logits")


def _distinct(named: list[tuple[str, Array]]) -> tuple[tuple[str, Array], ...]:
    """Both labels of a binary loss share a line where they cost the same."""
    found: dict[str, Array] = {}
    for name, losses in sorted(named, key=lambda one: one[0].endswith("label 0")):
        twin = found.get(name.removesuffix(", label 0"))
        if name.endswith("label 0") and twin is not None and np.allclose(twin, losses, rtol=1e-3, atol=1e-3):
            continue
        found[name] = losses
    order = sorted(found, key=lambda name: name.startswith("if right"))
    return tuple((name, found[name]) for name in order)


def _placed(raw: Array, rank: int, axis: int) -> Array:
    """(points, classes) as an output of the model's rank."""
    shape = [len(raw)] + [1] * (rank - 1)
    shape[axis] = raw.shape[1]
    return raw.reshape(shape)


def _labels(expectation: Expectation, points: int, rank: int, axis: int, classes: int, label: int) -> Array:
    if expectation.labels == "sparse":
        return np.zeros((points, *[1] * (rank - 2)), "int32")
    if expectation.kind in _CLASSES:
        one_hot = np.zeros((points, classes), "float32")
        one_hot[:, 0] = 1.0
        return _placed(one_hot, rank, axis)
    return np.full((points, *[1] * (rank - 1)), float(label), "float32")


def class_names(namespace: Mapping[str, Any], classes: int) -> tuple[str, ...]:
    """The one list of as many different strings that a namespace holds; () where there is none, or more than one.

    What IPython itself puts there is not the user's: the cells typed so far would name the classes.
    """
    if not 1 < classes <= _NAMES:
        return ()
    found: set[tuple[str, ...]] = set()
    for name, value in list(namespace.items()):
        array = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "UO"
        if (
            name.startswith("_")
            or name in _SHELL
            or not (array or isinstance(value, (list, tuple)))
            or len(value) != classes
        ):
            continue
        if all(isinstance(each, str) for each in value) and len(set(value)) == classes:
            found.add(tuple(map(str, value)))
    return found.pop() if len(found) == 1 else ()
