"""What any callable loss expects, found by experiment: a handful of evaluations on tiny arrays.

Every row of a trial is alike: one true class, and one value that moves. Three shapes of the curve tell the readings apart.

* A loss of *probabilities* has a logarithm in it: from p = 1e-1 to 1e-3 to 1e-5 it grows by equal steps.
* A loss of *logits* is a straight line where the true class is far behind, and flat, but never quite, where it is far ahead.
* A loss of *any range* grows again beyond the label (a distance), is exactly flat ahead (a margin), or knows only directions.

Whether the probabilities or logits are those of one distribution or of single yes-or-no units is told by a second
experiment: adding the same number to all of a row, or moving an entry that is not the true class. A verdict needs two
experiments that agree. Plain arrays are fed, behind which Keras cannot find any logits.
"""

from __future__ import annotations

import contextlib
import math
import weakref
from typing import Any, Literal

import numpy as np

from logit_magic import backends, kerases
from logit_magic.expectation.call import as_callable
from logit_magic.expectation.catalogue import written
from logit_magic.expectation.trial import StoppedError, Trial, conducted
from logit_magic.facts import Evidence, Expectation, Expects, LabelFormat

_known: dict[int, tuple[weakref.ref[Any], Expectation]] = {}  # by identity: a loss need not hash or compare
_ELEMENTS = 65_536
_TRUE = 1  # the true class: 0 is often the padding that a loss masks away


def probed(loss: Any, shape: tuple[int | None, ...], model: Any = None) -> Expectation:
    """What a loss expects, by experiment; each object is tried out once.

    Args:
        loss: anything callable with (y_true, y_pred).
        shape: of the output that it meets, with the batch axis; () where unknown.
        model: the one that the loss is for: it is fed with tensors of the same backend.

    Returns:
        an `Expectation`; of kind "unknown" with the reason where experiments fail or disagree.
    """
    alive, known = _known.get(id(loss), (None, None))
    if known is not None and alive is not None and alive() is loss:
        return known
    found = _experiment(loss, shape, model)
    with contextlib.suppress(TypeError):  # no weak references to it: it cannot be remembered
        _known[id(loss)] = weakref.ref(loss), found
    for key in [key for key, (reference, _) in _known.items() if reference() is None]:
        del _known[key]
    return found


def _experiment(loss: Any, shape: tuple[int | None, ...], model: Any) -> Expectation:
    shown = written(loss)
    call = as_callable(loss, model=model)
    owner = loss if model is None else model
    if call is None:
        return Expectation("unknown", loss=shown, reason=f"{shown} is not callable")

    def experiment(trial: Trial) -> Expectation:
        return _Probe(trial, _tiny(shape), shown, owner).verdict()

    try:
        found: Expectation = conducted(experiment, call, lambda array: backends.to_tensor(array, owner))
    except StoppedError as reason:
        return Expectation("unknown", loss=shown, reason=f"{shown} could not be tried out: {reason}")
    return found


def _tiny(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """A shape to try a loss on: the output's own where that is small, else with short axes but for the classes."""
    if len(shape) < 2:
        return (5, 3)
    inner = [d or 2 for d in shape[1:-1]]
    classes = shape[-1] or 3
    rows = next(n for n in range(5, 12) if n not in (*shape[1:], classes))  # no wrong label shape broadcasts by luck
    if math.prod(inner) * classes * rows > _ELEMENTS:
        inner = [2] * len(inner)
    return (rows, *inner, classes)


class _Probe:
    """One loss under experiment.

    Args:
        trial: calls the loss.
        shape: of y_pred.
        shown: the loss as its user would write it.
        owner: a model or loss whose Keras the loss belongs to.
    """

    def __init__(self, trial: Trial, shape: tuple[int, ...], shown: str, owner: Any) -> None:
        self._owner = owner
        self._trial = trial
        self._shape = shape
        self._shown = shown
        self._units = shape[-1]
        self._labels: LabelFormat = "binary" if self._units == 1 else "one-hot"
        self._label_axes = shape[:-1]
        self._facts: list[str] = []

    def verdict(self) -> Expectation:
        steps = [self._first(0.1), self._at(self._probabilities(1e-5))]
        if not all(map(math.isfinite, steps)):
            return self._unknown("it is not finite on plain probabilities")
        if steps[1] > 1.5 * steps[0] > 0.0:
            steps.insert(1, self._at(self._probabilities(1e-3)))
            if self._is_logarithmic(steps):
                return self._of_probabilities(steps)
        left = [self._at(self._margin(m)) for m in (-8.0, -4.0)]
        if all(map(math.isnan, left)):
            return self._of_powers(steps) or self._unknown("none of the readings fits its values")
        right = [self._at(self._margin(m)) for m in (4.0, 6.0)]
        if not all(map(math.isfinite, (*left, *right))):
            return self._unknown("it is not finite on plain numbers")
        if len({*steps, *left, *right}) == 1:
            return self._of_embeddings() or self._unknown("it does not depend on y_pred")
        found = self._of_logits(left, right) or self._of_any_range(left, right) or self._of_overlap()
        return found or self._of_alignments(left) or self._unknown("none of the readings fits its values")

    def _first(self, p: float) -> float:
        """The first call, which also finds the label format that the loss takes."""
        if self._units == 1:
            return self._at(self._probabilities(p))
        self._labels = "sparse"
        value = self._tried(p)
        if len(self._shape) == 3 and value == math.inf:
            self._label_axes = (self._shape[0], 1)  # CTC: a whole row of labels may not fit into the time there is
            value = self._tried(p)
        if math.isfinite(value):
            return value
        self._labels, self._label_axes = "one-hot", self._shape[:-1]
        return self._at(self._probabilities(p))

    def _tried(self, p: float) -> float:
        try:
            return self._at(self._probabilities(p))
        except StoppedError:
            return math.nan

    def _is_logarithmic(self, steps: list[float]) -> bool:
        one, two = steps[1] - steps[0], steps[2] - steps[1]
        return all(map(math.isfinite, steps)) and one > 0.0 and 0.6 < two / one < 1.6

    def _of_probabilities(self, steps: list[float]) -> Expectation:
        unit = (steps[2] - steps[1]) / math.log(100.0)  # the loss's own scale: weights, masks, reductions
        self._facts.append("the loss grows by equal steps as the true class falls from 0.1 to 0.001 to 0.00001")
        if self._units == 1:
            return self._one_unit(unit)
        wrong = [self._at(self._false_at(1.0 - q)) for q in (1e-1, 1e-3, 1e-5)] if self._labels == "one-hot" else []
        if wrong and self._is_logarithmic(wrong):
            self._facts.append("it grows alike as a false class rises towards 1")
            return self._answer("binary-probabilities", "binary")
        half = self._at(0.5 * self._probabilities(1e-3)) - steps[1]
        if abs(half) < 0.02 * unit:
            self._facts.append("it divides each row by its sum: half of every value gives the same loss")
            return self._answer("class-probabilities", self._labels, renormalises=True)
        if abs(half - unit * math.log(2.0)) < 0.05 * unit:
            self._facts.append("half of every value adds ln 2, on its scale")
            return self._answer("class-probabilities", self._labels)
        if abs(half - unit * (math.log(2.0) - 0.5)) < 0.05 * unit:
            self._facts.append("half of every value adds ln 2 less what the values sum to: a rate, not a probability")
            return self._answer("any", "any")
        return self._unknown("it has a logarithm of y_pred, but does not scale like a crossentropy")

    def _one_unit(self, unit: float) -> Expectation:
        wrong = [self._at(np.full(self._shape, 1.0 - q), positive=False) for q in (1e-1, 1e-3, 1e-5)]
        rise = wrong[1] - wrong[0]
        if self._is_logarithmic(wrong):
            self._facts.append("for the label 0 it grows alike as y_pred rises towards 1")
            return self._answer("binary-probabilities", "binary")
        if abs(rise) < 1e-3 * unit:
            self._facts.append("for the label 0 it is constant: only the true class counts")
            return self._answer("class-probabilities", "one-hot")
        if abs(rise - 0.099 * unit) < 0.01 * unit:
            self._facts.append("for the label 0 it grows in proportion to y_pred: a rate, not a probability")
            return self._answer("any", "any")
        return self._unknown("it has a logarithm of y_pred, but none of 1 - y_pred")

    def _of_logits(self, left: list[float], right: list[float]) -> Expectation | None:
        """left: the loss with the true class at -8 and -4 and the others at 0; right: at 4 and 6."""
        slope, middle, tail = (left[0] - left[1]) / 4.0, (left[1] - right[0]) / 8.0, (right[1] - right[0]) / 2.0
        if slope <= 0.0 or not 0.3 < middle / slope < 1.2 or not 1e-7 < abs(tail) / slope < 0.5:
            return None
        line = "the loss is a straight line in y_pred where the true class is far behind, and flattens out ahead"
        if self._units == 1:
            no = [self._at(self._margin(m), positive=False) for m in (-4.0, 4.0)]
            if no[0] >= no[1]:
                return None
            self._facts += [line, "for the label 0 it grows with y_pred"]
            return self._answer("binary-logits", "binary", rescuable_from=self._rescuable("sigmoid", left[1]))
        moved = self._at(self._margin(-4.0) + 3.0)
        if abs(moved - left[1]) <= 1e-3 * max(abs(left[1]), slope):
            self._facts += [line, "adding the same number to a whole row changes nothing"]
            return self._answer("class-logits", self._labels, rescuable_from=self._rescuable("softmax", left[1]))
        if self._labels == "one-hot" and self._is_separate(right[0], slope):
            self._facts += [line, "a false class costs what it costs alone: each unit answers for itself"]
            return self._answer("binary-logits", "binary", rescuable_from=self._rescuable("sigmoid", left[1]))
        return None

    def _of_alignments(self, left: list[float]) -> Expectation | None:
        """CTC: a row of y_pred is a moment, and labels are fewer than moments. left: as in `_of_logits`."""
        if len(self._shape) != 3 or self._labels != "sparse":
            return None
        if self._label_axes != (self._shape[0], 1):  # a whole row of labels did not fit into the time there is
            self._label_axes = (self._shape[0], 1)
            left = [self._at(self._margin(m)) for m in (-8.0, -4.0)]
        further, moved = self._at(self._margin(-12.0)), self._at(self._margin(-4.0) + 3.0)
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
        if self._labels != "sparse" or len(self._shape) != 2 or self._units < 2:
            return None
        rows = np.random.default_rng(0).normal(size=self._shape).astype("float32")
        rows /= np.linalg.norm(rows, axis=-1, keepdims=True)
        labels = np.arange(self._shape[0], dtype="float32") // 2
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

    def _is_separate(self, ahead: float, slope: float) -> bool:
        """Whether a false class at 4 costs what it costs alone, although the true one is at 4 too.

        A unit of its own adds softplus(4) - softplus(0) = 3.3 on the loss's scale, a rival in a softmax ln 2.
        """
        return self._at(self._margin(4.0, false=4.0)) - ahead > 2.0 * slope

    def _rescuable(
        self, normaliser: Literal["softmax", "sigmoid"], logits_value: float
    ) -> Literal["", "softmax", "sigmoid"]:
        """Whether the loss, given Keras' own activation of logits, finds these logits: TensorFlow's Keras does it."""
        if backends.name(self._owner) != "tensorflow":
            return ""
        logits = backends.to_tensor(self._margin(-4.0).astype("float32"), self._owner)
        activated = getattr(kerases.of(self._owner).activations, normaliser)(logits)
        value = self._trial.value(self._targets(True), activated)
        return normaliser if abs(value - logits_value) <= 1e-4 * abs(logits_value) else ""

    def _of_any_range(self, left: list[float], right: list[float]) -> Expectation | None:
        """Distances, margins and angles: they take y_pred as it is."""
        fall, rise = left[0] - left[1], right[1] - right[0]
        if rise > 0.0 and fall >= 0.0:
            exact = self._at(self._targets(True)) if self._labels != "sparse" else math.inf
            if exact < min(*left, *right):
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

    def _of_overlap(self) -> Expectation | None:
        """Dice, Jaccard, Tversky: 0 for the labels themselves, 1 for their opposite."""
        if self._labels == "sparse":
            return None
        y = self._targets(True)
        exact, opposite = self._at(y), self._at(1.0 - y)
        if abs(exact) > 1e-3 or not 0.8 < opposite <= 1.001:
            return None
        self._facts += [
            "it is 0 where y_pred is the label",
            "it is 1 where y_pred is the opposite: an overlap in [0, 1]",
        ]
        return self._answer("binary-probabilities", "any")

    def _of_powers(self, steps: list[float]) -> Expectation | None:
        """Losses made of powers of probabilities, which have no value below 0."""
        if self._units == 1 or steps[-1] <= steps[0]:
            return None
        sure, moved = self._at(self._probabilities(1.0)), self._at(self._others_swapped(0.1))
        if abs(sure) > 1e-3 or abs(moved - steps[0]) > 1e-4 * abs(steps[0]):
            return None
        self._facts += ["it has no value below 0, and is 0 where the true class is sure", "only the true class counts"]
        return self._answer("class-probabilities", self._labels)

    def _at(self, y_pred: Any, positive: bool = True) -> float:
        return self._trial.value(self._targets(positive), y_pred.astype("float32"))

    def _targets(self, positive: bool) -> Any:
        """Labels that all say the true class (or, for one unit, all yes or all no), as float32, like in `fit`."""
        if self._labels == "sparse":
            return np.full(self._label_axes, float(_TRUE), dtype="float32")
        y = np.zeros(self._shape, dtype="float32")
        y[..., _TRUE if self._units > 1 else 0] = 1.0 if positive else 0.0
        return y

    def _probabilities(self, p: float) -> Any:
        """Rows in which the true class has probability p and the others share the rest."""
        if self._units == 1:
            return np.full(self._shape, p)
        rows = np.full(self._shape, (1.0 - p) / (self._units - 1))
        rows[..., _TRUE] = p
        return rows

    def _false_at(self, q: float) -> Any:
        """The true class at 0.5, one false class at q, whatever the sum."""
        rows = np.full(self._shape, 0.2)
        rows[..., _TRUE] = 0.5
        rows[..., 0] = q
        return rows

    def _others_swapped(self, p: float) -> Any:
        """The true class as before, all the rest on one other class."""
        rows = np.zeros(self._shape)
        rows[..., _TRUE] = p
        rows[..., 0] = 1.0 - p
        return rows

    def _margin(self, m: float, false: float = 0.0) -> Any:
        """Logits: the true class at m, one other at `false`, the rest at 0."""
        rows = np.zeros(self._shape)
        rows[..., 0] = false
        rows[..., _TRUE if self._units > 1 else 0] = m
        return rows

    def _answer(self, kind: Expects, labels: LabelFormat, **more: Any) -> Expectation:
        evidence = tuple(Evidence(f"tried out: {fact}", "measured") for fact in self._facts)
        return Expectation(kind, loss=self._shown, labels=labels, evidence=evidence, **more)

    def _unknown(self, reason: str) -> Expectation:
        return Expectation("unknown", loss=self._shown, reason=f"{self._shown} was tried out, and {reason}")
