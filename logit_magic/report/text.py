"""Renders a document as plain text for a terminal, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from logit_magic.report.document import Block, Code, Document, Fold, Items, Line, Sides
from logit_magic.report.measures import Bars, Chart, LossChart, RaceChart, Table

WIDTH = 100
_CELL = 30


def render(document: Document, *, details: bool = True) -> str:
    """Return the document as text; quiet folds show as their title only.

    Args:
        document: what to render.
        details: False leaves the folds out.
    """
    lines = [text for line in document.lines for text in _wrap(_flat(line), "", "    ")]
    if details:
        for fold in document.folds:
            lines += ["", *_fold(fold)] if not fold.quiet else _fold(fold)
    return "\n".join(lines)


def _fold(fold: Fold) -> Iterator[str]:
    yield from _wrap(_flat(fold.title), "", "    ")
    if not fold.quiet:
        for block in fold.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Line():
            yield from _wrap(_flat(block), "  ", "    " if block.lead else "  ")
        case Items():
            yield from _list(f"{block.title}:", block.items, block.first)
        case Sides():
            for side in (block.emits, block.expects):
                yield from _list(f"{side.role}: {side.answer} ({side.meaning})", side.items)
        case Table():
            yield from _table(block)
        case Code():
            yield from _wrap(f"{block.title}:", "  ", "    ")
            yield from (f"    {line}".rstrip() for line in block.lines)
        case Chart() | LossChart() | Bars() | RaceChart():
            pass  # its numbers stand in the tables and lines beside it


def _flat(line: Line) -> str:
    text = " ".join(filter(None, (str(line.mark or ""), line.lead, line.text)))
    return " · ".join((text, *line.asides, *([f"Fix: {line.remedy}"] if line.remedy else [])))


def _list(title: str, items: tuple[str, ...], first: int = 0) -> Iterator[str]:
    yield from _wrap(title, "  ", "    ")
    for at, item in enumerate(items, start=first):
        yield from _wrap(item, f"    {at}. " if first else "    - ", "       " if first else "      ")


def _table(table: Table) -> Iterator[str]:
    rows = [row for row in (table.head, *table.rows) if row]
    plain = len(table.head) == 0
    cells = [[cell if plain else _cut(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield f"  {table.title}:"
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"    {'  '.join(padded)}".rstrip()


def _cut(cell: str) -> str:
    return cell if len(cell) <= _CELL else f"{cell[: _CELL - 1]}…"


def _wrap(text: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
