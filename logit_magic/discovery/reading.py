"""Read in a cell's source what it does with predictions: a softmax or sigmoid, or a threshold at one half.

A comparison of arrays leaves nothing to look into while it runs. So the cell is read, and only what is plain there is
said: a name that was assigned what a model returned, and was bound to nothing else in between; the model reached from the
namespace by a name that the cell bound once at most. Nothing of the user's is run.
"""

from __future__ import annotations

import ast
import re
import sys
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from logit_magic import backends, kerases
from logit_magic.discovery.namespace import is_model
from logit_magic.facts import Applied
from logit_magic.foreign import module_of

_PREDICTS = ("predict", "predict_on_batch", "__call__")
# what hands on the numbers as they are, as methods of an array and as functions of a module
_SAME = {"numpy", "detach", "cpu", "array", "asarray", "convert_to_numpy", "convert_to_tensor", "constant", "as_tensor"}
_PARTS = {"flatten", "ravel", "reshape", "squeeze", "item", "tolist", "copy", "float"} | _SAME
_ROUNDS = {"round", "rint", "around"}
_COMPARES = {"greater", "greater_equal", "less", "less_equal", "gt", "ge", "lt", "le"}
_HALF = 0.5
_WORD = re.compile(r"[^\W\d]\w*")
_DICT_OFFSET: Any = type.__dict__["__dictoffset__"]  # of a class, past whatever its metaclass says; 0: no attributes
_ARRAYS = ("numpy", "pandas")
_MEMBERS = 1000  # of a list or dict that are looked at


@dataclass(frozen=True, slots=True)
class Read:
    """A model whose output something was done with, and the place of that: 1-based line, column in bytes."""

    model: Any
    applied: Applied
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _Origin:
    """The model that a value comes from; `whole`: what the model returned, or rows of it; `row`: one row of that."""

    model: Any
    whole: bool
    row: bool = False

    def can_take(self, kind: str, axis: int | str | None) -> bool:
        """Whether it is known what a softmax or sigmoid of it does: a sigmoid takes each number for itself."""
        return kind == "sigmoid" or self.whole or (self.row and (axis is None or (type(axis) is int and axis < 0)))


_Names = dict[str, "_Origin | None"]  # what the names of a scope hold; None for anything else


def read(tree: ast.Module, namespace: Mapping[str, Any]) -> list[Read]:
    """What a cell does with predictions, as far as its source tells.

    Args:
        tree: the cell.
        namespace: after the cell.
    """
    found: list[Read] = []
    _Scope(namespace, _often_bound(tree), found).block(tree.body, {})
    return found


def speaks_of_models(text: str, namespace: Mapping[str, Any]) -> bool:
    """Whether a cell names anything that is a model or may hold one; where it does not, reading it is no use.

    Args:
        text: the cell.
        namespace: after the cell.
    """
    if not kerases.loaded():
        return False
    words = set(_WORD.findall(text))
    return any(_may_hold_model(namespace[word], words) for word in words if word in namespace)


def _may_hold_model(thing: Any, words: set[str], within: int = 3) -> bool:
    cls = type(thing)
    if issubclass(cls, types.ModuleType):
        inside = vars(thing)
        return within > 0 and any(_may_hold_model(inside[w], words, within - 1) for w in words if w in inside)
    if cls in (list, tuple, dict):  # one that holds another may hold anything
        members = islice(thing.values() if cls is dict else thing, _MEMBERS)
        return any(type(one) in (list, tuple, dict) or _may_hold_model(one, words, 0) for one in list(members))
    if is_model(thing):
        return True
    if _DICT_OFFSET.__get__(cls) == 0 or issubclass(cls, (type, types.FunctionType)):
        return False
    return module_of(cls).partition(".")[0] not in _ARRAYS


def _often_bound(tree: ast.Module) -> set[str]:
    """Names of the cell that may have held something else before."""
    bound = Counter(name for node in _outside_functions(tree) for name in _bound_by(node))
    shared = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    return shared | {name for name, times in bound.items() if times > 1}


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name


@dataclass(frozen=True)
class _Scope:
    """One scope of the cell: the module, or a function in it."""

    namespace: Mapping[str, Any]
    unsure: set[str]
    found: list[Read]
    local: frozenset[str] = frozenset()

    def block(self, body: list[ast.stmt], names: _Names) -> None:
        for statement in body:
            self.statement(statement, names)

    def statement(self, node: ast.stmt, names: _Names) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.function(node)
        elif isinstance(node, ast.ClassDef):
            self.block([s for s in node.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef))], {})
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.expression(child, names)
            elif isinstance(child, ast.withitem):
                self.expression(child.context_expr, names)
        before = set(names)
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self.bind(node.target, self.part_of(node.iter, names), names)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for part in ("body", "handlers", "cases", "orelse", "finalbody"):
                for inner in getattr(node, part, ()):
                    self.block(inner.body if not isinstance(inner, ast.stmt) else [inner], names)
        if isinstance(node, ast.Assign):
            origin = self.origin(node.value, names)
            for target in node.targets:
                self.bind(target, origin, names)
        elif not isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith)):
            for inner in _outside_functions(node):  # one branch of several, or a binding of another kind
                for name in _bound_by(inner):
                    names[name] = None
        for name in set(names) - before:
            if isinstance(node, (ast.While, ast.For, ast.AsyncFor)) and names[name] is None:
                names.pop(name)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = {a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        inside = {name for s in node.body for inner in _outside_functions(s) for name in _bound_by(inner)}
        own = _Scope(self.namespace, self.unsure, self.found, self.local | arguments | inside)
        own.block(node.body, {})

    def expression(self, node: ast.expr, names: _Names) -> None:
        """Note what is done in an expression, from the outside in."""
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            names = dict(names)
            for generator in node.generators:
                self.bind(generator.target, self.part_of(generator.iter, names), names)
        elif isinstance(node, ast.Lambda):
            names = {**names, **{a.arg: None for a in ast.walk(node.args) if isinstance(a, ast.arg)}}
        elif isinstance(node, ast.Compare):
            self.comparison(node, names)
        elif isinstance(node, ast.Call):
            self.call(node, names)
        for child in ast.iter_child_nodes(node):
            for inner in (child.iter, *child.ifs) if isinstance(child, ast.comprehension) else (child,):
                if isinstance(inner, ast.keyword):
                    inner = inner.value
                if isinstance(inner, ast.expr):
                    self.expression(inner, names)

    # ---- what is done

    def comparison(self, node: ast.Compare, names: _Names) -> None:
        if len(node.ops) == 1 and isinstance(node.ops[0], (ast.Gt, ast.GtE, ast.Lt, ast.LtE)):
            self.against_half(node, node.left, node.comparators[0], names)

    def against_half(self, node: ast.expr, left: ast.expr, right: ast.expr, names: _Names) -> None:
        for one, other in ((left, right), (right, left)):
            origin = self.origin(one, names)
            if origin is not None and self.is_half(other):
                self.note(node, origin, "threshold")

    def call(self, node: ast.Call, names: _Names) -> None:
        function, first = node.func, node.args[0] if node.args else None
        method = function.attr if isinstance(function, ast.Attribute) else ""
        on = self.origin(function.value, names) if isinstance(function, ast.Attribute) else None
        if on is not None and not isinstance(self.resolved(function), types.FunctionType):
            if method in ("softmax", "sigmoid") and on.can_take(method, _axis(node, 0)):
                self.note(node, on, method, _axis(node, 0))
            elif (method == "round" and not node.args and not node.keywords) or (
                method in _COMPARES and first is not None and self.is_half(first)
            ):
                self.note(node, on, "threshold")
            return
        origin = None if first is None else self.origin(first, names)
        if origin is None or first is None:
            return
        kind = _normalisers().get(id(self.resolved(function)), "")
        rounds = self.is_of_module(function, _ROUNDS) or (
            isinstance(function, ast.Name) and function.id == "round" and self.resolved(function) is None
        )
        if kind and origin.can_take(kind, _axis(node, 1)):
            self.note(node, origin, kind, _axis(node, 1))
        elif (rounds and len(node.args) == 1 and not node.keywords) or (
            self.is_of_module(function, _COMPARES) and len(node.args) == 2 and self.is_half(node.args[1])
        ):
            self.note(node, origin, "threshold")

    def note(self, node: ast.expr, origin: _Origin, kind: Any, axis: int | str | None = None) -> None:
        if isinstance(axis, str):
            return  # along which axis is not known
        applied = Applied(kind, ast.unparse(node)[:80], "source", axis)
        self.found.append(Read(origin.model, applied, node.lineno, node.col_offset))

    # ---- what an expression is

    def origin(self, node: ast.expr, names: _Names) -> _Origin | None:
        """The model that a value comes from; None for one that is computed from it, or that is not known."""
        if isinstance(node, ast.Name):
            return names.get(node.id)
        if isinstance(node, ast.Subscript):
            return self.entry(node, names)
        if not isinstance(node, ast.Call):
            return None
        function = node.func
        model = self.model(function)
        if model is None and isinstance(function, ast.Attribute) and function.attr in _PREDICTS:
            model = self.model(function.value)
        if model is not None:
            return _Origin(model, True)
        inner: _Origin | None = None
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if isinstance(function, ast.Attribute) and name in _PARTS:
            inner = self.origin(function.value, names)
        if inner is None and node.args and (self.is_of_module(function, _PARTS) or self.is_float(function)):
            inner = self.origin(node.args[0], names)
        return inner if inner is None or name in _SAME else _Origin(inner.model, False)

    def entry(self, node: ast.Subscript, names: _Names) -> _Origin | None:
        """`p[:7]` is rows, `p[0]` one of them; of several outputs it would be one, but their rows are told apart later."""
        inner = self.origin(node.value, names)
        if inner is None or not inner.whole:
            return None if inner is None else _Origin(inner.model, False)
        try:
            row = type(ast.literal_eval(node.slice)) is int
        except ValueError:
            row = False
        return _Origin(inner.model, isinstance(node.slice, ast.Slice), row)

    def part_of(self, node: ast.expr, names: _Names) -> _Origin | None:
        inner = self.origin(node, names)
        return None if inner is None else _Origin(inner.model, False)

    def bind(self, target: ast.expr, origin: _Origin | None, names: _Names) -> None:
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                names[name.id] = origin if name is target else None

    def model(self, node: ast.expr) -> Any:
        thing = self.resolved(node)
        return thing if thing is not None and is_model(thing) else None

    def is_half(self, node: ast.expr) -> bool:
        value = node.value if isinstance(node, ast.Constant) else self.resolved(node)
        return type(value) is float and value == _HALF

    def is_float(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == "float" and self.resolved(node) is None

    def is_of_module(self, node: ast.expr, names: set[str]) -> bool:
        """A function by one of these names, of an imported module."""
        return (
            isinstance(node, ast.Attribute)
            and node.attr in names
            and isinstance(self.resolved(node.value), types.ModuleType)
        )

    def resolved(self, node: ast.expr) -> Any:
        """What a name, or attributes and entries below one, hold after the cell; None where that is not certain."""
        if isinstance(node, ast.Name):
            known = node.id not in self.local and node.id not in self.unsure
            return self.namespace.get(node.id) if known else None
        if isinstance(node, ast.Attribute):
            base = self.resolved(node.value)
            if isinstance(base, types.ModuleType):
                return vars(base).get(node.attr)  # not what a lazy module would import now
            attributes = getattr(base, "__dict__", None) if base is not None and not is_model(base) else None
            return attributes.get(node.attr) if type(attributes) is dict else None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            base, key = self.resolved(node.value), node.slice.value
            if type(base) is dict and type(key) in (str, int):
                return base.get(key)
            return (
                base[key]
                if type(base) in (list, tuple) and type(key) is int and -len(base) <= key < len(base)
                else None
            )
        return None


def _axis(node: ast.Call, position: int) -> int | str | None:
    """The axis that a call names; None for none, and "unknown" for one that is not written as a number."""
    given = [k.value for k in node.keywords if k.arg in ("axis", "dim")] or node.args[position : position + 1]
    if not given:
        return None
    try:
        axis = ast.literal_eval(given[0])
    except ValueError:
        return "unknown"
    return axis if type(axis) is int else "unknown"


def _normalisers() -> dict[int, str]:
    """id of a function -> "softmax" or "sigmoid"."""
    found = {id(function): name for name, function in backends.normalisers()}
    for keras in kerases.loaded():
        for home in (getattr(keras, "ops", None), keras.activations):
            found.update({id(getattr(home, n)): n for n in ("softmax", "sigmoid") if hasattr(home, n)})
    special = sys.modules.get("scipy.special")
    if special is not None:
        found.update({id(special.softmax): "softmax", id(special.expit): "sigmoid"})
    return found
