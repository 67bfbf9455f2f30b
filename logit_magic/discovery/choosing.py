"""Read in a cell's source by which logged numbers it chooses: comparisons, and argmin or argmax.

What is followed is plain: names of the cell outside of functions, bound to `model.evaluate(...)`, `model.fit(...)` or
parts of what these return, with the model reached from the namespace by a name. Nothing of the user's is run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from logit_magic.discovery.namespace import is_model
from logit_magic.discovery.pairing import Target
from logit_magic.facts import Location, Monitor
from logit_magic.foreign import read

_PICKS = {"argmin", "argmax", "nanargmin", "nanargmax"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Choice:
    """A place where the cell goes by a logged number.

    Attributes:
        model: the one that logged it.
        key: what it logs it as, e.g. "val_binary_crossentropy".
        line: 1-based, in the cell.
    """

    model: Any
    key: str
    line: int


@dataclass(frozen=True, slots=True)
class _Logs:
    """What a model returned of its numbers: one list for each epoch by key, one number by key, or numbers in order."""

    model: Any
    kind: str  # "history" (the object), "by key", "in order"


@dataclass(frozen=True, slots=True)
class _Number:
    model: Any
    key: str


_Known = _Logs | _Number | None  # None: of nothing that was logged


def with_choices(todo: list[Target], tree: ast.Module | None, namespace: Mapping[str, Any], cell: int) -> list[Target]:
    """The targets with what the cell chooses by among what goes by their numbers.

    Args:
        todo: what is to be checked.
        tree: the cell; None where it cannot be read.
        namespace: after the cell.
        cell: its execution number.
    """
    try:
        found = [] if tree is None else choices(tree, namespace)
    except Exception:
        return todo  # reading only adds to what was seen
    changed = []
    for target in todo:
        own = [c for c in found if c.model is target.model]
        monitors = dict.fromkeys(
            Monitor(f"the comparison in {Location('cell', c.line, cell=cell)}", c.key, "read") for c in own
        )
        changed.append(replace(target, monitors=(*target.monitors, *monitors)) if own else target)
    return changed


def choices(tree: ast.Module, namespace: Mapping[str, Any]) -> list[Choice]:
    """What a cell chooses by, as far as its source tells.

    Args:
        tree: the cell.
        namespace: after the cell.
    """
    names: dict[str, _Logs | _Number] = {}
    found: list[Choice] = []
    for node in _in_order(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            _bind(node.targets[0], _origin(node.value, names, namespace), names)
        for chosen in _chosen_by(node):
            numbers = [_origin(part, names, namespace) for part in ast.walk(chosen) if isinstance(part, ast.expr)]
            found += [Choice(n.model, n.key, chosen.lineno) for n in numbers if isinstance(n, _Number)]
    return found


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """Everything outside of functions and classes, in the order in which it stands."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _FUNCTIONS):
            yield child
            yield from _in_order(child)


def _chosen_by(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions by which a node decides: both sides of an order, the argument of an argmin."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name in _PICKS:
            yield from node.args or ([node.func.value] if isinstance(node.func, ast.Attribute) else [])


def _bind(target: ast.expr, value: _Known, names: dict[str, _Logs | _Number]) -> None:
    if isinstance(target, ast.Name):
        names.pop(target.id, None)
        if value is not None:  # else the namespace tells what it holds
            names[target.id] = value
    elif isinstance(target, (ast.Tuple, ast.List)):
        in_order = isinstance(value, _Logs) and value.kind == "in order"
        for place, member in enumerate(target.elts):
            _bind(member, _numbered(value.model, place) if in_order else None, names)  # type: ignore[union-attr]


def _origin(node: ast.expr, names: dict[str, _Logs | _Number], namespace: Mapping[str, Any]) -> _Known:
    """What an expression's value is of what a model logged; None for anything else."""
    if isinstance(node, ast.Name):
        return names[node.id] if node.id in names else _history(namespace.get(node.id))
    if isinstance(node, ast.Call):
        return _returned(node, names, namespace)
    if isinstance(node, ast.Attribute) and node.attr == "history":
        if isinstance(node.value, ast.Name) and is_model(model := namespace.get(node.value.id)):
            return _Logs(model, "history")
        inner = _origin(node.value, names, namespace)
        return _Logs(inner.model, "by key") if isinstance(inner, _Logs) and inner.kind == "history" else None
    if isinstance(node, ast.Subscript):
        inner = _origin(node.value, names, namespace)
        place = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(inner, _Logs) and inner.kind == "by key" and isinstance(place, str):
            return _Number(inner.model, place)
        if isinstance(inner, _Logs) and inner.kind == "in order" and isinstance(place, int):
            return _numbered(inner.model, place)
        return inner if isinstance(inner, _Number) else None
    return None


def _returned(node: ast.Call, names: dict[str, _Logs | _Number], namespace: Mapping[str, Any]) -> _Known:
    function = node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        model = namespace.get(function.value.id)
        if function.attr == "fit" and is_model(model):
            return _Logs(model, "history")
        if function.attr == "evaluate" and is_model(model):
            keyed = [k.value for k in node.keywords if k.arg == "return_dict"]
            by_key = bool(keyed) and isinstance(keyed[0], ast.Constant) and keyed[0].value is True
            return _Logs(model, "by key" if by_key else "in order")
    return _origin(node.args[0], names, namespace) if len(node.args) == 1 else None  # float(...), max(...), np.min(...)


def _numbered(model: Any, place: int) -> _Number | None:
    """The number at a place of what `evaluate` returns: the loss, then the metrics of `compile` in their order."""
    given = read(read(model, "_compile_metrics"), "metrics")
    logged = ["loss", *(str(read(metric, "name", "")) for metric in given)] if isinstance(given, list) else []
    return _Number(model, logged[place]) if -len(logged) <= place < len(logged) else None


def _history(thing: Any) -> _Logs | None:
    """The History that an earlier cell got from `fit`."""
    is_history = type(thing).__name__ == "History" and type(thing).__module__.partition(".")[0] in ("keras", "tf_keras")
    model = read(thing, "model") if is_history else None
    return _Logs(model, "history") if model is not None and is_model(model) else None
