"""Replacements made in a source, and the proof that they changed what they were meant to and nothing else."""

from __future__ import annotations

import ast
import copy
import difflib
import inspect
from collections.abc import Iterable
from typing import Any

from logit_magic.facts import Replacement, SourceEdit
from logit_magic.fix.source import Source, UnsureError


def applied(text: str, replacements: Iterable[Replacement]) -> str:
    """The text with every replacement made; what stands between them is not touched.

    Raises:
        ValueError: replacements overlap.
    """
    parts, at = [], 0
    for one in in_order(replacements):
        if one.start < at:
            raise ValueError(f"the replacement at {one.start} overlaps with the one before it, which ends at {at}")
        parts += [text[at : one.start], one.text]
        at = one.end
    return "".join([*parts, text[at:]])


def in_order(replacements: Iterable[Replacement]) -> tuple[Replacement, ...]:
    return tuple(sorted(set(replacements), key=lambda one: (one.start, one.end)))


def diff(original: str, corrected: str, name: str) -> str:
    """Both as a unified diff with one line of context."""
    lines = difflib.unified_diff(
        original.splitlines(), corrected.splitlines(), name, f"{name}, corrected", lineterm="", n=1
    )
    return "\n".join(lines)


def edit_of(source: Source, replacements: Iterable[Replacement], nodes: Iterable[ast.AST]) -> SourceEdit:
    """The edit, once it is known that the corrected source differs in `nodes` alone.

    Args:
        source: what is edited.
        replacements: inside `nodes`, or whole lines of imports put in between statements.
        nodes: expressions that may change.

    Raises:
        UnsureError: the corrected source is no Python, or differs elsewhere.
    """
    ordered = in_order(replacements)
    corrected = applied(source.text, ordered)
    try:
        after = Source(corrected, source.cell, source.file)
    except UnsureError:
        raise UnsureError(f"the corrected {source.name} could not be read as Python again") from None
    imports = [one.text.strip() for one in ordered if one.text.lstrip().startswith("import ") and one.start == one.end]
    spans = [_moved(source.span(node), ordered) for node in nodes]
    if _shape(source, [source.span(node) for node in nodes], []) != _shape(after, spans, imports):
        raise UnsureError(f"the edit of {source.name} would change more than it should")
    name = source.file if source.file != "cell" else "the cell" if source.cell is None else f"In[{source.cell}]"
    return SourceEdit(source.file, source.cell, ordered, source.text, corrected, diff(source.text, corrected, name))


def set_keyword(source: Source, call: ast.Call, name: str, written: str, callee: Any, skipped: int = 0) -> Replacement:
    """Give an argument of a call a value: in its place where it is given, else as a last keyword.

    Args:
        source, call: where.
        name: of the argument.
        written: its new value, as source.
        callee: what is called; its signature says which positional argument `name` is.
        skipped: positional arguments of the call that are not the callee's (the function that a partial is made of).

    Raises:
        UnsureError: arguments are unpacked with * or **, so that it may be given there.
    """
    for keyword in call.keywords:
        if keyword.arg == name:
            return Replacement(*source.span(keyword.value), written)
    unpacked = any(keyword.arg is None for keyword in call.keywords) or any(
        isinstance(argument, ast.Starred) for argument in call.args
    )
    if unpacked:
        raise UnsureError(f"{name} may be given by the arguments that line {call.lineno} of {source.name} unpacks")
    place = _place(callee, name)
    if place is not None and place + skipped < len(call.args):
        return Replacement(*source.span(call.args[place + skipped]), written)
    return _last(source, call, f"{name}={written}")


def given(call: ast.Call, name: str, callee: Any, skipped: int = 0) -> ast.expr | None:
    """The argument of a call as it is written; None where it is not given."""
    place = _place(callee, name)
    if place is not None and place + skipped < len(call.args):
        return call.args[place + skipped]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def takes(callee: Any, name: str) -> bool:
    return _place(callee, name) is not None or name in _parameters(callee)


def _place(callee: Any, name: str) -> int | None:
    """Which positional argument `name` is; None for one that is given by name only, or not at all."""
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [key for key, parameter in _parameters(callee).items() if parameter.kind in positional]
    return names.index(name) if name in names else None


def _parameters(callee: Any) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(callee).parameters)
    except (TypeError, ValueError):
        return {}


def _last(source: Source, call: ast.Call, argument: str) -> Replacement:
    """A further argument, behind the last one and before its comma, comment or line end."""
    end = source.span(call)[1]
    close = next((number for number, token in enumerate(source.tokens) if token.end == end), None)
    if close is None or source.tokens[close].text != ")":
        raise UnsureError(f"the end of the call in line {call.lineno} of {source.name} could not be found")
    before = source.tokens[close - 1]
    if not call.args and not call.keywords:
        return Replacement(before.end, before.end, argument)
    if before.text == ",":
        before = source.tokens[close - 2]
    return Replacement(before.end, before.end, f", {argument}")


def _moved(span: tuple[int, int], replacements: tuple[Replacement, ...]) -> tuple[int, int]:
    """Where a node stands after the replacements."""
    start, end = span
    before = sum(len(r.text) - (r.end - r.start) for r in replacements if r.end <= start and r.start < start)
    within = sum(len(r.text) - (r.end - r.start) for r in replacements if r.start >= start and r.end <= end)
    return start + before, end + before + within


def _shape(source: Source, spans: list[tuple[int, int]], imports: list[str]) -> list[str]:
    """Everything that the source says outside the spans and beside the imports."""
    tree = _Emptied(source, spans).visit(copy.deepcopy(source.tree))
    left = list(imports)
    said = []
    for statement in tree.body:
        if isinstance(statement, ast.Import) and ast.unparse(statement) in left:
            left.remove(ast.unparse(statement))
        else:
            said.append(ast.dump(statement))
    return [*said, *(f"no {missing}" for missing in left)]


class _Emptied(ast.NodeTransformer):
    """Puts a blank in the place of every expression that covers one of the spans."""

    def __init__(self, source: Source, spans: list[tuple[int, int]]) -> None:
        self._source, self._spans = source, set(spans)

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and self._source.span(node) in self._spans:
            return ast.Constant("…")
        return super().visit(node)


def cut(source: Source, *spans: tuple[int, int]) -> tuple[Replacement, ...]:
    """The replacements that leave these stretches of a source out.

    Raises:
        UnsureError: a comment stands in one of them.
    """
    if any("#" in source.text[start:end] for start, end in spans):
        raise UnsureError("a comment stands in what would be taken away")
    return tuple(Replacement(start, end, "") for start, end in spans)
