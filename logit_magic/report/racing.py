"""Puts a race into words, a table and a chart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from logit_magic.facts import Pair
from logit_magic.report.document import Block, Line
from logit_magic.report.measures import RaceChart, RaceLine, Table
from logit_magic.report.wording import MISSING, SENTENCE, SEVERITY_MARKS, Mark, clean, counted, number, percent

if TYPE_CHECKING:
    from logit_magic.race.runner import Progress

CONFIGURED, RIGHT = "as configured", "if right"
_SAME = 1e-3
"""Of a loss: copies that differ by less all along train on the same number."""


def offer(pair: Pair, source: str) -> tuple[Block, ...]:
    """Return what a race would do."""
    lines = [
        Line(
            "Two copies of the model, with its weights as they are now and an optimizer of the same kind each, train on "
            f"the same batches: one with the loss {CONFIGURED}, one {RIGHT}. Your model, its optimizer and its data are "
            f"not touched. Rows: {clean(source, SENTENCE)}."
        )
    ]
    if pair.verdict == "rescued":
        lines.append(
            Line(
                "Keras repairs this loss inside training on this backend: both copies train on the same number, so the "
                "curves coincide here. On another backend they would not.",
                Mark("▲", "rescued by Keras", "caution"),
            )
        )
    return tuple(lines)


def clock(progress: Progress) -> str:
    """Return how far a race is, and how long it still takes."""
    steps = f"step {progress.step:,} of {progress.steps:,}"
    if progress.state != "running":
        return steps
    if progress.seconds_left is None:
        return f"{steps}, starting"
    left = progress.seconds_left
    return f"{steps}, {left / 60:.0f} min left" if left >= 90 else f"{steps}, {math.ceil(left)} s left"


def outcome(progress: Progress, pair: Pair) -> tuple[Block, ...]:
    """Return how a race ended, one line; nothing while it runs."""
    if progress.state == "failed":
        return (Line(f"The race ended with an error ({clean(progress.problem, SENTENCE)}).", SEVERITY_MARKS["error"]),)
    if progress.state == "slow":
        return (Line(f"The race was ended: {clean(progress.problem, SENTENCE)}.", Mark("▲", "too slow", "caution")),)
    if progress.state == "running" or not progress.laps:
        return ()
    verb = "After" if progress.state == "finished" else "Stopped after"
    last = progress.laps[-1]
    if last.accuracies is None:
        return (Line(f"{verb} {counted(progress.step, 'step')}."),)
    accuracies = f"accuracy {percent(last.accuracies[0])} {CONFIGURED}, {percent(last.accuracies[1])} {RIGHT}"
    same = " The curves coincide: Keras repairs the loss." if pair.verdict == "rescued" and _coincide(progress) else ""
    return (Line(f"{verb} {counted(progress.step, 'step')}: {accuracies}.{same}"),)


def pictures(progress: Progress) -> tuple[Block, ...]:
    """Return the chart of the laps so far, and the latest figures as a table."""
    if not progress.laps:
        return ()
    last = progress.laps[-1]
    rows = tuple(
        (
            name,
            number(None if last.losses is None else last.losses[at]),
            MISSING if last.accuracies is None else percent(last.accuracies[at]),
        )
        for at, name in enumerate((CONFIGURED, RIGHT))
    )
    title = f"After {counted(last.step, 'step')}"
    if progress.rule:
        title += f"; accuracy by {progress.rule}, on {progress.rows:,} of the rows, for both"
    return chart(progress), Table(title, ("copy", "loss it trains on", "accuracy"), rows)


def chart(progress: Progress) -> RaceChart:
    """Return the chart of the laps so far."""
    lines = []
    for at, name in enumerate((CONFIGURED, RIGHT)):
        losses = tuple((lap.step, lap.losses[at]) for lap in progress.laps if lap.losses is not None)
        accuracies = tuple((lap.step, lap.accuracies[at]) for lap in progress.laps if lap.accuracies is not None)
        lines.append(RaceLine(name, losses, accuracies))
    title = "Loss and accuracy of both copies against the steps taken"
    said = "; ".join(map(_in_words, lines))
    alt = f"{title}. After {progress.laps[-1].step:,} of {progress.steps:,} steps: {said}."
    return RaceChart(title, progress.steps, tuple(lines), progress.rule, alt)


def _in_words(line: RaceLine) -> str:
    words = [f"loss {number(line.losses[-1][1])}"] if line.losses else []
    words += [f"accuracy {percent(line.accuracies[-1][1])}"] if line.accuracies else []
    return f"{line.name} {', '.join(words) or 'nothing yet'}"


def _coincide(progress: Progress) -> bool:
    both = [lap.losses for lap in progress.laps if lap.losses is not None]
    return all(abs(a - b) <= _SAME * max(abs(a), abs(b), 1e-6) for a, b in both)
