"""Random programs whose truth is known by construction: head, way of building it, what follows it, loss, labels."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, losses, ops

from tests.cases.test_programs import raw_functions

HEADS = {
    "logits": "logits", "softmax": "class-probabilities", "sigmoid": "independent-probabilities",
    "log_softmax": "log-probabilities", "relu": "nonnegative", "tanh": "bounded",
}  # fmt: skip
BUILDS = ("sequential", "functional", "nested", "subclass", "raw subclass", "multi-output")
FORMS = ("object", "function", "string", "class", "lambda", "partial", "subclass")
TAILS = ("nothing", "identity", "linear", "dropout 0", "reshape", "lambda")
SHAPES = ((6,), (5, 6), (4, 4, 6))
RAW = ("softmax", "sigmoid")

# (name in keras.losses of the class, of the function, expected kind without and with the flag, labels)
FLAGGED = (
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", "class"),
    ("CategoricalCrossentropy", "categorical_crossentropy", "class"),
    ("BinaryCrossentropy", "binary_crossentropy", "binary"),
    ("CategoricalFocalCrossentropy", "categorical_focal_crossentropy", "class"),
    ("BinaryFocalCrossentropy", "binary_focal_crossentropy", "binary"),
)
PLAIN = (("MeanSquaredError", "mean_squared_error"), ("Huber", "huber"), ("CosineSimilarity", "cosine_similarity"))


@dataclass(frozen=True)
class Draw:
    """One random program.

    Attributes:
        model: compiled.
        data: x and y for `check`, or empty.
        codes: what must be said of it: known by construction.
        emits: the word for its head.
        words: how it came about, for the message of a failure.
    """

    model: Any
    data: dict[str, Any]
    codes: frozenset[str]
    emits: str
    words: str

    @property
    def fits(self) -> bool:
        """Whether head and loss agree; labels may be wrong all the same."""
        return not any(code.startswith(("LM1", "LM2")) for code in self.codes)


def draw(seed: int) -> Draw:
    """The program number `seed`."""
    chance = random.Random(seed)
    keras.utils.set_random_seed(seed)
    build = chance.choice(BUILDS)
    head = chance.choice(RAW if build == "raw subclass" else tuple(HEADS))
    shape, units, tail = chance.choice(SHAPES), chance.choice((2, 3, 7)), chance.choice(TAILS)
    if build in ("subclass", "raw subclass"):
        tail = "nothing"
    loss, kind, words = _loss(chance)
    model = _model(build, head, shape, units, tail, chance)
    if build == "multi-output":
        other = "mse"
        model.compile(loss=chance.choice([[loss, other], {"checked": loss, "other": other}]))
    else:
        model.compile(loss=loss)
    codes, data, labels = truth(head, kind, units), {}, "no labels"
    if "Crossentropy" in words and build != "multi-output" and chance.random() < 0.5:
        takes, written = (
            "sparse" if "Sparse" in words else kind.partition("-")[0],
            words.endswith(("lambda", "subclass")),
        )
        labels, wrong = _labels(chance, takes, always_right=written)
        data = {"x": _x(shape), "y": LABELS[labels](np.random.default_rng(seed), (16, *shape[:-1]), units)}
        codes |= wrong
    made = f"{build}, {head}({units}) on {shape}, then {tail}"
    return Draw(model, data, codes, HEADS[head], f"#{seed}: {made}; {words}; {labels}")


def _x(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(16, *shape)).astype("float32")


def _one_hot(rng: np.random.Generator, places: tuple[int, ...], units: int) -> np.ndarray:
    return np.eye(units, dtype="float32")[rng.integers(0, units, places)]


def _far_ids(rng: np.random.Generator, places: tuple[int, ...], units: int) -> np.ndarray:
    ids = rng.integers(0, units, places)
    ids.flat[:3] = units + 2
    return ids


# labels of 16 rows: (generator, their shape without the class axis, classes) -> array
LABELS: dict[str, Callable[[np.random.Generator, tuple[int, ...], int], np.ndarray]] = {
    "ids": lambda rng, places, units: rng.integers(0, units, places),
    "ids as floats in a column": lambda rng, places, units: rng.integers(0, units, (*places, 1)).astype("float32"),
    "ids too large": _far_ids,
    "one-hot": _one_hot,
    "smoothed": lambda *of: 0.9 * _one_hot(*of) + 0.1 / of[2],
    "yes and no": lambda rng, places, units: rng.integers(0, 2, (*places, units)).astype("float32"),
    "minus one and one": lambda rng, places, units: 2.0 * rng.integers(0, 2, (*places, units)) - 1.0,
}
RIGHT = {
    "sparse": ("ids", "ids as floats in a column"),
    "class": ("one-hot", "smoothed"),
    "binary": ("yes and no", "smoothed"),
}
WRONG = {
    "sparse": (("one-hot", "LM301"), ("ids too large", "LM302")),
    "class": (("ids", "LM301"), ("minus one and one", "LM303")),
    "binary": (("minus one and one", "LM303"),),
}


def _labels(chance: random.Random, takes: str, *, always_right: bool) -> tuple[str, frozenset[str]]:
    """A label format for a loss that takes "sparse", "class" (a column per class) or "binary", and its code.

    A loss of the user's own may do anything with its labels: nothing is said of these, right or wrong.
    """
    if always_right or chance.random() < 0.5:
        return chance.choice(RIGHT[takes]), frozenset()
    labels, code = chance.choice(WRONG[takes])
    return labels, frozenset((code,))


def truth(head: str, kind: str, units: int) -> frozenset[str]:
    """The code that a head deserves with a loss of this kind: the catalogue once more, as a plain table."""
    if kind == "any":
        return frozenset()
    takes_logits, binary = kind.endswith("logits"), kind.startswith("binary")
    table = {
        "logits": (None, "LM101"),
        "softmax": ("LM102", ("LM201" if units > 2 else None) if binary else None),
        "sigmoid": ("LM102", None if binary else "LM202"),
        "log_softmax": (None, "LM103"),
        "relu": ("LM105", "LM106"),
        "tanh": ("LM105", "LM106"),
    }
    code = table[head][0 if takes_logits else 1]
    return frozenset() if code is None else frozenset((code,))


def _loss(chance: random.Random) -> tuple[Any, str, str]:
    form = chance.choice(FORMS)
    if chance.random() < 0.15:
        cls, function = chance.choice(PLAIN)
        plain = form if form in ("object", "function", "string", "class") else "object"
        return _made(plain, cls, function, {}), "any", f"{cls} as {plain}"
    cls, function, family = chance.choice(FLAGGED)
    flag = chance.random() < 0.5 if form not in ("string", "class", "function") else False
    kind = f"{family}-{'logits' if flag else 'probabilities'}"
    return _made(form, cls, function, {"from_logits": True} if flag else {}), kind, f"{cls}({flag}) as {form}"


def _made(form: str, cls: str, function: str, arguments: dict) -> Any:
    f = getattr(losses, function)
    if form == "string":
        return function
    if form == "class":
        return getattr(losses, cls)
    if form == "function":
        return f
    if form == "partial":
        return functools.partial(f, **arguments)
    if form == "lambda":
        return lambda y_true, y_pred: f(y_true, y_pred, **arguments)
    inner = (
        getattr(losses, cls)(reduction="none", **arguments) if form == "subclass" else getattr(losses, cls)(**arguments)
    )
    return Scaled(inner) if form == "subclass" else inner


class Scaled(losses.Loss):
    """A loss of the user's own around one of Keras'."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def call(self, y_true, y_pred):
        return 0.5 * self.inner(y_true, y_pred)


def _exp_by_sum(z: Any) -> Any:
    e = ops.exp(z - ops.max(z, axis=-1, keepdims=True))
    return e / ops.sum(e, axis=-1, keepdims=True)


BY_HAND: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "softmax": (
        _exp_by_sum,
        lambda z: ops.exp(z) / (ops.sum(ops.exp(z), axis=-1, keepdims=True) + 1e-9),
        lambda z: ops.exp(z - ops.logsumexp(z, axis=-1, keepdims=True)),
        lambda z: _exp_by_sum(z / 0.5),
    ),
    "sigmoid": (lambda z: 1.0 / (1.0 + ops.exp(-z)), lambda z: ops.exp(-ops.softplus(-z))),
    "log_softmax": (
        lambda z: z - ops.logsumexp(z, axis=-1, keepdims=True),
        lambda z: ops.log(_exp_by_sum(z)),
    ),
    "relu": (lambda z: ops.maximum(z, 0.0),),
    "tanh": (lambda z: 2.0 * ops.sigmoid(2.0 * z) - 1.0,),
}


def _activation(head: str) -> Callable[[Any], Any] | None:
    return None if head == "logits" else getattr(keras.activations, head)


def _head(head: str, units: int, chance: random.Random) -> Callable[[Any], Any]:
    """One of the spellings of a head, as a function of a symbolic tensor."""
    if head == "logits":
        return layers.Dense(units)
    spelling = chance.choice(("argument", "object", "layer", "ops", *(("hand",) if head in BY_HAND else ())))
    if spelling == "argument":
        return layers.Dense(units, activation=head)
    if spelling == "object":
        return layers.Dense(units, activation=_activation(head))
    dense = layers.Dense(units)
    if spelling == "hand":
        written = chance.choice(BY_HAND[head])
        return lambda x: written(dense(x))
    if spelling == "layer":
        last = layers.Softmax() if head == "softmax" else layers.Activation(head)
        return lambda x: last(dense(x))
    return lambda x: getattr(ops, head)(dense(x))


def _tail(tail: str, shape: tuple[int, ...]) -> Callable[[Any], Any]:
    if tail == "nothing":
        return lambda x: x
    if tail == "reshape":
        return layers.Reshape(shape)
    if tail == "lambda":
        return layers.Lambda(lambda x: x)
    return {
        "identity": layers.Identity,
        "linear": lambda: layers.Activation("linear"),
        "dropout 0": lambda: layers.Dropout(0.0),
    }[tail]()


def _model(build: str, head: str, shape: tuple[int, ...], units: int, tail: str, chance: random.Random) -> Any:
    if build in ("subclass", "raw subclass"):
        model = Net(units, head, raw=build == "raw subclass")
        model(np.zeros((2, *shape), "float32"))
        return model
    inputs = layers.Input(shape)
    x = layers.Dense(8, activation=chance.choice(("relu", "softmax", "sigmoid")))(inputs)
    after = _tail(tail, (*shape[:-1], units))
    if build == "nested":
        inner_inputs = layers.Input((*shape[:-1], 8))
        inner = keras.Model(inner_inputs, _head(head, units, chance)(inner_inputs))
        return keras.Model(inputs, after(inner(x)))
    out = after(_head(head, units, chance)(x))
    if build == "multi-output":
        out = layers.Identity(name="checked")(out)
        return keras.Model(inputs, [out, layers.Dense(2, name="other")(x)])
    model = keras.Model(inputs, out)
    if build == "sequential":
        return keras.Sequential([layers.Input(shape), model])
    return model


class Net(keras.Model):
    """A subclassed model: Keras ops, or the backend's own."""

    def __init__(self, units: int, head: str, raw: bool) -> None:
        super().__init__()
        self.body = layers.Dense(8, activation="relu")
        self.out = layers.Dense(units)
        self.last = getattr(raw_functions(), head) if raw else _activation(head)

    def call(self, inputs):
        z = self.out(self.body(inputs))
        return z if self.last is None else self.last(z)
