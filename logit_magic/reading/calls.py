"""Where one function calls a loss on what a model returned, in so many words."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from logit_magic.discovery.namespace import is_model
from logit_magic.emission.model import is_built
from logit_magic.fix.source import Source
from logit_magic.reading.scopes import DEFS, Def, Scopes
from logit_magic.reading.things import dotted, is_plain, loss_called, thing_of

# what a call may stand in without being made depend on anything, from the call up to its function
_STRAIGHT = (
    ast.Call, ast.keyword, ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.Subscript,
    ast.Starred, ast.withitem, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return, ast.With, ast.AsyncWith,
)  # fmt: skip
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue, ast.Yield, ast.YieldFrom)
_LOOKED_AT = ("shape", "dtype", "ndim")  # attributes of a tensor that tell of it and change nothing


@dataclass(frozen=True, slots=True)
class Read:
    """A call of a loss on what a model returned.

    Attributes:
        model, loss: as the namespace holds them, or the loss that is written out.
        name: of the model in the source.
        call: of the loss.
    """

    model: Any
    name: str
    loss: Any
    call: ast.Call


def reads(function: Def, scopes: Scopes, namespace: Mapping[str, Any]) -> Iterator[Read]:
    """Every call in a function that is certain to give a loss the output of a built model."""
    source = scopes.source
    for call in ast.walk(function):
        given = _given(call) if isinstance(call, ast.Call) else None
        if not isinstance(call, ast.Call) or given is None:
            continue
        loss = loss_called(call, namespace)
        named = call.func.func if isinstance(call.func, ast.Call) else call.func
        if (
            loss is None
            or not scopes.is_free(dotted(named).partition(".")[0], function)
            or not _is_certain(call, function, source)
        ):
            continue
        made = _maker(given, call, function, scopes)
        model = thing_of(made, namespace) if made is not None else None
        if made is None or not is_model(model) or not scopes.is_free(dotted(made).partition(".")[0], function):
            continue
        if is_built(model) and is_plain(model):
            yield Read(model, dotted(made), loss, call)


def _is_certain(node: ast.AST, function: Def, source: Source) -> bool:
    """Whether a node of a function runs whenever the function does, as far as the function's own words go."""
    inner, around = node, list(source.around(node))
    for outer in around:
        if outer is function:
            earlier = [n for n in ast.walk(function) if isinstance(n, _LEAVES) and source.span(n) < source.span(node)]
            return inner in function.body and all(n in around for n in earlier)
        if not isinstance(outer, _STRAIGHT) and not (isinstance(outer, _LOOPS) and inner in outer.body):
            return False
        inner = outer
    return False


def _given(call: ast.Call) -> ast.expr | None:
    """What is given as y_pred."""
    named = {k.arg: k.value for k in call.keywords}
    if None in named or any(isinstance(a, ast.Starred) for a in call.args) or len(call.args) > 2:
        return None
    if len(call.args) == 2:
        return None if {"y_true", "y_pred"} & set(named) else call.args[1]
    if len(call.args) == 1:
        return named.get("y_pred")
    return named.get("y_pred") if "y_true" in named else None


def _maker(given: ast.expr, use: ast.Call, function: Def, scopes: Scopes) -> ast.expr | None:
    """The model whose output `given` is, with nothing in between."""
    if not isinstance(given, ast.Name):
        return _called_for(given)
    source, bound = scopes.source, scopes.bindings(given.id, function)
    if len(bound) != 1 or not isinstance(bound[0], ast.Name):
        return None
    target = bound[0]
    statement = next(n for n in source.around(target) if isinstance(n, ast.stmt))
    if not _is_certain(statement, function, source) or _loop(statement, source) is not _loop(use, source):
        return None
    between = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == given.id and n is not target]
    between = [n for n in between if source.span(n) < source.span(use)]
    if source.span(statement) > source.span(use) or not all(_only_looks(n, source) for n in between):
        return None
    return _assigned_from(statement, target)


def _assigned_from(statement: ast.stmt, target: ast.Name) -> ast.expr | None:
    """The model in `target = model(x)` or `target, state = model.stateless_call(…)`."""
    if isinstance(statement, ast.AnnAssign) and statement.target is target:
        return _called_for(statement.value)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    to = statement.targets[0]
    if to is target:
        return _called_for(statement.value)
    first = isinstance(to, ast.Tuple) and len(to.elts) == 2 and to.elts[0] is target
    return _called_for(statement.value, "stateless_call") if first else None


def _called_for(expr: ast.expr | None, method: str = "") -> ast.expr | None:
    """The model in `model(x)` or `model(x, training=…)`: what else one may be told could change what it returns.

    Args:
        expr: what may be such a call; also `model.stateless_call(…)[0]`.
        method: of the model, that is called instead of it.
    """
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Constant) and expr.slice.value == 0:
        return _called_for(expr.value, "stateless_call")
    if not isinstance(expr, ast.Call) or any(k.arg != "training" for k in expr.keywords):
        return None
    takes = 3 if method else 1
    if len(expr.args) != takes or any(isinstance(a, ast.Starred) for a in expr.args):
        return None
    if not method:
        return expr.func
    return expr.func.value if isinstance(expr.func, ast.Attribute) and expr.func.attr == method else None


def _only_looks(name: ast.Name, source: Source) -> bool:
    parent = source.parents[name]
    return isinstance(parent, ast.Attribute) and parent.attr in _LOOKED_AT and isinstance(parent.ctx, ast.Load)


def _loop(node: ast.AST, source: Source) -> ast.AST | None:
    return next((n for n in source.around(node) if isinstance(n, (*_LOOPS, *DEFS))), None)
