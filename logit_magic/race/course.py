"""Train two copies step by step on the same batches, and measure both between the steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from logit_magic import backends
from logit_magic.facts import Emission
from logit_magic.measure.labels import part_for
from logit_magic.measure.sample import Sample, cut
from logit_magic.race.score import score_of
from logit_magic.race.twins import Twins
from logit_magic.structure import at, mapped

BATCH = 32
MEASURED = 256
"""Rows of a step, as in `fit`, and rows on which accuracy is measured, at most."""
_LAPS = 40
_SEED = 0

Both = tuple[float, float]  # as configured, if right


@dataclass(frozen=True, slots=True)
class Lap:
    """Where both copies stand after some steps.

    Attributes:
        step: how many each has taken.
        losses: what each trained on, the mean of the steps since the last lap; None before the first step.
        accuracies: on the same rows in inference mode; None where the labels allow none.
    """

    step: int
    losses: Both | None
    accuracies: Both | None


class Course:
    """The race itself.

    Args:
        twins: both copies; they are trained.
        emission: what the model emitted.
        data: rows to train on.
        steps: how many each copy takes.
    """

    def __init__(self, twins: Twins, emission: Emission, data: Sample, steps: int) -> None:
        self._models = (twins.configured, twins.right)
        self._place, self._data = twins.output.place, data
        self._labels = part_for(data.y, twins.output, twins.outputs)
        self._score = None if self._labels is None else score_of(emission, twins.expectation, self._labels)
        self.steps, self.batch = steps, min(BATCH, data.rows)
        self.every = max(1, math.ceil(steps / _LAPS))
        self.measured = min(data.rows, MEASURED) // self.batch * self.batch
        self.rule = self._score.words if self._score is not None else ""
        self.losses: list[Both] = []

    def run(self, stopped: Callable[[], bool]) -> Iterator[Lap | None]:
        """Train; yield after each step: a lap where one was measured, else None. The first lap is before any step.

        Args:
            stopped: asked before each copy's step; once it is true, nothing more is trained.
        """
        yield Lap(0, None, self._accuracies())
        since = 0
        for step, chosen in zip(range(1, self.steps + 1), batches(self._data.rows, self.batch), strict=False):
            x, y, weights = (_rows(part, chosen) for part in (self._data.x, self._data.y, self._data.weights))
            found: list[float] = []
            for model in self._models:
                if stopped():
                    return
                found.append(float(model.train_on_batch(x, y, sample_weight=weights, return_dict=True)["loss"]))
            self.losses.append((found[0], found[1]))
            if step % self.every and step != self.steps:
                yield None
                continue
            mean = np.mean(self.losses[since:], axis=0)
            since = step
            yield Lap(step, (float(mean[0]), float(mean[1])), self._accuracies())

    def _accuracies(self) -> Both | None:
        """Of both copies, in batches of the one size that each step has too."""
        if self._score is None:
            return None
        shares: list[float] = []
        for model in self._models:
            hits = decided = 0
            for start in range(0, self.measured, self.batch):
                raw = at(model.predict_on_batch(cut(self._data.x, start, start + self.batch)), self._place)
                right, among = self._score.hits(
                    np.asarray(backends.to_numpy(raw)), self._labels[start : start + self.batch]
                )
                hits, decided = hits + right, decided + among
            if not decided:
                return None
            shares.append(hits / decided)
        return shares[0], shares[1]


def batches(rows: int, batch: int) -> Iterator[Any]:
    """Places of the rows of each batch: all rows in a new order each time around, what does not fill a batch left out."""
    generator = np.random.default_rng(_SEED)
    while True:
        order = generator.permutation(rows)
        for start in range(0, rows - batch + 1, batch):
            yield order[start : start + batch]


def _rows(part: Any, chosen: Any) -> Any:
    return None if part is None else mapped(part, lambda array: array[chosen])
