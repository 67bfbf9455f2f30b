"""Writes markup, through one builder that escapes, and renders a document as static HTML.

Untrusted notebooks and code hosts strip `<style>`, scripts and inline `<svg>`; so styles stand on the
elements, colours are such as can be read on light and on dark, and how a chart becomes markup is handed in.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence

from logit_magic.report.document import Block, Code, Document, Items, Line, Side, Sides
from logit_magic.report.measures import Chart, Table
from logit_magic.report.wording import Mark, Tone

TONES: dict[Tone, str] = {"bad": "#D55E00", "caution": "#A67C00", "good": "#009E73", "quiet": "#777777"}
GREY = "#777777"

_FAINT = "opacity:0.75"
_VOID = frozenset({"img", "br"})
_ROOT = "font-size:13px;line-height:1.5;max-width:960px;overflow-wrap:anywhere"
_CELL = "text-align:left;vertical-align:top;white-space:normal;padding:2px 12px 2px 0;border:none"
_BOX = f"text-align:left;vertical-align:top;white-space:normal;padding:6px 10px;border:1px solid {GREY}"
_HEAD = "text-align:left;white-space:nowrap;padding:2px 12px 2px 0;border:none"
_BETWEEN = "text-align:center;vertical-align:middle;padding:6px 10px;border:none"
_CODE = (
    f"margin:2px 0 8px 0;padding:4px 8px;border-left:3px solid {GREY};overflow-x:auto;font-size:12px;background:none"
)
_TABLE = "border-collapse:collapse;margin:2px 0 8px 0;font-size:inherit"


class Markup(str):
    """Text that is markup already, and so is not escaped again."""

    __slots__ = ()


Draw = Callable[[Chart], Markup]


def element(tag: str, *children: str, **attributes: str | float) -> Markup:
    """Return one element; the only place where markup is put together.

    Args:
        tag: element name.
        *children: `Markup` goes in as it is, any other text is escaped.
        **attributes: values are escaped; `stroke_width` stands for `stroke-width`, `class_` for `class`.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"' for name, value in attributes.items()
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{join(children)}</{tag}>")


def join(parts: Iterable[str]) -> Markup:
    """Return the parts in a row, escaped where they are not `Markup`."""
    return Markup("".join(part if isinstance(part, Markup) else html.escape(part) for part in parts))


def render(document: Document, draw: Draw) -> Markup:
    """Return the document as static HTML: its lines, then everything else in one closed `<details>`."""
    parts = [_line(line, quiet=line.mark is None) for line in document.lines]
    if len(document.folds) == 1:
        (fold,) = document.folds
        content: Sequence[Markup] = (_line(fold.title), blocks(fold.blocks, draw))
    else:
        content = [_details(fold.title, (blocks(fold.blocks, draw),)) for fold in document.folds]
    if content:
        parts.append(_details(Line("Evidence, numbers and charts"), content))
    return root(parts)


def root(parts: Iterable[str]) -> Markup:
    """Return the parts in the container that sets the type size and line height for all of them."""
    return element("div", *parts, style=_ROOT)


def blocks(content: Iterable[Block], draw: Draw) -> Markup:
    """Return the markup of a fold's content, charts drawn by `draw`."""
    return join(_block(block, draw) for block in content)


def _details(title: Line, content: Iterable[str]) -> Markup:
    summary = element("summary", *_phrases(title), style="cursor:pointer")
    return element("details", summary, element("div", *content, style="margin:4px 0 12px 1.2em"), style="margin:4px 0")


def _block(block: Block, draw: Draw) -> Markup:
    match block:
        case Line():
            return _line(block)
        case Items():
            return join((element("div", block.title, style=_FAINT), _list(block.items)))
        case Sides():
            return _sides(block)
        case Table():
            return _table(block)
        case Code():
            return join(
                (element("div", block.title, style=_FAINT), element("pre", "\n".join(block.lines), style=_CODE))
            )
        case Chart():
            return element("div", draw(block), style="display:inline-block;max-width:100%;margin:0 12px 8px 0")


def _line(line: Line, quiet: bool = False) -> Markup:
    return element("div", *_phrases(line), style=f"margin:2px 0;{_FAINT}" if quiet else "margin:2px 0")


def _phrases(line: Line) -> Iterable[Markup]:
    if line.mark:
        yield mark(line.mark)
        yield Markup(" ")
    if line.lead:
        yield element("b", line.lead)
        yield Markup(" ")
    yield _prose(line.text)
    for aside in line.asides:
        yield element("span", Markup(" · "), _prose(aside), style=_FAINT)


def mark(value: Mark) -> Markup:
    """Return a judgement as coloured shape and word."""
    return element("b", str(value), style=f"color:{TONES[value.tone]};white-space:nowrap")


def _prose(text: str) -> Markup:
    """Return text in which what stands between back-ticks is code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return join((text,))
    return join(element("code", piece) if at % 2 else piece for at, piece in enumerate(pieces))


def _list(items: Iterable[str]) -> Markup:
    entries = (element("li", _prose(item), style="margin:0") for item in items)
    return element("ul", *entries, style="margin:0 0 8px 0;padding-left:1.5em")


def _sides(both: Sides) -> Markup:
    between = element("td", mark(both.mark), style=_BETWEEN)
    row = element("tr", _side(both.emits), between, _side(both.expects), style="background:none")
    return element("table", element("tbody", row), style=_TABLE)


def _side(side: Side) -> Markup:
    head = element("div", f"{side.role} ", element("b", side.answer))
    return element("td", head, _list(side.items) if side.items else "", style=_BOX)


def _table(table: Table) -> Markup:
    head = element("tr", *(element("th", name, style=_HEAD) for name in table.head))
    rows = (element("tr", *(element("td", cell, style=_CELL) for cell in row)) for row in table.rows)
    caption = element("div", table.title, style=_FAINT)
    body = element("tbody", *rows)
    parts = (element("thead", head), body) if table.head else (body,)
    return join((caption, element("table", *parts, style=_TABLE)))
