"""The view of the remedies: what each would change, the corrected cell to copy, and the live model repaired or put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import ipywidgets as widgets

from logit_magic.facts import Finding, Pair, Remedy
from logit_magic.report import document, html, wording
from logit_magic.report.document import Block, Line
from logit_magic.report.panel.busy import cell_runs
from logit_magic.report.panel.controls import Guard, button, markup, row, shown
from logit_magic.report.report import Report
from logit_magic.report.wording import Mark

_LONGEST = 12_000
"""Characters of a corrected source that the panel holds; a longer one would make the saved notebook large."""


class FixView:
    """Joins the choice of a remedy with its diff, its source, and the buttons that change the live model."""

    def __init__(self, report: Report, guard: Guard) -> None:
        self._report = report
        self._offers: tuple[tuple[Finding, Remedy], ...] = ()
        self._undo: dict[int, Any] = {}  # place of the offer's remedy in memory -> how to take it back
        self._which = widgets.Dropdown(
            description="Remedy",
            tooltip="Which remedy to look at",
            layout=widgets.Layout(width="auto", max_width="200px"),
            style={"description_width": "initial"},
        )
        self._list, self._source, self._said = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._repair = button("Repair the live model", "Compile the model again with the corrected loss")
        self._back = button("Undo", "Compile the model again with its earlier loss")
        self.box = widgets.VBox([self._list, self._which, self._source, row(self._repair, self._back), self._said])
        self._which.observe(guard(self._show_remedy), "value")
        self._repair.on_click(guard(self._repair_model))
        self._back.on_click(guard(self._take_back))

    def show(self, pair: Pair) -> None:
        findings = [f for f in document.of_pair(pair, self._report.findings) if f.fix is not None]
        self._offers = tuple((finding, remedy) for finding in findings for remedy in finding.fix.remedies)  # type: ignore[union-attr]
        self._list.value = markup(*_remedies(findings))
        options = tuple((_label(at, offer), at) for at, offer in enumerate(self._offers))
        if options != self._which.options:
            self._which.options = options
            self._which.index = 0 if options else None
        self._which.layout.display = shown(len(options) > 1)
        self._show_remedy()

    def clear(self) -> None:
        self._list.value = self._source.value = self._said.value = ""

    @property
    def _chosen(self) -> tuple[Finding, Remedy] | None:
        return self._offers[self._which.value] if self._offers and self._which.value is not None else None

    def _show_remedy(self) -> None:
        if self._chosen is None:
            self._source.value = ""
            return
        _, remedy = self._chosen
        parts = [html.blocks(document.edit_of(remedy, 1 + self._which.value), _no_chart)]
        if remedy.edit is not None and len(remedy.edit.corrected) <= _LONGEST:
            what = "cell" if remedy.edit.file == "cell" else "file"
            parts.append(html.copyable(f"copy corrected {what}", remedy.edit.corrected))
        elif remedy.edit is not None:
            parts.append(html.blocks((Line("The corrected source is too long to be shown here."),), _no_chart))
        self._source.value = html.root(parts)
        self._show_live()

    def _show_live(self) -> None:
        """Say whether the live model can be repaired, and offer what can be done."""
        assert self._chosen is not None
        finding, remedy = self._chosen
        undo = self._undo.get(id(remedy))
        done = undo is not None and undo.done
        reason = "" if done else self._refusal(finding, remedy)
        self._repair.disabled, self._back.disabled = done or bool(reason), not done
        if done:
            said = Line(
                f"The live model is repaired: {wording.clean(remedy.change, wording.SENTENCE)}. `%checkloss` confirms it.",
                Mark("✔", "repaired", "good"),
            )
        elif reason:
            said = Line(f"The live model cannot be repaired this way: {wording.clean(reason, wording.SENTENCE)}.")
        else:
            said = Line("Repairing compiles the live model again with its own optimizer, metrics and weights.")
        self._said.value = markup(said)

    def _model(self, finding: Finding) -> Any:
        from logit_magic.fix.live import model_of

        return None if finding.pair is None else model_of(finding.pair)

    def _refusal(self, finding: Finding, remedy: Remedy) -> str:
        from logit_magic.fix.live import refusal

        model = self._model(finding)
        return "the model does not exist any more" if model is None else refusal(model, finding, remedy)

    def _repair_model(self) -> None:
        from logit_magic.fix.live import repair

        assert self._chosen is not None
        if self._said_busy():
            return
        finding, remedy = self._chosen
        model = self._model(finding)
        if model is not None:
            self._undo[id(remedy)] = repair(model, finding, remedy)
        self._show_live()

    def _take_back(self) -> None:
        from logit_magic.fix.live import CannotRepairError

        assert self._chosen is not None
        if self._said_busy():
            return
        undo = self._undo.get(id(self._chosen[1]))
        try:
            if undo is not None:
                undo()
        except CannotRepairError as reason:
            del self._undo[id(self._chosen[1])]
            self._show_live()
            self._said.value = markup(Line(f"It was not taken back: {wording.clean(reason, wording.SENTENCE)}."))
            return
        self._show_live()

    def _said_busy(self) -> bool:
        """Say so where a cell is running: to compile a model while `fit` trains it would break the training."""
        if not cell_runs():
            return False
        self._said.value = markup(Line("A cell is running: press again when it is done.", Mark("▲", "busy", "caution")))
        return True


def _remedies(findings: Iterable[Finding]) -> Iterator[Block]:
    """Yield the remedies of every finding, counted through as the list that chooses among them counts."""
    first = 1
    for finding in findings:
        assert finding.fix is not None
        yield document.named(finding)
        yield document.remedies(finding.fix, first)
        first += len(finding.fix.remedies)


def _label(at: int, offer: tuple[Finding, Remedy]) -> str:
    finding, remedy = offer
    assert finding.fix is not None
    preferred = " (preferred)" if remedy is finding.fix.remedies[0] else ""
    return f"{at + 1}{preferred}"


def _no_chart(drawing: object) -> html.Markup:
    raise TypeError("a remedy holds no chart")
