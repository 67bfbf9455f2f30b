"""Turns a measured effect into one sentence about the user's training and one small table of numbers."""

from __future__ import annotations

import math

from logit_magic.facts import Effect, GradientGap, LossRange
from logit_magic.report.measures import Table
from logit_magic.report.wording import MISSING, clean, counted, number, percent

TITLE = "What it costs, measured"
_CONFIGURED, _RIGHT, _COMPUTES = "as configured", "if right", "as Keras computes it"
_FLOOR = 1e-3  # a lowest loss below this is no news


def table(effect: Effect) -> Table | None:
    """Return what was measured, row by row; None where nothing was.

    A column for what Keras computes is there only where that is something else.
    """
    repaired = _differs(effect.loss_configured, effect.loss_computed)
    rows = [row for row in _rows(effect) if any(cell != MISSING for cell in row[1:3])]
    if not rows:
        return None
    head = ("", _CONFIGURED, _RIGHT, _COMPUTES)
    return Table(TITLE, head if repaired else head[:3], tuple(row if repaired else row[:3] for row in rows))


def training(effect: Effect) -> str:
    """Return where the user's training ended and what that number means; "" where it says nothing of this pairing."""
    end, bounds = effect.training, effect.range_configured
    if end is None or bounds is None:
        return ""
    classes = f" for {effect.classes} classes" if effect.classes is not None and effect.classes > 1 else ""
    stopped = f"Your training stopped at loss {number(end.loss)} after {counted(end.epochs, 'epoch')}"
    facts = []
    if bounds.high - bounds.low < 1e-6:
        facts.append("this pairing gives that loss whatever the model does")
    elif bounds.low >= _FLOOR:
        facts.append(f"the lowest that this pairing allows{classes} is {number(bounds.low)}")
    if end.landmark == "one class":
        also = f", and {_share(end.share)} of the sample's rows get one and the same" if end.share is not None else ""
        facts.append(f"{number(end.loss)} is what one class for everything looks like{also}")
    elif end.landmark == "blind guess" and effect.classes:
        facts.append(f"a blind guess over {effect.classes} classes costs {number(math.log(effect.classes))}")
    return f"{stopped}: {'; '.join(facts)}." if facts else f"{stopped}."


def legend(effect: Effect) -> str:
    """Return how to read the table: where the range comes from, and what the gradient is of; "" for nothing to say."""
    parts = []
    if effect.range_configured is not None and effect.range_configured.formula:
        parts.append(f"Range as configured: {clean(effect.range_configured.formula, 120)}.")
    if effect.gradient is not None:
        rows = counted(effect.gradient.rows, "row")
        parts.append(
            f"Gradient: with respect to what goes into the last activation, on {rows}, beside that of the loss if right."
        )
    return " ".join(parts)


def _rows(effect: Effect) -> tuple[tuple[str, ...], ...]:
    gap, computed = effect.gradient, effect.gradient_computed
    one, none = ("1", _share(0.0)) if gap is not None else (MISSING, MISSING)
    losses = (effect.loss_configured, effect.loss_right, effect.loss_computed)
    end = effect.training.loss if effect.training is not None else None
    at = effect.thresholds or (None, None)
    said, right = _accuracy(effect.accuracy_printed, at[0]), _accuracy(effect.accuracy_right, at[1])
    return (
        ("loss on the sample", *map(number, losses)),
        ("range of this loss", _between(effect.range_configured), _between(effect.range_right), MISSING),
        ("loss your training ended at", number(end), MISSING, MISSING),
        ("gradient size, 1 if right", _ratio(gap), one, _ratio(computed)),
        ("gradient direction, 1 if right", _cosine(gap), one, _cosine(computed)),
        ("rows without gradient", _silent(gap), none, _silent(computed)),
        ("outputs clipped flat", _share(effect.clipped), MISSING, MISSING),
        (clean(effect.accuracy_name) or "accuracy", said, right, said),
    )


def _between(bounds: LossRange | None) -> str:
    if bounds is None or not math.isfinite(bounds.low):
        return MISSING
    low, high = (0.0 if abs(end) < 1e-5 else end for end in (bounds.low, bounds.high))
    return number(low) if low == high else f"{number(low)} … {number(high)}"


def _ratio(gap: GradientGap | None) -> str:
    return number(None if gap is None else gap.ratio)


def _cosine(gap: GradientGap | None) -> str:
    return number(None if gap is None or gap.cosine is None else round(gap.cosine, 4))


def _silent(gap: GradientGap | None) -> str:
    return _share(None if gap is None else gap.silent)


def _accuracy(accuracy: float | None, threshold: float | None) -> str:
    if accuracy is None or threshold is None:
        return percent(accuracy)
    return f"{percent(accuracy)} (above {number(threshold)})"


def _share(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return MISSING
    return f"{100.0 * share:.3g} %"


def _differs(said: float | None, computed: float | None) -> bool:
    if said is None or computed is None or not math.isfinite(said + computed):
        return False
    return abs(said - computed) > 1e-4 * max(abs(said), abs(computed))
