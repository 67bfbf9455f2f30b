"""The two sides of a pair, what was found about them, and the words that say it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from logit_magic.facts.distributions import Distributions
from logit_magic.facts.effects import Effect
from logit_magic.facts.remedies import Fix

Emits = Literal[
    "logits",
    "class-probabilities",
    "independent-probabilities",
    "log-probabilities",
    "nonnegative",
    "bounded",
    "constant",
    "unknown",
]
Expects = Literal["class-logits", "class-probabilities", "binary-logits", "binary-probabilities", "any", "unknown"]
Verdict = Literal["match", "mismatch", "rescued", "unknown"]
Basis = Literal["compiled", "observed", "source", "given", "co-defined"]
Severity = Literal["error", "warning", "info"]
How = Literal["proved", "observed", "measured", "read", "guessed"]
LabelFormat = Literal["sparse", "one-hot", "binary", "any", "unknown"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Location:
    """Where in the user's source something stands.

    Attributes:
        file: a path, or "cell" for the cell that was just run.
        line: 1-based line in that file or cell.
        column: 0-based column in UTF-8 bytes, as in Python's own positions.
        cell: execution number of the cell (`In[n]`), where it is one.
        code: name of the code that ran there, as Python knows it, until the cell is known by it; else "".
    """

    file: str
    line: int
    column: int = 0
    cell: int | None = None
    code: str = ""

    def __str__(self) -> str:
        if self.file == "cell":
            return f"cell line {self.line}"
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One plain fact and how it was come by ("proved" is strongest, "guessed" weakest)."""

    statement: str
    how: How

    def __str__(self) -> str:
        return f"{self.statement} ({self.how})"


@dataclass(frozen=True, slots=True)
class Emission:
    """What one output tensor of a model can hold.

    Attributes:
        kind: the one-word answer, see `Emits`.
        axis: the axis (negative, counted from the end) along which values are a simplex or its log; None without one.
        rank: number of axes including the batch; None where unknown.
        size: length of the last axis, the usual class axis; None where it is not fixed.
        simplex_size: length of `axis`; 1 means softmax over a single unit.
        low, high: closed interval that holds every value.
        maker: what made the values so, as the user would recognise it, e.g. "dense_1 (Dense, activation=softmax)".
        evidence: plain facts, strongest first.
        reason: why `kind` is unknown, else "".
        twice: the maker of an earlier normalisation that this one normalises again, else "".
        broken_by: what breaks the simplex after the softmax, else "".
        broken_in: when it does: "training" (Dropout) or "always".
        dtype: of the output tensor, e.g. "float32"; "" where unknown.
        elementwise: each value can take any place in the interval whatever its neighbours do; so rows do not sum to one.
        carries_logits: what TensorFlow's Keras can find the logits of this very tensor by: the "tensor" (an attribute),
            the "graph" (its op), or "" for not at all.
        normaliser: "softmax" or "sigmoid" where one of these made the values, else "".
        activation: the elementwise activation that made them, e.g. "tanh", where neither of these did, else "".
        twice_of: which of these two the earlier normalisation is where there is one, else "".
    """

    kind: Emits
    axis: int | None = None
    rank: int | None = None
    size: int | None = None
    simplex_size: int | None = None
    low: float = -math.inf
    high: float = math.inf
    maker: str = ""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    twice: str = ""
    broken_by: str = ""
    broken_in: Literal["", "training", "always"] = ""
    dtype: str = ""
    elementwise: bool = False
    carries_logits: Literal["", "tensor", "graph"] = ""
    normaliser: Literal["", "softmax", "sigmoid"] = ""
    activation: str = ""
    twice_of: Literal["", "softmax", "sigmoid"] = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a loss needs its `y_pred` to be.

    Attributes:
        kind: the one-word answer, see `Expects`.
        loss: the loss as its user would write it, e.g. "SparseCategoricalCrossentropy(from_logits=True)".
        family: the loss's identity, e.g. "SparseCategoricalCrossentropy"; "" for a loss that is not Keras' own.
        labels: the label format that it takes.
        axis: its class axis, counted from the end where negative.
        renormalises: divides y_pred by its sum along the class axis before use.
        distribution: needs rows that are distributions although it says "any" (KLDivergence).
        linear: a straight line in y_pred: right for log-probabilities, and not to be told for anything else.
        ignore_class: the class id that it leaves out; None for none.
        rescuable_from: the normaliser whose inputs TensorFlow's Keras takes instead, where it finds them; "" for never.
        evidence: plain facts, strongest first.
        reason: why `kind` is unknown, else "".
    """

    kind: Expects
    loss: str = ""
    family: str = ""
    labels: LabelFormat = "unknown"
    axis: int = -1
    renormalises: bool = False
    distribution: bool = False
    linear: bool = False
    ignore_class: int | None = None
    rescuable_from: Literal["", "softmax", "sigmoid"] = ""
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """One output of one model and one loss that meets it.

    Attributes:
        model, output, loss: names for people. `output` is an output name or an index.
        emits, expects: the one-word answers.
        verdict: "match", "mismatch", "rescued" (Keras repairs it on this backend and path) or "unknown".
        basis: how we know that this loss meets this output.
        location: where the loss was given, if known.
        emission, expectation: the facts behind `emits` and `expects`.
        distributions: measured on a sample, if there was one.
        unmeasured: why nothing was measured, where that was tried or not wanted; for display alone.
        loss_path: keys and indices that lead to this loss in what was given as losses; () for a lone one.
        keras: the package that the model belongs to: "keras" or, for Keras 2, "tf_keras".
    """

    model: str
    output: str | int
    loss: str
    emits: Emits
    expects: Expects
    verdict: Verdict
    basis: Basis
    location: Location | None
    emission: Emission
    expectation: Expectation
    backend: str = ""
    distributions: Distributions | None = None
    loss_path: tuple[str | int, ...] = ()
    keras: str = ""
    unmeasured: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or that could not be told.

    Attributes:
        code, slug: e.g. "LM101", "logits-into-probability-loss".
        severity: "error" the number trained on is wrong; "warning" right but fragile; "info".
        message: one sentence in the user's words.
        explanation: why it matters.
        pair: the pair it is about; None for a fault of the check itself.
        location: file or cell, line, column.
        evidence: plain facts, each with how it was come by.
        effect: measured; or None.
        fix: remedies; or None.
    """

    code: str
    slug: str
    severity: Severity
    message: str
    explanation: str = ""
    pair: Pair | None = None
    location: Location | None = None
    evidence: tuple[Evidence, ...] = ()
    effect: Effect | None = None
    fix: Fix | None = None
