"""Puts names, numbers and judgements into words that are short and harmless enough to show anywhere."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Literal

from logit_magic.facts import Basis, Emits, Expects, Location, Pair, Severity, Verdict

Tone = Literal["bad", "caution", "good", "quiet"]

NAME = 80
SENTENCE = 400
PARAGRAPH = 2000
MISSING = "–"

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A judgement as shape, word and tone, so that it never rests on colour alone."""

    shape: str
    word: str
    tone: Tone

    def __str__(self) -> str:
        return f"{self.shape} {self.word}"


SEVERITY_MARKS: dict[Severity, Mark] = {
    "error": Mark("✖", "error", "bad"),
    "warning": Mark("▲", "warning", "caution"),
    "info": Mark("●", "info", "quiet"),
}
VERDICT_MARKS: dict[Verdict, Mark] = {
    "mismatch": Mark("✖", "mismatch", "bad"),
    "rescued": Mark("▲", "rescued by Keras", "caution"),
    "unknown": Mark("?", "could not be told", "quiet"),
    "match": Mark("✔", "match", "good"),
}
BASES: dict[Basis, str] = {
    "compiled": "compiled together",
    "observed": "seen to meet while the cell ran",
    "source": "read in the source",
    "given": "given to the check",
    "co-defined": "defined in the same cell, so a guess",
}
EMITS: dict[Emits, str] = {
    "logits": "any number; softmax or sigmoid is still to come",
    "class-probabilities": "0 to 1, and each row sums to one",
    "independent-probabilities": "0 to 1, each unit for itself",
    "log-probabilities": "logarithms of probabilities",
    "nonnegative": "from 0 up, not normalised",
    "bounded": "between bounds, not normalised",
    "constant": "always the same number",
    "unknown": "could not be read off",
}
EXPECTS: dict[Expects, str] = {
    "class-logits": "any number; it applies softmax itself",
    "class-probabilities": "0 to 1, and each row sums to one",
    "binary-logits": "any number; it applies sigmoid itself",
    "binary-probabilities": "0 to 1, each unit for itself",
    "any": "whatever it gets",
    "unknown": "could not be read off",
}
"""Each one-word answer in plain words."""


def clean(text: object, limit: int = NAME) -> str:
    """Return `text` as one short line that holds visible characters only.

    Names of models and layers are hostile input: what is too long loses its middle, white space becomes one
    blank, and control characters, direction marks and lone surrogates are spelled out, e.g. as `\\u202e`.

    Args:
        text: anything; its `str` is shown.
        limit: most characters of `text` to keep.
    """
    raw = str(text)
    if len(raw) > limit:
        half = (limit - 3) // 2
        raw = f"{raw[:half]} … {raw[-half:]}"
    return "".join(map(_visible, " ".join(raw.split())))


def verbatim(text: str, most: int) -> tuple[str, ...]:
    """Return the lines of source as they are, but with what is invisible spelled out; at most `most` of them."""
    lines = text.expandtabs(4).split("\n")
    shown = ["".join(map(_visible, line[:PARAGRAPH])) for line in lines[:most]]
    return (*shown, *([f"… and {len(lines) - most} more lines"] if len(lines) > most else []))


def _visible(character: str) -> str:
    if unicodedata.category(character) in _INVISIBLE:
        return f"\\u{ord(character):04x}"
    return character


def number(value: float | None, digits: int = 4) -> str:
    """Return `value` with so many significant digits; words where it is not finite, a dash where it is None."""
    if value is None:
        return MISSING
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value + 0.0:.{digits}g}"


def percent(share: float | None) -> str:
    """Return an accuracy, a dash where it is None."""
    return MISSING if share is None else f"{100.0 * share:.1f} %"


def counted(count: int, noun: str) -> str:
    """Return e.g. "1 pair" or "3 pairs"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def heading(pair: Pair) -> str:
    """Return which output meets which loss, e.g. "classifier[probs] ↔ CategoricalCrossentropy()"."""
    return f"{clean(pair.model)}[{clean(pair.output)}] ↔ {clean(pair.loss)}"


def place(location: Location | None) -> str:
    """Return where in the source, "" where that is not known."""
    return clean(location) if location else ""
