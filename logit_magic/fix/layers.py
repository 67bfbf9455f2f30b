"""What to write in the place of the call that makes a layer: another argument, another layer, or nothing."""

from __future__ import annotations

import ast
import re

from logit_magic.facts import Pair, Replacement
from logit_magic.fix.edit import cut, set_keyword, takes
from logit_magic.fix.heads import Head
from logit_magic.fix.names import Reader
from logit_magic.fix.source import UnsureError

# what tells a model's layers by their number or name, so that one less would change what it finds
_COUNTED = re.compile(r"\.layers\b(?!\.\w)|\.get_layer\(|\.pop\(|\.add\(")


def keyword_set(head: Head, name: str, value: str | int | None, reader: Reader) -> Replacement:
    """The replacement that gives a layer's argument another value.

    Args:
        head: the layer.
        name: "activation", "dtype" or "axis".
        value: a name such as "softmax", or a number; None for no activation.
        reader: resolves names.

    Raises:
        UnsureError: the layer has no such argument, or may be given it by unpacking.
    """
    layer = head.layer.__name__
    if name == "activation" and layer == "Softmax" and value is not None:
        return _other_layer(head, "Activation", value, reader)
    if not takes(head.layer, name) and name != "dtype":
        raise UnsureError(f"{layer} takes no {name}")
    if name == "activation" and value is None and layer == "Activation":
        value = "linear"  # the layer must have one
    return set_keyword(head.source, head.call, name, _written(head, value), head.layer)


def dropped(head: Head, pair: Pair, reader: Reader) -> tuple[ast.expr, tuple[Replacement, ...]]:
    """The expression that a layer without weights stands in, and the replacements that leave it out there.

    Raises:
        UnsureError: something may count on the layer being there: by its name, or by its place among the others.
    """
    source, call = head.source, head.call
    around = source.parents[call]
    if pair.output != 0 or any(isinstance(key, str) for key in pair.loss_path) or _has(call, "name"):
        raise UnsureError("the output has the layer's name, by which something else may know it")
    for text in {source.text, *reader.cells.values()}:
        if _COUNTED.search(text):
            raise UnsureError("the code counts on the model's layers, of which there would be one less")
    if isinstance(around, ast.Call) and around.func is call and len(around.args) == 1 and not around.keywords:
        inner = source.span(around.args[0])
        start, end = source.span(around)
        return around, cut(source, (start, inner[0]), (inner[1], end))
    if isinstance(around, (ast.List, ast.Tuple)) and around.elts[-1] is call and len(around.elts) > 1:
        before = source.span(around.elts[-2])[1]
        comma = next((token for token in source.tokens if token.start >= before), None)
        if comma is not None and comma.text == "," and isinstance(source.parents[around], ast.Call):
            return around, cut(source, (comma.start, source.span(call)[1]))
    raise UnsureError(f"where the last {head.layer.__name__} is put into the model is not one place in {source.name}")


def _other_layer(head: Head, name: str, activation: str | int, reader: Reader) -> Replacement:
    """A layer of another class, with an activation alone, where nothing but an axis was given."""
    func = head.call.func
    if head.call.args or any(keyword.arg != "axis" for keyword in head.call.keywords):
        raise UnsureError(f"`{head.source.segment(head.call)}` has arguments that may not fit another layer")
    owner = func.value if isinstance(func, ast.Attribute) else None
    if owner is None or getattr(reader.thing(owner, head.source), name, None) is None:
        raise UnsureError(f"no name for the layer {name} is at hand in {head.source.name}")
    written = f"{head.source.segment(owner)}.{name}({_written(head, activation)})"
    return Replacement(*head.source.span(head.call), written)


def _written(head: Head, value: str | int | None) -> str:
    if not isinstance(value, str):
        return str(value)
    quote = "'" if head.source.text.count("'") > head.source.text.count('"') else '"'
    return f"{quote}{value}{quote}"


def _has(call: ast.Call, name: str) -> bool:
    return any(keyword.arg in (name, None) for keyword in call.keywords)
