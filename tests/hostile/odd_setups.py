"""Odd setups in a process of their own: the right twin, the wrong twin, and what a check changed; printed as JSON.

Run as `python -m tests.hostile.odd_setups NAME…`; the flags that a setup needs are set before anything is imported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setup:
    """How to make both twins.

    Attributes:
        make: wrong -> (compiled model, x or data set, y), trained for a step where that can be.
        code: what the wrong twin is told.
        backends: those that can do it; Keras itself does not train a stateful LSTM on torch.
        alone: it sets up the whole process.
    """

    make: Callable[[bool], tuple[Any, Any, Any]]
    code: str = "LM101"
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch")
    alone: bool = False


def _numbers(rows: int = 16, width: int = 8) -> Any:
    import numpy as np

    return np.random.default_rng(0).normal(size=(rows, width)).astype("float32")


def _ids(rows: int = 16, classes: int = 4) -> Any:
    import numpy as np

    return np.arange(rows) % classes


def _loss(wrong: bool) -> Any:
    import keras

    return keras.losses.SparseCategoricalCrossentropy(from_logits=not wrong)


def _dense(wrong: bool, **compile_arguments: Any) -> Any:
    import keras
    from keras import layers

    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(16, "relu"), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(4)]
    )
    model.compile("adam", _loss(wrong), metrics=["sparse_categorical_accuracy"], **compile_arguments)
    return model


def _trained(model: Any, x: Any, y: Any = None, **more: Any) -> tuple[Any, Any, Any]:
    model.fit(x, y, verbose=0, **more)
    return model, x, y


def mirrored(wrong: bool) -> tuple[Any, Any, Any]:
    import tensorflow as tf

    cpus = tf.config.list_physical_devices("CPU")
    if len(tf.config.list_logical_devices("CPU")) < 2:
        raise RuntimeError(f"two logical devices are needed, not those of {cpus}")
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = _dense(wrong)
    return _trained(model, _numbers(), _ids())


def data_parallel(wrong: bool) -> tuple[Any, Any, Any]:
    import keras

    assert len(keras.distribution.list_devices("cpu")) == 8
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=keras.distribution.list_devices("cpu")))
    return _trained(_dense(wrong), _numbers(), _ids(), batch_size=16)


def model_parallel(wrong: bool) -> tuple[Any, Any, Any]:
    import keras

    mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"), keras.distribution.list_devices("cpu"))
    layout = keras.distribution.LayoutMap(mesh)
    layout[".*kernel"] = (None, "model")
    keras.distribution.set_distribution(keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch"))
    model, x, y = _trained(_dense(wrong), _numbers(), _ids(), batch_size=16)
    assert "model" in str(model.layers[0].kernel.value.sharding)
    return model, x, y


def mixed_precision(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    from keras import layers

    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = keras.Sequential([keras.Input((8,)), layers.Dense(16, "relu"), layers.Dense(4, dtype="float32")])
    model.compile("adam", _loss(wrong))
    return _trained(model, _numbers(), _ids())


def compiled_by_xla(wrong: bool) -> tuple[Any, Any, Any]:
    return _trained(_dense(wrong, jit_compile=True), _numbers(), _ids())


def quantised(wrong: bool) -> tuple[Any, Any, Any]:
    model = _dense(wrong)
    model.quantize("int8")
    model.compile(None, _loss(wrong))
    return model, _numbers(), _ids()


def lora(wrong: bool) -> tuple[Any, Any, Any]:
    model = _dense(wrong)
    for layer in (model.layers[0], model.layers[-1]):
        layer.enable_lora(2)
    model.compile("adam", _loss(wrong))
    return _trained(model, _numbers(), _ids())


def text(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import tensorflow as tf
    from keras import layers

    words = tf.constant([["a b"], ["b c"], ["c d"], ["d a"]] * 4)
    into = layers.TextVectorization(max_tokens=10, output_sequence_length=3)
    into.adapt(words)
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            into,
            layers.Embedding(10, 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(4),
        ]
    )
    model.compile("adam", _loss(wrong))
    return _trained(model, words, tf.constant(_ids()))


def lookup(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import tensorflow as tf
    from keras import layers

    words = tf.constant([["a"], ["b"], ["c"], ["zz"]] * 4)
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            layers.StringLookup(vocabulary=["a", "b", "c"]),
            layers.Embedding(4, 4),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    model.compile("adam", _loss(wrong))
    return _trained(model, words, tf.constant(_ids()))


def images(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import numpy as np
    from keras import layers

    x = np.random.default_rng(0).integers(0, 255, (16, 8, 8, 3)).astype("uint8")
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.RandomFlip(seed=1),
            layers.RandomRotation(0.1),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )
    model.compile("adam", _loss(wrong))
    return _trained(model, x, _ids())


def always_random(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    from keras import layers

    class Noise(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.seeds = keras.random.SeedGenerator(5)

        def call(self, x):
            return x + 0.1 * keras.random.normal(keras.ops.shape(x), seed=self.seeds)

    model = keras.Sequential([keras.Input((8,)), Noise(), layers.Dense(4)])
    model.compile("adam", _loss(wrong))
    return _trained(model, _numbers(), _ids())


def named_inputs(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    from keras import layers

    inputs = {"a": keras.Input((8,), name="a"), "b": keras.Input((3,), name="b")}
    model = keras.Model(inputs, layers.Dense(4)(layers.Concatenate()([inputs["a"], inputs["b"]])))
    model.compile("adam", _loss(wrong))
    return _trained(model, {"a": _numbers(), "b": _numbers(width=3)}, _ids())


def stateful(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((5, 3), batch_size=4), layers.LSTM(6, stateful=True), layers.Dense(4)])
    model.compile("adam", _loss(wrong))
    x = _numbers(16, 15).reshape(16, 5, 3)
    return _trained(model, x, _ids(), batch_size=4, shuffle=False)


def not_a_number(wrong: bool) -> tuple[Any, Any, Any]:
    import numpy as np

    x = _numbers()
    x[::2] = np.nan
    model = _dense(wrong)
    return model, x, _ids()


def no_rows(wrong: bool) -> tuple[Any, Any, Any]:
    return _dense(wrong), _numbers()[:0], _ids()[:0]


def an_empty_batch(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import tensorflow as tf

    whole = tf.data.Dataset.from_tensor_slices((_numbers(), _ids())).batch(8)
    data = whole.take(1).map(lambda x, y: (x[:0], y[:0])).concatenate(whole)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4)])
    model.compile("sgd", _loss(wrong))
    return _trained(model, data)


def infinite(wrong: bool) -> tuple[Any, Any, Any]:
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((_numbers(), _ids())).repeat().batch(4)
    return _trained(_dense(wrong), data, steps_per_epoch=2)


def one_shot(wrong: bool) -> tuple[Any, Any, Any]:
    def batches():
        for _ in range(6):
            yield _numbers(4), _ids(4)

    data = batches()
    model = _dense(wrong)
    model.fit(data, steps_per_epoch=2, verbose=0)
    return model, data, None


def ragged(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import tensorflow as tf
    from keras import layers

    class Mean(layers.Layer):
        def call(self, x):
            return tf.reduce_mean(x, axis=1)

    rows = tf.ragged.constant([[[float(i)] * 3] * (1 + i % 4) for i in range(16)], ragged_rank=1, inner_shape=(3,))
    model = keras.Sequential([keras.Input((None, 3), ragged=True), Mean(), layers.Dense(4)])
    model.compile("adam", _loss(wrong))
    return _trained(model, rows, tf.constant(_ids()))


def ragged_batches(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import tensorflow as tf
    from keras import layers

    rows = tf.ragged.constant([[1 + i % 5] * (1 + i % 4) for i in range(16)])
    data = (
        tf.data.Dataset.from_tensor_slices((rows, _ids())).batch(4).map(lambda x, y: (x.to_tensor(shape=(None, 4)), y))
    )
    model = keras.Sequential([layers.Embedding(6, 4), layers.GlobalAveragePooling1D(), layers.Dense(4)])
    model.compile("adam", _loss(wrong))
    return _trained(model, data)


def sparse(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import scipy.sparse
    from keras import layers

    model = keras.Sequential([keras.Input((8,), sparse=True), layers.Dense(4)])
    model.compile("adam", _loss(wrong))
    return _trained(model, scipy.sparse.csr_matrix(_numbers() * (_numbers() > 0)), _ids())


def sparse_tensor(wrong: bool) -> tuple[Any, Any, Any]:
    import keras
    import tensorflow as tf
    from keras import layers

    model = keras.Sequential([keras.Input((8,), sparse=True), layers.Dense(4)])
    model.compile("adam", _loss(wrong))
    return _trained(model, tf.sparse.from_dense(_numbers() * (_numbers() > 0)), tf.constant(_ids()))


def with_workers(wrong: bool) -> tuple[Any, Any, Any]:
    import keras

    class Data(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, at):
            return _numbers(4), _ids(4)

    return _trained(_dense(wrong), Data(workers=2, max_queue_size=4))


SETUPS = {
    "mirrored": Setup(mirrored, backends=("tensorflow",), alone=True),
    "data_parallel": Setup(data_parallel, backends=("jax",), alone=True),
    "model_parallel": Setup(model_parallel, backends=("jax",), alone=True),
    "mixed_precision": Setup(mixed_precision, alone=True),
    "compiled_by_xla": Setup(compiled_by_xla, backends=("tensorflow", "jax")),
    "quantised": Setup(quantised),
    "lora": Setup(lora),
    "text": Setup(text, backends=("tensorflow",)),
    "lookup": Setup(lookup, backends=("tensorflow",)),
    "images": Setup(images),
    "always_random": Setup(always_random),
    "named_inputs": Setup(named_inputs),
    "stateful": Setup(stateful, backends=("tensorflow", "jax")),
    "not_a_number": Setup(not_a_number),
    "no_rows": Setup(no_rows),
    "an_empty_batch": Setup(an_empty_batch, backends=("tensorflow",)),
    "infinite": Setup(infinite, backends=("tensorflow",)),
    "one_shot": Setup(one_shot),
    "ragged": Setup(ragged, backends=("tensorflow",)),
    "ragged_batches": Setup(ragged_batches, backends=("tensorflow",)),
    "sparse": Setup(sparse, backends=("tensorflow", "jax")),
    "sparse_tensor": Setup(sparse_tensor, backends=("tensorflow",)),
    "with_workers": Setup(with_workers),
}


def _state(model: Any) -> dict[str, Any]:
    import keras
    import numpy as np

    optimizer = model.optimizer.variables if model.optimizer is not None else []
    variables = [*model.variables, *optimizer, *(v for metric in model.metrics for v in metric.variables)]
    seeds = [g.state for layer in model._flatten_layers() for g in getattr(layer, "_seed_generators", ())]
    mirrored_values = keras.config.backend() == "tensorflow"
    return {
        f"{number} {v.path}": np.array(
            keras.ops.convert_to_numpy(getattr(v.value, "values", [v.value])[0] if mirrored_values else v.value)
        )
        for number, v in enumerate([*variables, *seeds])
    }


def judged(setup: Setup, wrong: bool) -> dict[str, Any]:
    """What a cell's check says of one twin in a shell, and the names of the variables that it changed."""
    import numpy as np
    from IPython.core.interactiveshell import InteractiveShell

    import logit_magic

    shell = InteractiveShell.instance()
    shell.run_cell("%load_ext logit_magic").raise_error()
    shell.user_ns.update({"make": setup.make, "wrong": wrong})
    result = shell.run_cell("%%checkloss --text --budget 60\nmodel, x, y = make(wrong)", store_history=False)
    result.raise_error()
    model = shell.user_ns["model"]
    codes = {finding.code for finding in logit_magic.last_report().findings}
    measured = any(pair.distributions is not None for pair in logit_magic.last_report().pairs)
    before = _state(model)
    shell.run_cell("%checkloss model --text --budget 60", store_history=False).raise_error()
    if setup.make is one_shot:
        left = len(list(shell.user_ns["x"]))
        assert left in (2, 3, 4), left  # what `fit` did not use, and its own look ahead
    again = {finding.code for finding in logit_magic.last_report().findings}
    after = _state(model)
    changed = [
        name
        for name in before
        if not np.array_equal(before[name], after[name], equal_nan=before[name].dtype.kind == "f")
    ]
    shell.run_cell("%unload_ext logit_magic")
    return {"codes": sorted(codes), "again": sorted(again), "changed": changed, "measured": measured}


def main(names: list[str]) -> None:
    if {"data_parallel", "model_parallel"} & set(names):
        os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"
    if "mirrored" in names:
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    for name in names:
        result = {"name": name, "right": judged(SETUPS[name], False), "wrong": judged(SETUPS[name], True)}
        print("RESULT " + json.dumps(result), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
