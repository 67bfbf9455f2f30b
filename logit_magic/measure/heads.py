"""The head's pre-activation, recovered from what its activation gave, as far as the loss can tell.

Softmax forgets a number added to the whole row, relu everything below 0. What is forgotten makes no difference to the
gradient that passes the activation itself; where it would make one to the right loss (relu), 0 is taken.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic.facts import Emission

SMALLEST = 1e-37  # float32's smallest normal number, nearly: log of it is -85
_BELOW_ONE = 1.0 - 2.0**-24  # float32's largest number below 1

Array = Any

# elementwise activation -> its inverse, and the closed interval of its values
_INVERSES: dict[str, tuple[Callable[[Array], Array], float, float]] = {
    "tanh": (lambda y: np.arctanh(np.clip(y, -_BELOW_ONE, _BELOW_ONE)), -1.0, 1.0),
    "softsign": (lambda y: y / np.maximum(1.0 - np.abs(y), 2.0**-24), -1.0, 1.0),
    "relu": (lambda y: y, 0.0, np.inf),
    "relu6": (lambda y: y, 0.0, 6.0),
    "softplus": (lambda y: y + np.log(-np.expm1(-np.maximum(y, SMALLEST))), 0.0, np.inf),
    "elu": (lambda y: np.where(y > 0.0, y, np.log1p(np.maximum(y, -_BELOW_ONE))), -1.0, np.inf),
}


@dataclass(frozen=True, slots=True)
class Head:
    """The last activation of a model.

    Attributes:
        name: "linear", "softmax", "sigmoid", "tanh", …
        z: `(rows, …, classes)` float32, what went into it.
        activate: tensor like z -> tensor of the model's outputs, by Keras' own function, which notes logits on
            TensorFlow as it does in the model.
        forgets: z is only one of several that give the same outputs, of which the right loss would differ.
    """

    name: str
    z: Array
    activate: Callable[[Any], Any]
    forgets: bool = False


def head(raw: Array, emission: Emission, logits: Array | None = None) -> Head | None:
    """The head of a model whose outputs are known; None where its activation is not, or forgets too much.

    Args:
        raw: `(rows, …, classes)`, finite.
        emission: what is known of it by structure.
        logits: what Keras noted as the logits behind these outputs; recovered where it noted none.
    """
    if emission.broken_by or emission.kind in ("unknown", "constant"):
        return None
    activations = sys.modules["keras"].activations
    y = raw.astype("float64")
    if emission.kind in ("logits", "log-probabilities"):
        name = "log_softmax" if emission.kind == "log-probabilities" else "linear"
        axis = {"axis": emission.axis if emission.axis is not None else -1} if name == "log_softmax" else {}
        return Head(name, raw, lambda z: getattr(activations, name)(z, **axis))
    if emission.normaliser == "softmax" and emission.kind == "class-probabilities" and emission.axis is not None:
        return _softmax_head(y, emission, activations, logits)
    if emission.normaliser == "sigmoid" and emission.kind == "independent-probabilities":
        return _sigmoid_head(y, emission, activations, logits)
    known = _INVERSES.get(emission.activation)
    if known is None or (emission.low, emission.high) != known[1:]:
        return None
    z = known[0](y).astype("float32")
    return Head(emission.activation, z, getattr(activations, emission.activation), forgets=True)


def log_of(p: Array) -> Array:
    """Class logits of probabilities: log p."""
    return np.log(np.clip(p, SMALLEST, 1.0))


def logit_of(p: Array) -> Array:
    """Binary logits of probabilities: log(p / (1 - p))."""
    clipped = np.clip(p, SMALLEST, _BELOW_ONE)
    return np.log(clipped) - np.log1p(-clipped)


def _softmax_head(p: Array, emission: Emission, activations: Any, logits: Array | None) -> Head | None:
    axis = emission.axis

    def softmax(z: Any) -> Any:
        return activations.softmax(z, axis=axis)

    if not emission.twice:
        return Head("softmax", log_of(p).astype("float32") if logits is None else logits, softmax)
    if emission.twice_of != "softmax":
        return None
    log_p = log_of(p)
    s = log_p - log_p.mean(axis=axis, keepdims=True) + 1.0 / p.shape[axis]  # the inner rows sum to one
    return Head("softmax", log_of(s).astype("float32"), lambda z: softmax(softmax(z)))


def _sigmoid_head(p: Array, emission: Emission, activations: Any, logits: Array | None) -> Head | None:
    if not emission.twice:
        return Head("sigmoid", logit_of(p).astype("float32") if logits is None else logits, activations.sigmoid)
    if emission.twice_of != "sigmoid":
        return None
    z = logit_of(np.clip(logit_of(p), 0.0, 1.0)).astype("float32")
    return Head("sigmoid", z, lambda z: activations.sigmoid(activations.sigmoid(z)))
