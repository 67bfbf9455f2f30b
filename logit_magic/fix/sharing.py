"""Whether a layer, or a tensor that leads to it, is part of something else, which an edit of the layer would change too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from logit_magic.discovery import namespace as names_of
from logit_magic.facts import Pair
from logit_magic.fix.names import Bound, Reader, uses
from logit_magic.fix.source import UnsureError

_LOOKED_AT = ("shape", "dtype", "ndim", "name")  # attributes of a symbolic tensor that add nothing to it
_DEPTH = 8


def require_in_one_model(layer: str, pair: Pair, reader: Reader) -> None:
    """The layer that is to change must be part of no other model that the namespace reaches.

    Args:
        layer: its name, as the run knows it.
        pair: of the model that is to change.
        reader: has the namespace.

    Raises:
        UnsureError: another model holds it: its output would change with it.
    """
    models = names_of.models(reader.namespace)
    own = next((one.thing for one in models if one.name == pair.model), None)
    held = {id(one) for one in _layers(own) if one.name == layer}
    for other in models:
        if other.thing is not own and held & {id(one) for one in _layers(other.thing)}:
            raise UnsureError(f"the same layer is part of `{other.name}`, which would change too")


def require_used_once(bound: Bound, name: str, reader: Reader) -> None:
    """A tensor on the way to the output must lead nowhere else.

    Raises:
        UnsureError: its name is read more than once.
    """
    later = (s for s in reader.mentioning(name) if s.cell is not None and s.cell != bound.source.cell)
    here = [use for use in uses(bound.source, name) if _sees(use, bound, bound.source, reader)]
    there = [use for source in later for use in uses(source, name) if _sees(use, bound, source, reader)]
    if len(here) + len(there) > 1:
        raise UnsureError(f"`{name}` is used more than once, so something else would change too")


def _sees(use: ast.Name, bound: Bound, source: Any, reader: Reader) -> bool:
    """Whether a use of a name is of this binding and more than a look at it; so it is where that cannot be told."""
    around = source.parents[use]
    if isinstance(around, ast.Attribute) and around.attr in _LOOKED_AT:
        return False
    try:
        return reader.binding(use, source).node is bound.node
    except UnsureError:
        return source is bound.source


def _layers(model: Any, depth: int = 0) -> Iterator[Any]:
    """Every layer of a model, those of the models in it among them."""
    for layer in getattr(model, "layers", None) or ():
        yield layer
        if depth < _DEPTH:
            yield from _layers(layer, depth + 1)
