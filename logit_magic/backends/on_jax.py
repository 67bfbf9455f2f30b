"""What the project needs to know of JAX."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp

CARRIES = ""


def activation_functions() -> Iterator[tuple[str, Any]]:
    """(name in the table of activations, function) for `jax.nn` and `jax.numpy`."""
    for name in ("softmax", "sigmoid", "log_softmax", "relu", "relu6", "softplus", "elu", "selu", "silu", "gelu",
                 "leaky_relu", "log_sigmoid", "hard_tanh", "celu", "mish"):  # fmt: skip
        yield name, getattr(jax.nn, name)
    yield "softsign", jax.nn.soft_sign
    yield "tanh", jnp.tanh
    yield "exponential", jnp.exp


def is_tensor(x: Any) -> bool:
    return isinstance(x, jax.Array)


def to_numpy(x: Any) -> Any:
    import numpy as np

    return np.asarray(x, dtype=np.float32 if x.dtype == jnp.bfloat16 else None)


def no_gradient() -> Any:
    """JAX records nothing outside a transformation."""
    return contextlib.nullcontext()


def same_randomness() -> Any:
    """JAX has no global generator."""
    return contextlib.nullcontext()


def dataset_arrays(data: Any) -> Any:
    """JAX has no data sets of its own."""
    return None
