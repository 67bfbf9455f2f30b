"""The view of the race: two copies of the live model trained side by side, with curves, time left, and a Stop."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from logit_magic.facts import Finding, Pair
from logit_magic.report import document, racing, wording
from logit_magic.report.document import Line
from logit_magic.report.panel.busy import cell_runs
from logit_magic.report.panel.controls import Guard, button, markup, row, shown, whole_number
from logit_magic.report.report import Report
from logit_magic.report.wording import Mark

if TYPE_CHECKING:
    from logit_magic.measure.sample import Sample
    from logit_magic.race.runner import Race

_STEPS, _FEWEST, _MOST = 200, 10, 2000


def can_be_asked_for(pair: Pair) -> bool:
    """Whether a race is worth a view: something is wrong with the pair, and its live model is known."""
    live = sys.modules.get("logit_magic.fix.live")  # where it is not loaded, no model was checked
    return pair.verdict in ("mismatch", "rescued") and live is not None and live.model_of(pair) is not None


class RaceView:
    """Joins the buttons with a race and the pictures of it.

    The race runs on while another view is looked at; to look at another pair's ends it.
    """

    def __init__(self, report: Report, given: Sequence[tuple[Pair, Sample]], guard: Guard) -> None:
        self._report, self._given, self._guard = report, tuple(given), guard
        self._pair: Pair | None = None
        self._race: Race | None = None
        self._seen = False
        self._steps = whole_number("Steps", _FEWEST, _MOST, _STEPS)
        self._start = button("Start", "Train two copies of the model side by side")
        self._stop = button("Stop", "End the race within a step")
        self._bar = widgets.IntProgress(min=0, max=_STEPS, layout={"width": "220px"})
        self._time = widgets.Label()
        self._progress = row(self._bar, self._time)
        self._about, self._said, self._picture = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.box = widgets.VBox(
            [self._about, row(self._steps.widget, self._start, self._stop), self._progress, self._said, self._picture]
        )
        self._start.on_click(guard(self._begin))
        self._stop.on_click(guard(self._end))

    def show(self, pair: Pair) -> None:
        self._seen = True
        if pair is not self._pair:
            self._forget()
            self._pair = pair
        self._offer()
        self._draw()

    def clear(self) -> None:
        self._seen = False
        self._about.value = self._said.value = self._picture.value = ""

    def leave(self) -> None:
        """Stop the race and drop the rows: the panel is being closed."""
        self._seen = False
        self._forget()
        self._given = ()

    def _forget(self) -> None:
        if self._race is not None:
            self._race.leave()
        self._race = None

    @property
    def _finding(self) -> Finding | None:
        """The finding whose remedy is raced: the first that changes the loss alone."""
        assert self._pair is not None
        known = [f for f in document.of_pair(self._pair, self._report.findings) if f.fix is not None]
        return next((f for f in known if _changes_loss(f)), known[0] if known else None)

    def _data(self) -> Sample | None:
        return next((data for pair, data in self._given if pair is self._pair), None)

    def _model(self) -> Any:
        from logit_magic.fix.live import model_of

        assert self._pair is not None
        return model_of(self._pair)

    def _offer(self) -> None:
        """Say what a race would do, or why there is none."""
        from logit_magic.race.entry import refusal

        assert self._pair is not None
        data = self._data()
        reason = refusal(self._model(), self._pair, self._finding, data)
        self._start.disabled = bool(reason)
        if reason:
            self._about.value = markup(Line(f"There is no race: {wording.clean(reason, wording.SENTENCE)}."))
        else:
            assert data is not None
            self._about.value = markup(*racing.offer(self._pair, data.source))

    def _begin(self) -> None:
        from logit_magic.race.course import Course
        from logit_magic.race.entry import CannotRaceError
        from logit_magic.race.runner import Race
        from logit_magic.race.twins import twins

        data, finding, model = self._data(), self._finding, self._model()
        self._offer()
        if self._start.disabled or self._pair is None or data is None or finding is None:
            return
        if cell_runs():
            self._said.value = markup(
                Line("A cell is running: press again when it is done.", Mark("▲", "busy", "caution"))
            )
            return
        try:
            both = twins(model, finding, data)
        except CannotRaceError as reason:
            self._said.value = markup(Line(f"There is no race: {wording.clean(reason, wording.SENTENCE)}."))
            return
        self._forget()
        self._race = Race(Course(both, self._pair.emission, data, int(self._steps.value)), self._tell)
        self._race.start()
        self._draw()

    def _end(self) -> None:
        if self._race is not None:
            self._race.stop()

    def _tell(self) -> None:
        """Called by the race's thread."""
        self._guard.told(self._draw)

    def _draw(self) -> None:
        progress = None if self._race is None else self._race.progress
        running = progress is not None and progress.state == "running"
        self._stop.disabled, self._steps.box.disabled, self._steps.slider.disabled = not running, running, running
        self._start.description = "Start" if progress is None else "Start again"
        self._progress.layout.display = shown(progress is not None)
        if not self._seen or progress is None or self._pair is None:
            self._said.value = self._picture.value = ""
            return
        self._bar.max, self._bar.value = progress.steps, progress.step
        self._time.value = racing.clock(progress)
        self._said.value = markup(*racing.outcome(progress, self._pair))
        self._picture.value = markup(*racing.pictures(progress))


def _changes_loss(finding: Finding) -> bool:
    remedies = finding.fix.remedies if finding.fix is not None else ()
    return any(step.kind in ("set-flag", "swap-loss") for remedy in remedies for step in remedy.steps)
