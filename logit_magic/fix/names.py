"""What a name in a source stands for: the one binding that a use must see, here or in a cell that ran before.

Straight-line reasoning only. A name that two branches bind, that a loop rebinds, or that is unpacked from something that
is not written out stands for nothing certain, and `UnsureError` says so.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from logit_magic.fix.source import NoPythonError, Source, UnsureError

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.match_case)
_READING = ("copy", "get", "items", "keys", "values", "compile")  # attributes of a container that leave it as it is
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(frozen=True)
class Bound:
    """A binding of a name: the source it stands in, its node, and the expression bound, where that is written out."""

    source: Source
    node: ast.AST
    value: ast.expr | None


@dataclass(frozen=True)
class Reader:
    """Resolves names over the cells that ran.

    Attributes:
        cells: execution number -> source as typed, of every cell that ran.
        namespace: what the names hold now.
        keras: the package that the model belongs to: a string stands for a loss of it; "" where that is not known.
    """

    cells: Mapping[int, str]
    namespace: Mapping[str, Any]
    keras: str = ""
    _read: dict[int, Source] = field(default_factory=dict)

    def cell(self, number: int) -> Source:
        """A cell that ran, read once.

        Raises:
            UnsureError: it is not Python that runs as it is written.
        """
        if number not in self._read:
            self._read[number] = Source(self.cells[number], number)
        return self._read[number]

    def mentioning(self, name: str) -> Iterator[Source]:
        """The cells that ran whose text has a name in it, but those that run nothing in this process.

        Raises:
            UnsureError: one of them cannot be read.
        """
        for number, text in self.cells.items():
            if name in text:
                try:
                    yield self.cell(number)
                except NoPythonError:
                    continue

    def binding(self, use: ast.Name, source: Source) -> Bound:
        """The one binding that this use of a name must see.

        Raises:
            UnsureError: there is none, or more than one may be seen.
        """
        _require_plain_scope(source, use)
        functions = [n for n in source.around(use) if isinstance(n, _FUNCTIONS)]
        for scope in functions:
            bound = bindings(source, scope, use.id)
            if bound:
                return _seen(source, scope, use, bound)
        if functions:  # a function sees what its global names are bound to when it is called
            found = self.elsewhere(use.id, None) if self.cells else None
            if found is not None and found.source.cell != source.cell:
                return found
        bound = bindings(source, source.tree, use.id)
        return _seen(source, source.tree, use, bound) if bound else self.elsewhere(use.id, source.cell)

    def elsewhere(self, name: str, before: int | None) -> Bound:
        """The last binding of a name in the cells that ran before a cell."""
        for number in sorted((n for n in self.cells if before is None or n < before), reverse=True):
            if name not in self.cells[number]:
                continue
            try:
                source = self.cell(number)
            except NoPythonError:
                continue
            except UnsureError as reason:
                raise UnsureError(f"`{name}` may be made in a cell that cannot be read: {reason}") from None
            if source.may_bind_unseen(name):
                raise UnsureError(f"`{name}` may be bound by a magic in {source.name}")
            bound = bindings(source, source.tree, name)
            if bound:
                last = bound[-1]
                if _blocks(source, last) or _rebound_elsewhere(source, name):
                    raise UnsureError(f"`{name}` is bound in {source.name}, but under a condition or in a loop")
                return Bound(source, last, _value(source, last, name))
        raise UnsureError(f"no cell that ran binds `{name}` where it could be read")

    def thing(self, expr: ast.AST, source: Source) -> Any:
        """The module, class or function that a dotted name stands for; None where that is not certain.

        Attributes are read off modules alone, which runs no code of the user's.
        """
        if isinstance(expr, ast.Attribute):
            owner = self.thing(expr.value, source)
            return getattr(owner, expr.attr, None) if isinstance(owner, ModuleType) else None
        if not isinstance(expr, ast.Name):
            return None
        try:
            bound = self.binding(expr, source)
        except UnsureError:
            return self.namespace.get(expr.id) if not bindings(source, None, expr.id) else None
        if isinstance(bound.node, ast.alias):
            return _imported(bound.node, bound.source)
        if bound.value is not None and isinstance(bound.value, (ast.Name, ast.Attribute)):
            return self.thing(bound.value, bound.source)
        return None

    def require_untouched(self, bound: Bound, name: str) -> None:
        """Refuse a container that is filled or changed after it was bound: it does not say what it holds.

        Raises:
            UnsureError: an item is assigned or deleted, or a method is called that may change it.
        """
        at = bound.source.cell
        later = () if at is None else (s for s in self.mentioning(name) if s.cell is not None and s.cell > at)
        for source in (bound.source, *later):
            for use in uses(source, name):
                parent = source.parents[use]
                stored = isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)
                if stored or (isinstance(parent, ast.Attribute) and parent.attr not in _READING):
                    raise UnsureError(f"`{name}` is changed after it was made")

    def is_bound_in_a_cell(self, name: str) -> bool:
        """Whether a cell that ran binds a name, as far as cells can be read."""
        for number, text in self.cells.items():
            if name in text:
                try:
                    if bindings(self.cell(number), None, name):
                        return True
                except UnsureError:
                    continue
        return False


def imported_names(source: Source) -> dict[str, Any]:
    """What the imports of a source bind, as far as it is loaded."""
    found = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.alias) and scope_of(source, node) is source.tree:
            thing = _imported(node, source)
            if thing is not None:
                found[node.asname or node.name.split(".")[0]] = thing
    return found


def uses(source: Source, name: str) -> list[ast.Name]:
    """Every place of a source that reads a name."""
    return [
        n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)
    ]


def scope_of(source: Source, node: ast.AST) -> ast.AST:
    """The function, or else the module, whose names a node of it binds."""
    return next((n for n in source.around(node) if isinstance(n, (*_FUNCTIONS, ast.ClassDef))), source.tree)


def statement_of(source: Source, node: ast.AST) -> ast.stmt:
    found = node if isinstance(node, ast.stmt) else next(n for n in source.around(node) if isinstance(n, ast.stmt))
    return found


def in_loop(source: Source, node: ast.AST) -> bool:
    """Whether a node may run more than once within its own scope."""
    for outer in source.around(node):
        if isinstance(outer, (*_LOOPS, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            return True
        if isinstance(outer, _FUNCTIONS):
            return False
    return False


def bindings(source: Source, scope: ast.AST | None, name: str) -> list[ast.AST]:
    """Nodes that bind a name in a scope, or anywhere for None, in the order in which they stand."""
    found: list[ast.AST] = []
    for node in ast.walk(source.tree):
        if _binds(node, name):
            where = _scope_bound(source, node, name)
            if where is not None and scope in (None, where):
                found.append(node)
    return sorted(found, key=lambda node: source.span(node))


def _require_plain_scope(source: Source, use: ast.Name) -> None:
    """Refuse a name that a comprehension, a class body or a magic binds: none of these is followed."""
    if source.may_bind_unseen(use.id):
        raise UnsureError(f"`{use.id}` may be bound by a magic in {source.name}")
    for outer in source.around(use):
        if isinstance(outer, _FUNCTIONS):
            return
        generators = getattr(outer, "generators", [])
        targets = [n for generator in generators for n in ast.walk(generator.target)]
        if any(isinstance(n, ast.Name) and n.id == use.id for n in targets):
            raise UnsureError(f"`{use.id}` is the variable of a comprehension")
        if isinstance(outer, ast.ClassDef) and bindings(source, outer, use.id):
            raise UnsureError(f"`{use.id}` is bound in the body of a class")


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name and not isinstance(node.ctx, ast.Load)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
        return node.name == name
    if isinstance(node, ast.alias):
        return (node.asname or node.name.split(".")[0]) == name or node.name == "*"
    if isinstance(node, ast.arg):
        return node.arg == name
    return isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name == name


def _scope_bound(source: Source, node: ast.AST, name: str) -> ast.AST | None:
    if isinstance(node, ast.alias) and node.name == "*":
        return None  # `from x import *`: what it binds is in the namespace
    if isinstance(node, ast.Name) and any(isinstance(n, ast.comprehension) for n in source.around(node)):
        return None  # a comprehension's own variable
    scope = scope_of(source, node)
    declared = any(isinstance(n, (ast.Global, ast.Nonlocal)) and name in n.names for n in ast.walk(scope))
    return source.tree if declared else scope


def _rebound_elsewhere(source: Source, name: str) -> bool:
    return any(isinstance(n, ast.Global) and name in n.names for n in ast.walk(source.tree))


def _seen(source: Source, scope: ast.AST, use: ast.Name, bindings: list[ast.AST]) -> Bound:
    name = use.id
    unsure = UnsureError(f"`{name}` is bound more than once, or under a condition, in {source.name}")
    if _rebound_elsewhere(source, name):
        raise unsure
    within = next((n for n in source.around(use) if isinstance(n, _FUNCTIONS)), source.tree)
    if within is not scope:
        if len(bindings) != 1 or _blocks(source, bindings[0]):
            raise unsure
        return Bound(source, bindings[0], _value(source, bindings[0], name))
    statement = statement_of(source, use)
    earlier = [b for b in bindings if source.span(b) < source.span(use) and statement_of(source, b) is not statement]
    if not earlier and scope is source.tree:
        raise UnsureError(f"`{name}` is bound in {source.name} only after it is used")
    around = _blocks(source, use)
    loops = [block for block in around if isinstance(block, _LOOPS)]
    later = [b for b in bindings if b not in earlier]
    if not earlier or any(block not in around for block in _blocks(source, earlier[-1])):
        raise unsure
    if any(loop in _blocks(source, b) for loop in loops for b in later):
        raise unsure
    return Bound(source, earlier[-1], _value(source, earlier[-1], name))


def _blocks(source: Source, node: ast.AST) -> list[ast.AST]:
    """Branches and loops that a node stands in, within its own function; `if` and `else` are told apart."""
    found: list[ast.AST] = []
    inner = node
    for outer in source.around(node):
        if isinstance(outer, _FUNCTIONS) and node is not outer:
            break
        if isinstance(outer, _BLOCKS) and not isinstance(outer, (ast.With, ast.AsyncWith)):
            found.append(outer)
            if isinstance(outer, (ast.If, ast.Try)):  # which of its blocks: the first statement stands for it
                lists = [outer.body, outer.orelse, getattr(outer, "finalbody", [])]
                found += [block[0] for block in lists if inner in block]
        inner = outer
    return found


def _value(source: Source, node: ast.AST, name: str) -> ast.expr | None:
    """The expression that a binding binds; None where it is not written out."""
    parent = source.parents.get(node)
    if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and isinstance(node, ast.Name):
        return parent.value
    if isinstance(parent, (ast.Tuple, ast.List)) and isinstance(source.parents.get(parent), ast.Assign):
        value = source.parents[parent].value  # type: ignore[attr-defined]
        plain = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(parent.elts)
        if plain and not any(isinstance(e, ast.Starred) for e in (*parent.elts, *value.elts)):
            return value.elts[parent.elts.index(node)]  # type: ignore[arg-type, no-any-return]
    return None


def _imported(alias: ast.alias, source: Source) -> Any:
    statement = source.parents.get(alias)
    if isinstance(statement, ast.Import):
        return sys.modules.get(alias.name if alias.asname else alias.name.split(".")[0])
    if not isinstance(statement, ast.ImportFrom) or statement.level or not statement.module:
        return None
    module = sys.modules.get(statement.module)
    found = getattr(module, alias.name, None) if module is not None else None
    if found is None and module is None and "." in statement.module:  # such as tensorflow.keras, which is no module
        root, *rest = statement.module.split(".")
        found = sys.modules.get(root)
        for part in (*rest, alias.name):
            found = getattr(found, part, None) if isinstance(found, ModuleType) else None
    return found if found is not None else sys.modules.get(f"{statement.module}.{alias.name}")
