"""Edits of what a cell does with an output by itself: a call of a loss, a comparison, a softmax on top."""

from __future__ import annotations

import ast
from typing import Any

from logit_magic.facts import Location, Pair, Replacement
from logit_magic.fix.edit import cut
from logit_magic.fix.losses import is_of_family
from logit_magic.fix.names import Reader
from logit_magic.fix.places import READ
from logit_magic.fix.source import Source, UnsureError

_HALF = 0.5
_COMPARES = ("greater", "greater_equal", "less", "less_equal", "gt", "ge", "lt", "le")
_PREDICTS = ("predict", "predict_on_batch")

Edit = tuple[Source, list[ast.expr], tuple[Replacement, ...]]


def arguments_swapped(location: Location, source: Source, pair: Pair, reader: Reader) -> Edit:
    """The call of a loss at a place, and the replacements by which its two arguments change places.

    Raises:
        UnsureError: no one call is certain to be it, or its arguments are decided by whoever calls the function around it.
    """
    calls = [node for node in _at(location, source, ast.Call) if is_of_family(node.func, source, pair, reader)]
    found = [(call, both) for call in calls if (both := _both(call)) is not None]
    if len(found) != 1:
        raise UnsureError(
            f"line {location.line} of {source.name} does not show which call has them the wrong way round"
        )
    ((_, (first, second)),) = found
    for argument in (first, second):
        if isinstance(argument, ast.Name) and _is_parameter(argument, source, reader):
            raise UnsureError(f"`{argument.id}` is the parameter of a function: change the order where that is called")
        if any(isinstance(node, (ast.NamedExpr, ast.Await, ast.Yield)) for node in ast.walk(argument)):
            raise UnsureError("one of the arguments does more than give a value, so that their order counts")
    made = (
        Replacement(*source.span(first), source.segment(second)),
        Replacement(*source.span(second), source.segment(first)),
    )
    return source, [first, second], made


def threshold_set(location: Location, source: Source, value: str) -> Edit:
    """The number at a place that an output is compared with, written out there, and what to write instead.

    Raises:
        UnsureError: it is not written out, or more than one stands there.
    """
    numbers = [number for node in _at(location, source, ast.expr) if (number := _half(node)) is not None]
    if len(numbers) != 1:
        raise UnsureError(f"line {location.line} of {source.name} does not write out one number that is compared with")
    (number,) = numbers
    return source, [number], (Replacement(*source.span(number), value),)


def call_dropped(location: Location, source: Source, pair: Pair, reader: Reader) -> Edit:
    """A softmax or sigmoid at a place, and the replacements that leave its argument alone.

    Raises:
        UnsureError: it is not one call, or what it gives is of another type than what it is given.
    """
    calls = [node for node in _at(location, source, ast.Call) if _normalises(node, source, reader)]
    if len(calls) != 1 or len(calls[0].args) != 1 or isinstance(calls[0].args[0], ast.Starred):
        raise UnsureError(f"line {location.line} of {source.name} does not show which call is to be left out")
    (call,) = calls
    (argument,) = call.args
    if _gives_arrays(call, source, reader) != _is_array(argument, source, pair, reader):
        raise UnsureError("it also makes a tensor of what predict returns as an array, which the code may count on")
    outer, inner = source.span(call), source.span(argument)
    return source, [call], cut(source, (outer[0], inner[0]), (inner[1], outer[1]))


def model_called(expr: ast.expr, pair: Pair) -> tuple[ast.expr, bool] | None:
    """Where an expression calls the model of a pair: what stands for the model, and whether its `predict` is called."""
    if not isinstance(expr, ast.Call):
        return None
    func, predicts = expr.func, False
    if isinstance(func, ast.Attribute) and func.attr in _PREDICTS:
        func, predicts = func.value, True
    return (func, predicts) if ast.unparse(func) == pair.model else None


def _at(location: Location, source: Source, kind: Any) -> list[Any]:
    """The nodes that begin at a place; all of its line where the column is not known, which is then 0."""
    line = location.line if location.code == READ else source.line_of(location.line)
    column = location.column + source.indent
    nodes: list[Any] = [node for node in ast.walk(source.tree) if isinstance(node, kind)]
    there = [node for node in nodes if (node.lineno, node.col_offset) == (line, column)]
    return there or [node for node in nodes if location.column == 0 and node.lineno == line]


def _both(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """What a call gives as y_true and y_pred."""
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    given = [*call.args[:2], *(named[name] for name in ("y_true", "y_pred")[len(call.args) :] if name in named)]
    return (given[0], given[1]) if len(given) == 2 else None


def _is_parameter(name: ast.Name, source: Source, reader: Reader) -> bool:
    try:
        return isinstance(reader.binding(name, source).node, ast.arg)
    except UnsureError:
        return any(
            isinstance(n, ast.arg) and n.arg == name.id
            for outer in source.around(name) if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for n in ast.walk(outer.args)
        )  # fmt: skip


def _half(node: ast.expr) -> ast.expr | None:
    """The 0.5 that a comparison writes out; None for none, or for anything but a comparison."""
    sides: list[ast.expr] = []
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        sides = [node.left, *node.comparators]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COMPARES:
        sides = node.args
    found = [side for side in sides if isinstance(side, ast.Constant) and type(side.value) is float]
    return found[0] if len(found) == 1 and found[0].value == _HALF else None  # type: ignore[attr-defined]


def _normalises(call: ast.Call, source: Source, reader: Reader) -> bool:
    thing = reader.thing(call.func, source)
    return getattr(thing, "__name__", "").lstrip("_") in ("softmax", "softmax_v2", "sigmoid", "expit")


def _gives_arrays(call: ast.Call, source: Source, reader: Reader) -> bool:
    thing = reader.thing(call.func, source)
    return type(thing).__module__ == "numpy" or str(getattr(thing, "__module__", "")).startswith("scipy")


def _is_array(expr: ast.expr, source: Source, pair: Pair, reader: Reader) -> bool:
    """Whether an expression is an array that `predict` returned, and not a tensor that the model itself did.

    Raises:
        UnsureError: neither is certain.
    """
    if isinstance(expr, ast.Name):
        bound = reader.binding(expr, source)
        if bound.value is not None and not isinstance(bound.value, ast.Name):
            return _is_array(bound.value, bound.source, pair, reader)
    called = model_called(expr, pair)
    if called is not None:
        return called[1]
    raise UnsureError(f"whether `{source.segment(expr)}` is an array or a tensor is not written out")
