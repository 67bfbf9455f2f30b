"""What the project needs to know of TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

CARRIES = "graph"


def activation_functions() -> Iterator[tuple[str, Any]]:
    """(name in the table of activations, function) for `tf.nn` and its aliases."""
    for name in ("softmax", "sigmoid", "log_softmax", "relu", "relu6", "tanh", "softplus", "softsign", "elu", "selu",
                 "silu", "gelu", "leaky_relu"):  # fmt: skip
        yield name, getattr(tf.nn, name)
    yield "sigmoid", tf.sigmoid
    yield "tanh", tf.tanh
    yield "softmax", tf.math.softmax
    yield "log_sigmoid", tf.math.log_sigmoid
    yield "linear", tf.identity
    yield "exponential", tf.exp


def is_tensor(x: Any) -> bool:
    return isinstance(x, (tf.Tensor, tf.Variable, tf.RaggedTensor, tf.SparseTensor))


def to_numpy(x: Any) -> Any:
    if isinstance(x, tf.RaggedTensor):
        x = x.to_tensor()
    if isinstance(x, tf.SparseTensor):
        x = tf.sparse.to_dense(x)
    if x.dtype == tf.bfloat16:
        x = tf.cast(x, tf.float32)
    return x.numpy()


def no_gradient() -> Any:
    """A context in which a forward pass records nothing for the user's tapes."""
    return tf.init_scope()


@contextlib.contextmanager
def same_randomness() -> Iterator[None]:
    """Eager random ops inside leave the global generator and the eager seed counter as they were."""
    from tensorflow.python.eager import context  # the only way to the counter behind tf.random.set_seed

    eager = context.context()
    generator: Any = getattr(eager, "_rng", None)
    before = generator.getstate() if generator is not None else None
    try:
        yield
    finally:
        if before is not None:
            generator.setstate(before)


def dataset_arrays(data: Any) -> Any:
    """The arrays behind a `tf.data.Dataset` made of tensors in memory; None for any other.

    Only wrappers that neither change nor compute an element are looked through. Nothing is iterated: a new iterator
    would run the user's generators and advance the seeds of their shuffles.
    """
    seen_through = ("Shuffle", "Batch", "ParallelBatch", "Prefetch", "Cache", "Repeat", "Take", "Options")
    while isinstance(data, tf.data.Dataset):
        kind = type(data).__name__.strip("_").removesuffix("Dataset")
        if kind in ("TensorSlice", "TensorSlices"):
            return data._structure is not None and tf.nest.pack_sequence_as(data._structure, data._tensors)
        if kind not in seen_through or not hasattr(data, "_input_dataset"):
            return None
        data = data._input_dataset
    return None
