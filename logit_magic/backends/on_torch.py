"""What the project needs to know of PyTorch."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any

import torch
import torch.utils.data

from logit_magic.backends.foreign import ForeignLoss
from logit_magic.backends.trace import LARGEST_CONSTANT, FreeAxes, Node, Spec, Weight, leaves, plain

CARRIES = ""
TELLS_WHAT_FLOWS = True  # what has no gradient was computed from nothing that is trained


def activation_functions() -> Iterator[tuple[str, Any]]:
    """(name in the table of activations, function) for `torch` and `torch.nn.functional`."""
    functional = torch.nn.functional
    yield "sigmoid", torch.sigmoid
    yield "sigmoid", functional.sigmoid
    yield "tanh", torch.tanh
    yield "relu", torch.relu
    yield "exponential", torch.exp
    for name in ("relu", "relu6", "softplus", "softsign", "elu", "selu", "silu", "gelu", "leaky_relu", "mish"):
        yield name, getattr(functional, name)
    yield "log_sigmoid", functional.logsigmoid


def normalisers() -> Iterator[tuple[str, Any]]:
    """("softmax" or "sigmoid", function) for `torch`, `torch.special` and `torch.nn.functional`."""
    yield from (("softmax", f) for f in (torch.softmax, torch.special.softmax, torch.nn.functional.softmax))
    yield from (("sigmoid", f) for f in (torch.sigmoid, torch.special.expit, torch.nn.functional.sigmoid))


def is_tensor(x: Any) -> bool:
    return isinstance(x, torch.Tensor)


def to_numpy(x: Any) -> Any:
    x = x.detach()
    return (x.float() if x.dtype == torch.bfloat16 else x).cpu().numpy()


def held(x: Any) -> Any:
    """The values without the graph that autograd recorded."""
    return x.detach()


def carries_logits(x: Any) -> str:
    """PyTorch has no such thing."""
    return ""


def losses() -> Iterator[ForeignLoss]:
    """The crossentropies of `torch.nn.functional`, which the modules of `torch.nn` call, too."""
    home = torch.nn.functional
    shown = "torch.nn.functional"
    yield ForeignLoss(home.cross_entropy, f"{shown}.cross_entropy", "class-logits", "any", "target", "input", 1)
    for name, kind in (
        ("binary_cross_entropy_with_logits", "binary-logits"),
        ("binary_cross_entropy", "binary-probabilities"),
    ):
        yield ForeignLoss(getattr(home, name), f"{shown}.{name}", kind, "binary", "target", "input")  # type: ignore[arg-type]


def differentiated(x: Any) -> bool | None:
    """Whether autograd records what is done with a tensor."""
    return bool(x.requires_grad)


def source_of(frame: FrameType) -> tuple[str, int, int] | None:
    """PyTorch runs the user's own code."""
    return None


def trace_behind(x: Any, origin: Callable[[Any], Any], variables: Callable[[], list[Any]]) -> tuple[Any, Any]:
    """Nothing is read yet."""
    return None, None


def gradients_of(functions: Sequence[Any], array: Any) -> list[Any]:
    """The gradient of each function at one point, as numpy arrays of its shape; zeros where one does not depend on it.

    Args:
        functions: tensor -> tensor with one element.
        array: the point.
    """
    return [_gradient(function, array) for function in functions]


def _gradient(function: Any, array: Any) -> Any:
    with torch.enable_grad():
        point = torch.tensor(array, device=_device(), requires_grad=True)
        value = function(point)
        if not value.requires_grad:
            return to_numpy(torch.zeros_like(point))
        (gradient,) = torch.autograd.grad(value, point, allow_unused=True)
    return to_numpy(torch.zeros_like(point) if gradient is None else gradient)


def logits_behind(tensor: Any) -> Any:
    """Keras notes no logits on torch's tensors."""
    return None


def no_gradient() -> Any:
    """A context in which a forward pass records nothing for autograd."""
    return torch.no_grad()


def same_randomness() -> Any:
    """Random ops inside leave the generators of the CPU and of every GPU as they were."""
    return torch.random.fork_rng()


def dataset_arrays(data: Any) -> Any:
    """The tensors behind a `DataLoader` over a `TensorDataset`; None for any other, which would have to be iterated."""
    if isinstance(data, torch.utils.data.DataLoader):
        data = data.dataset
    return data.tensors if isinstance(data, torch.utils.data.TensorDataset) else None


# ops whose result shares memory with what they are given: a write into it is a write into that, too
_VIEWS = ("view", "_unsafe_view", "reshape", "permute", "transpose", "t", "expand", "squeeze", "unsqueeze", "slice",
          "select", "split", "split_with_sizes", "unbind", "detach", "alias", "diagonal", "as_strided", "chunk")  # fmt: skip


def graph_of(function: Any, specs: Sequence[Spec], weights: Sequence[Weight] = ()) -> list[Node]:
    """The graph of ATen ops of `function(*tensors)`, traced on fake tensors: nothing is computed, nothing written.

    Args:
        function: of as many tensors as there are specs; run once.
        specs: shape and dtype of each input; None for axes of no fixed size.
        weights: variables by the parameter that they hold; other parameters with `requires_grad` count as trainable.

    Returns:
        the tensors that it returns, in the order in which they stand.

    Raises:
        ValueError: it writes into a part of a tensor, or into its input.
        Exception: whatever the function or torch raises.
    """
    from torch.fx.experimental.proxy_tensor import make_fx

    free = FreeAxes.of(specs, weights)
    with torch.no_grad(), torch._subclasses.FakeTensorMode(allow_non_fake_inputs=True):
        fakes = [
            torch.empty(free.fixed(shape), dtype=getattr(torch, dtype), device=_device()) for shape, dtype in specs
        ]
        graph = make_fx(lambda *tensors: list(leaves(function(*tensors))), _allow_non_fake_inputs=True)(*fakes)
    return _Reading(graph, free, {id(w.tensor): w for w in weights}).outputs()


def _device() -> str:
    """Where Keras puts what it makes on torch: the device of the weights that the function meets."""
    keras = sys.modules.get("keras.src.backend.torch.core")
    return str(keras.get_device()) if keras is not None else "cpu"


class _Reading:
    """One graph of `torch.fx` being turned into nodes."""

    def __init__(self, graph: Any, free: FreeAxes, weights: dict[int, Weight]) -> None:
        self._module, self._free, self._weights = graph, free, weights
        self._nodes: dict[Any, Node] = {}
        self._constants: dict[int, Node] = {}
        self._inputs = 0

    def outputs(self) -> list[Node]:
        for made in self._module.graph.nodes:
            if made.op == "output":
                return [self._nodes[tensor] for tensor in leaves(made.args)]
            self._nodes[made] = self._read(made)
        raise ValueError("the graph has no output")

    def _read(self, made: Any) -> Node:
        if made.op == "placeholder":
            self._inputs += 1
            return self._node("input", (), {}, made.meta["val"], index=self._inputs - 1)
        if made.op == "get_attr":
            return self._constant(getattr(self._module, made.target))
        if made.target is operator.getitem:
            whole = self._nodes[made.args[0]]
            return self._node(
                whole.primitive, whole.operands, {**whole.params, "output": made.args[1]}, made.meta["val"]
            )
        return self._op(made)

    def _op(self, made: Any) -> Node:
        schema = getattr(made.target, "_schema", None)
        if schema is None:
            return self._node(str(made.target), (), {}, made.meta.get("val"))
        name = schema.name.replace("::", ".")
        if schema.is_mutable:
            _check_write(made)
            name = name.removesuffix("_")
        arguments = {a.name: a.default_value if a.has_default_value() else None for a in schema.arguments}
        arguments.update(zip((a.name for a in schema.arguments), made.args, strict=False))
        arguments.update(made.kwargs)
        operands, roles, params = [], [], {}
        for key, argument in arguments.items():
            tensors = [a for a in leaves(argument) if isinstance(a, torch.fx.Node)]
            operands += [self._nodes[a] for a in tensors]
            roles += [key] * len(tensors)
            if not tensors:
                params[key] = (
                    str(argument).removeprefix("torch.") if isinstance(argument, torch.dtype) else plain(argument)
                )
        return self._node(name, tuple(operands), {**params, "roles": tuple(roles)}, made.meta.get("val"))

    def _node(self, primitive: str, operands: tuple[Node, ...], params: Any, like: Any, **more: Any) -> Node:
        like = like[0] if isinstance(like, (list, tuple)) and like else like
        shape = self._free.freed(getattr(like, "shape", ()))
        return Node(primitive, operands, params, shape, str(getattr(like, "dtype", "")).removeprefix("torch."), **more)

    def _constant(self, tensor: Any) -> Node:
        if id(tensor) not in self._constants:
            weight = self._weights.get(id(tensor))
            if weight is None and tensor.requires_grad:
                weight = Weight(tensor, id(tensor), True)
            shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
            self._constants[id(tensor)] = (
                Node("weight", (), weight.params, shape, dtype)
                if weight is not None
                else Node("constant", (), {}, self._free.freed(shape), dtype, value=_small(tensor))
            )
        return self._constants[id(tensor)]


def _check_write(made: Any) -> None:
    """An op in place is as good as its plain twin where nobody else looks at the memory that it writes to."""
    target: Any = made.args[0] if made.args and isinstance(made.args[0], torch.fx.Node) else None
    own = target is not None and target.op == "call_function" and not any(map(_is_view, (target, *target.users)))
    if not own or not made.target._schema.name.endswith("_"):
        raise ValueError(f"{made.target} writes into a tensor that others may share")


def _is_view(made: Any) -> bool:
    schema = getattr(made.target, "_schema", None)
    return made.target is operator.getitem or (schema is not None and schema.name.split("::")[-1] in _VIEWS)


def _small(tensor: Any) -> Any:
    if tensor.numel() > LARGEST_CONSTANT or tensor.is_complex() or isinstance(tensor, torch._subclasses.FakeTensor):
        return None
    return to_numpy(tensor)
