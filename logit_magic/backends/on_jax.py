"""What the project needs to know of JAX."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import jax
import jax.numpy as jnp

from logit_magic.backends.foreign import ForeignLoss
from logit_magic.backends.trace import LARGEST_CONSTANT, FreeAxes, Node, Spec, Weight, leaves, plain

CARRIES = ""
LOSSES_COME_WITH = "optax.losses"


def activation_functions() -> Iterator[tuple[str, Any]]:
    """(name in the table of activations, function) for `jax.nn` and `jax.numpy`."""
    for name in ("softmax", "sigmoid", "log_softmax", "relu", "relu6", "softplus", "elu", "selu", "silu", "gelu",
                 "leaky_relu", "log_sigmoid", "hard_tanh", "celu", "mish"):  # fmt: skip
        yield name, getattr(jax.nn, name)
    yield "softsign", jax.nn.soft_sign
    yield "tanh", jnp.tanh
    yield "exponential", jnp.exp


def normalisers() -> Iterator[tuple[str, Any]]:
    """("softmax" or "sigmoid", function) for `jax.nn`."""
    yield "softmax", jax.nn.softmax
    yield "sigmoid", jax.nn.sigmoid


def is_tensor(x: Any) -> bool:
    return isinstance(x, jax.Array)


def to_numpy(x: Any) -> Any:
    import numpy as np

    return np.asarray(x, dtype=np.float32 if x.dtype == jnp.bfloat16 else None)


def held(x: Any) -> Any:
    """The array, also behind the tracers of a gradient; None where only shapes are known."""
    while isinstance(x, jax.core.Tracer):
        if not hasattr(x, "primal"):
            return None
        x = x.primal
    return x


def carries_logits(x: Any) -> str:
    """JAX has no such thing."""
    return ""


def losses() -> Iterator[ForeignLoss]:
    """The crossentropies of `optax`, where that is loaded."""
    optax = sys.modules.get(LOSSES_COME_WITH)
    for name, kind, labels in (
        ("softmax_cross_entropy", "class-logits", "one-hot"),
        ("softmax_cross_entropy_with_integer_labels", "class-logits", "sparse"),
        ("sigmoid_binary_cross_entropy", "binary-logits", "binary"),
    ):
        function = getattr(optax, name, None)
        if function is not None:
            yield ForeignLoss(function, f"optax.{name}", kind, labels, "labels", "logits")  # type: ignore[arg-type]


def differentiated(x: Any) -> bool | None:
    """Whether a tracer is one of a gradient; one of `jit` may be inside or around it."""
    if not isinstance(x, jax.core.Tracer):
        return False
    return True if type(x).__name__ in ("JVPTracer", "LinearizeTracer") else None


def source_of(frame: FrameType) -> tuple[str, int, int] | None:
    """JAX runs the user's own code."""
    return None


def trace_behind(x: Any, origin: Callable[[Any], Any], variables: Callable[[], list[Any]]) -> tuple[Any, Any]:
    """Nothing is read yet."""
    return None, None


def gradients_of(functions: Sequence[Any], array: Any) -> list[Any]:
    """The gradient of each function at one point, as numpy arrays of its shape; zeros where one does not depend on it.

    They are compiled together, and quickly rather than well, since they run once.

    Args:
        functions: tensor -> tensor with one element; each is traced once.
        array: the point.
    """

    def gradients(point: Any) -> list[Any]:
        return [jax.grad(function)(point) for function in functions]

    quickly = {"xla_backend_optimization_level": 0}
    return [to_numpy(gradient) for gradient in jax.jit(gradients, compiler_options=quickly)(jnp.asarray(array))]


def logits_behind(tensor: Any) -> Any:
    """Keras notes no logits on JAX's arrays."""
    return None


def no_gradient() -> Any:
    """JAX records nothing outside a transformation."""
    return contextlib.nullcontext()


def same_randomness() -> Any:
    """JAX has no global generator."""
    return contextlib.nullcontext()


def dataset_arrays(data: Any) -> Any:
    """JAX has no data sets of its own."""
    return None


# primitives that only call a jaxpr; loops and branches are not among them
_CALLS = {"jit", "pjit", "closed_call", "core_call", "core_closed_call", "custom_jvp_call", "custom_vjp_call",
          "custom_vjp_call_jaxpr", "checkpoint", "remat", "remat2"}  # fmt: skip


def graph_of(function: Any, specs: Sequence[Spec], weights: Sequence[Weight] = ()) -> list[Node]:
    """The jaxpr of `function(*tensors)`, with the jaxprs that it calls put in place.

    Args:
        function: of as many arrays as there are specs; run once, on tracers.
        specs: shape and dtype of each input; None for axes of no fixed size.
        weights: variables to be told from constants; their `tensor` is the array that they hold.

    Returns:
        the arrays that it returns, in the order in which they stand.

    Raises:
        Exception: whatever the function or JAX raises.
    """
    free = FreeAxes.of(specs, weights)
    stand_ins = [jax.ShapeDtypeStruct(free.fixed(shape), dtype) for shape, dtype in specs]
    closed = jax.make_jaxpr(lambda *arrays: list(leaves(function(*arrays))))(*stand_ins)
    reading = _Reading(free, {id(w.tensor): w for w in weights})
    inputs = [reading.node("input", (), {}, v.aval, index=i) for i, v in enumerate(closed.jaxpr.invars)]
    return reading.outputs(closed.jaxpr, [reading.constant(c) for c in closed.consts], inputs)


class _Reading:
    """One jaxpr being turned into nodes."""

    def __init__(self, free: FreeAxes, weights: dict[int, Weight]) -> None:
        self._free = free
        self._weights = weights
        self._constants: dict[int, Node] = {}

    def node(self, primitive: str, operands: tuple[Node, ...], params: Any, aval: Any, **more: Any) -> Node:
        shape = self._free.freed(getattr(aval, "shape", ()))
        return Node(primitive, operands, params, shape, str(getattr(aval, "dtype", "")), **more)

    def constant(self, array: Any) -> Node:
        if id(array) not in self._constants:
            weight = self._weights.get(id(array))
            if weight is not None:
                shape = tuple(int(d) for d in array.shape)
                self._constants[id(array)] = Node("weight", (), weight.params, shape, str(array.dtype))
            else:
                self._constants[id(array)] = self.node("constant", (), {}, array, value=_small(array))
        return self._constants[id(array)]

    def outputs(self, jaxpr: Any, constants: list[Node], inputs: list[Node]) -> list[Node]:
        known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *inputs), strict=True))

        def read(atom: Any) -> Node:
            if hasattr(atom, "val"):
                return self.node("constant", (), {}, atom.aval, value=_small(atom.val))
            found: Node = known[atom]
            return found

        for equation in jaxpr.eqns:
            operands = [read(atom) for atom in equation.invars]
            known.update(zip(equation.outvars, self._after(equation, operands), strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _after(self, equation: Any, operands: list[Node]) -> list[Node]:
        name, params = equation.primitive.name, equation.params
        inner = next((params[k] for k in ("jaxpr", "call_jaxpr", "fun_jaxpr") if k in params), None)
        if name in _CALLS and inner is not None:
            constants = [self.constant(c) for c in getattr(inner, "consts", ())]
            return self.outputs(getattr(inner, "jaxpr", inner), constants, operands)
        static = {key: str(value) if key == "new_dtype" else plain(value) for key, value in params.items()}
        if name in ("broadcast_in_dim", "reshape", "iota"):
            static.pop("shape", None)  # fixed lengths stand in for free ones there
        return [
            self.node(name, tuple(operands), {**static, "output": i}, v.aval) for i, v in enumerate(equation.outvars)
        ]


def _small(array: Any) -> Any:
    import numpy as np

    try:
        read = np.asarray(array)
        return read if read.size <= LARGEST_CONSTANT and read.dtype.kind in "biuf" else None
    except Exception:  # a key of a random generator is an array that is none
        return None
