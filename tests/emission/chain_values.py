"""Steps of random chains that act on values: activations, arithmetic, choices, heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import layers, ops

from tests.emission.chains import ACTIVATIONS, NUMBERS, Chain, each, step

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
    "rescaling": lambda: layers.Rescaling(2.0, -1.0),
    "rescaling_complement": lambda: layers.Rescaling(-1.0, 1.0),
    "rescaling_half": lambda: layers.Rescaling(0.5, 0.125),
}
each(lambda x: layers.Masking(0.0)(x) * 1.0, names="masking")  # the product keeps the mask from the layers behind
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
