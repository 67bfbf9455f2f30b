"""What the project needs to know of TensorFlow."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import tensorflow as tf

from logit_magic.backends.foreign import ForeignLoss
from logit_magic.backends.trace import LARGEST_CONSTANT, Node, Spec, Weight, leaves, plain

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


def normalisers() -> Iterator[tuple[str, Any]]:
    """("softmax" or "sigmoid", function) for `tf.nn`, `tf.math` and `tf`."""
    yield from (("softmax", tf.nn.softmax), ("sigmoid", tf.sigmoid))


def is_tensor(x: Any) -> bool:
    return isinstance(x, (tf.Tensor, tf.Variable, tf.RaggedTensor, tf.SparseTensor))


def to_tensor(x: Any) -> Any:
    return tf.convert_to_tensor(x)


def to_numpy(x: Any) -> Any:
    if isinstance(x, tf.RaggedTensor):
        x = x.to_tensor()
    if isinstance(x, tf.SparseTensor):
        x = tf.sparse.to_dense(x)
    if x.dtype == tf.bfloat16:
        x = tf.cast(x, tf.float32)
    return x.numpy()


def held(x: Any) -> Any:
    """An eager tensor itself: it holds no graph; None for a symbolic one."""
    return x if isinstance(x, tf.__internal__.EagerTensor) else None


def carries_logits(x: Any) -> str:
    """Where Keras' TensorFlow backend would look, seen in keras/src/backend/tensorflow/nn.py."""
    if hasattr(x, "_keras_logits"):
        return "tensor"
    symbolic = isinstance(x, tf.Tensor) and not isinstance(x, tf.__internal__.EagerTensor)
    return "graph" if symbolic and x.op.type in ("Softmax", "Sigmoid") else ""


def losses() -> Iterator[ForeignLoss]:
    """The crossentropies of `tf.nn`; none of them looks for the logits behind probabilities."""
    for name, kind, labels in (
        ("softmax_cross_entropy_with_logits", "class-logits", "one-hot"),
        ("sparse_softmax_cross_entropy_with_logits", "class-logits", "sparse"),
        ("sigmoid_cross_entropy_with_logits", "binary-logits", "binary"),
        ("weighted_cross_entropy_with_logits", "binary-logits", "binary"),
    ):
        yield ForeignLoss(getattr(tf.nn, name), f"tf.nn.{name}", kind, labels, "labels", "logits")  # type: ignore[arg-type]


def differentiated(x: Any) -> bool | None:
    """Whether a tape watches a tensor."""
    from tensorflow.python.eager import record  # the only way to ask

    return bool(record.should_record_backprop([x]))


def source_of(frame: FrameType) -> tuple[str, int, int] | None:
    """AutoGraph runs code that it generated: what it was generated from."""
    name, line = frame.f_code.co_filename, frame.f_lineno
    above: FrameType | None = frame
    while above is not None:
        if above.f_code.co_name == "converted_call" and "converted_f" in above.f_locals:
            written = getattr(above.f_locals["converted_f"], "ag_source_map", {})
            for place, origin in written.items():
                if place.lineno == line and place.filename == name:
                    return origin.loc.filename, origin.loc.lineno, origin.loc.col_offset
        above = above.f_back
    return None


def trace_behind(x: Any, origin: Callable[[Any], Any], variables: Callable[[], list[Any]]) -> tuple[Any, Any]:
    """The graph that `tf.function` is tracing, read backwards from a tensor for a few hundred ops."""
    if isinstance(x, tf.__internal__.EagerTensor) or not hasattr(x, "graph"):
        return None, None
    weights = {id(_handle(v._value)): Weight(v._value, id(v), bool(v.trainable)) for v in variables()}
    reading, made_by = _Reading(weights), None
    captured = {id(inner): outer for outer, inner in getattr(x.graph, "captures", ())}
    waiting, seen, inputs = [x], {id(x)}, 0
    while waiting:
        tensor = waiting.pop(0)
        made_by = made_by or origin(tensor)
        if id(tensor) in captured:
            reading.enter(tensor, reading.captured(captured[id(tensor)]))
        elif len(seen) > _BEHIND or tensor.op.type == "Placeholder":
            reading.enter(tensor, Node("input", (), {}, _shape(tensor), tensor.dtype.name, index=inputs))
            inputs += 1
        else:
            waiting += [t for t in tensor.op.inputs if id(t) not in seen]
            seen.update(map(id, tensor.op.inputs))
    return reading.node(x), made_by


def gradients_of(functions: Sequence[Any], array: Any) -> list[Any]:
    """The gradient of each function at one point, as numpy arrays of its shape; zeros where one does not depend on it.

    A graph is differentiated, as `fit` does it: a tape would record nothing where recording is switched off.

    Args:
        functions: tensor -> tensor with one element; each is traced once.
        array: the point.
    """

    def gradients(point: Any) -> list[Any]:
        zero = tf.UnconnectedGradients.ZERO
        return [tf.gradients(function(point), point, unconnected_gradients=zero)[0] for function in functions]

    traced = tf.function(gradients, autograph=False).get_concrete_function(tf.TensorSpec(array.shape, array.dtype))
    return [gradient.numpy() for gradient in traced(tf.convert_to_tensor(array))]


def logits_behind(tensor: Any) -> Any:
    """What Keras' activation noted on the very tensor that it returned, as the loss reads it; None without a note."""
    return getattr(tensor, "_keras_logits", None)


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


_BEHIND = 400  # tensors that are read behind one that a loss is given while tf.function traces
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def graph_of(function: Any, specs: Sequence[Spec], weights: Sequence[Weight] = ()) -> list[Node]:
    """The TensorFlow graph of `function(*tensors)`, with the bodies of `tf.function` helpers put in place.

    The graph is thrown away before this returns. Helpers decorated with `tf.function` are traced as copies of
    themselves, so that the user's own keep the traces that they had.

    Args:
        function: of as many tensors as there are specs; run once, on placeholders.
        specs: shape and dtype of each input; None for axes of no fixed size.
        weights: variables to be told from other resources; their `tensor` is a `tf.Variable`.

    Returns:
        the tensors that it returns, in the order in which they stand.

    Raises:
        Exception: whatever the function or TensorFlow raises.
    """
    from tensorflow.python.framework.func_graph import FuncGraph  # a graph that captures variables, without a function

    graph = FuncGraph("logit_magic")
    with _nothing_registered(), graph.as_default(), _copies_of_helpers(graph):
        inputs = [tf.compat.v1.placeholder(dtype, shape) for shape, dtype in specs]
        outputs = [tf.convert_to_tensor(leaf) for leaf in leaves(function(*inputs))]
    reading = _Reading({id(_handle(w.tensor)): w for w in weights})
    for i, tensor in enumerate(inputs):
        reading.enter(tensor, Node("input", (), {}, _shape(tensor), tensor.dtype.name, index=i))
    for outer, inner in graph.captures:
        reading.enter(inner, reading.captured(outer))
    return [reading.node(tensor) for tensor in outputs]


@contextlib.contextmanager
def _nothing_registered() -> Iterator[None]:
    """Custom gradients (`tf.nn.silu` has one) stay registered, and their graph alive, for good: take them out again."""
    from tensorflow.python.framework import ops

    registered: Any = getattr(getattr(ops, "gradient_registry", None), "_registry", {})
    before = set(registered)
    try:
        yield
    finally:
        for name in [n for n in registered if n not in before and n.startswith("CustomGradient-")]:
            del registered[name]


@contextlib.contextmanager
def _copies_of_helpers(graph: Any) -> Iterator[None]:
    """Calls of `tf.function` helpers from within this graph trace a copy, which goes with the graph."""
    from tensorflow.python.eager.polymorphic_function.polymorphic_function import Function

    original = Function.__call__
    copied: set[int] = set()

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if id(self) in copied or not _within(tf.compat.v1.get_default_graph(), graph):
            return original(self, *args, **kwargs)
        copy = self._clone(None)
        copied.add(id(copy))
        graph.logit_magic_copies = [*getattr(graph, "logit_magic_copies", ()), copy]
        return original(copy, *args, **kwargs)

    Function.__call__ = call
    try:
        yield
    finally:
        Function.__call__ = original


def _within(graph: Any, outer: Any) -> bool:
    while graph is not None and graph is not outer:
        graph = getattr(graph, "outer_graph", None)
    return graph is outer


class _Reading:
    """One graph being turned into nodes, from its outputs backwards."""

    def __init__(self, weights: dict[int, Weight]) -> None:
        self._weights = weights
        self._nodes: dict[int, Node] = {}
        self._alive: list[Any] = []  # ids are only good while the tensors live

    def enter(self, tensor: Any, node: Node) -> Node:
        self._alive.append(tensor)
        self._nodes[id(tensor)] = node
        return node

    def captured(self, outer: Any) -> Node:
        """A variable's handle or a tensor from outside."""
        weight = self._weights.get(id(outer))
        if weight is not None:
            return Node("weight", (), weight.params, tuple(weight.tensor.shape), weight.tensor.dtype.name)
        if outer.dtype == tf.resource:
            return Node("a variable that Keras does not know", (), {}, (), "resource")
        return Node("constant", (), {}, _shape(outer), outer.dtype.name, value=_small(outer))

    def node(self, tensor: Any) -> Node:
        """The node of a tensor; a stack of its own, since graphs are deeper than Python's."""
        waiting = [tensor]
        while waiting:
            last = waiting[-1]
            missing = [] if id(last) in self._nodes else [t for t in last.op.inputs if id(t) not in self._nodes]
            waiting += missing
            if not missing:
                waiting.pop()
                if id(last) not in self._nodes:
                    self.enter(last, self._made(last))
        return self._nodes[id(tensor)]

    def _made(self, tensor: Any) -> Node:
        op = tensor.op
        operands = tuple(self._nodes[id(t)] for t in op.inputs)
        if op.type in _CALLS:
            return self._called(tensor, operands)
        if op.type == "ReadVariableOp":
            return operands[0]
        params = {
            "output": tensor.value_index,
            "keras_logits": hasattr(tensor, "_keras_logits"),
            "scope": _scope(op.name),
        }
        if op.type == "Const":
            return Node("constant", (), params, _shape(tensor), tensor.dtype.name, value=_small(tensor))
        params.update((name, _attribute(op, name)) for name in op.node_def.attr if not name.startswith("_"))
        rank = "" if tensor.shape.rank is not None else " of unknown rank"
        return Node(op.type + rank, operands, params, _shape(tensor), tensor.dtype.name)

    def _called(self, tensor: Any, operands: tuple[Node, ...]) -> Node:
        """The tensor inside the function that comes out here; Keras sees the call's type, not that of the op inside."""
        body = tensor.op.graph._get_function(tensor.op.get_attr("f").name).graph
        inner = _Reading(self._weights)
        for placeholder, node in zip(body.inputs, operands, strict=True):
            inner.enter(placeholder, node)
        out = inner.node(body.outputs[tensor.value_index])
        return Node("Identity", (out,), {}, _shape(tensor), tensor.dtype.name)


def _scope(name: str) -> str:
    """The innermost name scope of an op, which is the layer that made it, if one did."""
    return name.rpartition("/")[0].rpartition("/")[2]


def _handle(variable: Any) -> Any:
    return getattr(variable, "handle", variable)


def _shape(tensor: Any) -> tuple[int | None, ...]:
    return () if tensor.shape.rank is None else tuple(tensor.shape)


def _attribute(op: Any, name: str) -> Any:
    value = op.get_attr(name)
    return value.name if isinstance(value, tf.DType) else plain(value)


def _small(tensor: Any) -> Any:
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool):
        return None
    if (tensor.shape.num_elements() or 0) > LARGEST_CONSTANT:
        return None
    if tensor.dtype == tf.bfloat16:
        import numpy as np

        value = tf.get_static_value(tensor)
        return None if value is None else value.astype(np.float32)
    return tf.get_static_value(tensor)
