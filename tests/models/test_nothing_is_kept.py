"""After a thousand checks no layer has gained a node, and no model, graph or loss is kept alive."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
from keras import layers, ops

import logit_magic
from tests.cases.test_programs import raw_functions


class Net(keras.Model):
    def __init__(self, last) -> None:
        super().__init__()
        self.body, self.out, self.last = layers.Dense(4), layers.Dense(3), last

    def call(self, inputs):
        return self.last(self.out(self.body(inputs)))


def made(last) -> keras.Model:
    model = Net(last)
    model(np.zeros((2, 4), "float32"))
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def nodes(model: keras.Model) -> list[tuple[int, int]]:
    return [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in model._flatten_layers()]


def graphs() -> int:
    """How many of the backend's own graphs are alive."""
    gc.collect()
    names = ("FuncGraph", "ClosedJaxpr", "GraphModule")
    return sum(type(thing).__name__ in names for thing in gc.get_objects())


def test_a_thousand_checks_of_subclassed_models() -> None:
    by_keras, raw = made(ops.softmax), made(raw_functions().softmax)
    before = nodes(by_keras), nodes(raw)
    for model in (by_keras, raw):
        logit_magic.check(model, samples=4)  # whatever the backend caches on first use
    alive = graphs()
    for i in range(1000):
        report = logit_magic.check(by_keras if i % 2 else raw, samples=0 if i % 50 else 4)
        assert i % 2 == 0 or [f.code for f in report.findings] == ["LM102"]
    assert (nodes(by_keras), nodes(raw)) == before
    assert graphs() <= alive + 2


def test_models_and_losses_are_freed() -> None:
    gone = []
    for _ in range(20):
        model = made(ops.softmax)
        model.compile(loss=lambda y, p: ops.mean((y - p) ** 2))
        logit_magic.check(model, samples=4)
        gone += [weakref.ref(model), weakref.ref(model.loss)]
        del model
    gc.collect()
    assert [ref for ref in gone if ref() is not None] == []


def test_the_counting_sees_a_node() -> None:
    model = made(ops.softmax)
    before = nodes(model)
    model.out(layers.Input((4,)))
    assert nodes(model) != before
