"""What can be done about a finding: in words, as an edit of the source, as a change of the live model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One change that a remedy consists of, named apart from any source.

    Attributes:
        kind: "set-flag": the loss's `from_logits` becomes `value`; "swap-loss": `value`, a call such as
            "BinaryCrossentropy(from_logits=True)" of a class of `keras.losses`, takes the loss's place;
            "set-activation": the activation of the layer that made the output becomes `value`, a name or None;
            "set-dtype": that layer's dtype becomes `value`; "set-axis": its axis; "drop-layer": it is left out;
            "set-earlier-activation": as "set-activation", of the layer that normalises before it;
            "set-metric": `value`, a call such as "keras.metrics.AUC(from_logits=True)", says how the metric of this class
            that is wrong is to be made; "set-threshold": the number that the output is compared with becomes `value`;
            "drop-call": what is applied to the output after the model is left out; "swap-arguments": the two arguments
            of the loss's call change places.
        value: see `kind`.
    """

    kind: Literal[
        "set-flag",
        "swap-loss",
        "set-activation",
        "set-dtype",
        "set-axis",
        "drop-layer",
        "set-earlier-activation",
        "set-metric",
        "set-threshold",
        "drop-call",
        "swap-arguments",
    ]
    value: str | bool | int | None


@dataclass(frozen=True, slots=True)
class Replacement:
    """The characters from `start` up to `end` of a source become `text`; an insertion where both are equal."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SourceEdit:
    """A remedy as an edit of one source: outside the replacements every character stays.

    Attributes:
        file: "cell", or the path of a file.
        cell: execution number of the cell, where it is one.
        replacements: in the order in which they stand, without overlaps.
        original, corrected: the whole source before and after.
        diff: both as a unified diff.
    """

    file: str
    cell: int | None
    replacements: tuple[Replacement, ...]
    original: str
    corrected: str
    diff: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to put a mismatch right.

    Attributes:
        change: what to do, in words.
        consequence: what follows from it.
        steps: the same as changes that can be made to a source or a live model; empty where words are all there is.
        edit: the change of the user's source; None where it could not be located with certainty, or was not looked for.
        problem: why there is no edit, one sentence; "" where there is one, or where none was looked for. A rule gives it
            to a remedy without steps, where there is more to say than that it is more than one edit.
    """

    change: str
    consequence: str
    steps: tuple[Step, ...] = ()
    edit: SourceEdit | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """Every plausible remedy, the preferred one first (the loss's flag before the architecture)."""

    remedies: tuple[Remedy, ...]

    def __str__(self) -> str:
        return self.remedies[0].change if self.remedies else ""
