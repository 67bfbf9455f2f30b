"""Which Keras is at work: Keras 3 (`keras`), Keras 2 (`tf_keras`), or both in one process; neither is ever imported."""

from __future__ import annotations

import inspect
import sys
from typing import Any

TWO = "tf_keras"


def three() -> Any:
    """Keras 3, once the user's import of it is far enough; else None."""
    module = sys.modules.get("keras")
    return module if module is not None and hasattr(module, "Model") and hasattr(module, "ops") else None


def two() -> Any:
    """Keras 2 under its own name, which is also `tf.keras` where TF_USE_LEGACY_KERAS is set; else None."""
    module = sys.modules.get(TWO)
    return module if module is not None and hasattr(module, "Model") else None


def loaded() -> tuple[Any, ...]:
    """The ones that the user has loaded, Keras 3 first."""
    return tuple(module for module in (three(), two()) if module is not None)


def is_two(thing: Any) -> bool:
    """Whether a model, layer, loss, class or function is one of Keras 2, or made from one."""
    if two() is None:
        return False
    if inspect.isfunction(thing):
        return str(thing.__module__).startswith(f"{TWO}.")
    return any(c.__module__.startswith(f"{TWO}.") for c in (thing if isinstance(thing, type) else type(thing)).__mro__)


def of(thing: Any) -> Any:
    """The Keras that a thing belongs to; for what belongs to none, the one that is loaded, Keras 3 before Keras 2."""
    if is_two(thing):
        return two()
    return three() or two()


def model_classes() -> tuple[type, ...]:
    return tuple(module.Model for module in loaded())


def loss_classes() -> tuple[type, ...]:
    return tuple(module.losses.Loss for module in loaded() if hasattr(module, "losses"))
