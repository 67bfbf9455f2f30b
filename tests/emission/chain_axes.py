"""Steps of random chains that act along axes: reductions, moves, joins, pooling, contractions, recurrence."""

from __future__ import annotations

import math
from typing import Any

from keras import layers, ops

from tests.emission.chains import Chain, step


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
    size = x.shape[axis]
    options = [
        lambda: ops.take(x, 0, axis=axis),
        lambda: ops.unstack(x, axis=axis)[0],
        lambda: ops.split(x, size, axis=axis)[-1],
    ]
    if size and size > 1:
        options += [lambda: ops.take(x, [1, 0], axis=axis), lambda: ops.sort(x, axis=axis)]
    if size and size % 2 == 0:
        options += [lambda: ops.split(x, 2, axis=axis)[0]]
    if x.shape[-1] > 1:
        options += [lambda: ops.top_k(x, 2)[0]]
    return chain.pick(options)()


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
