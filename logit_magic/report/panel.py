"""The live panel: explores a report pair by pair with core ipywidgets controls.

It draws the chosen pair and chart only, so that the state that a notebook saves with it stays small, and it
holds the report's frozen numbers and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from logit_magic.facts import Pair
from logit_magic.report import charts, document, html, measures, wording
from logit_magic.report.html import Markup
from logit_magic.report.report import Report

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_MEASURES = ("histogram", "cumulative")


class _Panel(widgets.VBox):  # type: ignore[misc]
    """A box whose display carries the live view and empty text.

    The static report stands above it; in a notebook that is exported or opened again without a kernel the
    panel must not repeat it or leave a line such as "VBox(children=…)".
    """

    _ipython_display_ = None  # ipywidgets 7 defines it, and it would go before the bundle

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": "", "text/html": "", _WIDGET_VIEW: view}


def panel(report: Report) -> widgets.VBox:
    """Return the panel for a report that has at least one pair."""
    return _Explorer(report).box


class _Explorer:
    """Joins the controls with what they show."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._pair = widgets.Dropdown(
            options=[(_label(pair), index) for index, pair in enumerate(report.pairs)],
            index=_first_of_interest(report),
            description="Pair",
            layout=widgets.Layout(width="auto", max_width="720px", display=_shown(len(report.pairs) > 1)),
            style={"description_width": "initial"},
        )
        self._chart = _buttons("What to draw")
        self._measure = _buttons("How to draw it", _MEASURES)
        self._facts, self._drawing, self._numbers, self._problem = (widgets.HTML() for _ in range(4))
        self.box = _Panel(
            [
                self._problem,
                self._pair,
                self._facts,
                widgets.HBox(
                    [self._chart, self._measure],
                    layout=widgets.Layout(flex_flow="row wrap", grid_gap="0 24px"),
                ),
                self._drawing,
                self._numbers,
            ]
        )
        self._pair.observe(self._guarded(self._show_pair), "value")
        self._chart.observe(self._guarded(self._show_chart), "value")
        self._measure.observe(self._guarded(self._show_chart), "value")
        self._guarded(self._show_pair)()

    @property
    def _chosen(self) -> Pair:
        return self._report.pairs[int(self._pair.value)]

    def _show_pair(self) -> None:
        pair = self._chosen
        distributions = pair.distributions
        findings = document.of_pair(pair, self._report.findings)
        facts = (document.title(pair), *document.findings_blocks(findings), document.sides(pair))
        self._facts.value = _markup(*facts)
        histograms = distributions.histograms if distributions else ()
        self._chart.options = [(wording.clean(each.title), index) for index, each in enumerate(histograms)]
        self._chart.index = 0 if histograms else None
        self._chart.layout.display = _shown(len(histograms) > 1)
        self._measure.layout.display = _shown(bool(histograms))
        tables = measures.numbers(distributions, losses=not document.shows_losses(findings)) if distributions else ()
        self._numbers.value = _markup(document.measured(pair), *tables)
        self._show_chart()

    def _show_chart(self) -> None:
        distributions = self._chosen.distributions
        if distributions is None or self._chart.value is None:
            self._drawing.value = ""
            return
        histogram = distributions.histograms[self._chart.value]
        self._drawing.value = _markup(measures.chart(histogram, cumulative=self._measure.value == "cumulative"))

    def _guarded(self, show: Callable[[], None]) -> Callable[..., None]:
        """Return a callback that runs `show` and, where it fails, says so in the panel."""

        def callback(*_: object) -> None:
            try:
                show()
                self._problem.value = ""
            except Exception as error:
                reason = wording.clean(f"{type(error).__name__}: {error}", wording.SENTENCE)
                line = document.Line(f"This view could not be drawn ({reason}).", wording.SEVERITY_MARKS["error"])
                self._problem.value = _markup(line)

        return callback


def _markup(*blocks: document.Block) -> Markup:
    return html.root((html.blocks(blocks, charts.live),))


def _label(pair: Pair) -> str:
    return wording.clean(f"{wording.VERDICT_MARKS[pair.verdict]}: {wording.heading(pair)}", 120)


def _first_of_interest(report: Report) -> int:
    """Return the place of the pair with the worst finding, so that the panel opens on it."""
    about = (report.pairs.index(each.pair) for each in report.findings if each.pair in report.pairs)
    return next(about, 0)


def _buttons(tooltip: str, options: tuple[str, ...] = ()) -> widgets.ToggleButtons:
    return widgets.ToggleButtons(options=options, tooltip=tooltip, style={"button_width": "auto"})


def _shown(wanted: bool) -> str | None:
    return None if wanted else "none"
