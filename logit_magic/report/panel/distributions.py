"""The view of what was measured: one distribution at a time, as histogram or cumulative, above the table of numbers."""

from __future__ import annotations

import ipywidgets as widgets

from logit_magic.facts import Distributions, Pair
from logit_magic.report import document, measures, wording
from logit_magic.report.panel.controls import Guard, choice, markup, row, shown

_SHORT = {
    "values": "Raw outputs",
    "row-sums": "Row sums",
    "readings": "Probabilities",
    "top-class": "Top class",
    "entropy": "Entropy",
}
"""What the buttons say; the chart bears the whole title."""


class DistributionsView:
    """Joins the choice of a quantity, and of how to draw it, with the drawing."""

    def __init__(self, guard: Guard) -> None:
        self._measured: Distributions | None = None
        self._chart = choice("Which quantity to draw")
        self._measure = choice("How to draw it", ("histogram", "cumulative"))
        self._drawing, self._numbers = widgets.HTML(), widgets.HTML()
        self.box = widgets.VBox([row(self._chart, self._measure), self._drawing, self._numbers])
        self._chart.observe(guard(self._draw), "value")
        self._measure.observe(guard(self._draw), "value")

    def show(self, pair: Pair) -> None:
        self._measured = pair.distributions
        histograms = self._measured.histograms if self._measured else ()
        options = tuple(
            (_SHORT.get(each.key) or wording.clean(each.title, 30), index) for index, each in enumerate(histograms)
        )
        if options != self._chart.options:
            self._chart.options = options
            self._chart.index = 0 if histograms else None
        self._chart.layout.display = shown(len(histograms) > 1)
        self._measure.layout.display = shown(bool(histograms))
        tables = measures.numbers(self._measured) if self._measured else ()
        self._numbers.value = markup(document.measured(pair), *tables)
        self._draw()

    def clear(self) -> None:
        self._drawing.value = self._numbers.value = ""
        self._measured = None

    def _draw(self) -> None:
        if self._measured is None or self._chart.value is None:
            self._drawing.value = ""
            return
        histogram = self._measured.histograms[self._chart.value]
        self._drawing.value = markup(measures.chart(histogram, cumulative=self._measure.value == "cumulative"))
