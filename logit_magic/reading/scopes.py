"""Which names the functions of one cell bind, declare and change: counted once, since cells can be long."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cached_property

from logit_magic.fix.names import scope_of
from logit_magic.fix.source import Source

DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
Def = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (*DEFS, ast.Lambda)


class Scopes:
    """The scopes of one source.

    Attributes:
        source: as read.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._inside: dict[ast.AST, Counter[str]] = {}

    @cached_property
    def _bound(self) -> dict[ast.AST, Counter[str]]:
        found: dict[ast.AST, Counter[str]] = {}
        for node in ast.walk(self.source.tree):
            name = _bound_name(node)
            if name:
                found.setdefault(scope_of(self.source, node), Counter())[name] += 1
        return found

    @cached_property
    def _declared(self) -> frozenset[str]:
        nodes = [n for n in ast.walk(self.source.tree) if isinstance(n, (ast.Global, ast.Nonlocal))]
        return frozenset(name for node in nodes for name in node.names)

    @cached_property
    def _changed(self) -> frozenset[str]:
        """Names of which a function sets or deletes an attribute or item."""
        places = [n for n in ast.walk(self.source.tree) if isinstance(n, (ast.Attribute, ast.Subscript))]
        stored = [n for n in places if not isinstance(n.ctx, ast.Load)]
        return frozenset(_root(n) for n in stored if self._outermost(n) is not None)

    def times_bound(self, name: str, scope: ast.AST) -> int:
        """How often a name is bound in a scope itself."""
        return self._bound.get(scope, Counter())[name]

    def bindings(self, name: str, function: ast.AST) -> list[ast.AST]:
        """The nodes that bind a name anywhere in a function; twice the same where it is declared to be another scope's."""
        found = [n for n in ast.walk(function) if n is not function and _bound_name(n) == name]
        return found * 2 if name in self._declared else found

    def is_free(self, name: str, function: ast.AST) -> bool:
        """Whether a name in a function is that of the namespace, and no function of the cell binds or changes it there."""
        around = self._outermost(function) or function
        if around not in self._inside:
            self._inside[around] = Counter(_bound_name(n) for n in ast.walk(around) if n is not around)
        return not (self._inside[around][name] or name in self._declared or name in self._changed)

    def _outermost(self, node: ast.AST) -> ast.AST | None:
        return next((n for n in reversed(list(self.source.around(node))) if isinstance(n, _FUNCTIONS)), None)


def _bound_name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return "" if isinstance(node.ctx, ast.Load) else node.id
    if isinstance(node, (*DEFS, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.alias):
        return node.asname or node.name.split(".")[0]
    if isinstance(node, ast.arg):
        return node.arg
    return (node.name or "") if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) else ""


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
