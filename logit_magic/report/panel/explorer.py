"""The view of single samples: pick one, put a temperature or a top-k on it, draw from it."""

from __future__ import annotations

import ipywidgets as widgets

from logit_magic.explore import decoding
from logit_magic.explore.rows import KEPT, Rows
from logit_magic.facts import Pair
from logit_magic.report import exploring
from logit_magic.report.exploring import Look
from logit_magic.report.panel.controls import (
    Guard,
    button,
    choice,
    markup,
    positive_number,
    row,
    shown,
    whole_number,
)

_VIEWS = {"readings": "both readings", "top-k": "top-k", "emitted": "emitted"}


class ExplorerView:
    """Joins the controls with the picture of one sample."""

    def __init__(self, guard: Guard) -> None:
        self._rows: Rows | None = None
        self._turn = self._drawn = 0
        self._item = whole_number("Sample", 0, 0, 0)
        self._random = button("Random", "Another sample at random")
        self._worst = button("Worst by loss", "The sample with the largest crossentropy as configured")
        self._sure = button("Most confident", "The sample with the largest probability")
        self._view = choice("What to show of the sample")
        self._temperature = positive_number("Temperature", 1.0, 1.0)
        self._k = whole_number("top-k", 1, 1, 1)
        self._draw = button("Draw", "Draw once more from the probabilities")
        self._picture = widgets.HTML()
        self.box = widgets.VBox(
            [
                row(self._item.widget, self._random, self._worst, self._sure),
                row(self._view, self._temperature.widget, self._k.widget, self._draw),
                self._picture,
            ]
        )
        self._item.box.observe(guard(self._another), "value")
        for control in (self._temperature.box, self._k.box, self._view):
            control.observe(guard(self._show), "value")
        self._random.on_click(guard(self._at_random))
        self._worst.on_click(guard(self._by_loss))
        self._sure.on_click(guard(self._by_confidence))
        self._draw.on_click(guard(self._once_more))

    def show(self, pair: Pair) -> None:
        study = pair.distributions.study if pair.distributions else None
        rows = study.rows if study else None
        if rows is not self._rows:
            self._rows, self._drawn = None, 0  # nothing is drawn while the controls are set
            if rows is not None:
                self._set_up(rows)
            self._rows = rows
        self._show()

    def clear(self) -> None:
        self._picture.value = ""
        self._rows = None

    def _set_up(self, rows: Rows) -> None:
        last = len(rows.places) - 1
        self._item.reaches(0, last)
        self._item.value = min(self._item.value, last)
        self._item.widget.layout.display = shown(last > 0)
        self._random.layout.display = shown(last > 0)
        self._worst.layout.display = shown(last > 0 and decoding.worst(rows) is not None)
        self._sure.layout.display = shown(last > 0)
        most = min(rows.classes, KEPT)
        self._k.reaches(1, most)
        self._k.value = min(5, most) if self._k.value in (1, most) else min(self._k.value, most)
        names = exploring.views(rows)
        alone = {"readings": "probabilities"} if len(rows.readings) < 2 else {}
        options = tuple(((_VIEWS | alone)[name], name) for name in names)
        if options != self._view.options:
            self._view.options = options
            self._view.index = 0
        self._view.layout.display = shown(len(options) > 1)
        self._temperature.widget.layout.display = shown(bool(rows.readings))

    def _show(self) -> None:
        if self._rows is None:
            return
        self._k.widget.layout.display = shown(self._view.value == "top-k")
        drawable = bool(self._rows.readings) and not self._rows.independent and self._view.value != "emitted"
        self._draw.layout.display = shown(drawable)
        look = Look(
            item=int(self._item.value),
            view=self._view.value,
            temperature=float(self._temperature.value),
            k=int(self._k.value),
            drawn=1 + self._drawn,
        )
        self._picture.value = markup(*exploring.shown(self._rows, look))

    def _another(self) -> None:
        self._drawn = 0
        self._show()

    def _at_random(self) -> None:
        assert self._rows is not None
        self._turn += 1
        self._item.value = decoding.another(int(self._item.value), len(self._rows.places), self._turn)

    def _by_loss(self) -> None:
        assert self._rows is not None
        worst = decoding.worst(self._rows)
        if worst is not None:
            self._item.value = worst

    def _by_confidence(self) -> None:
        assert self._rows is not None
        self._item.value = decoding.most_confident(self._rows)

    def _once_more(self) -> None:
        self._drawn += 1
        self._show()
