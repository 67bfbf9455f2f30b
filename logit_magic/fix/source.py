"""A cell or file as text, tree and exact positions, whatever magics stand in it.

The standard `ast` gives the first and last character of every node, counted in UTF-8 bytes, and `tokenize` tells commas and
brackets from comments and strings: together they are all that an edit of a few characters needs, so no parser of our own
and no further package. What IPython reads as its own syntax is blanked out, character by character, by IPython's own
finders, so that every position in the tree is a position in the text that the user sees.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# cell magics that run the cell's own Python; any other may do anything with it
PYTHON_MAGICS = frozenset({"checkloss", "time", "timeit", "capture", "prun"})
# those that run nothing in this process, so that such a cell binds no name here
OTHER_MAGICS = frozenset(
    ("bash", "sh", "script", "writefile", "file", "html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG",
     "perl", "ruby", "cmd", "system", "sx", "!", "pypy")
)  # fmt: skip

# where IPython may read its own syntax: behind the start of a line or an equals sign, and around a question mark
_MAGIC = re.compile(r"(?:^|=)[ \t]*[%!/,;]|\?", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_LAYOUT = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


class UnsureError(Exception):
    """Why something could not be located in a source with certainty; its text is shown to the user."""


class NoPythonError(UnsureError):
    """A cell that is given to a magic which runs nothing in this process."""


@dataclass(frozen=True)
class Token:
    """A token that means something: no layout, no comment."""

    start: int
    end: int
    text: str


class Source:
    """One source, read.

    Attributes:
        text: as the user sees it.
        file, cell: "cell" and the cell's execution number, or a path and None.
        tree: of the Python in it; line numbers and byte columns are those of `text`.
        indent: UTF-8 bytes by which the whole source is indented.

    Raises:
        UnsureError: it is no Python, or a cell magic takes it that may not run it as it is.
    """

    def __init__(self, text: str, cell: int | None = None, file: str = "cell") -> None:
        self.text, self.cell, self.file = text, cell, file
        self._joined: list[tuple[int, int]] = []  # (first line, lines that IPython joins to it)
        self._masked = self._without_magics()
        self._lines = [m.group() for m in _LINE.finditer(self._masked) if m.group()]
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        first = next((line for line in self._lines if line.strip() and not line.startswith("#%")), "")
        self.indent = len(first) - len(first.lstrip(" \t"))
        self.tree = self._parsed()

    @property
    def name(self) -> str:
        """For people: "cell In[3]", "this cell" or the path."""
        if self.file != "cell":
            return self.file
        return "this cell" if self.cell is None else f"cell In[{self.cell}]"

    @property
    def masked(self) -> str:
        """The text with IPython's own syntax blanked out; every position is that of the text."""
        return self._masked

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First character of a node, and the one after its last."""
        return (
            self._offset(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self._offset(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def segment(self, node: ast.AST) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def line_of(self, compiled: int) -> int:
        """The line of the text for a line counted after IPython has joined lines that end in a backslash."""
        for first, more in self._joined:
            if compiled > first:
                compiled += more
        return compiled

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        found = []
        for token in tokenize.generate_tokens(io.StringIO(self._masked).readline):
            if token.type not in _LAYOUT:
                start, end = (self._starts[row - 1] + column for row, column in (token.start, token.end))
                found.append(Token(start, end, token.string))
        return tuple(found)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def may_bind_unseen(self, name: str) -> bool:
        """Whether something that IPython reads in its own way, such as `%time x = f()`, may bind a name."""
        if self.text == self._masked:
            return False
        kept = zip(self.text, self._masked, strict=True)
        hidden = "".join(there if now != there or there == "\n" else " " for there, now in kept)
        return bool(re.search(rf"(?:^|[\s;,(]){re.escape(name)} *(?:,[^=()\n]*)?=(?!=)", hidden))

    def _offset(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        return self._starts[line - 1] + len(text.encode()[:column].decode())

    def _parsed(self) -> ast.Module:
        try:
            if not self.indent:
                return ast.parse(self._masked)
            block = ast.parse("if 1:\n" + self._masked)
        except (SyntaxError, ValueError):
            raise UnsureError(f"{self.name} could not be read as Python") from None
        ast.increment_lineno(block, -1)
        (inside,) = block.body if len(block.body) == 1 else (None,)
        if not isinstance(inside, ast.If) or inside.orelse:
            raise UnsureError(f"{self.name} could not be read as Python")
        return ast.Module(inside.body, [])

    def _without_magics(self) -> str:
        if self.file != "cell":
            return self.text
        lines = [m.group() for m in _LINE.finditer(self.text) if m.group()]
        at = 0
        while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith("%%")):
            magic = lines[at].strip()[2:].split()
            if magic and magic[0] not in PYTHON_MAGICS:
                kind = NoPythonError if magic[0] in OTHER_MAGICS else UnsureError
                raise kind(f"{self.name} is given to %%{magic[0]}, which may not run it as it is written")
            if magic:
                lines[at] = "#%" + lines[at][2:]
            at += 1
        return "".join(lines[:at]) + _masked("".join(lines[at:]), at, self._joined)


def _masked(code: str, above: int, joined: list[tuple[int, int]]) -> str:
    """The code with IPython's own syntax turned into `0` and blanks of the same length.

    Args:
        code: the cell below its cell magics.
        above: how many lines stand above it.
        joined: (line, lines that IPython joins to it) are added to this.
    """
    if not _MAGIC.search(code):
        return code
    from IPython.core.inputtransformer2 import EscapedCommand, HelpEnd, MagicAssign, SystemAssign, make_tokens_by_line

    lines = code.splitlines(keepends=True)
    for _ in range(len(lines) + 1):
        tokens = make_tokens_by_line(lines)
        found = [f for finder in (MagicAssign, SystemAssign, EscapedCommand, HelpEnd) if (f := finder.find(tokens))]
        if not found:
            break
        first = min(found, key=lambda f: (f.start_line, f.start_col))
        at, column = first.start_line, first.start_col
        end = at
        while lines[end].endswith(("\\\n", "\\\r\n")) and end + 1 < len(lines):
            end += 1
        end = max(end, getattr(first, "q_line", end))
        lines[at] = lines[at][:column] + _blank(lines[at][column:], "0")
        for number in range(at + 1, end + 1):
            lines[number] = _blank(lines[number])
        if end > at:
            joined.append((above + at + 1, end - at))
    return "".join(lines)


def _blank(line: str, first: str = "") -> str:
    body = line.rstrip("\r\n")
    return (first + " " * len(body))[: len(body)] + line[len(body) :]
