"""Writes markup, through one builder that escapes, and renders a document as static HTML.

Untrusted notebooks and code hosts strip `<style>`, scripts and inline `<svg>`; so styles stand on the
elements, colours are such as can be read on light and on dark, and how a chart becomes markup is handed in.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence

from logit_magic.report.document import Block, Code, Document, Items, Line, Side, Sides
from logit_magic.report.measures import Bars, Chart, Drawing, LossChart, RaceChart, Table
from logit_magic.report.wording import Mark, Tone

TONES: dict[Tone, str] = {"bad": "#D55E00", "caution": "#A67C00", "good": "#009E73", "quiet": "#777777"}
GREY = "#777777"

_FAINT = "opacity:0.75"
_VOID = frozenset({"img", "br"})
_ROOT = "font-size:13px;line-height:1.5;max-width:960px;overflow-wrap:anywhere"
_CELL = "text-align:left;vertical-align:top;white-space:normal;padding:2px 12px 2px 0;border:none"
_BOX = f"text-align:left;vertical-align:top;white-space:normal;padding:8px 12px;border:1px solid {GREY};width:44%"
_CARD = "margin:2px 0 6px 0;padding:2px 0 2px 10px;border-left:4px solid"
_HEAD = "text-align:left;white-space:nowrap;padding:2px 12px 2px 0;border:none"
_BETWEEN = "text-align:center;vertical-align:middle;padding:6px 8px;border:none;white-space:nowrap"
_CODE = (
    f"margin:2px 0 8px 0;padding:4px 8px;border-left:3px solid {GREY};font-size:12px;"
    "background:none;white-space:pre-wrap;overflow-wrap:anywhere;box-sizing:border-box"
)
_SOURCE = (
    f"display:block;width:100%;max-width:820px;margin-top:4px;font-family:monospace;font-size:12px;white-space:pre-wrap;"
    f"overflow-wrap:anywhere;background:transparent;color:inherit;border:1px solid {GREY};box-sizing:border-box"
)
_TABLE = "border-collapse:collapse;margin:2px 0 8px 0;font-size:inherit"


class Markup(str):
    """Text that is markup already, and so is not escaped again."""

    __slots__ = ()


Draw = Callable[[Drawing], Markup]


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
    parts = [_line(line, quiet=True) if line.mark is None else _card(line) for line in document.lines]
    if len(document.folds) == 1:
        (fold,) = document.folds
        content: Sequence[Markup] = (_line(fold.title), blocks(fold.blocks, draw))
    else:
        content = [_details(fold.title, (blocks(fold.blocks, draw),), fold.open) for fold in document.folds]
    if content:
        parts.append(_details(Line("Evidence, numbers and charts"), content))
    return root(parts)


def root(parts: Iterable[str]) -> Markup:
    """Return the parts in the container that sets the type size and line height for all of them."""
    return element("div", *parts, style=_ROOT)


def blocks(content: Iterable[Block], draw: Draw) -> Markup:
    """Return the markup of a fold's content, charts drawn by `draw`."""
    return join(_block(block, draw) for block in content)


def _details(title: Line, content: Iterable[str], opened: bool = False) -> Markup:
    summary = element("summary", *_phrases(title), style="cursor:pointer")
    inside = element("div", *content, style="margin:4px 0 12px 1.2em")
    state = {"open": "open"} if opened else {}
    return element("details", summary, inside, style="margin:4px 0", **state)


def _block(block: Block, draw: Draw) -> Markup:
    match block:
        case Line():
            return _line(block)
        case Items():
            return join((element("div", block.title, style=_FAINT), _list(block.items, block.first)))
        case Sides():
            return _sides(block)
        case Table():
            return _table(block)
        case Code():
            return join(
                (element("div", _prose(block.title), style=_FAINT), element("pre", _code(block.lines), style=_CODE))
            )
        case Chart() | LossChart() | Bars() | RaceChart():
            return element("div", draw(block), style="display:inline-block;max-width:100%;margin:0 12px 8px 0")


def _line(line: Line, quiet: bool = False) -> Markup:
    return element("div", *_phrases(line), style=f"margin:2px 0;{_FAINT}" if quiet else "margin:2px 0")


def _card(line: Line) -> Markup:
    """Return a finding: what is wrong, below it where and what it costs, below that what to do."""
    assert line.mark is not None
    rows = [element("div", *_phrases(Line(line.text, line.mark, line.lead)))]
    if line.asides:
        rows.append(element("div", join(_joined(line.asides)), style=_FAINT))
    if line.remedy:
        rows.append(element("div", "Fix: ", element("b", _prose(line.remedy), style="font-weight:600")))
    return element("div", *rows, style=f"{_CARD} {TONES[line.mark.tone]}")


def _joined(parts: Sequence[str]) -> Iterable[Markup]:
    for at, part in enumerate(parts):
        yield join((Markup(" · "), _prose(part))) if at else _prose(part)


def _phrases(line: Line) -> Iterable[Markup]:
    if line.mark:
        yield mark(line.mark)
        yield Markup(" ")
    if line.lead:
        yield element("b", line.lead)
        yield Markup(" ")
    yield _prose(line.text)
    for aside in (*line.asides, *([f"Fix: {line.remedy}"] if line.remedy else [])):
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


def _list(items: Iterable[str], first: int = 0) -> Markup:
    entries = (element("li", _prose(item), style="margin:0") for item in items)
    style = "margin:0 0 8px 0;padding-left:1.5em"
    return element("ol", *entries, start=first, style=style) if first else element("ul", *entries, style=style)


def _sides(both: Sides) -> Markup:
    tone = TONES[both.mark.tone]
    arrow = element("div", Markup("&#8594;"), style=f"color:{tone};font-size:22px;line-height:1")
    between = element("td", arrow, mark(both.mark), style=_BETWEEN)
    cells = (_side(both.emits, tone), between, _side(both.expects, tone))
    row = element("tr", *cells, style="background:none")
    return element("table", element("tbody", row), style=f"{_TABLE};max-width:820px")


def _side(side: Side, tone: str) -> Markup:
    who = element("div", side.who, style=_FAINT)
    answer = element("div", f"{side.role} ", element("b", side.answer, style="font-size:15px"))
    meaning = element("div", side.meaning, style="margin-bottom:4px")
    evidence = _list(side.items) if side.items else ""
    return element("td", who, answer, meaning, evidence, style=f"{_BOX};border-top:3px solid {tone}")


def _code(lines: Iterable[str]) -> Markup:
    """Return source; lines that a diff takes away or puts in are coloured as well as signed."""
    tones = {"-": TONES["bad"], "+": TONES["good"]}
    parts = []
    for line in lines:
        tone = tones.get(line[:1]) if line[:3] not in ("---", "+++") else None
        parts.append(join((line,)) if tone is None else element("span", line, style=f"color:{tone}"))
    return Markup("\n".join(parts))


def tally(counts: Iterable[tuple[Mark, int]]) -> Markup:
    """Return how many pairs have which verdict."""
    told = (element("span", mark(one), f" {count:,} ", style="margin-right:14px") for one, count in counts)
    return element("div", *told)


_COPY = (
    "const box=this.nextElementSibling;box.focus();box.select();"
    "const done=()=>{this.textContent='copied'};"
    "if(navigator.clipboard&&window.isSecureContext){navigator.clipboard.writeText(box.value).then(done,()=>{})}"
    "else if(document.execCommand('copy')){done()}"
)


def copyable(label: str, source: str) -> Markup:
    """Return a button and a box that holds the source: the button selects it, and copies it where the browser lets it."""
    classes = "lm-Widget jupyter-widgets jupyter-button widget-button"  # looks like the buttons around it
    button = element("button", label, type="button", onclick=_COPY, class_=classes, style="width:auto;margin:2px 0")
    box = element(
        "textarea",
        Markup("\n") if source.startswith("\n") else "",  # a parser drops a box's first line end
        source,
        readonly="readonly",
        rows=min(max(source.count("\n") + 1, 3), 14),
        spellcheck="false",
        aria_label="corrected source",
        style=_SOURCE,
    )
    return element("div", button, box, style="margin:4px 0")


def _table(table: Table) -> Markup:
    head = element("tr", *(element("th", name, style=_HEAD) for name in table.head))
    rows = (element("tr", *map(_cell, row)) for row in table.rows)
    caption = element("div", table.title, style=_FAINT)
    body = element("tbody", *rows)
    parts = (element("thead", head), body) if table.head else (body,)
    return join((caption, element("table", *parts, style=_TABLE)))


def _cell(words: str) -> Markup:
    """Return a cell; words that are short stay on one line."""
    return element("td", words, style=_CELL if len(words) > 24 else _CELL.replace("normal", "nowrap"))
