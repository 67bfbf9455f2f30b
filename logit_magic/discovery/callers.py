"""Who calls a loss or metric, and the loss function as it was called."""

from __future__ import annotations

from types import FrameType
from typing import Any

from logit_magic.discovery.sightings import CallOf

COMPILED = "keras.src.trainers.compile_utils"  # where the losses and metrics of `compile` are called
METRICS = ("keras.src.metrics.",)
_PASSED_THROUGH = ("tensorflow.python.", "torch.", "jax.", "keras.src.utils.", "contextlib", "functools")


def caller_of(frame: FrameType, through: tuple[str, ...] = ()) -> FrameType | None:
    """Who called the loss: the user's code, or the losses of `compile`; None for the rest of Keras but for `through`."""
    caller = frame.f_back
    while caller is not None:
        name = caller.f_globals.get("__name__", "")
        if name == COMPILED:
            return caller
        if not name.startswith((*_PASSED_THROUGH, *through)):
            return None if name.startswith(("keras.", "tf_keras.", "logit_magic.")) else caller
        caller = caller.f_back
    return None


def is_penalty(name: str, frame: FrameType) -> bool:
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
