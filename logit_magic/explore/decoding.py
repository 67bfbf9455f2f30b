"""What a reader of one row makes of it: temperature, top-k in either order, greedy choice, a seeded draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic.explore.rows import Reading, Rows

Array = Any  # numpy.ndarray: its stubs' element types say nothing here

REST = -1
"""Stands for "one of the classes that are not shown"."""


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """How much each class of one item gets.

    Attributes:
        kept: one value for each class shown, as in `Rows.ids`; NaN where the item has none there.
        rest: of all other classes together; of independent units their mean; 0.0 where there are none.
        others: how many classes that is.
    """

    kept: Array
    rest: float
    others: int

    @property
    def total(self) -> float:
        return float(np.nansum(self.kept) + self.rest) if np.isfinite(self.kept).any() else float("nan")


def shares(rows: Rows, reading: Reading, item: int, temperature: float = 1.0) -> Shares:
    """The probabilities that a reading gives to one item.

    Args:
        rows, reading: the reading is one of the rows'.
        item: its place.
        temperature: divides the scores before the softmax or sigmoid. Probabilities that are taken "as is" stay so at
            temperature 1, whatever they sum to; at any other their logarithms are divided and they are normalised.

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0.0:
        raise ValueError(f"the temperature divides the scores, so that it must be above 0, not {temperature}")
    scores = reading.scores[item].astype("float64") / temperature
    scores[rows.ids[item] < 0] = np.nan
    logs, count = _rest_logs(reading, item, temperature)
    with np.errstate(all="ignore"):
        if reading.how == "sigmoid":
            kept = 0.5 * (1.0 + np.tanh(0.5 * scores))
            means = 0.0 if count == 0 else float(np.sum(0.5 * (1.0 + np.tanh(0.5 * logs[0])) * logs[1]) / count)
            return Shares(kept, means, count)
        everything = np.concatenate([scores[rows.ids[item] >= 0], logs[0]])
        if reading.how == "as is" and temperature == 1.0:
            return Shares(np.exp(scores), float(np.sum(np.exp(logs[0]))), count)
        top = np.max(everything)
        weights = np.exp(everything - top)
        return Shares(np.exp(scores - top) / weights.sum(), float(np.exp(logs[0] - top).sum() / weights.sum()), count)


def crossentropy(rows: Rows, reading: Reading, item: int, temperature: float = 1.0) -> float | None:
    """The crossentropy of an item's true classes in nats once its scores are divided by a temperature.

    Returns:
        None without labels, and for independent units of which only some are kept, unless the temperature is 1.
    """
    if reading.losses is None or rows.truth is None:
        return None
    if temperature == 1.0:
        return float(reading.losses[item])
    ids, true = rows.ids[item], rows.truth[item]
    scores = reading.scores[item].astype("float64")[ids >= 0] / temperature
    with np.errstate(all="ignore"):
        if reading.how == "sigmoid":
            right = np.where(np.isin(ids[ids >= 0], true), scores, -scores)
            return float(np.mean(np.logaddexp(0.0, -right))) if reading.rest is None else None
        everything = np.concatenate([scores, _rest_logs(reading, item, temperature)[0][0]])
        if not true or true[0] not in ids:
            return float("nan")
        top = np.max(everything)
        return float(top + np.log(np.sum(np.exp(everything - top))) - scores[ids[ids >= 0] == true[0]][0])


def _rest_logs(reading: Reading, item: int, temperature: float) -> tuple[Any, int]:
    """Logs of what the bins of the rest weigh, or (scores, counts) of independent units; and how many classes."""
    rest = reading.rest
    none = np.zeros(0)
    if rest is None or not rest.counts[item].any():
        return ((none, none) if reading.how == "sigmoid" else (none,)), 0
    used = rest.counts[item] > 0
    scores, counts = rest.scores[item][used].astype("float64") / temperature, rest.counts[item][used]
    if reading.how == "sigmoid":
        return (scores, counts), int(counts.sum())
    return (scores + np.log(counts) + rest.shift[item],), int(counts.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Top-k in either order: `after` cuts the softmax's result, `before` cuts its input. NaN where a class is cut."""

    after: Array
    before: Array


def top_k(rows: Rows, reading: Reading, item: int, k: int, temperature: float = 1.0) -> Cut:
    """The `k` largest shares of an item, as the softmax over all left them and as a softmax over the `k` makes them.

    Raises:
        ValueError: k is not above 0.
    """
    if k < 1:
        raise ValueError(f"top-k keeps the k largest, so that k must be above 0, not {k}")
    kept = shares(rows, reading, item, temperature).kept
    order = np.argsort(np.where(np.isnan(kept), -np.inf, kept), kind="stable")[::-1]
    after = np.full(len(kept), np.nan)
    chosen = order[: min(k, int(np.isfinite(kept).sum()))]
    after[chosen] = kept[chosen]
    with np.errstate(all="ignore"):
        return Cut(after, after / np.nansum(after))


def greedy(rows: Rows, reading: Reading, item: int) -> int | None:
    """The class with the largest score; None where a score is no number, or none is above minus infinity."""
    shown = rows.ids[item] >= 0
    scores = reading.scores[item][shown]
    if np.isnan(scores).any() or np.isneginf(scores).all():
        return None
    return int(rows.ids[item][shown][np.argmax(scores)])


def tied(rows: Rows, reading: Reading, item: int) -> int:
    """How many of the classes shown have the largest score: more than one where the greedy choice is no choice."""
    scores = reading.scores[item][rows.ids[item] >= 0]
    return int((scores == scores.max()).sum()) if np.isfinite(scores).all() else 1


def draws(
    rows: Rows, reading: Reading, item: int, count: int, *, temperature: float = 1.0, k: int = 0, seed: int = 0
) -> tuple[int, ...]:
    """Classes drawn from an item's shares with a generator of their own; `REST` for one that is not shown.

    Args:
        rows, reading, item, temperature: see `shares`; what does not sum to one is normalised.
        count: how many; the first ones stay the same when more are asked for.
        k: draw among the k largest only; 0 for all.
        seed: of the generator.

    Returns:
        as many classes; none where the shares are not finite, or each unit answers for itself.
    """
    if reading.how == "sigmoid":
        return ()
    given = shares(rows, reading, item, temperature)
    weights = (
        np.append(given.kept, given.rest) if k == 0 else np.append(top_k(rows, reading, item, k, temperature).after, 0)
    )
    weights = np.where(np.isnan(weights), 0.0, weights)
    total = float(weights.sum())
    if not np.isfinite(total) or total <= 0.0:
        return ()
    ids = np.append(rows.ids[item], REST)
    drawn = np.random.default_rng((seed, item)).random(count)
    places = np.searchsorted(np.cumsum(weights / total), drawn, side="right")
    return tuple(int(ids[min(at, int(np.flatnonzero(weights)[-1]))]) for at in places)


def tally(drawn: tuple[int, ...], most: int = 4) -> tuple[tuple[int, int], ...]:
    """(class, how often), the most frequent first."""
    return tuple(Counter(drawn).most_common(most))


def worst(rows: Rows) -> int | None:
    """The item with the largest crossentropy as configured, one that is not finite before all; None without labels."""
    losses = rows.readings[0].losses if rows.readings else None
    if losses is None:
        return None
    return int(np.argmax(np.where(np.isfinite(losses), losses, np.inf)))


def most_confident(rows: Rows) -> int:
    """The item whose largest share is the largest under the right reading, or by what was emitted where there is none."""
    if not rows.readings:
        return int(np.argmax(_largest(rows.raw)))
    reading = rows.readings[-1]
    return int(np.argmax([_largest(shares(rows, reading, item).kept[None])[0] for item in range(len(rows.places))]))


def _largest(values: Array) -> Array:
    return np.max(np.where(np.isfinite(values), values, -np.inf), axis=-1)


def another(item: int, items: int, turn: int) -> int:
    """A random item other than this one, by a generator of its own; the `turn`-th one asked for."""
    if items < 2:
        return item
    return (item + 1 + int(np.random.default_rng(turn).integers(items - 1))) % items
