"""Models of Keras 2 (`tf_keras`) get the verdicts that those of Keras 3 get, beside Keras 3 in one process."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import logit_magic

layers, losses = tf_keras.layers, tf_keras.losses
SCE, CCE, BCE = losses.SparseCategoricalCrossentropy, losses.CategoricalCrossentropy, losses.BinaryCrossentropy


def sequential(units: int, activation: str | None = None) -> tf_keras.Model:
    return tf_keras.Sequential([layers.Input((8,)), layers.Dense(16), layers.Dense(units, activation=activation)])


def functional(units: int, *after) -> tf_keras.Model:
    inputs = tensor = layers.Input((8,))
    for layer in (layers.BatchNormalization(), layers.Dense(units), *after):
        tensor = layer(tensor)
    return tf_keras.Model(inputs, tensor)


class Written(tf_keras.Model):
    """Its head is TensorFlow's own op."""

    def __init__(self, head) -> None:
        super().__init__()
        self.hidden, self.norm, self.out = layers.Dense(16), layers.BatchNormalization(), layers.Dense(10)
        self.head = head

    def call(self, inputs, training=None):
        return self.head(self.out(self.norm(self.hidden(inputs), training=training)))


def written(head) -> tf_keras.Model:
    model = Written(head)
    model(np.zeros((2, 8), "float32"))
    return model


def by_hand(y_true, y_pred):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y_true, "int32"), y_pred)


ROWS = [
    ("logits, flag", lambda: sequential(10), SCE(from_logits=True), ()),
    ("softmax, no flag", lambda: sequential(10, "softmax"), SCE(), ()),
    ("softmax, string", lambda: sequential(10, "softmax"), "sparse_categorical_crossentropy", ()),
    ("logits, string", lambda: sequential(10), "sparse_categorical_crossentropy", ("LM101",)),
    ("logits, function", lambda: sequential(10), losses.categorical_crossentropy, ("LM101",)),
    ("softmax, flag", lambda: sequential(10, "softmax"), CCE(from_logits=True), ("LM102",)),
    ("softmax layer, flag", lambda: functional(10, layers.Softmax()), CCE(from_logits=True), ("LM102",)),
    ("softmax twice", lambda: functional(10, layers.Softmax(), layers.Softmax()), CCE(), ("LM104",)),
    ("reshape between, flag", lambda: functional(10, layers.Softmax(), layers.Reshape((10,))), CCE(from_logits=True), ("LM102",)),
    ("one logit, string", lambda: sequential(1), "binary_crossentropy", ("LM101",)),
    ("one sigmoid, string", lambda: sequential(1, "sigmoid"), "binary_crossentropy", ()),
    ("softmax over one", lambda: sequential(1, "softmax"), "binary_crossentropy", ("LM108",)),
    ("sigmoids, one-hot loss", lambda: sequential(5, "sigmoid"), CCE(), ("LM202",)),
    ("one unit, class loss", lambda: sequential(1, "sigmoid"), CCE(), ("LM203",)),
    ("relu, flag", lambda: sequential(10, "relu"), SCE(from_logits=True), ("LM105",)),
    ("regression", lambda: sequential(1), "mse", ()),
    ("hinge", lambda: sequential(1), losses.Hinge(), ()),
    ("tf.nn.softmax in call, flag", lambda: written(tf.nn.softmax), SCE(from_logits=True), ("LM102",)),
    ("tf.nn.softmax in call, no flag", lambda: written(tf.nn.softmax), SCE(), ()),
    ("logits in call, no flag", lambda: written(tf.identity), SCE(), ("LM101",)),
    ("softmax in call, loss by hand", lambda: written(tf.nn.softmax), by_hand, ("LM102",)),
    ("logits in call, loss by hand", lambda: written(tf.identity), by_hand, ()),
    ("not built", lambda: tf_keras.Sequential([layers.Dense(10)]), SCE(), ("LM901",)),
]  # fmt: skip


@pytest.mark.parametrize(("make", "loss", "codes"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_verdict(make, loss, codes: tuple[str, ...]) -> None:
    model = make()
    model.compile(loss=loss)
    report = logit_magic.check(model)
    assert tuple(finding.code for finding in report.findings) == codes, str(report)
    assert {pair.backend for pair in report.pairs} == {"tensorflow"}


@pytest.mark.parametrize("rescued", [True, False])
def test_rescue_is_told_as_keras_two_computes_it(rescued: bool) -> None:
    tail = () if rescued else (layers.Reshape((10,)),)
    model = functional(10, layers.Softmax(), *tail)
    loss = SCE(from_logits=True)
    model.compile(loss=loss, optimizer=tf_keras.optimizers.legacy.SGD(0.0))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 8)).astype("float32") * 3.0, rng.integers(0, 10, 64)
    reported = model.evaluate(x, y, batch_size=64, verbose=0)
    on_arrays = float(loss(y, model.predict(x, verbose=0)))
    assert (abs(reported - on_arrays) > 1e-3) == rescued, "else this says nothing"
    (pair,) = logit_magic.check(model).pairs
    assert pair.verdict == ("rescued" if rescued else "mismatch")


def test_outputs_meet_their_losses_by_name_and_the_layer_is_named() -> None:
    inputs = layers.Input((8,))
    kind = layers.Dense(4, name="kind_head")(inputs)
    size = layers.Dense(1, name="size_head")(inputs)
    model = tf_keras.Model(inputs, {"kind": kind, "size": size})
    model.compile(loss={"kind": "categorical_crossentropy", "size": "mse"})
    report = logit_magic.check(model)
    assert [(pair.output, pair.verdict) for pair in report.pairs] == [("kind", "mismatch"), ("size", "match")]
    assert "kind_head" in report.pairs[0].emission.maker


def test_everything_is_left_as_found() -> None:
    model = written(tf.nn.softmax)
    model.compile(loss=SCE(from_logits=True), metrics=["accuracy"])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 8)).astype("float32"), rng.integers(0, 10, 64)
    model.fit(x, y, verbose=0)
    weights, steps = model.get_weights(), int(model.optimizer.iterations)
    attributes = [dict(vars(layer)) for layer in model._flatten_layers()]
    report = logit_magic.check(model, x=x, y=y)
    assert report.findings[0].effect is not None, "the model was to be run"
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
    assert int(model.optimizer.iterations) == steps
    after = [vars(layer) for layer in model._flatten_layers()]
    assert [[k for k in a if a[k] is not b.get(k)] for a, b in zip(attributes, after, strict=True)] == [
        [] for _ in after
    ]


def test_no_model_is_kept() -> None:
    models = []
    for _ in range(20):
        model = written(tf.nn.softmax)
        model.compile(loss=SCE())
        assert logit_magic.check(model).ok
        models.append(weakref.ref(model))
    del model
    gc.collect()
    assert [ref for ref in models if ref() is not None] == []


def test_both_kerases_in_one_namespace() -> None:
    two, three = (
        sequential(10),
        keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(10, activation="softmax")]),
    )
    two.compile(loss="categorical_crossentropy")
    three.compile(loss="categorical_crossentropy")
    report = logit_magic.check_namespace({"two": two, "three": three})
    assert [(pair.model, pair.verdict) for pair in report.pairs] == [("two", "mismatch"), ("three", "match")]
    assert [pair.backend for pair in report.pairs] == ["tensorflow", keras.config.backend()]
