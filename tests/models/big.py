"""Models of the size that people use, with a softmax head or a linear one."""

from __future__ import annotations

import keras
from keras import layers


def application(name: str, activation: str | None) -> keras.Model:
    build = getattr(keras.applications, name)
    return build(weights=None, classes=10, input_shape=(64, 64, 3), classifier_activation=activation)


def transformer(activation: str | None, depth: int = 12) -> keras.Model:
    """A decoder of `depth` blocks over a vocabulary of 500."""
    ids = layers.Input((16,), dtype="int32")
    x = layers.Embedding(500, 32)(ids)
    for _ in range(depth):
        x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 16)(x, x, use_causal_mask=True))
        x = layers.LayerNormalization()(x + layers.Dense(32)(layers.Dense(64, activation="gelu")(x)))
    return keras.Model(ids, layers.Dense(500, activation=activation)(x))


def u_net(activation: str | None) -> keras.Model:
    """A U-Net of four levels, two convolutions each, for masks of four classes."""
    inputs = x = layers.Input((64, 64, 3))
    kept = []
    for filters in (8, 16, 32, 64):
        x = _convolved(x, filters)
        kept.append(x)
        x = layers.MaxPooling2D()(x)
    x = _convolved(x, 128)
    for filters, skip in zip((64, 32, 16, 8), reversed(kept), strict=True):
        x = layers.Concatenate()([layers.UpSampling2D()(x), skip])
        x = _convolved(x, filters)
    return keras.Model(inputs, layers.Conv2D(4, 1, activation=activation)(x))


def _convolved(x, filters: int):
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    return x


BIG = {
    "ResNet50": lambda activation: application("ResNet50", activation),
    "EfficientNetB0": lambda activation: application("EfficientNetB0", activation),
    "MobileNetV2": lambda activation: application("MobileNetV2", activation),
    "transformer": transformer,
    "U-Net": u_net,
}
