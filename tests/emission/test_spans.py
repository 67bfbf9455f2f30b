"""Look-alikes: what must not be taken for free values, and what must be seen to be a distribution still.

A value that `spans` is used to accuse, so a program whose elements depend on each other must never have it; a simplex
or its logarithm that is kept must be kept along the right axis and with the right total.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from logit_magic.emission.graph import Walk
from logit_magic.emission.value import Value
from tests.emission.test_soundness import run, violations


@dataclass(frozen=True)
class Parts:
    """What the programs are made of, fresh for each."""

    x: Any  # input, 8 features
    z: Any  # logits of 10 classes
    p: Any  # their softmax
    q: Any  # another softmax over 10
    b: Any  # one sigmoid
    g: Any  # a gate: softmax over 2
    seq: Any  # softmax over 10 at each of 5 steps
    d: Any  # a Dense layer to be used twice


def parts() -> Parts:
    x = layers.Input((8,))
    z = layers.Dense(10)(x)
    steps = layers.Dense(10, activation="softmax")(layers.Reshape((5, 8))(layers.Dense(40)(x)))
    q, b = layers.Dense(10, activation="softmax")(x), layers.Dense(1, activation="sigmoid")(x)
    g = layers.Dense(2, activation="softmax")(x)
    return Parts(x, z, ops.softmax(z), q, b, g, steps, layers.Dense(10))


def value_of(program: Callable[[Parts], Any]) -> tuple[Value, Any, Any]:
    made = parts()
    tensor = program(made)
    return Walk().value(tensor), tensor, made.x


SIMPLEX: dict[str, Callable[[Parts], Any]] = {
    "1 - p and p, layer": lambda m: layers.Concatenate()([1 - m.b, m.b]),
    "p and 1 - p, layer": lambda m: layers.Concatenate()([m.b, 1 - m.b]),
    "1 - p and p, op": lambda m: ops.concatenate([1 - m.b, m.b], axis=-1),
    "p and 1 - p, op": lambda m: ops.concatenate([m.b, 1.0 - m.b], axis=1),
    "complement by Rescaling": lambda m: layers.Concatenate()([layers.Rescaling(-1.0, 1.0)(m.b), m.b]),
    "1 - p and p stacked": lambda m: _stacked(m.b),
    "p and 1 - p stacked and squeezed": lambda m: ops.squeeze(ops.stack([m.b, 1 - m.b], axis=-1), 1),
    "halves and a complement": lambda m: layers.Concatenate()([m.b / 2, m.b / 2, 1 - m.b]),
    "gate by broadcasting": lambda m: ops.sum(m.g[:, :, None] * _experts(m), axis=1),
    "gate by matmul": lambda m: ops.matmul(m.g[:, None, :], _experts(m))[:, 0],
    "gate by einsum": lambda m: ops.einsum("be,bek->bk", m.g, _experts(m)),
    "gate by Dot": lambda m: layers.Dot(axes=1)([m.g, _experts(m)]),
    "gate by Dot, turned about": lambda m: layers.Dot(axes=(1, 1))([_experts(m), m.g]),
    "gate by slices": lambda m: m.g[:, 0:1] * m.p + m.g[:, 1:2] * m.q,
    "gate by slices, layers": lambda m: layers.Add()(
        [layers.Multiply()([m.g[:, :1], m.p]), layers.Multiply()([m.g[:, 1:], m.q])]
    ),
    "gate by indices": lambda m: m.g[:, 0, None] * m.p + m.g[:, 1, None] * m.q,
    "gate by split": lambda m: (lambda w: w[0] * m.p + w[1] * m.q)(ops.split(m.g, 2, axis=-1)),
    "highway": lambda m: m.b * m.p + (1 - m.b) * m.q,
    "fixed weights": lambda m: 0.3 * m.p + 0.7 * m.q,
    "label smoothing": lambda m: m.p * (1 - 0.1) + 0.1 / 10,
    "label smoothing by Rescaling": lambda m: layers.Rescaling(0.9, 0.01)(m.p),
    "average of two": lambda m: layers.Average()([m.p, m.q]),
    "there and back": lambda m: (m.p + 0.1) - 0.1,
    "scaled there and back": lambda m: (m.p * 3.0) / 3.0,
    "average over time": lambda m: ops.mean(m.seq, axis=1),
    "pooled over time": lambda m: layers.GlobalAveragePooling1D()(m.seq),
    "sum over time, by its length": lambda m: ops.sum(m.seq, axis=1) / 5,
    "masked by a large negative": lambda m: ops.softmax(ops.where(m.z > 0, m.z, -1e9)),
    "masked and renormalised": lambda m: (lambda k: k / ops.sum(k, axis=-1, keepdims=True))(
        m.p * ops.cast(m.x[:, :1] > 9, "float32")
    ),
    "exp of log-softmax": lambda m: ops.exp(ops.log_softmax(m.z)),
    "softmax of log": lambda m: ops.softmax(ops.log(m.p)),
    "softmax with the maximum taken off": lambda m: ops.softmax(m.z - ops.max(m.z, axis=-1, keepdims=True)),
    "softmax by hand": lambda m: ops.exp(m.z) / ops.sum(ops.exp(m.z), axis=-1, keepdims=True),
    "epsilon": lambda m: m.p + 1e-7,
    "clipped": lambda m: ops.clip(m.p, 1e-7, 1 - 1e-7),
    "last step": lambda m: m.seq[:, -1],
    "one step, taken": lambda m: ops.take(m.seq, 2, axis=1),
    "copies": lambda m: layers.Dropout(0.5)(layers.Identity()(m.p)),
}
LOG_SIMPLEX: dict[str, Callable[[Parts], Any]] = {
    "log of softmax": lambda m: ops.log(m.p),
    "log of softmax and epsilon": lambda m: ops.log(m.p + 1e-7),
    "log-softmax": lambda m: ops.log_softmax(m.z),
    "x - logsumexp": lambda m: m.z - ops.logsumexp(m.z, axis=-1, keepdims=True),
    "log-softmax by hand": lambda m: m.z - ops.log(ops.sum(ops.exp(m.z), axis=-1, keepdims=True)),
    "log-softmax by hand, stable": lambda m: (lambda s: s - ops.log(ops.sum(ops.exp(s), axis=-1, keepdims=True)))(
        m.z - ops.max(m.z, axis=-1, keepdims=True)
    ),
}
DEPENDENT: dict[str, Callable[[Parts], Any]] = {
    "halves added": lambda m: m.p[:, :5] + m.p[:, 5:],
    "part of a softmax": lambda m: m.p[:, :5],
    "one gate entry": lambda m: m.g[:, 0:1],
    "x - max(x)": lambda m: m.z - ops.max(m.z, axis=-1, keepdims=True),
    "x - mean(x)": lambda m: m.z - ops.mean(m.z, axis=-1, keepdims=True),
    "sigmoid of x - mean(x)": lambda m: ops.sigmoid(m.z - ops.mean(m.z, axis=-1, keepdims=True)),
    "1 - softmax": lambda m: 1 - m.g,
    "softmax times a mask": lambda m: m.p * ops.cast(m.z > 0, "float32"),
    "softmax of one gate not the other": lambda m: m.g[:, 0:1] * m.p + m.g[:, 0:1] * m.q,
    "three quarters of a gate": lambda m: m.b * m.p + (1 - 0.5 * m.b) * m.q,
    "sigmoid gate": lambda m: ops.sum(layers.Dense(2, activation="sigmoid")(m.x)[:, :, None] * _experts(m), axis=1),
    "gate summed along the classes": lambda m: ops.sum(m.g[:, :, None] * _experts(m), axis=-1),
    "dot of two softmaxes": lambda m: layers.Dot(axes=1)([m.p, m.q]),
    "flattened": lambda m: layers.Flatten()(m.seq),
    "maximum over time": lambda m: layers.GlobalMaxPooling1D()(m.seq),
    "softmax over time, averaged": lambda m: layers.GlobalAveragePooling1D()(layers.Softmax(axis=1)(m.seq)),
    "square root": lambda m: ops.sqrt(m.p),
    "softmax over several axes": lambda m: layers.Softmax(axis=[-1, -2])(m.seq),
    "part of a log-softmax": lambda m: ops.log_softmax(m.z)[:, :5],
    "tied, subtracted": lambda m: m.d(m.x) - m.d(m.x),
    "tied, added": lambda m: m.d(m.x) + m.d(ops.flip(m.x, axis=-1)),
    "tied, joined": lambda m: layers.Concatenate()([m.d(m.x), -m.d(m.x)]),
    "tied, largest": lambda m: layers.Maximum()([m.z, -m.z]),
    "sigmoid of z and of -z": lambda m: layers.Concatenate()([ops.sigmoid(-m.z), ops.sigmoid(m.z)]),
    "sigmoid of z and -z joined": lambda m: ops.sigmoid(ops.concatenate([-m.z, m.z], axis=-1)),
    "chosen by itself": lambda m: ops.where(m.z > 0, m.z, ops.exp(m.z)),
    "times itself": lambda m: m.z * m.z,
    "times its own sigmoid": lambda m: m.z * ops.sigmoid(m.z),
    "exp over another sum": lambda m: ops.exp(m.z) / ops.sum(m.z, axis=-1, keepdims=True),
    "over another sum": lambda m: m.p / ops.clip(ops.sum(ops.relu(m.z), axis=-1, keepdims=True), 5.0, 9.0),
    "frozen mixing of classes": lambda m: layers.Dense(10, use_bias=False, trainable=False)(m.p),
    "one unit stretched": lambda m: layers.Dense(1, activation="softmax")(m.x) + ops.zeros((1, 10)),
    "added to what is opaque": lambda m: m.z - _opaque()(m.z),
    "sparsemax": lambda m: ops.sparsemax(m.z),
}
FREE: dict[str, Callable[[Parts], Any]] = {
    "linear head": lambda m: m.z,
    "temperature": lambda m: m.z / 2.5,
    "sigmoid": lambda m: ops.sigmoid(m.z),
    "sigmoid of -z": lambda m: ops.sigmoid(-m.z),
    "1 - sigmoid": lambda m: 1 - ops.sigmoid(m.z),
    "squareplus": lambda m: ops.squareplus(m.z),
    "two heads joined": lambda m: layers.Concatenate()([m.z, layers.Dense(3)(m.x)]),
    "residual": lambda m: layers.Add()([m.z, layers.Dense(10)(layers.ReLU()(m.z))]),
    "residual on the input": lambda m: layers.Add()([m.x, layers.Dense(8)(m.x)]),
    "masked by the input": lambda m: ops.where(m.x[:, :1] > 0, m.z, -1e9),
    "head on a softmax": lambda m: layers.Dense(10)(m.p),
    "part of the logits": lambda m: m.z[:, :5],
    "frozen head on features": lambda m: layers.Dense(10, trainable=False)(layers.Dense(4, activation="relu")(m.x)),
    "two directions": lambda m: layers.Bidirectional(layers.LSTM(4))(m.seq),
}  # fmt: skip


def _stacked(b: Any) -> Any:
    lone = b[:, 0]
    return ops.stack([1 - lone, lone], axis=-1)


def _experts(m: Parts) -> Any:
    return ops.stack([m.p, m.q], axis=1)


def _opaque() -> Any:
    class Opaque(layers.Layer):
        def call(self, z: Any) -> Any:
            far = ops.max(z) > 1e9  # a branch on data: no trace follows it
            return ops.cond(far, lambda: z[:, :1], lambda: ops.logsumexp(z, axis=-1, keepdims=True))

    return Opaque()


def check(value: Value, tensor: Any, x: Any) -> None:
    """What is claimed of the program holds when it is run."""
    (array,) = run(keras.Model(x, tensor), seed=3)
    assert violations(value, np.asarray(array), sums=bool(np.isfinite(array).all())) == []


@pytest.mark.parametrize("name", SIMPLEX)
def test_still_a_distribution(name: str) -> None:
    value, tensor, x = value_of(SIMPLEX[name])
    assert value.is_probability and value.simplex == -1 and not value.spans
    assert value.broken_in != "always"
    check(value, tensor, x)


@pytest.mark.parametrize("name", LOG_SIMPLEX)
def test_still_the_log_of_one(name: str) -> None:
    value, tensor, x = value_of(LOG_SIMPLEX[name])
    assert value.log_simplex == -1 and value.simplex is None and not value.spans
    check(value, tensor, x)


@pytest.mark.parametrize("name", DEPENDENT)
def test_not_free_and_no_distribution(name: str) -> None:
    value, tensor, x = value_of(DEPENDENT[name])
    assert not value.spans and value.simplex is None and value.log_simplex is None
    assert value.broken_by == "" and value.why
    check(value, tensor, x)


@pytest.mark.parametrize("name", FREE)
def test_free(name: str) -> None:
    value, tensor, x = value_of(FREE[name])
    assert value.spans and value.simplex is None
    check(value, tensor, x)


@pytest.mark.parametrize(
    "name, program",
    [
        ("doubled", lambda m: m.p * 2),
        ("two added", lambda m: m.p + m.q),
        ("joined", lambda m: layers.Concatenate()([m.p, m.q])),
        ("shifted", lambda m: m.p + 0.5),
        ("summed over time", lambda m: ops.sum(m.seq, axis=1)),
    ],
)
def test_surely_broken(name: str, program: Callable[[Parts], Any]) -> None:
    value, tensor, x = value_of(program)
    assert not value.is_probability and value.broken_by and value.broken_in == "always"
    check(value, tensor, x)
