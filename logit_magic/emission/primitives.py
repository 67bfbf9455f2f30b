"""Abstract values of a function that calls its backend's own ops, read off the backend's own trace of it.

A primitive is what a backend calls an op in its trace: "Softmax" on TensorFlow, "exp" on JAX, "aten._softmax" on torch.
Its row says which row of the table for `keras.ops` speaks for it, and with which arguments; the mathematics is there.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from logit_magic import backends, kerases
from logit_magic.backends.trace import Node, Spec, Weight
from logit_magic.emission.transfer import Call, lookup
from logit_magic.emission.value import OPAQUE, Value, constant, reals, unknown
from logit_magic.foreign import first_line

PrimitiveRow = Callable[["Step"], "Value | None"]
PRIMITIVES: dict[str, PrimitiveRow] = {}
_keys = itertools.count(OPAQUE - 1, -1)  # keys of the walk over Keras' graph count up from 1
_ACTIVATIONS_BY_TYPE = ("Softmax", "Sigmoid")  # ops whose input TensorFlow's Keras takes for the logits
_MAX_DEPTH = 150  # primitives nested in each other; a frame of Python or six each


class TraceError(Exception):
    """The backend could not trace the function; the message says why."""


def primitive(*names: str) -> Callable[[PrimitiveRow], PrimitiveRow]:
    """Enter a function into the table under the names that the backends have for what it speaks for."""

    def enter(function: PrimitiveRow) -> PrimitiveRow:
        for name in (n for several in names for n in several.split()):
            if name in PRIMITIVES:
                raise ValueError(f"two rows for {name}: {PRIMITIVES[name].__name__} and {function.__name__}")
            PRIMITIVES[name] = function
        return function

    return enter


def traced(
    function: Any,
    specs: Sequence[Spec],
    values: Sequence[Callable[[], Value]],
    variables: Iterable[Any] = (),
    model: Any = None,
) -> list[Value]:
    """Abstract values of the outputs of `function(*tensors)`, in the order in which they stand.

    Args:
        function: of backend tensors; run once on stand-ins, in inference mode if it has modes.
        specs: shape and dtype of each input; None for axes of no fixed size.
        values: what is known of each input; asked for only where an output depends on it.
        variables: Keras variables that the function uses, besides those of layers that it can be seen to hold.
        model: the one that the function is part of, where it is known: its Keras decides on the backend.

    Raises:
        TraceError: the function could not be traced.
    """
    backend = backends.in_use(model)
    if backend is None:
        raise TraceError(
            f"the backend {backends.name()!r} has no trace that could be read; tensorflow, jax, torch have"
        )
    known = {id(v): v for v in (*variables, *variables_of(function))}
    weights = [Weight(_tensor_of(v), id(v), bool(v.trainable)) for v in known.values()]
    try:
        outputs = backend.graph_of(function, specs, weights)
    except Exception as error:
        raise TraceError(f"{type(error).__name__}: {first_line(error, 120)}") from error
    evaluation = Evaluation(values)
    return [evaluation.value(node) for node in outputs]


def _tensor_of(variable: Any) -> Any:
    """What the backend keeps a variable in; those of Keras 2 are TensorFlow's own."""
    return variable if callable(variable.value) else variable.value


def variables_of(holder: Any, depth: int = 4) -> Iterator[Any]:
    """Keras variables of the layers that a function, method or partial holds: in its closure, globals or `self`."""
    keras = kerases.three()
    if keras is None or depth == 0:
        return
    if isinstance(holder, keras.Variable):
        yield holder
    elif isinstance(holder, keras.layers.Layer):
        yield from holder.variables
    elif isinstance(holder, (list, tuple, dict)):
        for member in holder.values() if isinstance(holder, dict) else holder:
            yield from variables_of(member, depth - 1)
    else:
        for member in _held(holder):
            yield from variables_of(member, depth - 1)


def _held(function: Any) -> Iterator[Any]:
    if isinstance(function, functools.partial):
        yield from (function.func, function.args, function.keywords)
    for name in ("__self__", "__func__", "__wrapped__", "python_function", "__defaults__", "__kwdefaults__"):
        member = getattr(function, name, None) if callable(function) else None
        if member is not None and not isinstance(member, type(math)):
            yield member
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    code = getattr(function, "__code__", None)
    for name in getattr(code, "co_names", ()):
        yield getattr(function, "__globals__", {}).get(name)


@dataclass(frozen=True, slots=True)
class Step:
    """One node, as a row sees it.

    Attributes:
        node: the op and its operands.
        evaluation: knows the values of operands.
        label: the op, for people.
    """

    node: Node
    evaluation: Evaluation
    label: str

    def operand(self, which: int | str = 0) -> Any:
        """An operand by position, or by the name that torch has for it: a node, a number or None."""
        if isinstance(which, int):
            return self.node.operands[which] if which < len(self.node.operands) else None
        several = self.operands(which)
        return several[0] if several else self.param(which)

    def operands(self, role: str) -> list[Node]:
        roles = self.node.params.get("roles", ())
        return [o for o, r in zip(self.node.operands, roles, strict=False) if r == role]

    def value(self, which: int | str = 0) -> Value:
        return self.evaluation.operand(self.operand(which))

    def param(self, name: str, default: Any = None) -> Any:
        found = self.node.params.get(name)
        return default if found is None else found

    def static(self, which: int | str) -> Any:
        """An operand that is a constant, as numbers and lists; None where it is not."""
        operand = self.operand(which)
        value = operand.value if isinstance(operand, Node) else operand
        return value.tolist() if hasattr(value, "tolist") else value

    def row(self, name: str, *args: Any, **attributes: Any) -> Value | None:
        """What the row for an op of `keras.ops` says, given operands (nodes, numbers, values) and attributes."""
        op, index = SimpleNamespace(**attributes), int(self.param("output", 0))
        operand = self.evaluation.operand
        call = Call(op, name, self.label, self.node.shape, index, args, {}, operand, lambda *_: None)
        row = lookup(name)
        return None if row is None else row(call)

    def affine(self) -> Value:
        """The output of an affine map with trainable weights; what goes in does not matter."""
        return reals(self.node.shape, self.label).with_(sources=frozenset((next(_keys),)))


class Evaluation:
    """Values of the nodes of one trace, each found at most once.

    Args:
        inputs: values of the function's inputs.
        known: values of nodes that need not be looked behind, by id.
        plain: leave out what looks at several nodes at a time.
    """

    def __init__(
        self, inputs: Sequence[Callable[[], Value]], known: dict[int, Value] | None = None, *, plain: bool = False
    ) -> None:
        self.plain = plain
        self.either_way = False  # a comparison or a rounding had to leave open how it goes
        self._inputs = inputs
        self._values: dict[int, Value] = dict(known or {})
        self._alive: list[Node] = []  # ids are only good while the nodes live
        self._depth = 0

    def value(self, node: Node) -> Value:
        if id(node) not in self._values:
            self._alive.append(node)
            self._depth += 1
            try:
                value = self._evaluate(node)
            except RecursionError:
                value = unknown("the trace behind the output is too deep to follow", node.shape)
            finally:
                self._depth -= 1
            if len(value.shape) != len(node.shape):
                value = unknown(f"its shape is not the expected one after {value.maker or label_of(node)}", node.shape)
            self._values[id(node)] = value.with_(shape=node.shape, key=value.key or next(_keys))
        return self._values[id(node)]

    def operand(self, argument: Any) -> Value:
        """The value of anything that a row hands on: a node, a value, a number."""
        if isinstance(argument, Value):
            return argument
        if isinstance(argument, Node):
            return self.value(argument)
        if isinstance(argument, (bool, int, float)):
            return constant(float(argument))
        return unknown("an operand is missing" if argument is None else "an operand is no number")

    def _evaluate(self, node: Node) -> Value:
        if node.primitive == "input":
            return self._inputs[node.index]()
        if node.primitive == "weight":
            sources = frozenset((node.params["identity"],))
            return Value(shape=node.shape, spans=node.params["trainable"], sources=sources)
        if node.primitive == "constant":
            return _constant(node)
        if self._depth > _MAX_DEPTH:
            return unknown("the trace behind the output is too deep to follow", node.shape)
        row, label = _row(node.primitive), label_of(node)
        value = None if row is None else row(Step(node, self, label))
        if value is None:
            reason = "has no row in the table of known ops" if row is None else "is used in a way that no row fits"
            return unknown(f"{label} {reason} (primitive {node.primitive})", node.shape)
        value = value.same(carries=_carries(node))
        return value if value.maker else value.with_(maker=label, key=value.key)


def _row(name: str) -> PrimitiveRow | None:
    from logit_magic.emission import primitive_axes_rows, primitive_product_rows, primitive_rows  # noqa: F401  (they enter)

    return PRIMITIVES.get(name)


def _carries(node: Node) -> Any:
    if node.params.get("keras_logits"):
        return "tensor"
    return "graph" if node.primitive in _ACTIVATIONS_BY_TYPE else ""


def label_of(node: Node) -> str:
    """A primitive under the name by which a user can look it up."""
    name, scope = node.primitive, node.params.get("scope")
    if name.startswith("aten."):
        return f"torch.ops.{name}"
    shown = f"tf.raw_ops.{name}" if name[:1].isupper() else f"jax.lax.{name}"
    return f"{scope} ({shown})" if scope else shown


def _constant(node: Node) -> Value:
    array = node.value
    if array is None or not getattr(array, "size", 1):
        return unknown("a constant is too large to read, or no number", node.shape)
    low, high = float(array.min()), float(array.max())
    if not math.isfinite(low + high):
        return unknown("a constant is not finite", node.shape)
    return Value(shape=node.shape, low=low, high=high)
