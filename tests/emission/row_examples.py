"""What an example of a row is, and the table of them, which row_examples_*.py fill: each uses one layer or op."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

VECTOR, SEQUENCE, IMAGE, VOLUME, RGB = (4,), (5, 4), (6, 5, 4), (3, 4, 3, 4), (6, 5, 3)
# what stands before the op: no bounds, one sum, one bound, two bounds
HEADS = ("logits", "softmax", "log_softmax", "sigmoid", "relu", "narrow", "high")
ONE_HEAD = ("logits",)
BOUNDED = ("softmax", "sigmoid", "narrow")
Program = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Example:
    """A program that uses a layer or op.

    Attributes:
        make: gives the program: operands -> a tensor, or some in a list, tuple or dict; called once.
        shapes: of the operands, without the batch axis.
        heads: what its operands are made of.
        batch: a fixed size of the batch, where Keras asks for one.
        refused: backend -> what is raised there instead of computing the op, and a part of the message that says why.
    """

    make: Callable[[], Program]
    shapes: tuple[tuple[int, ...], ...] = (VECTOR,)
    heads: tuple[str, ...] = HEADS
    batch: int | None = None
    refused: Mapping[str, tuple[type[Exception], str]] = field(default_factory=dict)


EXAMPLES: dict[str, list[Example]] = {}

# rows that no symbolic program comes to, each with the reason why
UNREACHED = {
    "numpy.Abs": "keras.ops.abs makes an Absolute",
    "numpy.Conj": "keras.ops.conj makes a Conjugate",
    "activations.Mish": "keras.activations.mish takes no symbolic tensors",
    "layers.GroupQueryAttention": "its class is called GroupedQueryAttention, which has a row",
}


def enter(name: str, *programs: Program, **how: Any) -> None:
    """Enter programs of ops as examples of a row."""
    for program in programs:
        enter_made(name, _always(program), **how)


def enter_made(name: str, *makes: Callable[[], Program], **how: Any) -> None:
    """Enter programs that are made only when their turn comes, such as layers, as examples of a row."""
    EXAMPLES.setdefault(name, []).extend(Example(make, **how) for make in makes)


def _always(program: Program) -> Callable[[], Program]:
    return lambda: program
