"""The door to whichever backend the user's Keras runs on; the files beside this one are the only ones to name it.

A backend file is imported only when its framework is already loaded, so that nothing here imports one for the user.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from logit_magic import kerases
from logit_magic.backends.foreign import ForeignLoss

NAMES = ("tensorflow", "jax", "torch")
_UNKNOWN: Any = object()
_BY_TYPE: dict[type, Any] = {}  # class of a tensor -> the backend module that it belongs to, or None


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
    return in_use(of).to_tensor(array) if keras is kerases.two() else keras.ops.convert_to_tensor(array)


def in_use(of: Any = None) -> Any:
    """The backend module of this package for what Keras runs on; None for a backend that has none here.

    Args:
        of: see `name`.
    """
    used = name(of)
    return importlib.import_module(f"logit_magic.backends.on_{used}") if used in NAMES else None


def activation_functions() -> dict[int, tuple[str, str]]:
    """id of a framework's own function -> (name in the table of activations, how Keras finds its logits again)."""
    found: dict[int, tuple[str, str]] = {}
    for backend in loaded():
        found.update({id(function): (name, backend.CARRIES) for name, function in backend.activation_functions()})
    return found


def normalisers() -> list[tuple[str, Any]]:
    """("softmax" or "sigmoid", function) for every such function of the loaded frameworks."""
    return [found for backend in loaded() for found in backend.normalisers()]


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


def held(tensor: Any) -> Any:
    """What to hold on to where the values of a tensor may be wanted later: nothing that keeps a graph or a trace alive.

    None where a backend is tracing: there are no values.
    """
    found = _BY_TYPE.get(type(tensor), _UNKNOWN)
    if found is _UNKNOWN:
        found = _BY_TYPE[type(tensor)] = next((b for b in loaded() if b.is_tensor(tensor)), None)
    return None if found is None else found.held(tensor)


def values(tensor: Any) -> Any:
    """The values of a tensor or array as a numpy array, without a copy where possible; None while there are none."""
    import numpy as np

    if isinstance(tensor, np.ndarray):
        return tensor
    concrete = held(tensor)
    return None if concrete is None else to_numpy(concrete)


def carries_logits(tensor: Any) -> str:
    """What TensorFlow's Keras can find the logits of this tensor by: "tensor", "graph" or ""."""
    for backend in loaded():
        if backend.is_tensor(tensor):
            return str(backend.carries_logits(tensor))
    return ""


def losses() -> list[ForeignLoss]:
    """The crossentropies of the loaded frameworks themselves."""
    return [loss for backend in loaded() for loss in _losses_of(backend)]


def losses_to_come() -> list[tuple[str, Callable[[], list[ForeignLoss]]]]:
    """(module, what gives its crossentropies) of libraries that a cell may yet import for a framework in use."""
    homes = ((getattr(backend, "LOSSES_COME_WITH", ""), backend) for backend in loaded())
    return [
        (home, functools.partial(_losses_of, backend)) for home, backend in homes if home and home not in sys.modules
    ]


def _losses_of(backend: Any) -> list[ForeignLoss]:
    return list(backend.losses())


def differentiated(tensor: Any) -> bool | None:
    """Whether a gradient is being taken through a tensor here and now; None where that cannot be told."""
    return next((b.differentiated(tensor) for b in loaded() if b.is_tensor(tensor)), False)


def made(tensor: Any, flows: bool | None) -> bool:
    """Whether a tensor is likely to be computed from what a model returned; an array, or one typed in, is not.

    Args:
        tensor: of floats.
        flows: what `differentiated` says of it.
    """
    owner = next((b for b in loaded() if b.is_tensor(tensor)), None)
    if owner is None or "float" not in str(tensor.dtype):
        return False
    concrete = owner.held(tensor)
    if flows or concrete is None or getattr(owner, "TELLS_WHAT_FLOWS", False):
        return bool(flows)
    few = to_numpy(concrete).ravel()[:64].astype("float64")
    return bool(abs(few - few.round(4)).max(initial=0.0) > 1e-6)  # else such numbers as people write


def source_of(frame: FrameType) -> tuple[str, int, int] | None:
    """(file, line, column) of the user's own code from which a backend generated the code that runs in a frame."""
    if "__autograph_generated_file" not in frame.f_code.co_filename:
        return None
    return next((found for b in loaded() if (found := b.source_of(frame)) is not None), None)


def trace_behind(tensor: Any, origin: Callable[[Any], Any], variables: Callable[[], list[Any]]) -> tuple[Any, Any]:
    """The graph behind a tensor that a backend is tracing.

    Args:
        tensor: what is being traced.
        origin: tensor -> what made it, or None.
        variables: gives the Keras variables that the graph may use.

    Returns:
        (its `Node`, what `origin` said of the nearest tensor that it knows); None for what is not known.
    """
    for backend in loaded():
        if backend.is_tensor(tensor):
            return backend.trace_behind(tensor, origin, variables)  # type: ignore[no-any-return]
    return None, None
