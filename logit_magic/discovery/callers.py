"""Who calls a loss or metric, and the loss function as it was called."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType
from typing import Any

from logit_magic.discovery.namespace import is_model
from logit_magic.discovery.pairing import own_training
from logit_magic.discovery.sightings import CallOf

COMPILED = "keras.src.trainers.compile_utils"  # where the losses and metrics of `compile` are called
PASSED_THROUGH = ("tensorflow.python.", "torch.", "jax.", "keras.src.utils.", "contextlib", "functools")
METRICS = "keras.src.metrics."
PASSED_THROUGH_BY_METRICS = (*PASSED_THROUGH, METRICS)
_NOT_THE_USERS = ("keras.", "tf_keras.", "logit_magic.")


def caller_of(frame: FrameType, through: tuple[str, ...] = PASSED_THROUGH) -> FrameType | None:
    """Who called the loss: the user's code, or the losses of `compile`; None for the rest of Keras.

    Asked before anything else of a call: most calls are Keras' own.

    Args:
        frame: of the loss.
        through: beginnings of the names of modules whose own caller counts.
    """
    caller = frame.f_back
    while caller is not None:
        name = caller.f_globals.get("__name__", "")
        if name == COMPILED:
            return caller
        if not name.startswith(through):
            return None if name.startswith(_NOT_THE_USERS) else caller
        caller = caller.f_back
    return None


def above(frame: FrameType, losses: Mapping[int, Any]) -> tuple[Any, bool, Any]:
    """What stands above a loss.

    Args:
        frame: of the loss.
        losses: `id` of the code -> loss function, of all that are known.

    Returns:
        (model in whose own training step it runs, below a loss of `compile` or a penalty, Loss object that calls it).
    """
    within_compile, inside = False, None
    outer, steps = frame.f_back, 0
    while outer is not None and steps < 80:
        name = outer.f_globals.get("__name__", "")
        if name == COMPILED or name.startswith(METRICS):
            within_compile = True
        elif _is_penalty(name, outer):
            return None, True, inside
        elif id(outer.f_code) in losses:
            inside = outer.f_locals.get("self", inside)
        elif outer.f_code.co_name in ("train_step", "test_step", "compute_loss") and "self" in outer.f_locals:
            owner = outer.f_locals["self"]
            if is_model(owner):
                return (owner if own_training(owner) else None), within_compile, inside
        outer, steps = outer.f_back, steps + 1
    return None, within_compile, inside


def _is_penalty(name: str, frame: FrameType) -> bool:
    """Whether a layer, in a frame of this module, computes the penalty of a regulariser: that is no loss of its output."""
    code = frame.f_code.co_name
    on_activations = code == "__call__" and "output" in frame.f_locals  # the last thing that a layer does
    return name == "keras.src.layers.layer" and (on_activations or "regularization" in code)


def call_of(function: Any, given: dict[str, Any], tensors: tuple[str, str]) -> Any:
    """The function with those of its arguments that differ from its defaults, but for the two tensors."""
    defaults = dict(zip(reversed(list(given)), reversed(function.__defaults__ or ()), strict=False))
    changed = {k: v for k, v in given.items() if k not in tensors and not (k in defaults and defaults[k] is v)}
    plain = {k: v for k, v in changed.items() if v is None or isinstance(v, (bool, int, float, str))}
    call = CallOf(function, **plain)
    call.names = tensors
    return call
