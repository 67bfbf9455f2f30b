"""From a place in a source, as it was seen while the code ran, to the call there and the loss that it is given."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from logit_magic.facts import Location
from logit_magic.fix.names import Reader, bindings, in_loop, scope_of
from logit_magic.fix.source import Source, UnsureError

READ = "read"  # stands for the code of a location that was found in the source: its line is the source's own


@dataclass(frozen=True)
class Given:
    """A call that gives a model its losses, or that calls a loss.

    Attributes:
        source: in which it stands.
        call: `model.compile(…)`, or a call of the loss itself.
        others: further calls at the same place, one of which may be that of the loss.
        loss: what is given as losses; None for a call of the loss itself.
        loss_source: in which `loss` stands.
    """

    source: Source
    call: ast.Call
    loss: ast.expr | None
    loss_source: Source
    others: tuple[ast.Call, ...] = ()


def given_at(location: Location, source: Source, reader: Reader) -> Given:
    """The call at a location and what it is given as losses.

    Args:
        location: of the value of `loss=…`, or of the call; column 0 where only the line is known.
        source: in which it stands.
        reader: resolves names.

    Raises:
        UnsureError: no such call stands there, or its loss is not written out.
    """
    line = location.line if location.code == READ else source.line_of(location.line)
    call, *others = _calls_at(source, line, location.column + source.indent, location.column == 0)
    if not _is_compile(call):
        return Given(source, call, None, source, tuple(others))
    for keyword in call.keywords:
        if keyword.arg == "loss":
            return Given(source, call, keyword.value, source)
    if any(isinstance(argument, ast.Starred) for argument in call.args[:2]):
        raise UnsureError(f"the arguments of compile are unpacked in line {call.lineno} of {source.name}")
    if len(call.args) > 1:
        return Given(source, call, call.args[1], source)
    for keyword in call.keywords:
        if keyword.arg is None:
            return Given(source, call, *_unpacked(keyword.value, source, reader))
    raise UnsureError(f"the call in line {call.lineno} of {source.name} gives no loss")


def compiled_in(name: str, reader: Reader) -> Location | None:
    """The call `name.compile(…)` that ran last, as far as the cells tell; None where that is not certain.

    Args:
        name: what the model is bound to.
        reader: knows the cells that ran.
    """
    for number in sorted(reader.cells, reverse=True):
        text = reader.cells[number]
        if name not in text:
            continue
        try:
            source = reader.cell(number)
        except UnsureError:
            return None
        calls = [
            c for c in ast.walk(source.tree) if isinstance(c, ast.Call) and _is_compile(c) and _receiver(c) == name
        ]
        if len(calls) == 1 and scope_of(source, calls[0]) is source.tree and not in_loop(source, calls[0]):
            call = calls[0]
            return Location("cell", call.lineno, call.col_offset - source.indent, number, READ)
        if calls or bindings(source, None, name):
            return None
    return None


def _receiver(call: ast.Call) -> str:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return owner.id if isinstance(owner, ast.Name) else ""


def _calls_at(source: Source, line: int, column: int, line_only: bool) -> list[ast.Call]:
    """The call of `compile` at a place; else every call there, or in the statement that begins there."""
    calls = [n for n in ast.walk(source.tree) if isinstance(n, ast.Call)]
    for call in calls:
        for keyword in call.keywords:
            value = keyword.value
            if keyword.arg == "loss" and _is_compile(call) and (value.lineno, value.col_offset) == (line, column):
                return [call]
    there = [call for call in calls if (call.lineno, call.col_offset) == (line, column)]
    if line_only and not there:
        there = [call for call in calls if call.lineno <= line <= (call.func.end_lineno or 0) and _is_compile(call)]
    if not there:  # compiled from a graph: only the statement is known
        begin = [
            n for n in ast.walk(source.tree) if isinstance(n, ast.stmt) and (n.lineno, n.col_offset) == (line, column)
        ]
        there = [n for statement in begin for n in ast.walk(statement) if isinstance(n, ast.Call)]
    compiles = [call for call in there if _is_compile(call)]
    if there and len(compiles) < 2:
        return compiles or there
    raise UnsureError(f"line {line} of {source.name} does not show which call gives the loss")


def _is_compile(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "compile"


def _unpacked(value: ast.expr, source: Source, reader: Reader) -> tuple[ast.expr, Source]:
    """The loss in a dict that is unpacked with `**`, where the dict is written out."""
    if isinstance(value, ast.Name):
        bound = reader.binding(value, source)
        if bound.value is None:
            raise UnsureError(f"what `{value.id}` holds is not written out in {bound.source.name}")
        reader.require_untouched(bound, value.id)
        value, source = bound.value, bound.source
    return member(value, "loss", source), source


def member(expr: ast.expr, key: object, source: Source) -> ast.expr:
    """What a dict, list or tuple that is written out holds under a key.

    Raises:
        UnsureError: it is not written out.
    """
    if isinstance(expr, ast.Dict) and all(isinstance(k, ast.Constant) for k in expr.keys):
        keyed = zip(expr.keys, expr.values, strict=True)
        values = [v for k, v in keyed if isinstance(k, ast.Constant) and k.value == key]
        if len(values) == 1:
            return values[0]
    if isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id == "dict" and not expr.args:
        named = [k.value for k in expr.keywords if k.arg == key]
        if named and all(k.arg for k in expr.keywords):
            return named[0]
    plain = isinstance(expr, (ast.List, ast.Tuple)) and not any(isinstance(e, ast.Starred) for e in expr.elts)
    if plain and isinstance(key, int) and key < len(expr.elts):  # type: ignore[attr-defined]
        return expr.elts[key]  # type: ignore[attr-defined, no-any-return]
    raise UnsureError(f"which loss stands under {key!r} is not written out in {source.name}")
