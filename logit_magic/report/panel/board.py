"""The panel's frame: which pair, which view of it, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import ipywidgets as widgets

from logit_magic.facts import Pair
from logit_magic.report import document, html, wording
from logit_magic.report.document import Block
from logit_magic.report.panel.box import Panel
from logit_magic.report.panel.controls import Guard, button, choice, markup, row, shown
from logit_magic.report.panel.distributions import DistributionsView
from logit_magic.report.panel.explorer import ExplorerView
from logit_magic.report.panel.fixing import FixView
from logit_magic.report.panel.racing import RaceView, can_be_asked_for
from logit_magic.report.report import Report

if TYPE_CHECKING:
    from logit_magic.measure.sample import Sample


_CHEVRON = (
    "%3Csvg xmlns='http://www.w3.org/2000/svg' width='10' height='6'%3E"
    "%3Cpath d='M1 1l4 4 4-4' fill='none' stroke='%23777' stroke-width='2'/%3E%3C/svg%3E"
)
_STYLE = (
    "<style>.logit-magic .jupyter-widgets.widget-dropdown > select {background: no-repeat right 8px center / 10px "
    f'url("data:image/svg+xml,{_CHEVRON}") var(--jp-widgets-input-background-color, transparent)}}</style>'
)
"""The mark of a drop-down list is black in every theme where nobody sees to it; mid-grey stands out on light and dark."""


class View(Protocol):
    """One view of a pair.

    Attributes:
        box: its widgets.
    """

    box: widgets.Widget

    def show(self, pair: Pair) -> None:
        """Draw the view of this pair."""

    def clear(self) -> None:
        """Drop what was drawn: a view that is not seen is not saved either."""


class Board:
    """Joins the selector with the views; each view is made when it is first looked at."""

    def __init__(self, report: Report, given: Sequence[tuple[Pair, Sample]] = ()) -> None:
        self._report = report
        self._given = tuple(given)
        self._raced = {at for at, pair in enumerate(report.pairs) if can_be_asked_for(pair)}
        self.guard = Guard()
        counts = Counter(pair.verdict for pair in report.pairs)
        tally = html.tally((mark, counts[word]) for word, mark in wording.VERDICT_MARKS.items() if counts[word])
        self._pair = widgets.Dropdown(
            options=[(_label(report.pairs[at]), at) for at in document.by_trouble(report.pairs, report.findings)],
            index=0,
            description="Pair",
            tooltip="Which model output and loss to look at",
            layout=widgets.Layout(width="auto", max_width="720px"),
            style={"description_width": "initial"},
        )
        self._selector = widgets.VBox([widgets.HTML(html.root((tally,))), self._pair])
        self._selector.layout.display = shown(len(report.pairs) > 1)
        self._which = choice("What to look at")
        self._close = button("Close", "End the panel and its race, and free what they hold; the report above stays")
        self._close.layout.margin = "2px 2px 2px auto"
        self._frame = widgets.VBox()
        self._views: dict[str, View] = {}
        header = row(self._which, self._close)
        self.box = Panel([self.guard.problem, self._selector, header, self._frame, widgets.HTML(_STYLE)])
        self.box.add_class("logit-magic")
        self.box.leave = self._leave
        self.guard(self._show_pair)()
        self._pair.observe(self.guard(self._show_pair), "value")
        self._which.observe(self.guard(self._show_view), "value")
        self._close.on_click(self.guard(self.box.close))

    @property
    def pair(self) -> Pair:
        return self._report.pairs[int(self._pair.value)]

    def _show_pair(self) -> None:
        names = self._views_of(self.pair)
        if names != self._which.options:
            before = self._which.value
            self._which.options = names
            self._which.value = before if before in names else names[0]
        self._show_view()

    def _show_view(self) -> None:
        name = self._which.value
        if name is None:
            return
        for other, view in self._views.items():
            if other != name:
                view.clear()
        if name not in self._views:
            self._views[name] = self._made(name)
        view = self._views[name]
        self._frame.children = (view.box,)
        self.box.put_away = tuple(each.box for each in self._views.values() if each is not view)
        view.show(self.pair)

    def _views_of(self, pair: Pair) -> tuple[str, ...]:
        names = ["Overview"]
        if any(finding.fix for finding in document.of_pair(pair, self._report.findings)):
            names.append("Fix")
        if pair.distributions is not None:
            names.append("Distributions")
            study = pair.distributions.study
            if study is not None and study.curve is not None:
                names.append("Loss curve")
            if study is not None and study.rows is not None:
                names.append("Samples")
        if int(self._pair.value) in self._raced:
            names.append("Race")
        return tuple(names)

    def _made(self, name: str) -> View:
        if name == "Fix":
            return FixView(self._report, self.guard)
        if name == "Distributions":
            return DistributionsView(self.guard)
        if name == "Race":
            return RaceView(self._report, self._given, self.guard)
        if name == "Samples":
            return ExplorerView(self.guard)
        return _Page(self._overview if name == "Overview" else _loss_curve)

    def _leave(self) -> None:
        race = self._views.get("Race")
        if isinstance(race, RaceView):
            race.leave()
        self._given = ()

    def _overview(self, pair: Pair) -> tuple[Block, ...]:
        findings = document.of_pair(pair, self._report.findings)
        measured = (document.measured(pair), *document.not_finite(pair))
        return (document.title(pair), document.sides(pair), *document.reasons(findings), *measured)


class _Page:
    """A view without controls."""

    def __init__(self, blocks: object) -> None:
        self._blocks = blocks
        self.box = widgets.HTML()

    def show(self, pair: Pair) -> None:
        self.box.value = markup(*self._blocks(pair))  # type: ignore[operator]

    def clear(self) -> None:
        self.box.value = ""


def _loss_curve(pair: Pair) -> tuple[Block, ...]:
    return document.loss_blocks(pair, charted=True)


def _label(pair: Pair) -> str:
    return wording.clean(f"{wording.VERDICT_MARKS[pair.verdict]}: {wording.heading(pair)}", 120)
