"""One row per Keras layer or op: what it does to the abstract value of its inputs.

A row is a function of a `Call`. It asks the call for its operands (which are evaluated only then, so that a head that
settles the answer never looks at the body of the model) and returns the output's value, or None for "no row fits".
Rows read public attributes of the op; nothing here imports a framework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from logit_magic.emission.value import Shape, Value, reals

Row = Callable[["Call"], "Value | None"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one op, as a row sees it.

    Attributes:
        op: the layer or op; rows read its public attributes.
        name: its class as the table names it, e.g. "layers.Dense" or "numpy.Add".
        label: for people, e.g. "dense_1 (Dense, activation=softmax)".
        shape: of the output asked for.
        index: which output of the op is asked for.
        args, kwargs: as recorded; symbolic tensors stand among them.
        operand: argument (tensor, variable, array or number) -> value.
        through: (function, value, label) -> value after a function or layer given as an object; None if opaque.
    """

    op: Any
    name: str
    label: str
    shape: Shape
    index: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    operand: Callable[[Any], Value]
    through: Callable[[Any, Value, str], Value | None]

    def argument(self, position: int, name: str = "", default: Any = None) -> Any:
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def has_mask(self, position: int, name: str = "mask") -> bool:
        """Whether a mask is given, or Keras hands one along with the inputs (after `Masking` or `mask_zero=True`)."""
        inputs = self.argument(0, "inputs")
        members = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        handed = any(getattr(member, "_keras_mask", None) is not None for member in members)
        return handed or self.argument(position, name) is not None

    def value(self, position: int = 0, name: str = "") -> Value:
        """The value of one operand; for a lone list of operands, of its first member."""
        argument = self.argument(position, name)
        if argument is None and self.kwargs and not self.args:
            argument = next(iter(self.kwargs.values()))
        if isinstance(argument, (list, tuple)) and argument:
            argument = argument[0]
        return self.operand(argument)

    def values(self, position: int = 0, name: str = "") -> list[Value]:
        """The values of a list of operands, in order."""
        return list(self.each(position, name))

    def each(self, position: int = 0, name: str = "") -> Iterator[Value]:
        argument = self.argument(position, name)
        if argument is None and self.kwargs and not self.args:
            argument = next(iter(self.kwargs.values()))
        members = argument if isinstance(argument, (list, tuple)) else [argument]
        return (self.operand(m) for m in members)

    def affine(self, *, spans: bool = True) -> Value:
        """The output of an affine map with weights of its own."""
        return reals(self.shape, self.label).with_(spans=spans, sources=frozenset((id(self.op),)))


TABLE: dict[str, Row] = {}


def row(*names: str) -> Callable[[Row], Row]:
    """Enter a function into the table under the names of the layers and ops that it speaks for."""

    def enter(function: Row) -> Row:
        for name in names:
            if name in TABLE:
                raise ValueError(f"two rows for {name}: {TABLE[name].__name__} and {function.__name__}")
            TABLE[name] = function
        return function

    return enter


def lookup(name: str) -> Row | None:
    """The row for a class name such as "layers.Dense"; the table is filled on first use."""
    from logit_magic.emission import (  # noqa: F401  (they enter themselves)
        axes_rows,
        choice_rows,
        join_rows,
        nn_rows,
        ops_rows,
        plain_rows,
        recurrent_rows,
        reduction_rows,
        rows,
    )

    return TABLE.get(name)
