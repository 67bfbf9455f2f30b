"""Puts one sample of a study into bars, a table and words: what each reading makes of it, and a reader of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from logit_magic.explore import decoding
from logit_magic.explore.rows import Reading, Rows
from logit_magic.report.axes import Span, span
from logit_magic.report.document import Block, Line
from logit_magic.report.measures import BarRow, Bars, Table
from logit_magic.report.wording import MISSING, PARAGRAPH, Mark, clean, number

View = Literal["readings", "top-k", "emitted"]

_NAME = 26
_REACHES = (1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at, and how.

    Attributes:
        item: which of the study's rows.
        view: both readings; top-k in either order; or the raw outputs.
        temperature: divides the scores.
        k: how many classes top-k keeps.
        drawn: how many draws were asked for.
        seed: of the draws.
    """

    item: int = 0
    view: View = "readings"
    temperature: float = 1.0
    k: int = 5
    drawn: int = 1
    seed: int = 0


def views(rows: Rows) -> tuple[View, ...]:
    """The views that the rows allow for."""
    if not rows.readings:
        return ("emitted",)
    return ("readings", "emitted") if rows.independent or rows.one_unit else ("readings", "top-k", "emitted")


def shown(rows: Rows, look: Look) -> tuple[Block, ...]:
    """Return the sample as blocks: which one it is, its bars, and what is read off them."""
    table = _read_off(rows, look)
    return (_headline(rows, look), _bars(rows, look), *([table] if table.rows else []))


def class_name(rows: Rows, which: int, limit: int = _NAME) -> str:
    """Return a class by its name where it has one, else by its id; names alike differ at their start or end."""
    if which == decoding.REST:
        return f"one of the other {rows.classes - int((rows.ids[0] >= 0).sum()):,}"
    if not 0 <= which < len(rows.names):
        return str(which)
    name = clean(rows.names[which], PARAGRAPH)
    if len(name) <= limit:
        return name
    left = limit - 3 - len(str(which))
    return f"{which}: {name[: left - left // 2].rstrip()}…{name[len(name) - left // 2 :].lstrip()}"


def _headline(rows: Rows, look: Look) -> Line:
    if rows.truth is None:
        return Line(rows.places[look.item], asides=("without labels",))
    true = rows.truth[look.item]
    if rows.independent:
        return Line(rows.places[look.item], asides=(f"true: {_several(rows, true)}",))
    if not true:
        return Line(rows.places[look.item], asides=("its label is not a number",))
    if not 0 <= true[0] < rows.classes:
        said = f"its label {true[0]} is none of the classes 0 to {rows.classes - 1}"
        return Line(rows.places[look.item], Mark("✖", "", "bad"), asides=(said,))
    best = decoding.greedy(rows, rows.readings[-1], look.item) if rows.readings else None
    named = f"{rows.places[look.item]}: true class {class_name(rows, true[0], 40)}"
    if best is None and rows.readings:
        return Line(named, Mark("▲", "not finite", "caution"))
    if best is None:
        return Line(named)
    by = (f"by the reading “{rows.readings[-1].name}”",)
    if best == true[0]:
        return Line(named, Mark("✔", "right", "good"), asides=by)
    return Line(f"{named}, first choice {class_name(rows, best, 40)}", Mark("✖", "wrong", "caution"), asides=by)


def _several(rows: Rows, ids: tuple[int, ...]) -> str:
    named = ", ".join(class_name(rows, each) for each in ids[:8])
    return (named or "none") + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")


def _bars(rows: Rows, look: Look) -> Bars:
    if look.view == "emitted" or not rows.readings:
        return _emitted(rows, look)
    if look.view == "top-k":
        return _cut(rows, look)
    given = [decoding.shares(rows, reading, look.item, look.temperature) for reading in rows.readings]
    series = tuple(reading.name for reading in rows.readings)
    columns = [one.kept.tolist() for one in given]
    rest = tuple(one.rest for one in given) if given[0].others else None
    cooled = "" if look.temperature == 1.0 else f", temperature {number(look.temperature)}"
    what = "Probability of each unit" if rows.independent else "Probability of each class"
    return _made(rows, look, f"{what}{cooled}", series, columns, rest, given[0].others, _reach(columns))


def _reach(columns: list[list[float | None]]) -> Span:
    """Return 0 to 1, or less where no class shown comes near: a bar of all others may then run out of the picture."""
    finite = [v for column in columns for v in column if v is not None and math.isfinite(v)]
    most = max(finite, default=1.0)
    return Span(0.0, next((high for high in _REACHES if most <= high), 1.0))


def _cut(rows: Rows, look: Look) -> Bars:
    reading = rows.readings[-1]
    cut = decoding.top_k(rows, reading, look.item, look.k, look.temperature)
    columns = [[None if math.isnan(v) else v for v in part.tolist()] for part in (cut.after, cut.before)]
    name = reading.name if len(rows.readings) > 1 else "as the loss takes it"
    cooled = "" if look.temperature == 1.0 else f", temperature {number(look.temperature)}"
    title = f"The {look.k} largest, {name}{cooled}"
    return _made(rows, look, title, _orders(reading, look), columns, None, 0, Span(0.0, 1.0))


def _orders(reading: Reading, look: Look) -> tuple[str, str]:
    """The two orders of top-k; a loss that takes what it gets for probabilities has no softmax before it."""
    if reading.how == "as is" and look.temperature == 1.0:
        return "as given, then top-k", "top-k, then normalised"
    return "softmax, then top-k", "top-k, then softmax"


def _emitted(rows: Rows, look: Look) -> Bars:
    values = [None if math.isnan(v) and rows.classes == 2 else v for v in rows.raw[look.item].tolist()]
    finite = [v for v in values if v is not None and math.isfinite(v)]
    over = span((min([0.0, *finite]), max([0.0, *finite])))
    return _made(rows, look, "What the model emitted", ("emitted",), [values], None, 0, over)


def _made(
    rows: Rows,
    look: Look,
    title: str,
    series: tuple[str, ...],
    columns: list[list[float | None]],
    rest: tuple[float, ...] | None,
    others: int,
    over: Span,
) -> Bars:
    true = () if rows.truth is None else rows.truth[look.item]
    found = []
    for at, which in enumerate(rows.ids[look.item].tolist()):
        if which < 0:
            continue
        values = tuple(column[at] for column in columns)
        said = ", ".join(f"{name} {number(value)}" for name, value in zip(series, values, strict=True))
        label = f"class {which}" if not rows.names else f"{class_name(rows, which, 60)} (class {which})"
        found.append(BarRow(class_name(rows, which), values, f"{label}: {said}", which in true))
    if rest is not None:
        said = ", ".join(f"{name} {number(value)}" for name, value in zip(series, rest, strict=True))
        name = f"mean of {others:,} others" if rows.independent else f"the other {others:,}"
        found.append(BarRow(name, rest, f"{name}: {said}"))
    most = sorted(found, key=lambda row: -max([v for v in row.values if v is not None and math.isfinite(v)] or [0.0]))[
        :3
    ]
    alt = f"{title}, {rows.places[look.item]}. {'; '.join(row.told for row in most)}."
    return Bars(f"{title} · {rows.places[look.item]}", series, tuple(found), over.low, over.high, alt)


def _read_off(rows: Rows, look: Look) -> Table:
    if look.view == "top-k" and rows.readings:
        return _orders_read_off(rows, look)
    cooled = "" if look.temperature == 1.0 else f" at temperature {number(look.temperature)}"
    choice = ("units above 0.5",) if rows.independent else ("greedy choice", "drawn", "sum")
    head = ("reading", *choice, f"crossentropy in nats{cooled}")
    lines = tuple(_line(rows, reading, look) for reading in rows.readings)
    return Table("What is read off", head, lines)


def _orders_read_off(rows: Rows, look: Look) -> Table:
    """What is drawn of the k largest, and what they sum to in either order; a draw divides by the sum."""
    reading = rows.readings[-1]
    cut = decoding.top_k(rows, reading, look.item, look.k, look.temperature)
    said = _drawn(rows, _draws(rows, reading, look))
    lines = (
        (name, said, number(sum(kept)) if (kept := [v for v in part.tolist() if math.isfinite(v)]) else MISSING)
        for name, part in zip(_orders(reading, look), (cut.after, cut.before), strict=True)
    )
    return Table(f"What is read off, {reading.name}", ("order", "drawn", f"sum of the {look.k}"), tuple(lines))


def _draws(rows: Rows, reading: Reading, look: Look) -> tuple[int, ...]:
    k = look.k if look.view == "top-k" else 0
    return decoding.draws(rows, reading, look.item, look.drawn, temperature=look.temperature, k=k, seed=look.seed)


def _line(rows: Rows, reading: Reading, look: Look) -> tuple[str, ...]:
    loss = number(decoding.crossentropy(rows, reading, look.item, look.temperature))
    if rows.independent:
        kept = decoding.shares(rows, reading, look.item, look.temperature).kept
        over = tuple(int(i) for i, p in zip(rows.ids[look.item], kept, strict=True) if p > 0.5 and i >= 0)
        return (reading.name, _several(rows, over), loss)
    best = decoding.greedy(rows, reading, look.item)
    total = decoding.shares(rows, reading, look.item, look.temperature).total
    drawn = _drawn(rows, _draws(rows, reading, look))
    return (reading.name, _choice(rows, reading, look.item, best), drawn, number(total), loss)


def _choice(rows: Rows, reading: Reading, item: int, best: int | None) -> str:
    if best is None:
        return MISSING
    alike = decoding.tied(rows, reading, item)
    return class_name(rows, best) if alike < 2 else f"none: {alike} classes tie"


def _drawn(rows: Rows, drawn: tuple[int, ...]) -> str:
    if not drawn:
        return MISSING
    last = class_name(rows, drawn[-1])
    if len(drawn) == 1:
        return last
    often = ", ".join(f"{class_name(rows, which)} × {count}" for which, count in decoding.tally(drawn))
    return f"{last} (of {len(drawn)}: {often})"
