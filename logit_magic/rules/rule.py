"""What a rule is: facts in, at most one judgement out; no framework in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from logit_magic.facts import Applied, Emission, Evidence, Expectation, Labels, Metric, Remedy, Severity, Swapped


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a rule may look at.

    Attributes:
        model, output: names for people.
        emission, expectation: the two sides of the pair.
        backend: "tensorflow", "jax" or "torch".
        rescued: Keras repairs this pair here and now: it trains on the logits although the code says otherwise.
        labels: that the cell used for this output; None where none were seen.
        metrics: of `compile`, or updated by hand, that this output meets.
        metered: the pair is about a metric that the cell updates by hand with this output; `expectation` is that of the
            loss that meets the output too, and unknown where none was seen.
        applied: what the cell does with the output after the model: the pair is then about that; None for its loss.
        swapped: how the loss was called with its arguments the wrong way round; None where it was not.
    """

    model: str
    output: str
    emission: Emission
    expectation: Expectation
    backend: str = ""
    rescued: bool = False
    labels: Labels | None = None
    metrics: tuple[Metric, ...] = ()
    swapped: Swapped | None = None
    applied: Applied | None = None
    metered: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule says of one pair; the rule's code, slug and page are added by the checker."""

    message: str
    remedies: tuple[Remedy, ...] = ()
    severity: Severity | None = None  # None: the rule's own
    explanation: str = ""  # "": the rule's own
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A program that the tests run on every backend.

    Attributes:
        code: makes and compiles `model`; `keras`, `layers`, `ops` and `np` are at hand. `x` and `y`, where it makes
            them, are the data that the model is trained on.
        cell: it is a cell, checked for what it does while it runs.
        finds: whether the rule fires on it.
        note: why, for a look-alike that must stay silent.
    """

    code: str
    finds: bool
    note: str = ""
    cell: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue, with its page.

    Attributes:
        code, slug: never change their meaning.
        severity: unless a judgement says otherwise.
        finds, why, instead, silent: the page: what it finds, why it matters, what to use instead, what must stay silent.
        check: facts -> judgement, or None.
        beside: it is about labels or metrics, so that model and loss may match all the same.
        examples: run as tests; at least one with `finds` and one without.
    """

    code: str
    slug: str
    severity: Severity
    finds: str
    why: str
    instead: str
    silent: str
    check: Callable[[Facts], Judgement | None]
    examples: tuple[Example, ...] = ()
    beside: bool = False

    def page(self) -> str:
        """The rule's page as plain text."""
        parts = [
            f"{self.code} {self.slug} ({self.severity})",
            f"What it finds\n{self.finds}",
            f"Why it matters\n{self.why}",
        ]
        wrong = next((e for e in self.examples if e.finds), None)
        if wrong is not None:
            parts.append("Example\n" + wrong.code.strip())
        parts += [f"Use instead\n{self.instead}", f"Must stay silent\n{self.silent}"]
        return "\n\n".join(parts)
