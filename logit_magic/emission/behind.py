"""What a tensor can hold that was met while a backend was tracing, from the graph behind it."""

from __future__ import annotations

from collections.abc import Callable

from logit_magic.backends.trace import Node
from logit_magic.emission.classify import emission
from logit_magic.emission.primitives import Evaluation
from logit_magic.emission.value import Value, unknown
from logit_magic.facts import Emission


def emission_behind(node: Node, dtype: str) -> Emission:
    """The emission of a tensor, nothing being known of what its trace begins with.

    Args:
        node: of the tensor.
        dtype: of the tensor.
    """
    begins = _inputs(node)
    last = max(begins, default=-1)
    value = Evaluation([_unknown(begins.get(i)) for i in range(last + 1)]).value(node)
    return emission(value, dtype)


def _inputs(node: Node) -> dict[int, Node]:
    found: dict[int, Node] = {}
    waiting, seen = [node], {id(node)}
    while waiting:
        one = waiting.pop()
        if one.primitive == "input":
            found[one.index] = one
        waiting += [o for o in one.operands if id(o) not in seen]
        seen.update(map(id, one.operands))
    return found


def _unknown(node: Node | None) -> Callable[[], Value]:
    return lambda: unknown("the trace does not tell where it comes from", () if node is None else node.shape)
