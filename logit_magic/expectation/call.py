"""Call a loss as Keras would call it, whatever form it was given in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from logit_magic import kerases


def as_callable(loss: Any, units: int | None = None, model: Any = None) -> Callable[[Any, Any], Any] | None:
    """(y_true, y_pred) -> tensor, reduced as Keras reduces it; None for what Keras makes no loss of.

    Args:
        loss: string, class, object, function or config, as for `compile(loss=...)`.
        units: length of the output's last axis; decides what the string "crossentropy" stands for.
        model: the one that the loss is for: its Keras resolves strings and configs.
    """
    keras = kerases.of(loss if model is None else model)
    if isinstance(loss, str) and loss.lower() in ("crossentropy", "ce"):
        loss = "binary_crossentropy" if units == 1 else "categorical_crossentropy"
    try:
        made = keras.losses.get(loss) if isinstance(loss, (str, dict)) or inspect.isclass(loss) else loss
    except Exception:
        return None
    return made if callable(made) else None
