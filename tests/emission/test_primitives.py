"""Values read off the backend's own trace: the kinds expected, and numbers that lie where they are claimed to lie."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest

from logit_magic import backends
from logit_magic.emission.classify import emission
from logit_magic.emission.primitives import TraceError, traced
from logit_magic.emission.value import Value, reals, unknown
from logit_magic.scope import stateless
from tests.emission.raw_ops import BACKEND, HEADS

CLASSES = 4
SPECS = [((None, CLASSES), "float32")]


def logits() -> Value:
    return reals((None, CLASSES), "the head").with_(sources=frozenset((7,)), key=7)


def value_of(function: Any, x: Value | None = None, specs: Any = None) -> Value:
    with stateless():
        (value,) = traced(function, specs or SPECS, [logits if x is None else lambda: x])
    return value


def kind_of(function: Any, x: Value | None = None, specs: Any = None) -> str:
    return emission(value_of(function, x, specs), "float32").kind


def tensor(array: Any) -> Any:
    return keras.ops.convert_to_tensor(np.asarray(array, "float32"))


def numbers(function: Any, array: Any) -> Any:
    with backends_no_gradient():
        return np.asarray(backends.to_numpy(function(tensor(array))), "float64")


def backends_no_gradient() -> Any:
    import contextlib

    if BACKEND != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


def violation(value: Value, array: Any) -> str:
    """How an array contradicts a value; "" if it does not."""
    slack = 1e-5 * (1.0 + np.abs(array))
    if not ((array >= value.low - slack) & (array <= value.high + slack)).all():
        return f"[{array.min()}, {array.max()}] outside [{value.low}, {value.high}]"
    if value.simplex is not None and not np.allclose(array.sum(value.simplex), value.total, atol=1e-2):
        return f"sums {array.sum(value.simplex)} are not {value.total}"
    if value.log_simplex is not None and not np.allclose(np.exp(array).sum(value.log_simplex), 1.0, atol=1e-2):
        return "exp does not sum to one"
    return ""


@pytest.mark.parametrize("name", HEADS)
def test_kind_and_numbers(name: str) -> None:
    function, kind = HEADS[name]
    value = value_of(function)
    emitted = emission(value, "float32")
    assert emitted.kind == kind, value
    assert bool(emitted.reason) == (kind == "unknown")
    for scale in (0.1, 3.0, 20.0):
        array = np.random.default_rng(0).normal(size=(50, CLASSES)) * scale
        assert violation(value, numbers(function, array)) == ""


def test_the_comparison_can_fail() -> None:
    softmax = value_of(HEADS["softmax"][0])
    assert violation(softmax, np.full((2, CLASSES), 0.25)) == ""
    assert "outside" in violation(softmax, np.full((2, CLASSES), 1.25))
    assert "sums" in violation(softmax, np.full((2, CLASSES), 0.5))


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "gelu", "tanh", "nothing"])
def test_of_an_unknown_input(name: str) -> None:
    """What normalises does so whatever it is given; nothing else is known."""
    known = {"softmax": "class-probabilities", "sigmoid": "independent-probabilities"}
    assert kind_of(HEADS[name][0], unknown("a reason", (None, CLASSES))) == known.get(name, "unknown")


def test_double_activation() -> None:
    softmax = HEADS["softmax"][0]
    assert value_of(lambda x: softmax(softmax(x))).twice
    assert not value_of(softmax).twice


def test_the_axis_of_the_batch() -> None:
    names = {"jax": "normalised over the batch", "torch": "softmax over the batch"}
    if BACKEND in names:
        assert value_of(HEADS[names[BACKEND]][0]).simplex == -2
    assert value_of(HEADS["softmax"][0]).simplex == -1


def test_shapes_keep_their_free_axes() -> None:
    function = HEADS["softmax"][0]
    specs = [((None, None, 97), "float32")]  # 97 is a length that stands in for free axes elsewhere
    value = value_of(function, reals((None, None, 97), "x"), specs)
    assert value.shape == (None, None, 97) and value.simplex == -1


def test_what_carries_the_logits() -> None:
    carried = {"tensorflow": "graph"}.get(BACKEND, "")
    softmax = HEADS["softmax"][0]
    assert value_of(softmax).carries == carried
    assert value_of(lambda x: softmax(x) * 1.0).carries == ""
    if BACKEND == "tensorflow":
        assert value_of(HEADS["softmax in a tf.function"][0]).carries == ""
        assert value_of(keras.activations.softmax).carries == "tensor"


def layers() -> dict[str, Any]:
    keras.utils.clear_session()
    made = {
        "dense": keras.layers.Dense(3),
        "frozen": keras.layers.Dense(3, trainable=False),
        "conv": keras.layers.Conv2D(3, 2, padding="same"),
        "norm": keras.layers.BatchNormalization(),
        "layer_norm": keras.layers.LayerNormalization(),
        "embedding": keras.layers.Embedding(10, 3),
    }
    shapes = {"conv": (None, 5, 5, 2), "norm": (None, 3), "layer_norm": (None, 3), "embedding": (None, 6)}
    for name, layer in made.items():
        layer.build(shapes.get(name, (None, CLASSES)))
    return made


FEATURES = unknown("it is the model's own input", (None, CLASSES))
IMAGES = unknown("it is the model's own input", (None, 5, 5, 2))
IMAGE_SPECS = [((None, 5, 5, 2), "float32")]


def test_keras_layers_between_raw_ops() -> None:
    made = layers()
    dense, conv, norm = made["dense"], made["conv"], made["norm"]
    softmax, sigmoid, relu = (HEADS[name][0] for name in ("softmax", "sigmoid", "relu"))
    assert kind_of(lambda x: dense(x), FEATURES) == "logits"
    assert kind_of(lambda x: relu(dense(x)), FEATURES) == "nonnegative"
    assert kind_of(lambda x: softmax(dense(relu(x))), FEATURES) == "class-probabilities"
    assert kind_of(lambda x: norm(dense(x), training=False), FEATURES) == "logits"
    assert kind_of(lambda x: dense(x) * 2.0 + 1.0, FEATURES) == "logits"
    assert kind_of(lambda x: made["layer_norm"](dense(x)), FEATURES) == "logits"
    assert kind_of(lambda x: conv(x), IMAGES, IMAGE_SPECS) == "logits"
    assert kind_of(lambda x: sigmoid(conv(x)), IMAGES, IMAGE_SPECS) == "independent-probabilities"


def test_weights_that_are_not_trained_prove_nothing() -> None:
    made = layers()
    frozen = made["frozen"]
    assert kind_of(lambda x: frozen(x), FEATURES) == "unknown"
    fixed = tensor(np.ones((CLASSES, 3)))
    assert kind_of(lambda x: x @ fixed, FEATURES) == "unknown"
    assert kind_of(lambda x: x @ made["dense"].kernel.value, FEATURES) == "logits"


def test_layers_with_a_call_of_their_own() -> None:
    """The usual way in: the bound `call` of a user's layer, also where it computes in half precision."""
    softmax = HEADS["softmax"][0]

    @keras.saving.register_keras_serializable("logit_magic_tests")
    class Head(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.inner = keras.layers.Dense(3, dtype=kwargs.get("dtype"))

        def build(self, shape: Any) -> None:
            self.inner.build(shape)
            self.scale = self.add_weight(shape=(3,), initializer="ones")

        def call(self, x: Any) -> Any:
            y = self.inner(x)
            return y, softmax(y * self.scale)

    for dtype in ("float32", "mixed_float16"):
        head = Head(dtype=dtype)
        head.build((None, CLASSES))
        for function in (head.call, lambda x, h=head: h(x)):
            with stateless(head):
                values = traced(function, SPECS, [lambda: FEATURES])
            kinds = [emission(v, "float32").kind for v in values]
            assert kinds == ["logits", "class-probabilities"], (dtype, values)


RANGES = [(-np.inf, np.inf), (0.0, np.inf), (0.0, 1.0), (-1.0, 1.0), (-np.inf, 0.0), (0.2, 3.0), (-4.0, -2.0)]


@pytest.mark.parametrize("name", [n for n in HEADS if n not in ("random", "loop", "python")])
def test_numbers_from_inputs_of_any_range(name: str) -> None:
    """Rows and cells together are sound for whatever interval goes in."""
    function = HEADS[name][0]
    generator = np.random.default_rng(1)
    for low, high in RANGES:
        x = Value(shape=(None, CLASSES), low=low, high=high, spans=True, sources=frozenset((7,)), key=7)
        array = np.clip(generator.normal(size=(80, CLASSES)) * generator.choice([0.5, 3.0, 30.0], (80, 1)), low, high)
        assert violation(value_of(function, x), numbers(function, array)) == "", (low, high)


def test_two_uses_of_one_weight_are_one_source() -> None:
    dense = layers()["dense"]
    assert kind_of(lambda x: dense(x) - dense.bias.value - dense.bias.value * 0.5, FEATURES) != "class-probabilities"
    value = value_of(lambda x: (y := dense(x)) - y, FEATURES)
    assert not value.spans


def test_several_inputs_and_outputs() -> None:
    softmax, relu = HEADS["softmax"][0], HEADS["relu"][0]
    with stateless():
        values = traced(lambda a, b: {"z": softmax(a), "a": [relu(b)]}, SPECS * 2, [logits, logits])
    assert [emission(v, "float32").kind for v in values] == ["class-probabilities", "nonnegative"]


def test_inputs_are_asked_for_only_where_they_matter() -> None:
    dense = layers()["dense"]

    def never() -> Value:
        raise AssertionError("looked at the input")

    with stateless():
        (value,) = traced(lambda x: dense(x), SPECS, [never])
    assert emission(value, "float32").kind == "logits"


def test_what_cannot_be_traced_says_why() -> None:
    def fails(x: Any) -> Any:
        raise KeyError("no such thing")

    with stateless(), pytest.raises(TraceError, match="KeyError: 'no such thing'"):
        traced(fails, SPECS, [logits])
    with stateless(), pytest.raises(TraceError):
        traced(lambda x: x if float(x[0, 0]) > 0 else -x, SPECS, [logits])


def test_no_row_names_the_primitive() -> None:
    primitive = {"tensorflow": "Lgamma", "jax": "lgamma", "torch": "aten.lgamma"}[BACKEND]
    assert f"(primitive {primitive})" in value_of(HEADS["no row"][0]).why


def test_nothing_is_left_behind() -> None:
    made = layers()
    before = [np.array(backends.to_numpy(v.value)) for layer in made.values() for v in layer.variables]
    softmax, random = HEADS["softmax"][0], HEADS["random"][0]
    with stateless():
        state = random_state()
        traced(lambda x: softmax(made["norm"](made["dense"](random(x)), training=False)), SPECS, [lambda: FEATURES])
        assert random_state() == state
    after = [np.array(backends.to_numpy(v.value)) for layer in made.values() for v in layer.variables]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert all(not layer._inbound_nodes for layer in made.values())


def random_state() -> Any:
    if BACKEND == "torch":
        import torch

        return torch.get_rng_state().tolist()
    if BACKEND == "tensorflow":
        from tensorflow.python.eager import context

        rng = getattr(context.context(), "_rng", None)
        return None if rng is None else rng.getstate()
    return None


if BACKEND == "tensorflow":

    def test_tensorflow_graphs_die_and_helpers_keep_their_traces() -> None:
        import tensorflow as tf
        from tensorflow.python.framework import ops

        graphs: list[Any] = []

        def watch(x: Any) -> Any:
            graphs.append(weakref.ref(tf.compat.v1.get_default_graph()))
            return x

        helper = tf.function(lambda x: tf.nn.silu(watch(x)))
        registered = set(ops.gradient_registry.list())
        assert kind_of(lambda x: helper(watch(x))) == "bounded"
        gc.collect()
        assert len(graphs) == 2 and [g() for g in graphs] == [None, None]
        assert helper.experimental_get_tracing_count() == 0
        assert set(ops.gradient_registry.list()) == registered


if BACKEND == "torch":

    def test_torch_writes_into_shared_memory_are_refused() -> None:
        def into_a_view(x: Any) -> Any:
            y = x * 1.0
            y[:, 0].mul_(100.0)
            return y

        with stateless(), pytest.raises(TraceError, match="writes into a tensor"):
            traced(into_a_view, SPECS, [logits])
        with stateless(), pytest.raises(TraceError, match="writes into a tensor"):
            traced(lambda x: x.mul_(2.0), SPECS, [logits])
