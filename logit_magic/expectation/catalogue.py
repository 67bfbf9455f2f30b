"""Keras' own losses and what each expects, from its configuration.

The configuration is read where the loss itself reads it, in the arguments that it calls its function with: an
attribute such as `loss.from_logits` can be set later without any effect on what is computed.
"""

from __future__ import annotations

import functools
import inspect
import sys
from dataclasses import dataclass
from typing import Any, Literal

from logit_magic import backends, kerases
from logit_magic.facts import Evidence, Expectation, Expects, LabelFormat
from logit_magic.foreign import first_line


@dataclass(frozen=True, slots=True)
class Entry:
    """One family of losses: what it expects with and without `from_logits`.

    Attributes:
        family: the class in `keras.losses`.
        plain: what it expects by default.
        with_flag: what it expects with `from_logits=True`; None where it has no such flag.
        rescuable_from: see `logit_magic.facts.Expectation`.
    """

    family: str
    plain: Expects
    with_flag: Expects | None = None
    labels: LabelFormat = "any"
    renormalises: bool = False
    distribution: bool = False
    rescuable_from: Literal["", "softmax", "sigmoid"] = ""


_CLASS: tuple[Expects, Expects] = ("class-probabilities", "class-logits")
_BINARY: tuple[Expects, Expects] = ("binary-probabilities", "binary-logits")

# function in keras.losses -> entry
ENTRIES: dict[str, Entry] = {
    "sparse_categorical_crossentropy": Entry(
        "SparseCategoricalCrossentropy", *_CLASS, labels="sparse", renormalises=True, rescuable_from="softmax"
    ),
    "categorical_crossentropy": Entry(
        "CategoricalCrossentropy", *_CLASS, labels="one-hot", renormalises=True, rescuable_from="softmax"
    ),
    "categorical_focal_crossentropy": Entry(
        "CategoricalFocalCrossentropy", *_CLASS, labels="one-hot", renormalises=True
    ),
    "binary_crossentropy": Entry("BinaryCrossentropy", *_BINARY, labels="binary", rescuable_from="sigmoid"),
    "binary_focal_crossentropy": Entry("BinaryFocalCrossentropy", *_BINARY, labels="binary"),
    "categorical_generalized_cross_entropy": Entry(
        "CategoricalGeneralizedCrossEntropy", "class-probabilities", labels="sparse"
    ),
    "ctc": Entry("CTC", "class-logits", labels="sparse"),
    "kl_divergence": Entry("KLDivergence", "class-probabilities", labels="one-hot", distribution=True),
    "dice": Entry("Dice", "binary-probabilities"),
    "tversky": Entry("Tversky", "binary-probabilities"),
    **{
        name: Entry(family, "any")
        for name, family in {
            "mean_squared_error": "MeanSquaredError",
            "mean_absolute_error": "MeanAbsoluteError",
            "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
            "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
            "cosine_similarity": "CosineSimilarity",
            "log_cosh": "LogCosh",
            "huber": "Huber",
            "hinge": "Hinge",
            "squared_hinge": "SquaredHinge",
            "categorical_hinge": "CategoricalHinge",
            "poisson": "Poisson",
            "circle": "Circle",
        }.items()
    },
}
_AUTOMATIC = ("crossentropy", "ce")


def expectation_of(loss: Any, units: int | None = None, keras: Any = None) -> Expectation:
    """What a loss expects, as far as its configuration tells.

    Args:
        loss: anything that `compile(loss=...)` takes for one output: a string, class, object, function or config.
        units: length of the output's last axis; decides what the string "crossentropy" stands for.
        keras: the one that resolves strings and configs; None for the one that is loaded.

    Returns:
        an `Expectation`; of kind "unknown" with the reason where the loss is not one of Keras' own.
    """
    shown = written(loss)
    if isinstance(loss, str) and loss.lower() in _AUTOMATIC:
        name = "binary_crossentropy" if units == 1 else "categorical_crossentropy"
        return _expectation(ENTRIES[name], shown, {}, f"Keras resolves {shown} by the shapes of labels and output")
    resolved, problem = _resolved(loss, keras or kerases.of(loss))
    if problem:
        return Expectation("unknown", loss=shown, reason=problem)
    function, arguments = _function_and_arguments(resolved)
    name = _names_by_id().get(id(function), "")
    if name:
        return _expectation(ENTRIES[name], shown, arguments, _how_known(name, arguments))
    foreign = next((f for f in backends.losses() if f.function is function), None) if is_call(resolved) else None
    if foreign is not None:
        statement = f"{foreign.name} takes {_plain_words(foreign.kind)}"
        axis = arguments.get("axis", foreign.axis)
        return Expectation(
            foreign.kind,
            loss=shown,
            labels=foreign.labels,
            axis=axis if isinstance(axis, int) else -1,
            evidence=(Evidence(statement, "proved"),),
        )
    return Expectation(
        "unknown", loss=shown, reason=f"{shown} is not one of Keras' own losses, so its config says nothing"
    )


def _expectation(entry: Entry, shown: str, arguments: dict[str, Any], statement: str) -> Expectation:
    flag = entry.with_flag is not None and bool(arguments.get("from_logits", False))
    kind = entry.with_flag if flag and entry.with_flag is not None else entry.plain
    axis, ignored = arguments.get("axis", -1), arguments.get("ignore_class")
    return Expectation(
        kind=kind,
        loss=shown,
        family=entry.family,
        labels=entry.labels,
        axis=axis if isinstance(axis, int) else -1,
        renormalises=entry.renormalises and not flag,
        distribution=entry.distribution,
        ignore_class=None if ignored is None else int(ignored),
        rescuable_from=entry.rescuable_from if flag else "",
        evidence=(Evidence(statement, "proved"),),
    )


def _how_known(name: str, arguments: dict[str, Any]) -> str:
    entry = ENTRIES[name]
    if entry.with_flag is None:
        return f"keras.losses.{entry.family} has no from_logits: it always takes {_plain_words(entry.plain)}"
    given = bool(arguments.get("from_logits", False))
    default = "" if "from_logits" in arguments else ", the default"
    return f"from_logits={given}{default}: it takes {_plain_words(entry.with_flag if given else entry.plain)}"


def _plain_words(kind: Expects) -> str:
    return "values of any range" if kind == "any" else kind.replace("-", " ")


def _resolved(loss: Any, keras: Any) -> tuple[Any, str]:
    """The object that Keras would make of what was given to `compile`, or why there is none."""
    if not isinstance(loss, (str, dict)) and not inspect.isclass(loss):
        return loss, ""
    try:
        return keras.losses.get(loss), ""
    except Exception as error:
        return None, f"keras.losses.get could not make a loss of {written(loss)}: {first_line(error)}"


def arguments_of(loss: Any) -> dict[str, Any]:
    """What a loss object gives its function beside labels and predictions, e.g. `label_smoothing`."""
    return _function_and_arguments(loss)[1]


def _function_and_arguments(loss: Any) -> tuple[Any, dict[str, Any]]:
    """The function that a loss calls in the end, and with which arguments beside the labels and predictions."""
    if isinstance(loss, functools.partial) and not loss.args:
        function, arguments = _function_and_arguments(loss.func)
        return function, {**arguments, **loss.keywords}
    base = kerases.of(loss).losses.Loss
    if isinstance(loss, base):
        wrapper = next((c for c in type(loss).__mro__ if c.__name__ == "LossFunctionWrapper"), None)
        untouched = wrapper is not None and type(loss).call is wrapper.call and "call" not in vars(loss)  # type: ignore[attr-defined]
        if not untouched or type(loss).__call__ is not base.__call__:
            return None, {}
        function, arguments = _function_and_arguments(loss.fn)
        return function, {**arguments, **(getattr(loss, "_fn_kwargs", None) or {})}
    return loss, {}


def _names_by_id() -> dict[int, str]:
    found: dict[int, str] = {}
    homes = [keras.losses for keras in kerases.loaded()]
    homes += [sys.modules.get(name) for name in ("keras.src.losses.losses", "tf_keras.src.losses", "keras.src.ops.nn")]
    for home in homes:
        found.update({id(getattr(home, name)): name for name in ENTRIES if hasattr(home, name)})
    return found


def is_call(loss: Any) -> bool:
    """A function as it was seen being called, with its keywords; not a partial of the user's own making."""
    return isinstance(loss, functools.partial) and type(loss) is not functools.partial


def written(loss: Any) -> str:
    """A loss as its user would write it; at most 120 characters."""
    if loss is None:
        return "no loss"
    if isinstance(loss, str):
        return repr(loss)
    if inspect.isclass(loss) or inspect.isroutine(loss):
        return str(getattr(loss, "__name__", repr(type(loss))))[:120]
    if isinstance(loss, functools.partial):
        inner = ", ".join(f"{k}={v!r}" for k, v in loss.keywords.items())
        if is_call(loss):
            name = next((f.name for f in backends.losses() if f.function is loss.func), "") or written(loss.func)
            return f"{name}({inner})"[:120] if inner or "." not in name else name[:120]
        return f"partial({written(loss.func)}, {inner})"[:120]
    if type(loss).__name__ == "LossFunctionWrapper":  # what Keras makes of a string or function
        return written(loss.fn)
    arguments = getattr(loss, "_fn_kwargs", None) or {}
    flag = "from_logits=True" if arguments.get("from_logits") else ""
    return f"{type(loss).__name__}({flag})"[:120]
