"""What a backend's own trace of a function looks like to the rest of the package: tensors and the ops that made them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Spec = tuple[tuple["int | None", ...], str]  # shape and dtype of one input
LARGEST_CONSTANT = 1_000_000  # elements; larger ones are not read
_PRIMES = (97, 89, 83, 79, 73, 71, 67, 61)  # lengths that no class axis is likely to have


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One tensor of a backend's trace.

    Attributes:
        primitive: "input", "constant", "weight", or the backend's own name of the op, e.g. "Softmax", "exp",
            "aten._softmax".
        operands: the tensors that the op was given.
        params: static attributes in plain Python. For each backend: "output", which of several outputs this is. Of a
            weight: "identity" and "trainable". Of torch: "roles", the names of the operands. Of TensorFlow:
            "keras_logits", that Keras hung the logits on this very tensor, and "scope", the layer that made it, if known.
        shape: None for axes of no fixed size.
        dtype: as the backend spells it without its own name in front, e.g. "float32".
        index: of an input: which one.
        value: of a constant: a numpy array, or None where it is too large to read.
    """

    primitive: str
    operands: tuple[Node, ...]
    params: dict[str, Any]
    shape: tuple[int | None, ...]
    dtype: str
    index: int = 0
    value: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """A variable of Keras that the function may use.

    Attributes:
        tensor: the backend's own tensor or variable in which it lives.
        identity: the same for every trace that meets it.
        trainable: an optimizer may change it.
    """

    tensor: Any
    identity: int
    trainable: bool

    @property
    def params(self) -> dict[str, Any]:
        return {"identity": self.identity, "trainable": self.trainable}


@dataclass(frozen=True, slots=True)
class FreeAxes:
    """Stands in for axes of no fixed size where a backend traces fixed shapes only: each gets a length of its own."""

    lengths: tuple[int, ...]

    @classmethod
    def of(cls, specs: Sequence[Spec], weights: Sequence[Weight] = ()) -> FreeAxes:
        """Lengths that divide no fixed length in sight, so that they are known again in whatever comes out.

        Raises:
            ValueError: the free axes are more than there are lengths for.
        """
        fixed = {d for shape, _ in specs for d in shape if d}
        fixed |= {int(d) for w in weights for d in getattr(w.tensor, "shape", ()) if d}
        lengths = tuple(p for p in _PRIMES if all(d % p for d in fixed))
        needed = max((i + 1 for shape, _ in specs for i, d in enumerate(shape) if d is None), default=0)
        if needed > len(lengths):
            raise ValueError(f"tracing needs lengths for {needed} axes of no fixed size; it has {len(lengths)}")
        return cls(lengths[:needed])

    def fixed(self, shape: tuple[int | None, ...]) -> tuple[int, ...]:
        return tuple(self.lengths[i] if d is None else d for i, d in enumerate(shape))

    def freed(self, shape: Sequence[int]) -> tuple[int | None, ...]:
        return tuple(None if any(int(d) and int(d) % n == 0 for n in self.lengths) else int(d) for d in shape)


def leaves(structure: Any) -> Iterator[Any]:
    """The members of nested lists, tuples and dicts in the order in which they stand; None is nothing."""
    if isinstance(structure, dict):
        for member in structure.values():
            yield from leaves(member)
    elif isinstance(structure, (list, tuple)):
        for member in structure:
            yield from leaves(member)
    elif structure is not None:
        yield structure


def plain(value: Any) -> Any:
    """A static attribute as numbers, strings and tuples; None for what is none of these."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(plain(member) for member in value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return value.item()
    return None
