"""The door to whichever backend the user's Keras runs on; the files beside this one are the only ones to name it.

A backend file is imported only when its framework is already loaded, so that nothing here imports one for the user.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from logit_magic import kerases

NAMES = ("tensorflow", "jax", "torch")


def loaded() -> list[Any]:
    """The backend modules of this package whose framework the user has loaded."""
    return [importlib.import_module(f"logit_magic.backends.on_{name}") for name in NAMES if name in sys.modules]


def name(of: Any = None) -> str:
    """The backend that Keras runs on: "tensorflow", "jax", "torch" …; "" while Keras is not loaded.

    Args:
        of: a model, loss or function, for the Keras that this one belongs to; Keras 2 knows TensorFlow alone.
    """
    keras = kerases.of(of)
    if keras is None:
        return ""
    return "tensorflow" if keras is kerases.two() else str(keras.config.backend())


def to_tensor(array: Any, of: Any = None) -> Any:
    """A numpy array as a tensor of the backend that runs `of`, a model or loss."""
    keras = kerases.of(of)
    if keras is kerases.two():
        return importlib.import_module("logit_magic.backends.on_tensorflow").to_tensor(array)
    return keras.ops.convert_to_tensor(array)


def in_use() -> Any:
    """The backend module of this package for what Keras runs on; None for a backend that has none here."""
    used = name()
    return importlib.import_module(f"logit_magic.backends.on_{used}") if used in NAMES else None


def activation_functions() -> dict[int, tuple[str, str]]:
    """id of a framework's own function -> (name in the table of activations, how Keras finds its logits again)."""
    found: dict[int, tuple[str, str]] = {}
    for backend in loaded():
        found.update({id(function): (name, backend.CARRIES) for name, function in backend.activation_functions()})
    return found


def to_numpy(tensor: Any) -> Any:
    """A tensor of any loaded framework, or whatever numpy understands, as a numpy array (copied to the host)."""
    import numpy as np

    for backend in loaded():
        if backend.is_tensor(tensor):
            return backend.to_numpy(tensor)
    keras = kerases.three()
    if keras is not None and isinstance(tensor, keras.Variable):
        return to_numpy(tensor.value)
    return np.asarray(tensor)


def logits_behind(tensor: Any) -> Any:
    """The logits that Keras noted on the very tensor that its activation returned; None without a note."""
    found = (backend.logits_behind(tensor) for backend in loaded() if backend.is_tensor(tensor))
    return next((logits for logits in found if logits is not None), None)
