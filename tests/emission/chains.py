"""Random chains of Keras ops and layers behind a head: what the soundness test draws from."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import keras
from keras import layers, ops

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
        with contextlib.suppress(ValueError, TypeError, IndexError, NotImplementedError):  # does not fit this shape
            out = STEPS[name](chain, chain.tensors[-1])
        if out is None or not isinstance(out, keras.KerasTensor) or not out.dtype.startswith("float"):
            continue
        if len(out.shape) > 5 or math.prod(d or 5 for d in out.shape) > 4000:
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


each(
    ops.exp, ops.log, ops.log1p, ops.sqrt, ops.abs, ops.square, ops.negative, ops.reciprocal, ops.rsqrt, ops.floor,
    ops.ceil, ops.round, ops.sign, ops.sin, ops.cos, ops.sinh, ops.cosh, ops.arctan, ops.arcsinh, ops.expm1, ops.erf,
    ops.nan_to_num, ops.tan, ops.arccos, ops.arcsin, ops.log2, ops.log10,
    names="exp log log1p sqrt abs square negative reciprocal rsqrt floor ceil round sign sin cos sinh cosh arctan arcsinh "
    "expm1 erf nan_to_num tan arccos arcsin log2 log10",
)  # fmt: skip
each(
    lambda x: x / ops.sum(x, axis=-1, keepdims=True), lambda x: x - ops.logsumexp(x, axis=-1, keepdims=True),
    lambda x: x - ops.max(x, axis=-1, keepdims=True), lambda x: x - ops.mean(x, axis=-1, keepdims=True),
    lambda x: x / ops.max(x, axis=-1, keepdims=True), lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True),
    lambda x: x - ops.log(ops.sum(ops.exp(x), axis=-1, keepdims=True)), lambda x: 1 - x, lambda x: x * x, lambda x: x - x,
    lambda x: x / ops.sum(x, axis=1, keepdims=True), lambda x: x / (ops.sum(x, axis=-1, keepdims=True) + 1e-3),
    lambda x: x * 0.9 + 0.1 / x.shape[-1], lambda x: x + 1e-7, lambda x: x / 2 + x / 2,
    lambda x: x / ops.sum(ops.relu(x), axis=-1, keepdims=True), lambda x: x - ops.max(x),
    names="normalise minus_logsumexp minus_max minus_mean over_max softmax_by_hand log_softmax_by_hand complement squared "
    "minus_itself normalise_first over_sum_and_epsilon smooth epsilon halves over_sum_of_relu minus_max_of_all",
)  # fmt: skip
each(
    lambda x: layers.Concatenate()([1 - x, x]), lambda x: ops.concatenate([x, 1 - x], axis=-1),
    lambda x: ops.stack([1 - x, x], axis=-1), lambda x: ops.stack([x, 1 - x], axis=1),
    lambda x: layers.Concatenate()([x, x]), lambda x: layers.Concatenate(axis=1)([x, -x]),
    lambda x: x[..., :1] * x + x[..., 1:2] * x, lambda x: x[..., :2] + x[..., 2:4],
    lambda x: x[..., 0:1], lambda x: x[:, 0], lambda x: x[..., None], lambda x: x[:, -1:], lambda x: x[:, ::2],
    names="complements complements_reversed complements_stacked complements_stacked_first twice_joined joined_first "
    "own_gate halves_added first_entry first_row new_axis last_row every_other",
)  # fmt: skip
_PLAIN_LAYERS: dict[str, Callable[[], Any]] = {
    "layer_relu": lambda: layers.ReLU(),
    "layer_relu_cut": lambda: layers.ReLU(max_value=0.7),
    "layer_relu_sloped": lambda: layers.ReLU(negative_slope=0.3, threshold=0.4),
    "layer_relu_threshold": lambda: layers.ReLU(max_value=3.0, threshold=0.5),
    "leaky": lambda: layers.LeakyReLU(negative_slope=0.2),
    "leaky_steep": lambda: layers.LeakyReLU(negative_slope=1.5),
    "elu": lambda: layers.ELU(alpha=2.0),
    "elu_flat": lambda: layers.ELU(alpha=0.3),
    "prelu": lambda: layers.PReLU(),
    "dropout": lambda: layers.Dropout(0.3),
    "identity": lambda: layers.Identity(),
    "unit_norm": lambda: layers.UnitNormalization(),
    "masking": lambda: layers.Masking(0.0),
    "rescaling": lambda: layers.Rescaling(2.0, -1.0),
    "rescaling_complement": lambda: layers.Rescaling(-1.0, 1.0),
    "rescaling_half": lambda: layers.Rescaling(0.5, 0.125),
}
each(*(lambda x, make=make: make()(x) for make in _PLAIN_LAYERS.values()), names=" ".join(_PLAIN_LAYERS))


@step
def head(chain: Chain, x: Any) -> Any:
    return layers.Dense(chain.pick((1, 2, 4)), activation=chain.pick(ACTIVATIONS))(x)


@step
def frozen_head(chain: Chain, x: Any) -> Any:
    return layers.Dense(3, trainable=False, use_bias=False)(x)


@step
def activation(chain: Chain, x: Any) -> Any:
    return layers.Activation(chain.pick(ACTIVATIONS))(x)


@step
def activation_op(chain: Chain, x: Any) -> Any:
    function = getattr(ops, chain.pick(ACTIVATIONS[1:]), None)
    return function(x) if function else None


@step
def activation_with_parameter(chain: Chain, x: Any) -> Any:
    return chain.pick((
        lambda: ops.leaky_relu(x, negative_slope=0.5), lambda: ops.elu(x, alpha=2.0), lambda: ops.celu(x, alpha=0.5),
        lambda: ops.hard_shrink(x, threshold=1.0), lambda: ops.soft_shrink(x, threshold=0.1), lambda: ops.squareplus(x, b=1),
        lambda: ops.threshold(x, 0.3, -2.0), lambda: ops.glu(x, axis=-1),
    ))()  # fmt: skip


@step
def softmax_over(chain: Chain, x: Any) -> Any:
    kind = chain.pick(
        (layers.Softmax, lambda axis: lambda t: ops.softmax(t, axis), lambda axis: lambda t: ops.log_softmax(t, axis))
    )
    return kind(axis=chain.axis(x))(x)


@step
def softmax_over_two(chain: Chain, x: Any) -> Any:
    return layers.Softmax(axis=[-1, -2])(x) if len(x.shape) > 2 else None


@step
def masked_softmax(chain: Chain, x: Any) -> Any:
    mask = ops.convert_to_tensor([[True] * (x.shape[-1] - 1) + [False]])
    return ops.softmax(ops.where(mask, x, chain.pick((-1e9, -1e4))))


@step
def masked_then_normalised(chain: Chain, x: Any) -> Any:
    kept = x * ops.cast(x > 0.1, "float32")
    return kept / ops.sum(kept, axis=-1, keepdims=True)


@step
def scale(chain: Chain, x: Any) -> Any:
    return x * chain.pick(NUMBERS)


@step
def shift(chain: Chain, x: Any) -> Any:
    return x + chain.pick(NUMBERS)


@step
def number_first(chain: Chain, x: Any) -> Any:
    number = chain.pick(NUMBERS)
    return chain.pick((lambda: number - x, lambda: number / x))()


@step
def divide(chain: Chain, x: Any) -> Any:
    return x / chain.pick(NUMBERS)


@step
def power(chain: Chain, x: Any) -> Any:
    return x ** chain.pick((2, 3, 0.5, -1.0, 1.5))


@step
def clip(chain: Chain, x: Any) -> Any:
    low, high = chain.pick(((0.0, 1.0), (1e-7, 1 - 1e-7), (-1.0, 2.0), (0.2, 0.3), (1e-3, 1.0)))
    return ops.clip(x, low, high)


@step
def extremum(chain: Chain, x: Any) -> Any:
    function = chain.pick((ops.maximum, ops.minimum, lambda *a: layers.Maximum()(a), lambda *a: layers.Minimum()(a)))
    return function(x, chain.another(x))


@step
def extremum_with_number(chain: Chain, x: Any) -> Any:
    return chain.pick((ops.maximum, ops.minimum))(x, chain.pick((0.0, 0.5, 1.0, -3.0)))


@step
def where(chain: Chain, x: Any) -> Any:
    other = chain.another(x)
    condition = chain.pick((x > 0.2, other > x, ops.any(x > 0.3, axis=-1, keepdims=True)))
    return ops.where(condition, x, chain.pick((other, 0.0, ops.flip(x, axis=-1))))


@step
def merge(chain: Chain, x: Any) -> Any:
    kind = chain.pick((layers.Add, layers.Average, layers.Multiply, layers.Subtract, layers.Concatenate))
    return kind()([x, chain.another(x)])


@step
def merge_three(chain: Chain, x: Any) -> Any:
    return chain.pick((layers.Add, layers.Average, layers.Multiply))()([x, chain.another(x), chain.another(x)])


@step
def binary_op(chain: Chain, x: Any) -> Any:
    return chain.pick((ops.add, ops.subtract, ops.multiply, ops.divide, ops.logaddexp, ops.hypot))(x, chain.another(x))


@step
def broadcast_merge(chain: Chain, x: Any) -> Any:
    small = chain.pick(
        (ops.softmax(x)[..., :1], layers.Dense(1, activation="softmax")(x), layers.Dense(1)(x), x[:, :1])
    )
    return chain.pick((ops.add, ops.multiply, ops.subtract, ops.divide, ops.maximum))(small, x)


@step
def join(chain: Chain, x: Any) -> Any:
    other, axis = chain.another(x), chain.axis(x)
    return chain.pick((ops.concatenate, ops.stack))([x, other], axis=axis)


@step
def stretch(chain: Chain, x: Any) -> Any:
    axis = chain.axis(x)
    return chain.pick((
        lambda: ops.repeat(x, 2, axis=axis), lambda: ops.flip(x, axis=axis), lambda: ops.roll(x, 1, axis=axis),
        lambda: ops.tile(x, [1] * (len(x.shape) - 1) + [2]), lambda: ops.expand_dims(x, axis),
        lambda: ops.squeeze(ops.expand_dims(x, axis), axis), lambda: ops.sort(x, axis=axis),
        lambda: ops.broadcast_to(x[:, :1], (5, *x.shape[1:])), lambda: ops.roll(x, 1),
    ))()  # fmt: skip


@step
def reduce(chain: Chain, x: Any) -> Any:
    function = chain.pick((ops.sum, ops.mean, ops.max, ops.min, ops.logsumexp, ops.std, ops.var, ops.prod, ops.median))
    axis = chain.axis(x)
    several = chain.pick((axis, axis, (-1, -2) if len(x.shape) > 3 else axis))
    if len(x.shape) < 3 and not chain.flip():
        return function(x, axis=axis, keepdims=True)
    return function(x, axis=several, keepdims=chain.flip())


@step
def accumulate(chain: Chain, x: Any) -> Any:
    function = chain.pick((ops.cumsum, ops.cumprod, ops.diff))
    return function(x, axis=chain.axis(x))


@step
def permute(chain: Chain, x: Any) -> Any:
    order = chain.random.sample(range(1, len(x.shape)), len(x.shape) - 1)
    if chain.flip():
        return layers.Permute(tuple(order))(x)
    return ops.transpose(x, (0, *order))


@step
def move_axis(chain: Chain, x: Any) -> Any:
    a, b = chain.axis(x), chain.axis(x)
    return chain.pick((lambda: ops.swapaxes(x, a, b), lambda: ops.moveaxis(x, a, b)))()


@step
def reshape(chain: Chain, x: Any) -> Any:
    size = math.prod(x.shape[1:])
    targets = [(size,), (1, size), (size, 1), (*x.shape[1:], 1), (1, *x.shape[1:])]
    targets += [(d, size // d) for d in (2, 3, 4) if size % d == 0]
    if chain.flip():
        return layers.Reshape(chain.pick(targets))(x)
    return chain.pick((layers.Flatten()(x), ops.reshape(x, (-1, *chain.pick(targets)))))


@step
def pool(chain: Chain, x: Any) -> Any:
    rank = len(x.shape) - 2
    if rank not in (1, 2):
        return None
    kinds = {1: (layers.AveragePooling1D, layers.MaxPooling1D), 2: (layers.AveragePooling2D, layers.MaxPooling2D)}
    return chain.pick(kinds[rank])(2, strides=1, padding=chain.pick(("same", "valid")))(x)


@step
def global_pool(chain: Chain, x: Any) -> Any:
    rank = len(x.shape) - 2
    kinds = {
        1: (layers.GlobalAveragePooling1D, layers.GlobalMaxPooling1D),
        2: (layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D),
    }
    return chain.pick(kinds[rank])(keepdims=chain.flip())(x) if rank in kinds else None


@step
def spatial(chain: Chain, x: Any) -> Any:
    if len(x.shape) == 3:
        return chain.pick((layers.ZeroPadding1D(1), layers.Cropping1D(1), layers.UpSampling1D(2)))(x)
    if len(x.shape) != 4:
        return None
    bilinear = layers.UpSampling2D(2, interpolation="bilinear")
    resizing = layers.Resizing(3, 3, interpolation=chain.pick(("bilinear", "nearest", "bicubic")))
    return chain.pick((layers.ZeroPadding2D(1), layers.Cropping2D(1), layers.UpSampling2D(2), bilinear, resizing))(x)


@step
def normalisation(chain: Chain, x: Any) -> Any:
    kind = chain.pick((layers.BatchNormalization, layers.LayerNormalization, layers.RMSNormalization))
    return kind()(x)


@step
def mixture(chain: Chain, x: Any) -> Any:
    """Experts weighted by a gate: by broadcasting, matmul, einsum, Dot or one by one."""
    flat = layers.Flatten()(x)
    size = chain.pick((2, 4))
    experts = layers.Reshape((3, size))(layers.Dense(3 * size)(flat))
    experts = chain.pick((layers.Softmax(axis=-1), layers.Softmax(axis=1), layers.Activation("sigmoid")))(experts)
    gate = layers.Dense(3, activation=chain.pick(("softmax", "softmax", "sigmoid", "linear")))(flat)
    p = [experts[:, i] for i in range(3)]
    single = layers.Dense(1, activation="sigmoid")(flat)
    return chain.pick((
        lambda: ops.sum(gate[:, :, None] * experts, axis=1),
        lambda: ops.sum(gate[:, :, None] * experts, axis=-1),
        lambda: ops.matmul(gate[:, None, :], experts),
        lambda: ops.einsum("be,bek->bk", gate, experts),
        lambda: ops.einsum("be,bfk->bfk", gate, experts),
        lambda: layers.Dot(axes=1)([gate, experts]),
        lambda: layers.Dot(axes=(1, 1))([experts, gate]),
        lambda: gate[:, 0:1] * p[0] + gate[:, 1:2] * p[1] + gate[:, 2:3] * p[2],
        lambda: gate[:, 0:1] * p[0] + gate[:, 1:2] * p[1],
        lambda: single * p[0] + (1 - single) * p[1],
        lambda: single * p[0] + (1 - single * 0.5) * p[1],
        lambda: 0.3 * p[0] + 0.7 * p[2],
        lambda: layers.Average()(p),
    ))()  # fmt: skip


@step
def contract(chain: Chain, x: Any) -> Any:
    other = chain.another(x)
    if len(x.shape) == 2:
        return chain.pick((lambda: layers.Dot(axes=1)([x, other]), lambda: layers.Dot(axes=1, normalize=True)([x, other]),
                           lambda: ops.einsum("bi,bi->b", x, other), lambda: ops.einsum("bi,bj->bij", x, other)))()  # fmt: skip
    if len(x.shape) == 3:
        return chain.pick((lambda: ops.matmul(x, ops.swapaxes(other, -1, -2)), lambda: layers.Dot(axes=2)([x, other]),
                           lambda: ops.matmul(x, other), lambda: ops.einsum("bij,bkj->bik", x, other),
                           lambda: ops.einsum("...ij,...kj->...ki", x, other), lambda: layers.Dot(axes=1)([x, other])))()  # fmt: skip
    return None


@step
def attention(chain: Chain, x: Any) -> Any:
    if len(x.shape) != 3:
        return None
    return chain.pick((layers.Attention(), layers.AdditiveAttention()))([x, chain.another(x)])


@step
def multi_head(chain: Chain, x: Any) -> Any:
    return layers.MultiHeadAttention(2, 2)(x, x) if len(x.shape) == 3 else None


@step
def recurrent(chain: Chain, x: Any) -> Any:
    if len(x.shape) != 3:
        return None
    kind = chain.pick((layers.LSTM, layers.GRU, layers.SimpleRNN))
    layer = kind(4, activation=chain.pick(("tanh", "sigmoid", "softmax", "relu")), return_sequences=chain.flip())
    return (
        layers.Bidirectional(layer, merge_mode=chain.pick(("concat", "sum", "mul", "ave")))(x)
        if chain.flip()
        else layer(x)
    )


@step
def per_time_step(chain: Chain, x: Any) -> Any:
    if len(x.shape) < 3:
        return None
    return layers.TimeDistributed(
        chain.pick((layers.Dense(3, activation="softmax"), layers.Softmax(), layers.Flatten(), layers.Identity()))
    )(x)


@step
def part(chain: Chain, x: Any) -> Any:
    axis = chain.axis(x)
    return chain.pick((
        lambda: ops.split(x, 2, axis=axis)[0], lambda: ops.unstack(x, axis=axis)[0], lambda: ops.take(x, [1, 0], axis=axis),
        lambda: ops.take(x, 0, axis=axis), lambda: ops.top_k(x, 2)[0], lambda: ops.split(x, x.shape[axis], axis=axis)[-1],
    ))()  # fmt: skip


@step
def triangle(chain: Chain, x: Any) -> Any:
    return chain.pick((ops.tril, ops.triu))(x) if len(x.shape) > 2 else None


@step
def cast(chain: Chain, x: Any) -> Any:
    return ops.cast(ops.cast(x, chain.pick(("float16", "int32", "bool"))), "float32")


@step
def one_hot(chain: Chain, x: Any) -> Any:
    return ops.one_hot(ops.argmax(x, axis=-1), x.shape[-1] + chain.pick((0, 2)))


@step
def tied(chain: Chain, x: Any) -> Any:
    d = layers.Dense(3)
    return chain.pick((lambda: d(x) - d(x), lambda: d(x) + d(ops.flip(x, axis=-1)), lambda: ops.maximum(d(x), -d(x))))()
