"""Keras' own metrics and what each takes its `y_pred` for, from their configuration.

Most metrics take values of any range, or only ask which class is highest. Those listed here compare with a threshold
that makes sense for probabilities, or compute a crossentropy. A metric of the user's own, or a subclass that does its
own update, is not judged.
"""

from __future__ import annotations

import functools
import inspect
import math
from typing import Any

from logit_magic import kerases
from logit_magic.expectation.catalogue import expectation_of
from logit_magic.facts import Expectation, Metric

# class in keras.metrics -> argument that holds what it compares with
_THRESHOLD = {
    "BinaryAccuracy": "threshold",
    "BinaryIoU": "threshold",
    "F1Score": "threshold",
    "FBetaScore": "threshold",
    "Precision": "thresholds",
    "Recall": "thresholds",
    "TruePositives": "thresholds",
    "TrueNegatives": "thresholds",
    "FalsePositives": "thresholds",
    "FalseNegatives": "thresholds",
}
# these try thresholds all over [0, 1]; Keras does not look whether y_pred lies there
_GRID = ("AUC", "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity")
_CROSSENTROPY = {
    "BinaryCrossentropy": "binary_crossentropy",
    "CategoricalCrossentropy": "categorical_crossentropy",
    "SparseCategoricalCrossentropy": "sparse_categorical_crossentropy",
    "KLDivergence": "kl_divergence",
}
_ALIASES = {"bce": "BinaryCrossentropy", **{n.lower(): n for n in (*_THRESHOLD, *_GRID, *_CROSSENTROPY)}}
_BY_HIGHEST = ("F1Score", "FBetaScore")  # without a threshold
_ACCURACY = ("accuracy", "acc")


def metric_of(given: Any, units: int | None, model: Any = None) -> Metric | None:
    """What one metric takes its `y_pred` for; None for one that takes any range, or that is not known.

    Args:
        given: one member of `compile(metrics=...)`: a string, class, object or function.
        units: length of the output's last axis; decides what the string "accuracy" stands for.
        model: the one that is compiled: its Keras resolves names.
    """
    keras = kerases.of(given if model is None else model)
    if isinstance(given, str):
        if given.lower() in _ACCURACY:
            return _accuracy(given) if units == 1 else None
        return _by_default(_ALIASES.get(given.lower().replace("_", ""), ""), given, repr(given), keras)
    if inspect.isclass(given):
        name = str(given.__name__)
        known = name if getattr(keras.metrics, name, None) is given else ""
        return _by_default(known, _snake(name), name, keras)
    if isinstance(given, keras.metrics.Metric):
        return _of_object(given, keras)
    return _of_function(given, {}, _name(given), keras)


def class_of(given: str, units: int | None) -> str:
    """The class in `keras.metrics` that a string stands for; "" where it is not one of those that are judged here.

    Args:
        given: as for `metric_of`, and so is `units`.
    """
    if given.lower() in _ACCURACY:
        return "BinaryAccuracy" if units == 1 else ""
    return _ALIASES.get(given.lower().replace("_", ""), "")


def _accuracy(given: str) -> Metric:
    """Keras resolves it by the shape of the output: over one unit it is BinaryAccuracy."""
    return Metric(given, f"{given!r} (BinaryAccuracy)", thresholds=(0.5,), remedy=_at_zero("BinaryAccuracy", 0.5))


def _by_default(known: str, name: str, written: str, keras: Any) -> Metric | None:
    """A metric that Keras makes itself, without arguments."""
    if known in _CROSSENTROPY:
        expectation = expectation_of(_CROSSENTROPY[known], None, keras)
        return Metric(name, written, expectation=expectation, remedy=_with_logits(expectation))
    if known in _GRID:
        return _grid(known, name, written)
    if known in _THRESHOLD and known not in _BY_HIGHEST:
        return Metric(name, written, thresholds=(0.5,), remedy=_at_zero(known, 0.5))
    return None


def _of_object(metric: Any, keras: Any) -> Metric | None:
    own = next((c for c in type(metric).__mro__ if getattr(keras.metrics, c.__name__, None) is c), None)
    if own is None or type(metric).update_state is not own.update_state:
        return None
    known, name = own.__name__, str(metric.name)
    arguments = dict(getattr(metric, "_fn_kwargs", None) or {})
    if known in _GRID:
        return None if getattr(metric, "_from_logits", False) else _grid(known, name, f"{known}()")
    if known in _THRESHOLD:
        argument = _THRESHOLD[known]
        compared = arguments[argument] if argument in arguments else getattr(metric, argument, None)
        return _compared(known, name, compared)
    if hasattr(metric, "_fn"):  # crossentropies, and functions and losses that Keras or the user wrapped
        return _of_function(metric._fn, arguments, name, keras)
    return None


def _compared(known: str, name: str, compared: Any) -> Metric | None:
    if compared is None:
        return None
    thresholds = tuple(float(t) for t in (compared if hasattr(compared, "__iter__") else (compared,)))
    shown = "" if thresholds == (0.5,) else ", ".join(f"{t:g}" for t in thresholds)
    remedy = _at_zero(known, thresholds[0]) if len(thresholds) == 1 else ""
    written, exact = f"{known}({shown and f'{_THRESHOLD[known]}={shown}'})", thresholds == (0.5,)
    return Metric(name, written, thresholds=thresholds, remedy=remedy, exact=exact)


def _of_function(function: Any, arguments: dict[str, Any], name: str, keras: Any) -> Metric | None:
    while isinstance(function, functools.partial) and not function.args:
        function, arguments = function.func, {**function.keywords, **arguments}
    if function is getattr(keras.metrics, "binary_accuracy", None):
        return _compared("BinaryAccuracy", name, arguments.get("threshold", 0.5))
    if not callable(function) or inspect.isclass(function):
        return None
    expectation = expectation_of(functools.partial(function, **arguments) if arguments else function, None, keras)
    if expectation.kind in ("any", "unknown") or expectation.family not in _CROSSENTROPY:
        return None
    flag = "from_logits=True" if expectation.kind.endswith("logits") else ""
    return Metric(name, f"{expectation.family}({flag})", expectation=expectation, remedy=_with_logits(expectation))


def _grid(known: str, name: str, written: str) -> Metric:
    remedy = "keras.metrics.AUC(from_logits=True)" if known == "AUC" else ""
    return Metric(name, written, thresholds=(0.0, 0.5, 1.0), remedy=remedy)


def _at_zero(known: str, threshold: float) -> str:
    """The same metric for logits: sigmoid(z) > t where z > ln(t / (1 - t)); "" where it does not take such a threshold."""
    if known in _BY_HIGHEST or not 0.0 < threshold < 1.0:
        return ""
    odds = math.log(threshold / (1.0 - threshold))
    if odds != 0.0 and known not in ("BinaryAccuracy", "BinaryIoU"):
        return ""  # the others take thresholds in [0, 1] alone
    return f"keras.metrics.{known}({_THRESHOLD[known]}={odds:.3g})"


def _with_logits(expectation: Expectation) -> str:
    """The same metric for the other reading."""
    if expectation.family == "KLDivergence":
        return ""
    flag = "" if expectation.kind.endswith("logits") else "from_logits=True"
    return f"keras.metrics.{expectation.family}({flag})"


def _name(function: Any) -> str:
    """The name under which Keras logs a function or loss."""
    name = getattr(function, "name", None) or getattr(function, "__name__", None) or type(function).__name__
    return _snake(str(name))


def _snake(name: str) -> str:
    if name == name.lower():
        return name
    return "".join(
        f"_{c.lower()}" if c.isupper() and i and not name[i - 1].isupper() else c.lower() for i, c in enumerate(name)
    )
