"""Random chains of Keras ops and layers behind a head: how they start and grow; their steps are in chain_*.py."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import keras
from keras import layers

SHAPES = ((4,), (3, 4), (4, 4, 3))
ACTIVATIONS = (
    "linear", "relu", "softmax", "sigmoid", "tanh", "softplus", "softsign", "elu", "selu", "gelu", "silu", "mish", "relu6",
    "exponential", "log_softmax", "log_sigmoid", "hard_sigmoid", "hard_tanh", "leaky_relu", "sparsemax", "squareplus",
    "celu", "tanh_shrink", "soft_shrink", "hard_shrink", "sparse_plus", "sparse_sigmoid", "hard_silu",
)  # fmt: skip
NUMBERS = (0.5, 2.0, -1.0, 0.25, 3.0, -2.5, 1e-3, 10.0)
Build = Callable[["Chain", Any], Any]


@dataclass
class Chain:
    """A graph that grows: its tensors, the newest last, and where its random choices come from."""

    random: Random
    tensors: list[Any] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def pick(self, options: Any) -> Any:
        one = self.random.choice(list(options))
        if isinstance(one, (str, int, float)):
            self.chosen.append(str(one))
        return one

    def flip(self) -> bool:
        return self.random.random() < 0.5

    def axis(self, x: Any) -> int:
        """Any axis but the batch."""
        return self.pick(range(1 - len(x.shape), 0)) if len(x.shape) > 1 else -1

    def another(self, x: Any) -> Any:
        """A tensor of the same shape: an earlier one, or a head of its own."""
        same = [t for t in self.tensors if t.shape == x.shape]
        if same and self.flip():
            return self.pick(same)
        return layers.Dense(x.shape[-1], activation=self.pick(("linear", "softmax", "sigmoid", "relu")))(x)


STEPS: dict[str, Build] = {}
# steps that may well leave a simplex a simplex, drawn more often: the others take most of them apart at once
KEEPING = (
    "softmax_over", "normalise", "softmax_by_hand", "smooth", "halves", "complements", "complements_reversed",
    "complements_stacked", "complements_stacked_first", "own_gate", "first_row", "new_axis", "last_row", "dropout", "identity",
    "layer_relu", "scale", "clip", "where", "merge", "merge_three", "broadcast_merge", "join", "stretch", "reduce",
    "permute", "move_axis", "reshape", "pool", "global_pool", "spatial", "mixture", "contract", "attention",
    "per_time_step", "part", "one_hot", "log", "exp", "minus_logsumexp", "rescaling_complement", "epsilon",
    "masked_softmax", "masked_then_normalised",
)  # fmt: skip


def step(build: Build) -> Build:
    STEPS[build.__name__] = build
    return build


def each(*builds: Callable[[Any], Any], names: str) -> None:
    """Steps without choices of their own."""
    for name, build in zip(names.split(), builds, strict=True):
        STEPS[name] = lambda chain, x, build=build: build(x)


def grow(chain: Chain, steps: int) -> None:
    """Append as many steps as can be applied."""
    for _ in range(steps):
        name = chain.pick(KEEPING if chain.flip() else STEPS)
        out = None
        chain.chosen.clear()
        with contextlib.suppress(
            ValueError, TypeError, IndexError, ArithmeticError, NotImplementedError
        ):  # does not fit
            out = STEPS[name](chain, chain.tensors[-1])
        if out is None or not isinstance(out, keras.KerasTensor) or not out.dtype.startswith("float"):
            continue
        if len(out.shape) > 5 or 0 in out.shape or math.prod(d or 5 for d in out.shape) > 4000:
            continue
        chain.tensors.append(out)
        chain.names.append(f"{name} {''.join(f'({c})' for c in chain.chosen)}")


def start(chain: Chain) -> Any:
    """An input and a head on it."""
    x = layers.Input(chain.pick(SHAPES))
    activation = chain.pick((*ACTIVATIONS, *("softmax", "sigmoid", "log_softmax") * 8))
    make: Any = layers.Dense(4, activation=activation)
    if len(x.shape) == 4 and chain.flip():
        make = layers.Conv2D(4, 2, padding="same", activation=activation)
    if len(x.shape) == 3 and chain.flip():
        make = layers.Conv1D(4, 2, padding="same", activation=activation)
    chain.tensors.append(make(x))
    chain.names.append(f"{type(make).__name__} {activation}")
    return x
