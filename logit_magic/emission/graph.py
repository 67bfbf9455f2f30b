"""Walk Keras' op graph backwards from a model's outputs, one row of the transfer table at a time.

The walk is lazy: a Dense head settles the answer without a look at the body, so the cost does not grow with depth.
Nested models and layers with a Python `call` of their own are entered; what has no row makes the value unknown and
says so by name.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
from collections.abc import Callable
from typing import Any

from logit_magic import backends, kerases
from logit_magic.emission import activations, made_at
from logit_magic.emission.mode import Mode
from logit_magic.emission.no_rows import why_no_row
from logit_magic.emission.primitives import TraceError, traced
from logit_magic.emission.transfer import Call, lookup
from logit_magic.emission.value import Shape, Value, unknown
from logit_magic.scope import called, layers_of, stateless
from logit_magic.structure import leaves_with_places, mapped

Inputs = dict[int, Callable[[], Value]]
_MAX_DEPTH = 60
_LABEL_LENGTH = 80
NO_ROW_YET = "it has no row in the table of known ops"
_keys = itertools.count(1)


class Walk:
    """One walk over one graph: symbolic tensor -> value, each tensor at most once.

    Args:
        inputs: values of the tensors at which the walk stops, by id: the inputs of a nested model.
        depth: how deep this walk is nested in others.
        mode: training or inference, where a Python `call` asks.
        recorded: the graph was recorded in this mode; else, in a functional model, the mode overrides what was recorded.
    """

    def __init__(
        self, inputs: Inputs | None = None, depth: int = 0, mode: Mode | None = None, *, recorded: bool = False
    ) -> None:
        self._mode = mode or Mode()
        self._recorded = recorded
        self._inputs = inputs or {}
        self._values: dict[int, Value] = {}
        self._alive: list[Any] = []  # ids are only good while the tensors live
        self._depth = depth

    def value(self, tensor: Any) -> Value:
        """The abstract value of a symbolic tensor."""
        if id(tensor) not in self._values:
            self._alive.append(tensor)
            self._values[id(tensor)] = unknown("the graph refers to itself", _shape(tensor))
            value = self._evaluate(tensor)
            if value.shape != _shape(tensor) and len(value.shape) != len(_shape(tensor)):
                value = unknown(f"its shape is not the expected one after {value.maker}", _shape(tensor))
            self._values[id(tensor)] = value.with_(shape=_shape(tensor), key=value.key or next(_keys))
        return self._values[id(tensor)]

    def _evaluate(self, tensor: Any) -> Value:
        shape = _shape(tensor)
        if id(tensor) in self._inputs:
            return self._inputs[id(tensor)]()
        history = getattr(tensor, "_keras_history", None)
        if history is None or history.operation is None:
            return unknown("it is the model's own input", shape)
        if self._depth > _MAX_DEPTH:
            return unknown("the model is nested too deeply", shape)
        node = history.operation._inbound_nodes[history.node_index]
        try:
            return self._apply(node, history.tensor_index, shape)
        except RecursionError:
            return unknown("the graph behind the output is too deep to follow", shape)

    def _apply(self, node: Any, index: int, shape: Shape) -> Value:
        op, args, kwargs = node.operation, tuple(node.arguments.args), dict(node.arguments.kwargs)
        if _is_functional(op):
            return self._enter_model(op, node, index)
        name = row_name(op)
        label = label_of(op)
        row = lookup(name) if name else None
        if row is not None:
            call = Call(op, name, label, shape, index, args, kwargs, self.operand, self.through)
            value = row(call)
            if value is not None:
                return _with_source(value, call.label)
            return unknown(f"{label} is used in a way that the table has no row for", shape)
        if name and not _has_python_call(op):
            return unknown(f"{label} is not followed: {why_no_row(name) or NO_ROW_YET}", shape)
        return self._enter_call(op, args, kwargs, index, shape, label)

    def _enter_model(self, model: Any, node: Any, index: int) -> Value:
        functional = getattr(model, "_functional", None) or model
        flat = _flat_tensors(node.arguments.args) + _flat_tensors(node.arguments.kwargs)
        if len(flat) < len(functional._inputs):
            return unknown(f"{label_of(model)} is called with arguments that could not be followed")
        inputs = {id(inner): _later(self.value, outer) for inner, outer in zip(functional._inputs, flat, strict=False)}
        given = node.arguments.kwargs.get("training") if self._recorded else None
        mode = self._mode if given in (None, self._mode.training) else Mode(bool(given))
        inner = Walk(inputs, self._depth + 1, mode)
        value = inner.value(functional._outputs[index])
        self._alive.append(inner)
        return value

    def _enter_call(self, op: Any, args: Any, kwargs: Any, index: int, shape: Shape, label: str) -> Value:
        """A layer with a Python `call` of its own: call it on fresh symbolic tensors and walk what comes out."""
        if not all(layer.built for layer in layers_of(op)):
            return unknown(f"{label} is not built yet", shape)
        stand_ins: Inputs = {}
        asked = self._mode.arguments(op.call)
        if kwargs.get("training") is None or not self._recorded:
            kwargs = {**kwargs, **asked}

        def fresh(tensor: Any) -> Any:
            new = _symbolic(tensor.shape, tensor.dtype)
            stand_ins[id(new)] = _later(self.value, tensor)
            self._alive.append(new)
            return new

        with stateless(op), called(op, bool(kwargs.get("training", self._mode.training))):
            try:
                outputs = _python_call(op)(*_map_tensors(args, fresh), **_map_tensors(kwargs, fresh))
            except Exception:
                return self._trace_call(op, args, kwargs, index, shape, label)
            flat = _flat_tensors(outputs)
            if index >= len(flat):
                return unknown(f"{label} returned no symbolic tensor", shape)
            inner = Walk(stand_ins, self._depth + 1, self._mode, recorded=True)
            self._alive.append(inner)
            return inner.value(flat[index])

    def _trace_call(self, op: Any, args: Any, kwargs: Any, index: int, shape: Shape, label: str) -> Value:
        """A layer whose `call` takes no symbolic tensors: read the backend's own trace of it."""
        tensors = _flat_tensors(args) + _flat_tensors(kwargs)

        def function(*given: Any) -> Any:
            put = {id(tensor): value for tensor, value in zip(tensors, given, strict=True)}
            filled = _map_tensors(args, lambda t: put[id(t)]), _map_tensors(kwargs, lambda t: put[id(t)])
            return _python_call(op)(*filled[0], **filled[1])

        specs = [(_shape(t), str(t.dtype)) for t in tensors]
        try:
            values = traced(function, specs, [_later(self.value, t) for t in tensors], op.variables)
        except TraceError as reason:
            return unknown(f"{label} could not be traced: {reason}", shape)
        return values[index] if index < len(values) else unknown(f"{label} returned no tensor", shape)

    def operand(self, argument: Any) -> Value:
        """The value of anything that an op was called with: symbolic tensor, variable, array, number."""
        if _is_symbolic(argument):
            return self.value(argument)
        keras = kerases.three()
        shape = _shape(argument)
        if isinstance(argument, keras.Variable):
            return Value(shape=shape, spans=bool(argument.trainable), sources=frozenset((id(argument),)))
        return _constant(argument, shape)

    def through(self, function: Any, x: Value, label: str) -> Value | None:
        """The value after an activation given as an object: Keras' own by identity, others by tracing them."""
        if function is None:
            return x
        known = _known_function(function)
        if known is not None:
            name, axis, carries = known
            return activations.apply(name, x, label, axis=axis, carries=carries)
        with stateless(function):
            stand_in = _symbolic(x.shape, "float32")
            inner = Walk({id(stand_in): lambda: x}, self._depth + 1, self._mode, recorded=True)
            self._alive += [stand_in, inner]
            try:
                outputs = _flat_tensors(function(stand_in))
            except Exception:
                return None
            return inner.value(outputs[0]) if outputs else None


def _later(function: Callable[[Any], Value], tensor: Any) -> Callable[[], Value]:
    return lambda: function(tensor)


def _with_source(value: Value, label: str) -> Value:
    """An affine map is a source of its own; whatever else comes out of it inherits the mark."""
    if value.spans and not value.sources:
        value = value.with_(sources=frozenset((next(_keys),)))
    return value if value.maker else value.with_(maker=label)


def row_name(op: Any) -> str:
    """The table's name for an op: Keras' own class whose `call` it really runs; "" for a user's own `call`."""
    if "call" in vars(op):
        return ""
    for cls in type(op).__mro__:
        module = cls.__module__
        if module.startswith("keras.src."):
            family = _family(module)
            return f"{family}.{cls.__name__}" if type(op).call is getattr(cls, "call", None) else ""
        if "call" in vars(cls):
            return ""
    return ""


def _family(module: str) -> str:
    parts = module.split(".")
    return parts[3] if parts[2] == "ops" and len(parts) > 3 else parts[2]


def _has_python_call(op: Any) -> bool:
    """Layers of Keras without a row whose `call` is itself made of Keras ops can be traced like a user's."""
    keras = kerases.three()
    return isinstance(op, keras.layers.Layer)


def _python_call(op: Any) -> Callable[..., Any]:
    keras = kerases.three()
    if isinstance(op, keras.layers.Lambda):
        arguments = dict(op.arguments or {})
        return lambda *args, **kwargs: op.function(*args, **arguments, **_accepted(op.function, kwargs))
    return op.call  # type: ignore[no-any-return]


def _accepted(function: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        names = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    return {k: v for k, v in kwargs.items() if k in names}


def label_of(op: Any) -> str:
    """An op as its user would recognise it, and where it was made, if that was seen.

    E.g. "dense_1 (Dense, activation=softmax, cell line 7)" or "keras.ops.softmax (cell line 9)".
    """
    cls, place = type(op).__name__, made_at.where(op)
    if type(op).__module__.startswith("keras.src.ops."):
        return "keras.ops." + _snake(cls) + (f" ({place})" if place else "")
    function = getattr(op, "activation", None)
    activation = getattr(function, "__name__", type(function).__name__) if function is not None else ""
    detail = f"{cls}, activation={activation}" if activation not in ("", "linear") else cls
    detail = f"{detail}, {place}" if place else detail
    return f"{str(getattr(op, 'name', cls))[:_LABEL_LENGTH]} ({detail})"


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


@functools.cache
def _functions_by_id(keras: Any) -> dict[int, tuple[str, str]]:
    """id of a function -> (name in the table of activations, how TensorFlow's Keras finds its logits again)."""
    found: dict[int, tuple[str, str]] = {}
    for home in (keras.ops, keras.ops.nn, keras.activations):
        for name in activations.KNOWN:
            function = getattr(home, name, None)
            if callable(function):
                found[id(function)] = (name, "tensor")
    return found


def _known_function(function: Any) -> tuple[str, int, str] | None:
    """(name, axis, carries) of a known activation function, also through `functools.partial`."""
    axis = -1
    if isinstance(function, functools.partial):
        if function.args or set(function.keywords) - {"axis"}:
            return None
        axis, function = function.keywords.get("axis", -1), function.func
    known = _functions_by_id(kerases.three()).get(id(function)) or backends.activation_functions().get(id(function))
    return None if known is None else (known[0], axis, known[1])


def _is_functional(op: Any) -> bool:
    """A model that is its graph: its class does not bring a `call` of its own."""
    keras = kerases.three()
    if not isinstance(op, keras.Model) or "call" in vars(op):
        return False
    own_call = next(cls for cls in type(op).__mro__ if "call" in vars(cls)).__module__.startswith("keras.src.models.")
    functional = getattr(op, "_functional", None) or op
    return own_call and getattr(functional, "_outputs", None) is not None


def _is_symbolic(x: Any) -> bool:
    return isinstance(x, kerases.three().KerasTensor)


def _symbolic(shape: Any, dtype: Any) -> Any:
    return kerases.three().KerasTensor(shape=tuple(shape), dtype=str(dtype))


def _shape(x: Any) -> Shape:
    shape = getattr(x, "shape", ())
    try:
        return tuple(None if d is None else int(d) for d in shape)
    except TypeError:
        return ()


def _constant(argument: Any, shape: Shape) -> Value:
    """The hull of a known array or number; arrays beyond a million elements are not read."""
    if argument is None:
        return unknown("an operand is missing")
    if math.prod(d or 1 for d in shape) > 1_000_000:
        return unknown("a constant is too large to read", shape)
    import numpy as np

    try:
        array = np.asarray(backends.to_numpy(argument), dtype=float)
    except Exception:
        return unknown("an operand is no number", shape)
    if array.size == 0 or not np.isfinite(array).all():
        return unknown("a constant is not finite", shape)
    return Value(shape=tuple(array.shape), low=float(array.min()), high=float(array.max()))


def _flat_tensors(structure: Any) -> list[Any]:
    return [leaf for _, leaf in leaves_with_places(structure) if _is_symbolic(leaf)]


def _map_tensors(structure: Any, change: Callable[[Any], Any]) -> Any:
    return mapped(structure, lambda leaf: change(leaf) if _is_symbolic(leaf) else leaf)
