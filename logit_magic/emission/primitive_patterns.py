"""Shapes that a trace takes where a backend writes one function as several ops: softmax, logsumexp, a bias added."""

from __future__ import annotations

from collections.abc import Iterator

from logit_magic.backends.trace import Node


def names(several: str) -> frozenset[str]:
    return frozenset(several.split())


COPIES = names(
    "stop_gradient copy copy_p pvary optimization_barrier Identity IdentityN StopGradient PreventGradient Snapshot "
    "CheckNumerics EnsureShape aten.clone aten.detach aten.alias aten.lift_fresh_copy aten.lift_fresh aten.contiguous"
)
CASTS = names("convert_element_type Cast aten._to_copy aten.to")
_IN_ORDER = names(  # elements stay in the order in which they were
    "reshape broadcast_in_dim squeeze expand_dims Reshape Squeeze ExpandDims BroadcastTo aten.view aten._unsafe_view "
    "aten.reshape aten.expand aten.squeeze aten.unsqueeze"
)
_SHAPES = _IN_ORDER | names("transpose Transpose aten.permute aten.transpose aten.t")
_SUMS = names("reduce_sum Sum aten.sum")
_ADDS = names("add add_any Add AddV2 BiasAdd aten.add")
_SUBTRACTS = names("sub Sub aten.sub")
_EXPS = names("exp Exp aten.exp")
_LOGS = names("log Log aten.log")
_FILLS = names("aten.ones aten.zeros aten.full aten.scalar_tensor")


def is_fixed(node: Node) -> bool:
    """It depends on nothing that changes."""
    if node.primitive in ("constant", *_FILLS):
        return True
    known = node.primitive in COPIES | CASTS | _SHAPES | {"Fill", "Const", "Pack"}
    return known and bool(node.operands) and all(is_fixed(o) for o in node.operands)


def _source(node: Node) -> Node:
    """What a copy, cast or reshaping is made from: its operand, on TensorFlow beside others that hold a shape."""
    return node.operands[int(node.params.get("output", 0)) if node.primitive == "IdentityN" else 0]


def base(node: Node) -> Node:
    """The tensor that this one repeats: copies, casts, shapes, and the guard that keeps infinities out, taken off."""
    while True:
        if node.primitive in COPIES | CASTS | _SHAPES and node.operands:
            node = _source(node)
        elif node.primitive in ("select_n", "SelectV2", "Select", "aten.where", "aten.masked_fill") and _is_guard(node):
            node = next(o for o in node.operands if not is_fixed(o) and o.dtype != "bool")
        elif node.primitive in ("max", "Maximum") and any(_is_minus_infinity(o) for o in node.operands):
            node = next(o for o in node.operands if not _is_minus_infinity(o))
        else:
            return node


def same_along(m: Node, offset: Node, axis: int, rank: int) -> bool:
    """m, taken from a tensor of this rank, is one number along the axis: that which `offset` holds for the row."""
    flat = not m.shape or (len(m.shape) == rank and m.shape[axis] == 1)
    first, second = (_unguarded(n) for n in (m, offset))
    return flat and first is second and _ones_off(first) == _ones_off(m) == _ones_off(offset)


def _unguarded(node: Node) -> Node:
    bare = base(node)
    while node is not bare and _ones_off(node) == _ones_off(bare) and node.primitive not in _SHAPES - _IN_ORDER:
        node = next((o for o in node.operands if base(o) is bare), bare)
    return node


def _is_guard(node: Node) -> bool:
    """where(isfinite(m), m, 0): the same number wherever it is one."""
    condition = [o for o in node.operands if o.dtype == "bool"]
    values = [o for o in node.operands if o.dtype != "bool" and not is_fixed(o)]
    finite = {"is_finite", "IsFinite", "IsInf", "aten.isfinite", "aten.isinf", "eq", "aten.eq"}
    return len(condition) == 1 == len(values) and condition[0].primitive in finite


def _is_minus_infinity(node: Node) -> bool:
    return node.primitive == "constant" and node.value is not None and bool((node.value == float("-inf")).all())


def learned(node: Node) -> bool:
    """A trainable weight, perhaps in another shape or type."""
    weight = base(node)
    return weight.primitive == "weight" and bool(weight.params["trainable"])


def shifted(node: Node) -> tuple[Node, Node] | None:
    """(x, m) where this is x - m and m is the same along some axis."""
    node = _uncopied(node)
    if node.primitive not in _SUBTRACTS or len(node.operands) != 2 or node.params.get("alpha", 1) != 1:
        return None
    x, m = node.operands
    return (x, m) if x.shape == node.shape else None


def _uncopied(node: Node) -> Node:
    while node.primitive in COPIES and node.operands:
        node = _source(node)
    return node


def reduced_axis(node: Node) -> int | None:
    """The one axis, counted from the end, that a reduction works along."""
    axes = node.params.get("axes", node.params.get("dim"))
    if axes is None and len(node.operands) == 2 and node.operands[1].value is not None:
        axes = node.operands[1].value.reshape(-1).tolist()
    axes = (axes,) if isinstance(axes, int) else axes
    rank = len(node.operands[0].shape)
    return int(axes[0]) % rank - rank if axes is not None and len(axes) == 1 and rank else None


def sum_of_exp(node: Node) -> tuple[Node, int] | None:
    """(x, axis) where this is log(sum(exp(x))), the sum along one axis; JAX puts an absolute value in."""
    node = _laid_out(node)
    if node.primitive not in _LOGS:
        return None
    node = _laid_out(node.operands[0])
    node = _laid_out(node.operands[0]) if node.primitive in ("abs", "Abs", "aten.abs") else node
    if node.primitive not in _SUMS:
        return None
    axis, exponential = reduced_axis(node), _uncopied(node.operands[0])
    return (exponential.operands[0], axis) if axis is not None and exponential.primitive in _EXPS else None


def _laid_out(node: Node) -> Node:
    """Copies and axes of length 1 taken off."""
    while node.primitive in COPIES | _IN_ORDER and node.operands and _ones_off(node) == _ones_off(_source(node)):
        node = _source(node)
    return node


def _ones_off(node: Node) -> list[int | None]:
    return [d for d in node.shape if d != 1]


def softmax_of(node: Node) -> tuple[Node, int] | None:
    """(x, axis) where this is exp(x - m) / sum(exp(x - m)), whatever m is, if it is the same along the axis."""
    if len(node.operands) != 2:
        return None
    above, below = _uncopied(node.operands[0]), _laid_out(node.operands[1])
    if above.primitive not in _EXPS or below.primitive not in _SUMS or _uncopied(below.operands[0]) is not above:
        return None
    axis, move = reduced_axis(below), shifted(above.operands[0])
    if axis is None or move is None:
        return None
    x, m = move
    if len(node.operands[1].shape) != len(x.shape) or node.operands[1].shape[axis] != 1:
        return None
    flat = len(m.shape) == 0 or (len(m.shape) == len(x.shape) and m.shape[axis] == 1)
    return (x, axis) if flat else None


def free_bias(node: Node) -> bool:
    """Among the terms of a sum is a trainable weight that occurs nowhere else: it takes each element to any place."""
    terms = list(_terms(node))
    for i, term in enumerate(terms):
        weight = base(term)
        several = weight.primitive == "weight" and (_size(weight) > 1 or node.shape[-1:] == (1,))
        if several and learned(term) and not any(_meets(o, weight) for j, o in enumerate(terms) if i != j):
            return True
    return False


def _size(node: Node) -> int:
    size = 1
    for d in node.shape:
        size *= d or 1
    return size


def _terms(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        term = waiting.pop()
        bare = _laid_out(term)
        if bare.primitive in _ADDS | _SUBTRACTS and len(bare.operands) == 2:
            waiting += bare.operands
        else:
            yield term


def _meets(node: Node, weight: Node) -> bool:
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current is weight:
            return True
        if id(current) not in seen:
            seen.add(id(current))
            waiting += current.operands
    return False
