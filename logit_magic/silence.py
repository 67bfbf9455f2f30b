"""Comments by which the user silences findings: `# checkloss: ignore` and `# checkloss: ignore[LM101]`."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from logit_magic.discovery.pairing import Target
from logit_magic.facts import Finding, Location
from logit_magic.fix import Sources
from logit_magic.fix.source import Source, UnsureError
from logit_magic.rules import BY_CODE

ALL = "*"
_COMMENT = re.compile(r"#\s*checkloss:\s*ignore\b(?:\s*\[(?P<codes>[^\]]*)\])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Comment:
    """One such comment.

    Attributes:
        line: 1-based, in the text that the user sees.
        codes: what it silences, e.g. ("LM101",); ("*",) for everything.
    """

    line: int
    codes: tuple[str, ...]


def comments(text: str) -> tuple[Comment, ...]:
    """Every such comment of a cell or file; what stands in a string is none.

    Args:
        text: as the user sees it, with the cell's magics.
    """
    if "checkloss" not in text or "ignore" not in text:
        return ()
    try:
        lines = list(_tokens(Source(text).masked))
    except UnsureError:  # no Python as a whole: each line is read by itself
        lines = [(number, t) for number, line in enumerate(text.splitlines(), 1) for _, t in _tokens(line)]
    return tuple(Comment(line, codes) for line, codes in ((line, _codes(comment)) for line, comment in lines) if codes)


def silenced(text: str, location: Location) -> frozenset[str]:
    """The codes that comments silence at one place; `ALL` among them for everything.

    A comment counts on any line of the calls that the place stands in, such as `compile(...)` and the loss within it,
    and beside the assignment of a loss that is given there by its name.

    Args:
        text: the cell or file that the location stands in.
        location: of a finding.
    """
    found = comments(text)
    lines = _lines(text, location) if found else set()
    return frozenset(code for comment in found if comment.line in lines for code in comment.codes)


def heeded(findings: list[Finding], todo: list[Target], sources: Sources) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings that no comment silences, and what there is to say about the comments: how many, and unknown codes.

    Args:
        findings: of a check.
        todo: what was checked; it tells where an earlier cell compiled a model.
        sources: what the user wrote.
    """
    elsewhere = {target.name: target.compiled_at for target in todo}
    left: list[Finding] = []
    for finding in findings:
        place = finding.location or (elsewhere.get(finding.pair.model) if finding.pair is not None else None)
        codes = silenced(sources.text_at(place) or "", place) if place is not None else frozenset()
        if not codes & {ALL, finding.code}:
            left.append(finding)
    places = [place for target in todo for place in (target.location, target.compiled_at) if place is not None]
    texts = dict.fromkeys(text for text in map(sources.text_at, places) if text)
    named = dict.fromkeys(code for text in texts for comment in comments(text) for code in comment.codes)
    notes = [f"`# checkloss: ignore[{code}]`: there is no such code" for code in named if code not in (ALL, *BY_CODE)]
    count = len(findings) - len(left)
    if count:
        notes.append(f"{count} finding{'s' if count > 1 else ''} silenced by a comment")
    return left, tuple(notes)


def _codes(comment: str) -> tuple[str, ...]:
    codes: list[str] = []
    for match in _COMMENT.finditer(comment):
        listed = match["codes"]
        codes += [ALL] if listed is None else re.split(r"[,\s]+", listed.strip().upper())
    return tuple(code for code in codes if code)


def _tokens(code: str) -> Iterator[tuple[int, str]]:
    """(line, comment) as far as the code can be split into tokens."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _lines(text: str, location: Location) -> set[int]:
    """The lines on which a comment speaks of a place."""
    here = {location.line}
    try:
        source = Source(text)
    except UnsureError:
        return here
    inside = [node for node in ast.walk(source.tree) if _covers(node, location)]
    for node in inside:  # from the outside in: what stands around a statement or function is about something else
        if isinstance(node, (ast.stmt, ast.Lambda)):
            here = {location.line}
        elif isinstance(node, ast.Call):
            here |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    calls = [node for node in inside if isinstance(node, ast.Call)]
    given = {argument for call in calls for argument in call.args} & set(inside)
    given |= {keyword.value for call in calls for keyword in call.keywords if keyword.arg == "loss"}
    for name in given:
        if isinstance(name, ast.Name):
            here |= _assignment(source.tree, name)
    return here


def _covers(node: ast.AST, location: Location) -> bool:
    if (
        not isinstance(node, (ast.stmt, ast.expr, ast.keyword))
        or node.end_lineno is None
        or node.end_col_offset is None
    ):
        return False
    at = (location.line, location.column)
    return (node.lineno, node.col_offset) <= at < (node.end_lineno, node.end_col_offset)


def _assignment(tree: ast.Module, name: ast.Name) -> set[int]:
    """The lines of the last assignment to a name above its use."""
    above = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and node.lineno < name.lineno
        and any(isinstance(target, ast.Name) and target.id == name.id for target in node.targets)
    ]
    last = max(above, key=lambda node: node.lineno, default=None)
    return set() if last is None else set(range(last.lineno, (last.end_lineno or last.lineno) + 1))
