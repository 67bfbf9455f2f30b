"""The panel's frame: which pair, which view of it, and what went wrong."""

from __future__ import annotations

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
        self._strip = widgets.HTML()
        self._pair = widgets.Dropdown(
            options=[(_label(pair), index) for index, pair in enumerate(report.pairs)],
            index=_first_of_interest(report),
            description="Pair",
            tooltip="Which model output and loss to look at",
            layout=widgets.Layout(width="auto", max_width="720px"),
            style={"description_width": "initial"},
        )
        self._selector = widgets.VBox([self._strip, self._pair], layout={"display": shown(len(report.pairs) > 1)})
        self._which = choice("What to look at")
        self._close = button("Close", "End the panel and its race, and free what they hold; the report above stays")
        self._close.layout.margin = "2px 2px 2px auto"
        self._frame = widgets.VBox()
        self._views: dict[str, View] = {}
        self.box = Panel([self.guard.problem, self._selector, row(self._which, self._close), self._frame])
        self.box.leave = self._leave
        self.guard(self._show_pair)()
        self._pair.observe(self.guard(self._show_pair), "value")
        self._which.observe(self.guard(self._show_view), "value")
        self._close.on_click(self.guard(self.box.close))

    @property
    def pair(self) -> Pair:
        return self._report.pairs[int(self._pair.value)]

    def _show_pair(self) -> None:
        chosen = int(self._pair.value)
        if len(self._report.pairs) > 1:
            self._strip.value = html.root((html.strip([_mark(pair) for pair in self._report.pairs], chosen),))
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
        return (document.title(pair), document.sides(pair), *document.reasons(findings), document.measured(pair))


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


def _mark(pair: Pair) -> tuple[wording.Mark, str]:
    return wording.VERDICT_MARKS[pair.verdict], _label(pair)


def _first_of_interest(report: Report) -> int:
    """Return the place of the pair with the worst finding, so that the panel opens on it."""
    about = (report.pairs.index(each.pair) for each in report.findings if each.pair in report.pairs)
    return next(about, 0)
