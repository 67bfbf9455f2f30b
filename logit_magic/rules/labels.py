"""What several rules ask about labels, and the words for what was seen."""

from __future__ import annotations

from logit_magic.facts import Emission, Evidence, Expectation, Labels
from logit_magic.rules.rule import Facts

# families in keras.losses; CTC takes label sequences, padded, and is none of them
SPARSE = ("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy")
ONE_HOT = ("CategoricalCrossentropy", "CategoricalFocalCrossentropy", "KLDivergence")
BINARY = ("BinaryCrossentropy", "BinaryFocalCrossentropy")
OVERLAP = ("Dice", "Tversky")


def known(facts: Facts, families: tuple[str, ...]) -> Labels | None:
    """The labels, where there are numbers among them and the loss is known to be one of these; else None."""
    if facts.labels is None or not facts.labels.levels or facts.expectation.kind == "unknown":
        return None
    return facts.labels if facts.expectation.family in families else None


def classes(emission: Emission, expectation: Expectation) -> int | None:
    """How many classes there are along the loss's class axis, where that is the last; None where it is not or unknown."""
    last = expectation.axis == -1 or (emission.rank is not None and expectation.axis == emission.rank - 1)
    return emission.size if last and emission.rank is not None else None


def lacks_class_axis(labels: Labels, emission: Emission) -> bool:
    """The labels have one number where the output has several: ids, of shape (batch, …) or (batch, …, 1)."""
    if emission.rank is None or emission.size is None or emission.size < 2:
        return False
    return len(labels.shape) == emission.rank - 1 or (len(labels.shape) == emission.rank and labels.shape[-1] == 1)


def outside(labels: Labels, low: float, high: float, but: int | None = None) -> list[tuple[float, float]]:
    """(value, share) of what lies outside [low, high].

    Args:
        labels: what was seen.
        low, high: where labels may lie.
        but: a value that the loss leaves out.

    Returns:
        ascending; empty where the only value outside may be padding that the model's mask hides from the loss.
    """
    found = [(value, share) for value, share in labels.levels if not low <= value <= high and value != but]
    return [] if labels.masked and len(found) == 1 else found


def share_of(levels: list[tuple[float, float]]) -> float:
    return sum(share for _, share in levels)


def span(labels: Labels) -> str:
    """The labels' ends, e.g. "1 … 3", or both values where there are two."""
    low, high = labels.levels[0][0], labels.levels[-1][0]
    if low == high:
        return f"{low:.6g}"
    return f"{low:.6g} {'and' if len(labels.levels) == 2 else '…'} {high:.6g}"


def percent(share: float) -> str:
    """A share in words that never round to nothing or all, e.g. "half", "12 %", "under 1 %"."""
    if share < 0.01:
        return "under 1 %"
    return f"{share:.0%}".replace("%", " %") if share < 0.995 or share == 1.0 else "over 99 %"


def seen(labels: Labels) -> Evidence:
    """What was seen, as evidence."""
    kind = {"one-hot": "one-hot rows", "multi-hot": "rows of zeros and ones", "distribution": "rows that sum to one"}
    what = kind.get(labels.along) or ("whole numbers" if labels.whole else "numbers") + f" {span(labels)}"
    return Evidence(f"labels of shape {labels.shape} are {what}, in {labels.source}", "measured")
