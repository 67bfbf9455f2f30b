"""Repair a compiled model in place: the same optimizer, metrics and weights, another loss; and take it back.

Nothing here keeps a model alive: an `Undo` holds a weak reference and the earlier loss.
"""

from __future__ import annotations

import collections
import functools
import inspect
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from logit_magic import kerases
from logit_magic.discovery.pairing import own_training
from logit_magic.expectation.catalogue import expectation_of
from logit_magic.facts import Finding, Pair, Remedy, Step
from logit_magic.structure import leaves_with_places

_OF_LOSS = ("set-flag", "swap-loss")
_OF_CODE = ("set-metric", "set-threshold", "drop-call", "swap-arguments")

# the models of the last pairs that were checked, so that a panel can find the one that its report is about
_checked: collections.deque[tuple[Pair, weakref.ref[Any]]] = collections.deque(maxlen=512)


def remember(pair: Pair, model: Any) -> None:
    """Note which model a pair is about, without keeping the model alive."""
    try:
        _checked.append((pair, weakref.ref(model)))
    except TypeError:
        return  # no weak references to it: it cannot be found again


def model_of(pair: Pair) -> Any:
    """The model that a pair of a report is about; None where it is gone, or was checked too long ago.

    Args:
        pair: the very object that the report holds.
    """
    return next((model() for known, model in _checked if known is pair), None)


class CannotRepairError(Exception):
    """Why a live model is left as it is; its text is one sentence for the user."""


@dataclass(slots=True)
class Undo:
    """What was done to a model, and the way back.

    Attributes:
        change: what was done, in words.
        done: whether it still stands.
    """

    change: str
    done: bool
    _model: weakref.ref[Any]
    _before: Any
    _after: Any

    def __call__(self) -> None:
        """Compile the model with its earlier loss again; harmless when it was taken back before.

        Raises:
            CannotRepairError: the model is gone, or was compiled again in the meantime.
        """
        if not self.done:
            return
        model = self._model()
        if model is None:
            raise CannotRepairError("the model does not exist any more")
        if model.loss is not self._after:
            raise CannotRepairError("the model was compiled again since it was repaired, and is left as it is now")
        _recompile(model, self._before)
        self.done = False


def repair(model: Any, finding: Finding, remedy: Remedy | None = None) -> Undo:
    """Compile a model with the corrected loss.

    The optimizer object with its iterations and slots, the metrics, loss weights, `run_eagerly`, `jit_compile` and
    `steps_per_execution` stay; what was compiled for the earlier loss is dropped by Keras itself.

    Args:
        model: the compiled Keras 3 model that the finding is about.
        finding: with a pair and remedies.
        remedy: one of the finding's; None for the first that is a change of the loss alone.

    Returns:
        an `Undo`; calling it puts the earlier loss back.

    Raises:
        CannotRepairError: the remedy changes the model itself, the model trains by code of its own, or it is not compiled
            with the loss that was judged any more. The model is then untouched.
    """
    chosen, loss = corrected(model, finding, remedy)
    before = _as_given(model.loss)
    _recompile(model, loss)
    return Undo(chosen.change, True, weakref.ref(model), before, model.loss)


def refusal(model: Any, finding: Finding, remedy: Remedy | None = None) -> str:
    """Why `repair` would refuse, "" where it would not; nothing is changed."""
    try:
        corrected(model, finding, remedy)
    except CannotRepairError as reason:
        return str(reason)
    return ""


def corrected(model: Any, finding: Finding, remedy: Remedy | None = None) -> tuple[Remedy, Any]:
    """The remedy and the corrected losses, in the structure that they were given in; the model is not changed.

    Args:
        model, finding, remedy: see `repair`.

    Raises:
        CannotRepairError: see `repair`.
    """
    pair = finding.pair
    if pair is None or finding.fix is None:
        raise CannotRepairError("the finding names no change")
    _require_own_compile(model, pair)
    chosen = remedy or next((r for r in finding.fix.remedies if _is_of_loss(r)), None)
    named = remedy or (finding.fix.remedies or (None,))[0]
    if named is not None and any(step.kind in _OF_CODE for step in named.steps):
        raise CannotRepairError("the change is one of your code beside the model's loss: see its diff")
    if chosen is None or not _is_of_loss(chosen):
        raise CannotRepairError("the change is one of the model's layers, which have to be made anew")
    loss = _as_given(model.loss)
    for step in chosen.steps:
        loss = _replaced(loss, pair.loss_path, functools.partial(_corrected, step=step, pair=pair))
    return chosen, loss


def compiled_like(twin: Any, model: Any, loss: Any, optimizer: Any) -> None:
    """Compile a copy of a model as the model is, but with a loss and an optimizer of its own, and without metrics.

    Args:
        twin: the copy.
        model: is not changed.
        loss: in the structure of the model's losses; None for the model's own.
        optimizer: the copy's own.
    """
    twin.compile(
        optimizer=optimizer,
        loss=_as_given(model.loss) if loss is None else loss,
        loss_weights=_given(model).get("loss_weights"),
        run_eagerly=model.run_eagerly,
        jit_compile=model.jit_compile,
        auto_scale_loss=False,
    )


def meets_own_code(model: Any) -> bool:
    """Whether one of a model's losses is an object or function of the user's own, which may count or print."""
    return any(
        not (_is_plain(loss) or _is_kerases_own(loss))
        for _, one in leaves_with_places(_as_given(model.loss))
        if (loss := one.func if isinstance(one, functools.partial) else one) is not None
    )


def _is_of_loss(remedy: Remedy) -> bool:
    return bool(remedy.steps) and all(step.kind in _OF_LOSS for step in remedy.steps)


def _require_own_compile(model: Any, pair: Pair) -> None:
    keras = kerases.three()
    if keras is None or not isinstance(model, keras.Model):
        raise CannotRepairError("only models of Keras 3 are compiled again")
    if pair.basis != "compiled" or not getattr(model, "compiled", False) or model.loss is None:
        raise CannotRepairError("the model is not compiled with this loss: it meets it in code of your own")
    if type(model).compile is not keras.Model.compile:
        raise CannotRepairError(f"{type(model).__name__} has a compile of its own, which may need other arguments")
    own = own_training(model)
    if own:
        raise CannotRepairError(f"{type(model).__name__} trains by its own {own}")


def _replaced(loss: Any, path: tuple[Any, ...], make: Callable[[Any], Any]) -> Any:
    """A copy of a structure of losses in which the one under `path` is made anew."""
    if not path:
        return make(loss)
    key, *rest = path
    try:
        member = _replaced(loss[key], tuple(rest), make)
    except (KeyError, IndexError, TypeError):
        raise CannotRepairError("the model was compiled with other losses since it was checked") from None
    if isinstance(loss, dict):
        return {k: member if k == key else v for k, v in loss.items()}
    return [member if place == key else v for place, v in enumerate(loss)]


def _as_given(loss: Any) -> Any:
    """Losses in plain containers: TensorFlow puts wrappers of its own around what a model's attributes hold."""
    if isinstance(loss, dict):
        return {key: _as_given(member) for key, member in loss.items()}
    if isinstance(loss, (list, tuple)):
        return [_as_given(member) for member in loss]
    return loss


def _corrected(loss: Any, step: Step, pair: Pair) -> Any:
    """The loss after one step.

    Args:
        loss: as it was given to `compile`.
        step: sets its flag, or names another loss for it.
        pair: what is known of it.
    """
    now = expectation_of(loss, pair.emission.size)
    if (now.kind, now.family) != (pair.expectation.kind, pair.expectation.family) and now.kind != "unknown":
        raise CannotRepairError("the model was compiled with another loss since it was checked")
    made = _flagged(loss, bool(step.value), pair) if step.kind == "set-flag" else _other(loss, str(step.value))
    if step.kind == "set-flag" and expectation_of(made, pair.emission.size).kind.endswith("logits") != step.value:
        raise CannotRepairError(f"{pair.loss} could not be made with from_logits={step.value}")
    return made


def _flagged(loss: Any, value: bool, pair: Pair) -> Any:
    losses = kerases.three().losses
    if isinstance(loss, functools.partial) and pair.expectation.family:
        return functools.partial(loss.func, *loss.args, **{**loss.keywords, "from_logits": value})
    if _is_plain(loss) and pair.expectation.family:
        return getattr(losses, pair.expectation.family)(from_logits=value)
    if _is_kerases_own(loss):
        return type(loss).from_config({**loss.get_config(), "from_logits": value})
    raise CannotRepairError(f"{pair.loss} is a loss of your own, whose source is to be changed")


def _other(loss: Any, call: str) -> Any:
    """Another loss of Keras, e.g. "BinaryCrossentropy(from_logits=True)"."""
    name, _, arguments = call.partition("(")
    made = getattr(kerases.three().losses, name)(from_logits="from_logits=True" in arguments)
    if _is_plain(loss):
        return made
    if _is_kerases_own(loss):
        fresh, given = type(loss)().get_config(), loss.get_config()
        if all(given[k] == fresh[k] for k in given if k not in ("name", "from_logits")):
            return made
    raise CannotRepairError("the loss has arguments that may not fit another one")


def _is_plain(loss: Any) -> bool:
    """A string, class or function of Keras' own: it was given without arguments."""
    return isinstance(loss, str) or inspect.isclass(loss) or (inspect.isfunction(loss) and _in_keras(loss))


def _is_kerases_own(loss: Any) -> bool:
    return isinstance(loss, kerases.three().losses.Loss) and _in_keras(type(loss))


def _in_keras(thing: Any) -> bool:
    return str(thing.__module__).startswith("keras.")


def _recompile(model: Any, loss: Any) -> None:
    """`compile` with everything but the loss as it is now; the optimizer object is passed on as it is."""
    given = _given(model)
    model.compile(
        optimizer=model.optimizer,
        loss=loss,
        loss_weights=given.get("loss_weights"),
        metrics=given.get("metrics"),
        weighted_metrics=given.get("weighted_metrics"),
        run_eagerly=model.run_eagerly,
        steps_per_execution=model.steps_per_execution,
        jit_compile=model.jit_compile,
        auto_scale_loss=False,  # an optimizer that is to scale the loss was wrapped by the first compile
    )


def _given(model: Any) -> dict[str, Any]:
    """What was given to `compile`."""
    return getattr(getattr(model, "_compile_config", None), "config", None) or {}
