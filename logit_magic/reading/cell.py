"""The functions of a cell that stand and have not run, and the pairs that they add to those that were seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from logit_magic import kerases
from logit_magic.discovery import namespace as names_of
from logit_magic.discovery.pairing import Target
from logit_magic.expectation.catalogue import expectation_of
from logit_magic.facts import Location
from logit_magic.fix.places import READ
from logit_magic.fix.source import Source, UnsureError
from logit_magic.reading.calls import reads
from logit_magic.reading.scopes import DEFS, Def, Scopes
from logit_magic.structure import leaves_with_places

_INNER = (*DEFS, ast.Lambda, ast.ClassDef)
_HIDDEN = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr", "delattr"})


def with_read(todo: list[Target], text: str, number: int, namespace: Mapping[str, Any]) -> list[Target]:
    """What a cell compiled or was seen doing, and what its functions say that they will do.

    Args:
        todo: the former, with locations in the cells as typed.
        text: the cell as typed, which has run without an error.
        number: its execution number.
        namespace: after it.

    Returns:
        the targets, with those of basis "source" at the end. A pair that was only guessed is left out where a function
        of the cell uses the model or the loss: then it is the function that says what they meet.
    """
    if not kerases.loaded() or not ("def " in text or "lambda" in text):
        return todo
    try:
        source = Source(text, number)
    except (UnsureError, RecursionError, MemoryError):
        return todo
    todo = [t for t in todo if t.basis != "co-defined" or not _is_used(t, source, namespace)]
    found: list[Target] = []
    scopes = Scopes(source)
    for function in _unrun(scopes, todo, number, namespace):
        for read in reads(function, scopes, namespace):
            if not any(t.model is read.model and _alike(t.loss, read.loss) for t in (*todo, *found)):
                call = read.call
                place = Location("cell", call.lineno, call.col_offset - source.indent, number, READ)
                found.append(Target(read.name, read.model, read.loss, "source", place))
    return [*todo, *found]


def _is_used(target: Target, source: Source, namespace: Mapping[str, Any]) -> bool:
    """Whether a function of the cell speaks of a model or loss."""
    inside = [n for f in ast.walk(source.tree) if isinstance(f, (*DEFS, ast.Lambda)) for n in ast.walk(f)]
    named = {n.id for n in inside if isinstance(n, ast.Name)}
    reached = [*names_of.models(namespace, named), *names_of.losses(namespace, named)]
    return any(found.thing is target.model or found.thing is target.loss for found in reached)


def _unrun(scopes: Scopes, todo: list[Target], number: int, namespace: Mapping[str, Any]) -> Iterator[Def]:
    """The functions of a cell that the namespace still reaches and that nothing shows to have run."""
    source = scopes.source
    run = _called(source)
    seen = [
        t.location.line for t in todo if t.basis == "observed" and t.location is not None and t.location.cell == number
    ]
    for node in ast.walk(source.tree):
        if not isinstance(node, DEFS) or node.name in run or _HIDDEN & _names(node):
            continue
        if not any(node.lineno <= line <= (node.end_lineno or node.lineno) for line in seen) and _stands(
            node, scopes, namespace
        ):
            yield node


def _called(source: Source) -> set[str]:
    """Names of what the cell itself calls, and of what is called by that in turn."""
    calls: dict[ast.AST, set[str]] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            within = next((n for n in source.around(node) if isinstance(n, DEFS)), source.tree)
            calls.setdefault(within, set()).add(name)
    run = set(calls.get(source.tree, ()))
    while True:
        further = {name for f, names in calls.items() if getattr(f, "name", "") in run for name in names} - run
        if not further:
            return run
        run |= further


def _stands(function: Def, scopes: Scopes, namespace: Mapping[str, Any]) -> bool:
    """Whether a definition is made whatever happens, and no other one replaces it."""
    source = scopes.source
    for node in (function, *source.around(function)):
        if isinstance(node, (*DEFS, ast.ClassDef)):
            outer = next((n for n in source.around(node) if isinstance(n, _INNER)), source.tree)
            if scopes.times_bound(node.name, outer) != 1:
                return False
            if outer is source.tree and node.name not in namespace:
                return False
        elif not isinstance(node, (ast.Module, ast.With, ast.AsyncWith)):
            return False
    return True


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _alike(given: Any, loss: Any) -> bool:
    """Whether one of the losses given expects the same."""
    wanted = expectation_of(loss)
    for _, one in [((), given), *leaves_with_places(given)]:
        if one is loss:
            return True
        if isinstance(one, (str, type)) or callable(one):
            found = expectation_of(one)
            if (found.family, found.kind, found.axis) == (wanted.family, wanted.kind, wanted.axis):
                return True
    return False
