"""How a class of `keras.losses` or `keras.metrics` is written in a source: by the names that it has for Keras already."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from logit_magic import kerases
from logit_magic.facts import Replacement
from logit_magic.fix.names import Reader, bindings
from logit_magic.fix.source import Source, UnsureError


def spelled(
    family: str, like: Any, source: Source, node: ast.expr, reader: Reader, home: str = "losses"
) -> tuple[str, tuple[Replacement, ...]]:
    """What to write before the name of a class of `keras.losses`, or of another part of Keras.

    Args:
        family: the class.
        like: the class or function that it replaces, which says which Keras is meant; None for a string, which is of the
            model's Keras.
        source, node: the expression in whose place it will stand.
        reader: resolves names.
        home: the part of Keras that the class is in.

    Returns:
        the prefix, e.g. "tf.keras.losses." or "", and an import to put in where no name for Keras is at hand.

    Raises:
        UnsureError: the name `keras` stands for something else there.
    """
    meant = [keras for keras in kerases.loaded() if keras.__name__ == reader.keras] or kerases.loaded()
    if like is None and len(meant) > 1:
        raise UnsureError("Keras 2 and Keras 3 are both loaded, and a string does not say which one is meant")
    keras = meant[0] if like is None else kerases.of(like)
    wanted = getattr(getattr(keras, home), family)
    own = _prefix_of(node)
    if own is not None and getattr(reader.thing(own, source), family, None) is wanted:
        return source.segment(own) + ".", ()
    for name, inner in _candidates(family, wanted, reader, home):
        if _visible(name, inner, wanted, source, node, reader):
            return f"{name}.{inner.removesuffix(family)}" if inner else "", ()
    name = keras.__name__
    if name in reader.namespace or bindings(source, None, name):
        raise UnsureError(f"the name `{name}` is taken by something else there, so no way to write the loss was found")
    return f"{name}.{home}.", (_import_line(source, name),)


def _prefix_of(node: ast.expr) -> ast.expr | None:
    callee = node.func if isinstance(node, ast.Call) else node
    return callee.value if isinstance(callee, ast.Attribute) else None


def _candidates(family: str, wanted: Any, reader: Reader, home: str) -> Iterator[tuple[str, str]]:
    """(name, what leads from there to the class), the plainest first."""
    found = []
    for name, value in list(reader.namespace.items()):
        if name.startswith("_") or not isinstance(value, (ModuleType, type)):
            continue
        if value is wanted and name == family:
            found.append((1, name, ""))
        elif isinstance(value, ModuleType):
            for rank, inner in ((3, f"keras.{home}."), (0, f"{home}."), (2, "")):
                if _at(value, inner + family) is wanted:
                    found.append((rank, name, inner + family))
                    break
    for _, name, inner in sorted(found):
        yield name, inner


def _at(module: Any, path: str) -> Any:
    for part in path.split("."):
        module = getattr(module, part, None) if isinstance(module, ModuleType) else None
    return module


def _visible(name: str, inner: str, wanted: Any, source: Source, node: ast.expr, reader: Reader) -> bool:
    """Whether a name of the namespace holds the same where the loss is made, by the time that it is made."""
    use = ast.copy_location(ast.Name(name, ast.Load()), node)
    source.parents[use] = source.parents[node]
    try:
        reader.binding(use, source)
        thing = reader.thing(use, source)
        return (_at(thing, inner) if inner else thing) is wanted
    except UnsureError:
        return not bindings(source, None, name) and not reader.is_bound_in_a_cell(name)
    finally:
        del source.parents[use]


def _import_line(source: Source, name: str) -> Replacement:
    """The import of Keras on a line of its own, before the first statement that may stand below one."""
    for statement in source.tree.body:
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not is_text and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            nodes: list[Any] = [statement, *getattr(statement, "decorator_list", [])]
            first = min(nodes, key=lambda n: n.lineno)
            column = source.text.rfind("\n", 0, source.span(first)[0]) + 1
            line = source.text[column:]
            blank = line[: len(line) - len(line.lstrip(" \t"))]
            return Replacement(column, column, f"{blank}import {name}\n")
    raise UnsureError(f"{source.name} has no statement before which Keras could be imported")
