"""Examples of the rows of `keras.layers`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
from keras import layers, ops

from tests.emission.row_examples import BOUNDED, IMAGE, ONE_HEAD, SEQUENCE, VECTOR, VOLUME, Program, enter, enter_made

BY_RANK = ((SEQUENCE,), (IMAGE,), (VOLUME,))
FEW = ("logits", "softmax", "log_softmax", "relu")
STEPS = ((2, 4),)


def layer(name: str, *makes: Callable[[], Any], **how: Any) -> None:
    """A layer of one tensor."""
    enter_made(f"layers.{name}", *makes, **how)


def called(make: Callable[[], Any], how: Callable[..., Any]) -> Callable[[], Program]:
    """A layer that is called with more than a tensor: `how` has it as its first argument."""
    return lambda: functools.partial(how, make())


def merging(name: str, *makes: Callable[[], Any], shapes: tuple[tuple[int, ...], ...] = (VECTOR, VECTOR)) -> None:
    """A layer of a list of tensors."""
    listed = (called(make, lambda inner, *operands: inner(list(operands))) for make in makes)
    enter_made(f"layers.{name}", *listed, shapes=shapes)


def masked(make: Callable[[], Any]) -> Callable[[], Program]:
    """The layer behind one that hides steps: all of them where the input is zero."""

    return called(make, lambda inner, x: inner(layers.Masking(0.0)(x)))


def built(inner: Any) -> Any:
    inner.build()
    return inner


def frozen(make: Callable[[], Any]) -> Callable[[], Any]:
    def made() -> Any:
        fixed = make()
        fixed.trainable = False
        return fixed

    return made


# heads: what they are fed with is not looked at, but for frozen ones
layer("Dense", lambda: layers.Dense(3), lambda: layers.Dense(3, activation="softmax"), heads=FEW)
layer("Dense", frozen(lambda: layers.Dense(3)), lambda: layers.Dense(3, use_bias=False, kernel_constraint="non_neg"))
layer(
    "EinsumDense",
    lambda: layers.EinsumDense("btc,cd->btd", (None, 3), activation="sigmoid"),
    shapes=(SEQUENCE,),
    heads=FEW,
)
for number, shapes in enumerate(BY_RANK, 1):
    for kind in ("Conv", "Conv{}Transpose", "DepthwiseConv", "SeparableConv"):
        name = kind.format(f"{number}D") if "{}" in kind else f"{kind}{number}D"
        if not hasattr(layers, name):  # there is no DepthwiseConv3D
            continue
        size = (2,) if kind == "DepthwiseConv" else (3, 2)
        layer(name, lambda name=name, size=size: getattr(layers, name)(*size, activation="softmax", padding="same"),
              lambda name=name, size=size: getattr(layers, name)(*size, strides=2), shapes=shapes, heads=FEW)  # fmt: skip
layer("Embedding", called(lambda: layers.Embedding(2, 3), lambda inner, x: inner(ops.cast(x, "int32"))), heads=BOUNDED)
layer("ReversibleEmbedding", called(lambda: layers.ReversibleEmbedding(2, 3), lambda inner, x: inner(ops.cast(x, "int32"))),
      called(lambda: built(layers.ReversibleEmbedding(5, 4)), lambda inner, x: inner(x, reverse=True)),
      called(lambda: built(layers.ReversibleEmbedding(5, 4, logit_soft_cap=2.0)), lambda inner, x: inner(x, reverse=True)),
      heads=BOUNDED)  # fmt: skip

# activations and their like
for name in ("relu", "softmax", "tanh", "gelu", "log_softmax", "exponential", "linear", "mish"):
    layer("Activation", lambda name=name: layers.Activation(name))
layer(
    "Softmax", layers.Softmax, lambda: layers.Softmax(axis=(1, 2)), lambda: layers.Softmax(axis=1), shapes=(SEQUENCE,)
)
# one class at least is shown: that a row of which nothing is left sums to nothing is granted
layer(
    "Softmax",
    called(layers.Softmax, lambda inner, x, y: inner(x, mask=y >= ops.max(y, axis=-1, keepdims=True))),
    shapes=(VECTOR, VECTOR),
)
layer("ReLU", layers.ReLU, lambda: layers.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2))
layer("LeakyReLU", layers.LeakyReLU, lambda: layers.LeakyReLU(negative_slope=2.0))
layer("ELU", layers.ELU, lambda: layers.ELU(alpha=0.3))
layer("PReLU", layers.PReLU)
layer("Identity", layers.Identity)
layer("ActivityRegularization", lambda: layers.ActivityRegularization(l2=0.1))
layer("Masking", layers.Masking, shapes=(SEQUENCE,))
layer("InputLayer", lambda: lambda x: x * 2.0, heads=ONE_HEAD)
for name in ("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"):
    layer(name, lambda name=name: getattr(layers, name)(0.5), lambda name=name: getattr(layers, name)(0.0))
layer("Rescaling", lambda: layers.Rescaling(-2.0, offset=1.0), lambda: layers.Rescaling([1.0, 2.0, 3.0, -4.0]))
layer("UnitNormalization", layers.UnitNormalization, lambda: layers.UnitNormalization(axis=1), shapes=(SEQUENCE,))

# normalisation
layer("BatchNormalization", layers.BatchNormalization, lambda: layers.BatchNormalization(center=False))
layer("LayerNormalization", layers.LayerNormalization, lambda: layers.LayerNormalization(center=False))
layer("GroupNormalization", lambda: layers.GroupNormalization(2), lambda: layers.GroupNormalization(2, center=False))
layer("RMSNormalization", layers.RMSNormalization, frozen(layers.RMSNormalization))
layer("Normalization", lambda: layers.Normalization(mean=[1.0, 2.0, 0.0, -1.0], variance=[1.0, 4.0, 0.5, 1e-3]))
layer("SpectralNormalization", lambda: layers.SpectralNormalization(layers.Dense(3, activation="sigmoid")), heads=FEW)

# several tensors
for name in ("Add", "Average", "Subtract", "Multiply", "Maximum", "Minimum"):
    merging(name, lambda name=name: getattr(layers, name)())
for name in ("Add", "Average", "Multiply", "Maximum", "Minimum"):
    merging(name, lambda name=name: getattr(layers, name)(), shapes=(SEQUENCE, VECTOR, SEQUENCE))
merging("Concatenate", layers.Concatenate, lambda: layers.Concatenate(axis=1), shapes=(SEQUENCE, SEQUENCE))
merging("Dot", lambda: layers.Dot(axes=-1), lambda: layers.Dot(axes=1), lambda: layers.Dot(axes=2, normalize=True),
        shapes=(SEQUENCE, SEQUENCE))  # fmt: skip
merging(
    "Attention",
    layers.Attention,
    lambda: layers.Attention(use_scale=True, score_mode="concat"),
    shapes=(SEQUENCE, SEQUENCE),
)
merging("AdditiveAttention", layers.AdditiveAttention, shapes=(SEQUENCE, SEQUENCE))
layer("Attention", called(layers.Attention, lambda inner, q, v: inner([q, v], use_causal_mask=True)),
      called(layers.Attention, lambda inner, q, v: inner([q, v], mask=[q[..., 0] > 0, v[..., 0] > 0])),
      called(layers.Attention, lambda inner, q, v: inner([q, v], return_attention_scores=True)),
      called(layers.Attention, lambda inner, q, v: inner([q, layers.Masking(0.0)(v)])), shapes=(SEQUENCE, SEQUENCE))  # fmt: skip
layer("MultiHeadAttention", called(lambda: layers.MultiHeadAttention(2, 3), lambda inner, q, v: inner(q, v, return_attention_scores=True)),
      shapes=(SEQUENCE, SEQUENCE), heads=FEW)  # fmt: skip
layer("GroupedQueryAttention", called(lambda: layers.GroupQueryAttention(3, 2, 1), lambda inner, q, v: inner(q, v, return_attention_scores=True)),
      shapes=(SEQUENCE, SEQUENCE), heads=FEW)  # fmt: skip

# places: axes moved, cut and filled
layer(
    "Reshape",
    lambda: layers.Reshape((4, 5)),
    lambda: layers.Reshape((1, 5, 4)),
    lambda: layers.Reshape((-1,)),
    shapes=(SEQUENCE,),
)
layer("Flatten", layers.Flatten, shapes=(SEQUENCE,))
layer("Flatten", layers.Flatten, shapes=((1, 4),))
layer("Permute", lambda: layers.Permute((2, 1)), lambda: layers.Permute((1, 2)), shapes=(SEQUENCE,))
layer("RepeatVector", lambda: layers.RepeatVector(3))
layer("CenterCrop", lambda: layers.CenterCrop(3, 2), lambda: layers.CenterCrop(9, 8), shapes=(IMAGE,))
layer("Resizing", lambda: layers.Resizing(4, 7), lambda: layers.Resizing(9, 9, interpolation="nearest"),
      lambda: layers.Resizing(4, 7, interpolation="bicubic"), lambda: layers.Resizing(3, 3, crop_to_aspect_ratio=True),
      lambda: layers.Resizing(7, 7, pad_to_aspect_ratio=True, fill_value=3.0), shapes=(IMAGE,))  # fmt: skip
for number, shapes in enumerate(BY_RANK, 1):
    layer(f"Cropping{number}D", lambda number=number: getattr(layers, f"Cropping{number}D")(1), shapes=shapes)
    layer(f"ZeroPadding{number}D", lambda number=number: getattr(layers, f"ZeroPadding{number}D")(1), shapes=shapes)
    layer(f"UpSampling{number}D", lambda number=number: getattr(layers, f"UpSampling{number}D")(2), shapes=shapes)
    layer(
        f"SpatialDropout{number}D",
        lambda number=number: getattr(layers, f"SpatialDropout{number}D")(0.5),
        shapes=shapes,
    )
for how in ("bilinear", "bicubic"):
    layer("UpSampling2D", lambda how=how: layers.UpSampling2D(2, interpolation=how), shapes=(IMAGE,))

# pooling
for number, shapes in enumerate(BY_RANK, 1):
    for kind in ("Average", "Max"):
        plain, overall, adaptive = (
            f"{kind}Pooling{number}D",
            f"Global{kind}Pooling{number}D",
            f"Adaptive{kind}Pooling{number}D",
        )
        layer(plain, lambda plain=plain: getattr(layers, plain)(2), lambda plain=plain: getattr(layers, plain)(2, padding="same"),
              lambda plain=plain: getattr(layers, plain)(3, strides=1, padding="same"), shapes=shapes)  # fmt: skip
        layer(overall, lambda overall=overall: getattr(layers, overall)(),
              lambda overall=overall: getattr(layers, overall)(keepdims=True), shapes=shapes)  # fmt: skip
        layer(adaptive, lambda adaptive=adaptive: getattr(layers, adaptive)(2), shapes=shapes)
layer("GlobalAveragePooling1D", masked(layers.GlobalAveragePooling1D), shapes=(SEQUENCE,))

# layers that repeat another: JAX compiles each step of them, so that they get few steps and heads
for kind in ("LSTM", "GRU", "SimpleRNN"):
    make = getattr(layers, kind)
    layer(kind, lambda make=make: make(3, unroll=True), lambda make=make: make(3, activation="relu", return_sequences=True, unroll=True),
          lambda make=make: make(3, activation="sigmoid", return_state=True, unroll=True),
          masked(lambda make=make: make(3, activation="softmax", unroll=True)), shapes=STEPS, heads=ONE_HEAD)  # fmt: skip
layer("RNN", lambda: layers.RNN(layers.LSTMCell(3), unroll=True),
      lambda: layers.RNN([layers.GRUCell(2), layers.SimpleRNNCell(3, activation="sigmoid")], unroll=True),
      masked(lambda: layers.RNN(layers.SimpleRNNCell(3, activation="softmax"), unroll=True)), shapes=STEPS, heads=ONE_HEAD)  # fmt: skip
for how in ("concat", "sum", "mul", "ave", None):
    layer("Bidirectional", lambda how=how: layers.Bidirectional(layers.SimpleRNN(2, activation="sigmoid", unroll=True), merge_mode=how),
          shapes=STEPS, heads=ONE_HEAD)  # fmt: skip
layer("TimeDistributed", lambda: layers.TimeDistributed(layers.Dense(3, activation="softmax")),
      lambda: layers.TimeDistributed(layers.Softmax()), shapes=(SEQUENCE,), heads=BOUNDED)  # fmt: skip
for number, shape in enumerate((IMAGE, (2, *IMAGE), (2, *VOLUME)), 1):
    layer(f"ConvLSTM{number}D", lambda number=number: getattr(layers, f"ConvLSTM{number}D")(2, 2, activation="relu"),
          shapes=(shape,), heads=ONE_HEAD)  # fmt: skip

# `keras.activations` with arguments that its layers would have
enter("activations.ReLU", lambda x: keras.activations.relu(x, negative_slope=0.2, max_value=0.7, threshold=0.1))
