"""One loss under experiment: a handful of evaluations on tiny arrays tell what it expects.

Every row of a trial is alike: one true class, and one value that moves. Three shapes of the curve tell the readings apart.

* A loss of *probabilities* has a logarithm in it: from p = 1e-1 to 1e-3 to 1e-5 it grows by equal steps.
* A loss of *logits* is a straight line where the true class is far behind, and flat, but never quite, where it is far ahead.
* A loss of *any range* grows again beyond the label (a distance), is exactly flat ahead (a margin), or knows only directions.

Whether the probabilities or logits are those of one distribution or of single yes-or-no units is told by a second
experiment: adding the same number to all of a row, or moving an entry that is not the true class. A verdict needs two
experiments that agree, and that another class does as the true one does: columns may mean different things, such as boxes
and scores. Plain arrays are fed, behind which Keras cannot find any logits.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from logit_magic.expectation.evaluations import Evaluations
from logit_magic.expectation.trial import CALLS
from logit_magic.facts import Expectation

_LIKE_NOTHING = "it behaves like no crossentropy, distance or margin"
_LEAST_OVERLAP = 0.3  # of the loss of the opposite: a smoothing number keeps it from 1 where there are few pixels
_FAR = 80.0  # exp of it is still finite in float32
_WEIGHTS = 30.0  # a class may count so many times as much as another


def _slopes(left: list[float], right: list[float]) -> tuple[float, float, float]:
    """How fast the loss falls from -8 to -4 and from -4 to 4, and how fast it rises from 4 to 6."""
    return (left[0] - left[1]) / 4.0, (left[1] - right[0]) / 8.0, (right[1] - right[0]) / 2.0


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


class Experiment(Evaluations):
    """One loss under experiment: the curves that it draws, and what they tell."""

    def verdict(self) -> Expectation:
        steps = [self._first(0.1), self._at(self._rows.probabilities(1e-5))]
        if not all(map(math.isfinite, steps)):
            return self._unknown("it is not finite on plain probabilities")
        if steps[1] > 1.5 * steps[0] > 0.0:
            steps.insert(1, self._at(self._rows.probabilities(1e-3)))
            if self._is_logarithmic(steps):
                return self._of_probabilities(steps)
        left = [self._at(self._rows.margin(m)) for m in (-8.0, -4.0)]
        if all(map(math.isnan, left)):
            return self._of_powers(steps) or self._unknown(_LIKE_NOTHING)
        right = [self._at(self._rows.margin(m)) for m in (4.0, 6.0)]
        if not all(map(math.isfinite, (*left, *right))):
            return self._unknown("it is not finite on plain numbers")
        if len({*steps, *left, *right}) == 1:
            return self._of_embeddings() or self._unknown("it does not depend on y_pred")
        found = self._of_logits(left, right) or self._of_any_range(left, right) or self._of_overlap(right)
        return found or self._of_alignments(left) or self._of_a_line(left, right) or self._unknown(_LIKE_NOTHING)

    def _is_logarithmic(self, steps: list[float]) -> bool:
        one, two = steps[1] - steps[0], steps[2] - steps[1]
        return all(map(math.isfinite, steps)) and one > 0.0 and 0.6 < two / one < 1.6

    def _of_probabilities(self, steps: list[float]) -> Expectation:
        unit = (steps[2] - steps[1]) / math.log(100.0)  # the loss's own scale: weights, masks, reductions
        self._facts.append("the loss grows by equal steps as the true class falls from 0.1 to 0.001 to 0.00001")
        if self._rows.units == 1:
            return self._one_unit(unit)
        wrong = (
            [self._at(self._rows.false_at(1.0 - q)) for q in (1e-1, 1e-3, 1e-5)]
            if self._rows.labels == "one-hot"
            else []
        )
        if not self._is_alike_for_others(steps, spare=1):
            return self._unknown("it takes the columns of y_pred for different things, not for classes")
        if wrong and self._is_logarithmic(wrong):
            self._facts.append("it grows alike as a false class rises towards 1")
            return self._answer("binary-probabilities", "binary")
        half = self._at(0.5 * self._rows.probabilities(1e-3)) - steps[1]
        if abs(half) < 0.02 * unit:
            self._facts.append("it divides each row by its sum: half of every value gives the same loss")
            return self._answer("class-probabilities", self._rows.labels, renormalises=True)
        if abs(half - unit * (math.log(2.0) - 0.5)) < 0.05 * unit:
            self._facts.append("half of every value adds ln 2 less what the values sum to: a rate, not a probability")
            return self._answer("any", "any")
        falls = (wrong[0] - wrong[1]) if wrong else 0.0
        if falls < -0.05 * unit:
            self._facts.append("a false class costs more as it rises, whatever the true one is at")
            return self._answer("binary-probabilities", "any")
        if abs(half - unit * math.log(2.0)) < 0.05 * unit:
            self._facts.append("half of every value adds ln 2, on its scale")
            return self._answer("class-probabilities", self._rows.labels)
        if falls > 0.0 and 1.0 < half / (unit * math.log(2.0)) < 1.5:
            self._facts.append(
                "half of every value adds ln 2, of which the false classes have a small part: smoothed labels"
            )
            return self._answer("class-probabilities", self._rows.labels)
        return self._unknown("it has a logarithm of y_pred, but does not scale like a crossentropy")

    def _is_alike_for_others(self, steps: list[float], spare: int) -> bool:
        """Whether other classes count as the true one does, up to weights; columns that mean different things do not.

        spare: calls that are left for what comes after.
        """
        units = self._rows.units
        others = [units - 1, units // 2] if units > 3 else [units - 1 if units == 3 else 0]
        for other in others[: max(1, (CALLS - spare - self._trial.calls) // 2)]:
            with self._rows.of_class(other):
                grown = self._at(self._rows.probabilities(1e-5)) - self._at(self._rows.probabilities(0.1))
            if not (steps[-1] - steps[0]) / _WEIGHTS < grown < (steps[-1] - steps[0]) * _WEIGHTS:
                return False
        return True

    def _one_unit(self, unit: float) -> Expectation:
        wrong = [self._at(np.full(self._rows.shape, 1.0 - q), positive=False) for q in (1e-1, 1e-3, 1e-5)]
        rise = wrong[1] - wrong[0]
        if self._is_logarithmic(wrong):
            self._facts.append("for the label 0 it grows alike as y_pred rises towards 1")
            return self._answer("binary-probabilities", "binary")
        if abs(rise) < 1e-3 * unit:
            return self._unknown("for the label 0 it is constant: right for a chosen action, wrong for a classifier")
        if abs(rise - 0.099 * unit) < 0.01 * unit:
            self._facts.append("for the label 0 it grows in proportion to y_pred: a rate, not a probability")
            return self._answer("any", "any")
        return self._unknown("it has a logarithm of y_pred, but none of 1 - y_pred")

    def _of_logits(self, left: list[float], right: list[float]) -> Expectation | None:
        """left: the loss with the true class at -8 and -4 and the others at 0; right: at 4 and 6."""
        slope, middle, tail = _slopes(left, right)
        if slope <= 0.0 or not 0.3 < middle / slope < 1.2 or not self._flattens(right, tail / slope, slope):
            return None
        line = "the loss is a straight line in y_pred where the true class is far behind, and flattens out ahead"
        if self._rows.units == 1:
            no = [self._at(self._rows.margin(m), positive=False) for m in (-4.0, 4.0)]
            if no[0] >= no[1]:
                return None
            self._facts += [line, "for the label 0 it grows with y_pred"]
            return self._answer("binary-logits", "binary", rescuable_from=self._rescuable("sigmoid", left[1]))
        moved = self._at(self._rows.margin(-4.0) + 3.0)
        if abs(moved - left[1]) <= 1e-3 * max(abs(left[1]), slope):
            self._facts += [line, "adding the same number to a whole row changes nothing"]
            return self._answer("class-logits", self._rows.labels, rescuable_from=self._rescuable("softmax", left[1]))
        if self._rows.labels == "one-hot" and self._is_separate(right[0], left[1], moved, slope):
            self._facts += [line, "a false class costs what it costs alone: each unit answers for itself"]
            return self._answer("binary-logits", "binary", rescuable_from=self._rescuable("sigmoid", left[1]))
        return None

    def _flattens(self, right: list[float], tail: float, slope: float) -> bool:
        """Whether the loss gets flat ahead, though never quite: late with a temperature, or among thousands of classes.

        tail: the slope from 4 to 6, in units of the one far behind.
        """
        if 1e-7 < abs(tail) < 0.5:
            return True
        if not -1.2 < tail <= -0.5:
            return False
        return 0.0 < (right[1] - self._at(self._rows.margin(_FAR))) / (_FAR - 6.0) < 0.9 * slope

    def _of_a_line(self, left: list[float], right: list[float]) -> Expectation | None:
        """A critic's score times the label (Wasserstein), or a negative log-likelihood of logarithms."""
        slopes = _slopes(left, right)
        if not slopes[0] or any(abs(slope - slopes[0]) > 1e-4 * abs(slopes[0]) for slope in (*slopes[1:2], -slopes[2])):
            return None
        if self._rows.units > 1:
            told = self._unknown(
                "it is a straight line in y_pred: right for log-probabilities and for scores without bound, "
                "which it cannot tell from logits"
            )
            return replace(told, linear=slopes[0] > 0.0)
        if self._at(self._rows.margin(4.0), positive=False) == right[0]:
            return None
        self._facts += ["the loss is a straight line in y_pred, on either side", "the label decides how steep it is"]
        return self._answer("any", "any")

    def _of_alignments(self, left: list[float]) -> Expectation | None:
        """CTC: a row of y_pred is a moment, and labels are fewer than moments. left: as in `_of_logits`."""
        if len(self._rows.shape) != 3 or self._rows.labels != "sparse":
            return None
        if self._rows.label_axes != (
            self._rows.shape[0],
            1,
        ):  # a whole row of labels did not fit into the time there is
            self._rows.label_axes = (self._rows.shape[0], 1)
            left = [self._at(self._rows.margin(m)) for m in (-8.0, -4.0)]
        further, moved = self._at(self._rows.margin(-12.0)), self._at(self._rows.margin(-4.0) + 3.0)
        one, two = further - left[0], left[0] - left[1]
        if not (two > 0.0 and abs(one - two) < 0.02 * two and abs(moved - left[1]) <= 1e-3 * max(abs(left[1]), two)):
            return None
        self._facts += [
            "with one label for a row of moments, it is a straight line in y_pred where that label is far behind",
            "adding the same number to every moment changes nothing",
        ]
        return self._answer("class-logits", "sparse")

    def _of_embeddings(self) -> Expectation | None:
        """Losses on pairs of rows (circle, triplet, contrastive): labels say which rows belong together."""
        if self._rows.labels != "sparse" or len(self._rows.shape) != 2 or self._rows.units < 2:
            return None
        rows = np.random.default_rng(0).normal(size=self._rows.shape).astype("float32")
        rows /= np.linalg.norm(rows, axis=-1, keepdims=True)
        labels = np.arange(self._rows.shape[0], dtype="float32") // 2
        values = [
            self._trial.value(y, p) for y, p in ((labels, rows), (labels, rows[:, ::-1]), (np.roll(labels, 1), rows))
        ]
        if not all(map(math.isfinite, values)) or abs(values[1] - values[0]) > 1e-4 * abs(values[0]):
            return None
        if abs(values[2] - values[0]) < 1e-4 * abs(values[0]):
            return None
        self._facts += [
            "other columns in place of each other change nothing: they are no classes",
            "which rows share a label does: rows are compared with each other",
        ]
        return self._answer("any", "sparse")

    def _is_separate(self, ahead: float, behind: float, moved: float, slope: float) -> bool:
        """Whether a false class at 4 costs what it costs alone, although the true one is at 4 too.

        A unit of its own adds softplus(4) - softplus(0) = 3.3 on the loss's scale, a rival in a softmax ln 2. Where yes
        counts for more than no, the scale of no is told by what adding 3 to a whole row did.

        ahead, behind: the loss with the true class at 4 and at -4. moved: with the true class at -1 and the others at 3.
        """
        added = self._at(self._rows.margin(4.0, false=4.0)) - ahead
        if added > 2.0 * slope:
            return True
        gained = (self._rows.units - 1) * (_softplus(3.0) - _softplus(0.0))
        scale = (moved - behind - slope * (_softplus(1.0) - _softplus(4.0))) / gained
        return scale > 0.0 and abs(added / (scale * (_softplus(4.0) - _softplus(0.0))) - 1.0) < 0.1

    def _of_any_range(self, left: list[float], right: list[float]) -> Expectation | None:
        """Distances, margins and angles: they take y_pred as it is."""
        fall, rise = left[0] - left[1], right[1] - right[0]
        if rise > 0.0 and fall >= 0.0:
            exact = self._at(self._rows.targets(True)) if self._rows.labels != "sparse" else math.inf
            if exact < min(*left, *right) and self._sees_a_shift(left[1]):
                self._facts += ["the loss grows on either side of the label", "it is least where y_pred is the label"]
                return self._answer("any", "any")
            return None
        if rise == 0.0 and fall > 0.0:
            self._facts += [
                "the loss grows where the true class is behind",
                "it is exactly flat where that is ahead: a margin",
            ]
            return self._answer("any", "any")
        if rise == 0.0 and fall == 0.0 and left[0] != right[0]:
            self._facts += ["the size of y_pred does not matter", "its sign does: a direction is compared"]
            return self._answer("any", "any")
        return None

    def _of_overlap(self, right: list[float]) -> Expectation | None:
        """Dice, Jaccard, Tversky: 0 for the labels themselves, up to 1 for their opposite.

        Those that squash y_pred themselves are 0 where it is far on the label's side, and bounded on the other.
        """
        if self._rows.labels == "sparse":
            return None
        y = self._rows.targets(True)
        if abs(self._at(y)) < 1e-3:
            # a divergence between softmaxes of both sides is 0 there as well, but grows again beyond
            least = _LEAST_OVERLAP if self._rows.units == 1 or right[1] <= right[0] else 0.8
            if not least < self._at(1.0 - y) <= 1.001:
                return None
            self._facts += [
                "it is 0 where y_pred is the label",
                "it is large, but at most 1, where that is the opposite",
            ]
            return self._answer("binary-probabilities", "any")
        far = 24.0 * (2.0 * y - 1.0)
        if abs(self._at(far)) > 1e-3 or not _LEAST_OVERLAP < self._at(-far) <= 1.001:
            return None
        self._facts += [
            "it is 0 where y_pred is far on the label's side, not where it is the label",
            "it is large, but at most 1, where that is far on the other side",
        ]
        # one class at 6 and the others at 0 are a sure choice for a softmax, and doubtful units for sigmoids
        chosen = self._rows.units > 1 and right[1] < 0.1 * self._at(y)
        return self._answer("class-logits" if chosen else "binary-logits", "any")

    def _of_powers(self, steps: list[float]) -> Expectation | None:
        """Losses made of powers of probabilities, which have no value below 0."""
        if self._rows.units == 1 or steps[-1] <= steps[0]:
            return None
        sure, moved = self._at(self._rows.probabilities(1.0)), self._at(self._rows.others_swapped(0.1))
        if abs(sure) > 1e-3 or abs(moved - steps[0]) > 1e-4 * abs(steps[0]):
            return None
        if not self._is_alike_for_others(steps, spare=1):
            return None
        if abs(self._at(self._rows.alone(0.1)) - steps[0]) > 1e-4 * abs(steps[0]):
            self._facts += [
                "it has no value below 0, and is 0 where the true class is sure",
                "false classes count as well",
            ]
            return self._answer("binary-probabilities", "any")
        self._facts += ["it has no value below 0, and is 0 where the true class is sure", "only the true class counts"]
        return self._answer("class-probabilities", self._rows.labels)
