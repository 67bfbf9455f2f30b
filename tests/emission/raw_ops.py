"""Heads written in each backend's own ops: name -> (function of the logits, the kind that it emits)."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import keras

BACKEND = keras.config.backend()
Heads = dict[str, tuple[Callable[[Any], Any], str]]
assert os.environ.get("KERAS_BACKEND", BACKEND) == BACKEND


def tensorflow_heads() -> Heads:
    import tensorflow as tf

    helper = tf.function(lambda x: tf.nn.softmax(x))
    return {
        "softmax": (tf.nn.softmax, "class-probabilities"),
        "softmax in a tf.function": (helper, "class-probabilities"),
        "softmax by hand": (lambda x: tf.exp(x) / tf.reduce_sum(tf.exp(x), -1, keepdims=True), "class-probabilities"),
        "normalised exp": (lambda x: (e := tf.exp(x)) / tf.reduce_sum(e, -1, keepdims=True), "class-probabilities"),
        "log_softmax": (tf.nn.log_softmax, "log-probabilities"),
        "x - logsumexp": (lambda x: x - tf.reduce_logsumexp(x, -1, keepdims=True), "log-probabilities"),
        "sigmoid": (tf.sigmoid, "independent-probabilities"),
        "sigmoid by hand": (lambda x: 1.0 / (1.0 + tf.exp(-x)), "independent-probabilities"),
        "tanh": (tf.tanh, "bounded"),
        "relu": (tf.nn.relu, "nonnegative"),
        "softplus": (tf.nn.softplus, "nonnegative"),
        "exp": (tf.exp, "nonnegative"),
        "square": (tf.square, "nonnegative"),
        "leaky relu": (tf.nn.leaky_relu, "logits"),
        "where, leaky": (lambda x: tf.where(x > 0, x, 0.1 * x), "logits"),
        "where, with a jump": (lambda x: tf.where(x > 0, x + 1.0, x), "unknown"),
        "gelu": (tf.nn.gelu, "bounded"),
        "silu": (tf.nn.silu, "bounded"),
        "scaled": (lambda x: 2.0 * x - 1.0, "logits"),
        "clipped": (lambda x: tf.clip_by_value(x, -1.0, 1.0), "bounded"),
        "clipped softmax": (lambda x: tf.clip_by_value(tf.nn.softmax(x), 1e-7, 1 - 1e-7), "class-probabilities"),
        "doubled softmax": (lambda x: 2.0 * tf.nn.softmax(x), "bounded"),
        "mixture": (lambda x: 0.3 * tf.nn.softmax(x) + 0.7 * tf.nn.softmax(-x), "class-probabilities"),
        "transposed twice": (lambda x: tf.transpose(tf.transpose(tf.nn.softmax(x))), "class-probabilities"),
        "reshaped": (lambda x: tf.reshape(tf.nn.softmax(x), (-1, 1, 4)), "class-probabilities"),
        "expanded and squeezed": (lambda x: tf.squeeze(tf.nn.softmax(x)[:, None], 1), "class-probabilities"),
        "part of a softmax": (lambda x: tf.nn.softmax(x)[:, 1:3], "bounded"),
        "p and 1 - p": (lambda x: tf.stack([p := tf.sigmoid(x[:, 0]), 1.0 - p], -1), "class-probabilities"),
        "split": (lambda x: tf.split(x, 2, -1)[0], "logits"),
        "concat": (lambda x: tf.concat([x[:, :1], x[:, 1:]], -1), "unknown"),
        "cast": (lambda x: tf.cast(tf.nn.softmax(x), tf.float64), "class-probabilities"),
        "reduced": (lambda x: tf.reduce_mean(x, -1, keepdims=True), "logits"),
        "random": (lambda x: x + tf.random.uniform(tf.shape(x)), "unknown"),
        "python": (lambda x: tf.ensure_shape(tf.numpy_function(lambda a: a, [x], tf.float32), (None, 4)), "unknown"),
        "loop": (
            lambda x: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.nn.softmax(y)), (0, x))[1],
            "unknown",
        ),
        "no row": (lambda x: tf.math.lgamma(x), "unknown"),
        "nothing": (lambda x: x, "logits"),
    }


def jax_heads() -> Heads:
    import jax
    import jax.numpy as jnp

    return {
        "softmax": (jax.nn.softmax, "class-probabilities"),
        "softmax in a jit": (jax.jit(jax.nn.softmax), "class-probabilities"),
        "normalised exp": (lambda x: (e := jnp.exp(x)) / jnp.sum(e, -1, keepdims=True), "class-probabilities"),
        "normalised exp, new axis": (lambda x: (e := jnp.exp(x)) / jnp.sum(e, -1)[:, None], "class-probabilities"),
        "normalised over the batch": (lambda x: (e := jnp.exp(x)) / jnp.sum(e, 0)[None], "class-probabilities"),
        "logsumexp of another": (
            lambda x: x - (jnp.log(jnp.sum(jnp.exp(x - x[:1]), -1, keepdims=True)) + x[:, :1]),
            "unknown",
        ),
        "log_softmax": (jax.nn.log_softmax, "log-probabilities"),
        "x - logsumexp": (lambda x: x - jax.nn.logsumexp(x, -1, keepdims=True), "log-probabilities"),
        "sigmoid": (jax.nn.sigmoid, "independent-probabilities"),
        "sigmoid by hand": (lambda x: 1.0 / (1.0 + jnp.exp(-x)), "independent-probabilities"),
        "tanh": (jnp.tanh, "bounded"),
        "relu": (jax.nn.relu, "nonnegative"),
        "softplus": (jax.nn.softplus, "nonnegative"),
        "exp": (jnp.exp, "nonnegative"),
        "square": (jnp.square, "nonnegative"),
        "leaky relu": (jax.nn.leaky_relu, "logits"),
        "elu": (jax.nn.elu, "bounded"),
        "where, with a jump": (lambda x: jnp.where(x > 0, x + 1.0, x), "unknown"),
        "gelu": (jax.nn.gelu, "bounded"),
        "exact gelu": (functools.partial(jax.nn.gelu, approximate=False), "bounded"),
        "silu": (jax.nn.silu, "bounded"),
        "scaled": (lambda x: 2.0 * x - 1.0, "logits"),
        "clipped": (lambda x: jnp.clip(x, -1.0, 1.0), "bounded"),
        "clipped softmax": (lambda x: jnp.clip(jax.nn.softmax(x), 1e-7, 1 - 1e-7), "class-probabilities"),
        "doubled softmax": (lambda x: 2.0 * jax.nn.softmax(x), "bounded"),
        "mixture": (lambda x: 0.3 * jax.nn.softmax(x) + 0.7 * jax.nn.softmax(-x), "class-probabilities"),
        "transposed twice": (lambda x: jax.nn.softmax(x).T.T, "class-probabilities"),
        "reshaped": (lambda x: jax.nn.softmax(x).reshape((-1, 1, 4)), "class-probabilities"),
        "expanded and squeezed": (lambda x: jnp.squeeze(jax.nn.softmax(x)[:, None], 1), "class-probabilities"),
        "part of a softmax": (lambda x: jax.nn.softmax(x)[:, 1:3], "bounded"),
        "p and 1 - p": (lambda x: jnp.stack([p := jax.nn.sigmoid(x[:, 0]), 1.0 - p], -1), "class-probabilities"),
        "split": (lambda x: jnp.split(x, 2, -1)[0], "logits"),
        "cast": (lambda x: jax.nn.softmax(x).astype("float16"), "class-probabilities"),
        "reduced": (lambda x: jnp.mean(x, -1, keepdims=True), "logits"),
        "recomputed": (jax.checkpoint(jax.nn.softmax), "class-probabilities"),
        "random": (lambda x: x + jax.random.uniform(jax.random.key(0), x.shape), "unknown"),
        "loop": (lambda x: jax.lax.fori_loop(0, 3, lambda i, y: jax.nn.softmax(y), x), "unknown"),
        "no row": (jax.lax.lgamma, "unknown"),
        "nothing": (lambda x: x, "logits"),
    }


def torch_heads() -> Heads:
    import torch
    from torch.nn import functional

    return {
        "softmax": (lambda x: torch.softmax(x, -1), "class-probabilities"),
        "softmax, a method": (lambda x: x.softmax(dim=1), "class-probabilities"),
        "softmax over the batch": (lambda x: x.softmax(dim=0), "class-probabilities"),
        "normalised exp": (lambda x: (e := x.exp()) / e.sum(-1, keepdim=True), "class-probabilities"),
        "normalised exp, new axis": (lambda x: (e := x.exp()) / e.sum(-1)[:, None], "class-probabilities"),
        "log_softmax": (lambda x: functional.log_softmax(x, -1), "log-probabilities"),
        "x - logsumexp": (lambda x: x - x.logsumexp(-1, keepdim=True), "log-probabilities"),
        "sigmoid": (lambda x: x.sigmoid(), "independent-probabilities"),
        "sigmoid in place": (lambda x: (x + 0.0).sigmoid_(), "independent-probabilities"),
        "sigmoid by hand": (lambda x: 1.0 / (1.0 + torch.exp(-x)), "independent-probabilities"),
        "tanh": (torch.tanh, "bounded"),
        "relu": (torch.relu, "nonnegative"),
        "softplus": (functional.softplus, "nonnegative"),
        "exp": (torch.exp, "nonnegative"),
        "square": (torch.square, "nonnegative"),
        "leaky relu": (functional.leaky_relu, "logits"),
        "elu": (functional.elu, "bounded"),
        "selu": (functional.selu, "bounded"),
        "where, leaky": (lambda x: torch.where(x > 0, x, 0.1 * x), "logits"),
        "where, a number": (lambda x: torch.where(x > 0, x, 0.0), "nonnegative"),
        "where, with a jump": (lambda x: torch.where(x > 0, x + 1.0, x), "unknown"),
        "gelu": (functional.gelu, "bounded"),
        "silu": (functional.silu, "bounded"),
        "silu by hand": (lambda x: x * torch.sigmoid(x), "bounded"),
        "scaled": (lambda x: 2.0 * x - 1.0, "logits"),
        "clipped": (lambda x: x.clamp(-1.0, 1.0), "bounded"),
        "clipped softmax": (lambda x: x.softmax(-1).clamp(min=1e-7), "class-probabilities"),
        "doubled softmax": (lambda x: 2.0 * x.softmax(-1), "bounded"),
        "mixture": (lambda x: 0.3 * x.softmax(-1) + 0.7 * (-x).softmax(-1), "class-probabilities"),
        "transposed twice": (lambda x: x.softmax(-1).t().t(), "class-probabilities"),
        "reshaped": (lambda x: x.softmax(-1).view(-1, 1, 4), "class-probabilities"),
        "expanded and squeezed": (lambda x: x.softmax(-1).unsqueeze(1).squeeze(1), "class-probabilities"),
        "part of a softmax": (lambda x: x.softmax(-1)[:, 1:3], "bounded"),
        "p and 1 - p": (lambda x: torch.stack([p := x[:, 0].sigmoid(), 1.0 - p], -1), "class-probabilities"),
        "split": (lambda x: torch.split(x, 2, -1)[0], "logits"),
        "cast": (lambda x: x.softmax(-1).to(torch.float64), "class-probabilities"),
        "reduced": (lambda x: x.mean(-1, keepdim=True), "logits"),
        "dropout in inference": (
            lambda x: functional.dropout(x, 0.5, training=False).softmax(-1),
            "class-probabilities",
        ),
        "random": (lambda x: x + torch.rand_like(x), "unknown"),
        "no row": (torch.lgamma, "unknown"),
        "nothing": (lambda x: x, "logits"),
    }


HEADS: Heads = {"tensorflow": tensorflow_heads, "jax": jax_heads, "torch": torch_heads}[BACKEND]()
