"""Functions of one tensor that are written out in elementary ops, e.g. x * sigmoid(x): their range by cutting up that of x.

Row by row, a product or a choice of two tensors that depend on each other says little. Where both come from one tensor,
element by element, the range of x is cut into cells; the rows bound the function on each cell, and all cells together
bound it everywhere. Values at the ends of cells show how much of those bounds is really reached.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

from logit_magic.backends.trace import Node
from logit_magic.emission.value import INF, Value, slackened

Cell = tuple[float, float]
OnCell = Callable[[Cell], "tuple[float, float, bool]"]  # bounds of the function on a cell; it may jump there

_ENDS = (0.0, *(0.1 * i for i in range(1, 31)), 3.5, 4.0, 5.0, 6.0, 8.0, 12.0, 20.0, 40.0, 100.0, 1e4, 1e8)
_NARROW = 1e-7  # a cell with a comparison that goes either way is halved down to this width,
_JUMP = 1e-4  # where a function that goes on smoothly varies by no more than this
_MISSED = 0.06  # how much of a bound may come from the coarseness of the cells


def origin(node: Node, expand: Callable[[Node], list[Node] | None]) -> Node | None:
    """The one tensor that a node is an elementwise function of; None where there are several.

    Args:
        node: the last op of the function.
        expand: the operands of an elementwise op that are no constants; None for any other op.
    """
    order = {id(n): i for i, n in enumerate(_sorted(node, expand))}
    pending = {id(o): o for o in expand(node) or ()}
    while len(pending) > 1:
        last = max(pending.values(), key=lambda n: order[id(n)])
        behind = expand(last)
        if not behind:
            return None
        del pending[id(last)]
        pending.update((id(o), o) for o in behind)
    return next(iter(pending.values()), None)


def _sorted(node: Node, expand: Callable[[Node], list[Node] | None]) -> Iterator[Node]:
    """What the node is made of elementwise, operands first."""
    seen: set[int] = set()
    waiting: list[tuple[Node, bool]] = [(node, False)]
    while waiting:
        current, done = waiting.pop()
        if done:
            yield current
        elif id(current) not in seen:
            seen.add(id(current))
            waiting.append((current, True))
            waiting += [(o, False) for o in expand(current) or ()]


def bounded(x: Value, on_cell: OnCell) -> tuple[float, float, bool]:
    """Lowest and highest value of a function on the interval of x, and whether it reaches all in between.

    Args:
        x: what goes in.
        on_cell: sound bounds of the function on part of the interval of x.
    """
    whole, outer, inner = True, (INF, -INF), (INF, -INF)
    for cell in _cells(x.low, x.high):
        for part, (low, high, jumps) in _parts(cell, on_cell):
            outer, whole = (min(outer[0], low), max(outer[1], high)), whole and not jumps
            for end in part:
                if math.isfinite(end):
                    least, most, _ = on_cell((end, end))
                    inner = min(inner[0], most), max(inner[1], least)
    reached = all(_reached(o, i) for o, i in zip(outer, inner, strict=True))
    return *slackened(*outer), whole and reached and outer[0] < outer[1]


def _cells(low: float, high: float) -> list[Cell]:
    ends = sorted({*(-e for e in _ENDS), *_ENDS, low, high})
    ends = [-INF, *ends, INF] if low == -INF or high == INF else ends
    inside = sorted({e for e in ends if low <= e <= high})
    return list(itertools.pairwise(inside)) or [(low, high)]


def _parts(cell: Cell, on_cell: OnCell) -> Iterator[tuple[Cell, tuple[float, float, bool]]]:
    """The cell, halved where a comparison in it goes either way."""
    waiting = [cell]
    while waiting:
        low, high = waiting.pop()
        least, most, either_way = on_cell((low, high))
        narrow = high - low <= _NARROW * max(1.0, abs(low))
        if either_way and not narrow and math.isfinite(high - low):
            middle = (low + high) / 2.0
            waiting += [(low, middle), (middle, high)]
        else:
            yield (low, high), (least, most, either_way and not most - least <= _JUMP)


def _reached(outer: float, inner: float) -> bool:
    if math.isinf(outer):
        return abs(inner) > 10.0 and (inner > 0) == (outer > 0)
    return abs(outer - inner) <= _MISSED * max(1.0, abs(outer))
