"""Turns pairs and findings into one neutral document, from which text, HTML and panel are all rendered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from logit_magic.facts import SEVERITIES, Evidence, Finding, Fix, Pair, Remedy, Verdict
from logit_magic.report import costs, wording
from logit_magic.report.measures import (
    Bars,
    Chart,
    LossChart,
    RaceChart,
    Table,
    charts,
    loss_chart,
    loss_in_words,
    lost,
    numbers,
)
from logit_magic.report.wording import PARAGRAPH, SENTENCE, Mark, clean

DIFF_LINES = 40
CHARTED_PAIRS = 8
"""Most pairs whose charts go into the static report, since a notebook stores them; findings come first."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line or paragraph: a mark, a short lead such as a code, the text, asides such as where, and what to do."""

    text: str
    mark: Mark | None = None
    lead: str = ""
    asides: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """A titled list of sentences; counted from `first` on, where that is not 0."""

    title: str
    items: tuple[str, ...]
    first: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pair: who it is, its role ("emits", "expects"), the one-word answer, that in plain words, evidence."""

    who: str
    role: str
    answer: str
    meaning: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """What the model emits beside what the loss expects, and the verdict between them."""

    emits: Side
    expects: Side
    mark: Mark


@dataclass(frozen=True, slots=True)
class Code:
    """Source or a diff, line by line as it is, under a title."""

    title: str
    lines: tuple[str, ...]


Block = Line | Items | Sides | Table | Chart | LossChart | Bars | RaceChart | Code


@dataclass(frozen=True, slots=True)
class Fold:
    """What stands below its title, closed unless it is `open`; `quiet` where nothing was found: text shows the title only."""

    title: Line
    blocks: tuple[Block, ...]
    quiet: bool
    open: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report: lines to read at once, and folds for who wants to know more."""

    lines: tuple[Line, ...]
    folds: tuple[Fold, ...]


def build(pairs: tuple[Pair, ...], findings: tuple[Finding, ...], notes: tuple[str, ...] = ()) -> Document:
    """Return the document: one line per finding, the summary, the notes, and one fold per pair, the worst first.

    Findings that belong to none of `pairs` get a fold of their own where more is to be said than their line.
    """
    lines = [finding_line(finding) for finding in findings]
    lines.extend(line for pair in pairs if not of_pair(pair, findings) for line in not_finite(pair))
    lines.append(Line(summary(pairs, findings)))
    lines.extend(Line(clean(note, SENTENCE)) for note in notes)
    charted = _charted(pairs, findings)
    order = by_trouble(pairs, findings)
    folds = [_pair_fold(pairs[index], of_pair(pairs[index], findings), index in charted) for index in order]
    loose = [finding for finding in findings if finding.pair is None or finding.pair not in pairs]
    folds.extend(_loose_fold(finding) for finding in loose if finding_blocks(finding))
    return Document(tuple(lines), tuple(folds))


def summary(pairs: tuple[Pair, ...], findings: tuple[Finding, ...] = ()) -> str:
    """Return in one sentence how many pairs were checked and how they fared."""
    if not pairs:
        return "No model-loss pair found to check."
    checked = f"{wording.counted(len(pairs), 'pair')} checked"
    counts = Counter(pair.verdict for pair in pairs)
    if counts["match"] == len(pairs):
        who = "it matches" if len(pairs) == 1 else "all match"
        return f"{checked}, {who} on logits and probabilities." if findings else f"{checked}, {who}."
    words: dict[Verdict, tuple[str, str]] = {
        "mismatch": ("does not match", "do not match"),
        "rescued": ("is rescued by Keras", "are rescued by Keras"),
        "match": ("matches", "match"),
        "unknown": ("could not be told", "could not be told"),
    }
    fared = (f"{counts[key]} {words[key][counts[key] > 1]}" for key in words if counts[key])
    return f"{checked}: {', '.join(fared)}."


def of_pair(pair: Pair, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are about `pair`."""
    return tuple(finding for finding in findings if finding.pair is pair or finding.pair == pair)


def by_trouble(pairs: tuple[Pair, ...], findings: tuple[Finding, ...]) -> tuple[int, ...]:
    """Return the places of the pairs, the one with the worst finding first, those that match last."""

    def rank(at: int) -> tuple[int, int]:
        found = (SEVERITIES.index(finding.severity) for finding in of_pair(pairs[at], findings))
        return min(found, default=len(SEVERITIES)), tuple(wording.VERDICT_MARKS).index(pairs[at].verdict)

    return tuple(sorted(range(len(pairs)), key=rank))


def finding_line(finding: Finding) -> Line:
    """Return a finding on one line: what, where, what it costs and the first remedy."""
    location = finding.location or (finding.pair.location if finding.pair else None)
    asides = [wording.place(location)]
    if finding.effect:
        asides.append(clean(finding.effect.sentence, SENTENCE))
    if finding.pair is not None:
        asides.extend(line.text for line in not_finite(finding.pair))
    remedy = clean(finding.fix.remedies[0].change, SENTENCE) if finding.fix and finding.fix.remedies else ""
    return Line(
        clean(finding.message, SENTENCE),
        wording.SEVERITY_MARKS[finding.severity],
        clean(finding.code),
        tuple(filter(None, asides)),
        remedy,
    )


def finding_blocks(finding: Finding) -> tuple[Block, ...]:
    """Return what there is to a finding beyond its line: why it matters, its evidence, every remedy."""
    blocks: list[Block] = []
    if finding.explanation:
        blocks.append(Line(clean(finding.explanation, PARAGRAPH)))
    if finding.evidence:
        blocks.append(Items("Evidence", _evidence(finding.evidence)))
    if finding.fix and finding.fix.remedies:
        blocks.append(remedies(finding.fix))
        blocks.extend(_edits(finding.fix))
    return tuple(blocks)


def _edits(fix: Fix) -> Iterable[Block]:
    """Return every remedy's edit of the source as a diff, and why there is none where one was looked for."""
    for at, remedy in enumerate(fix.remedies, start=1):
        if remedy.edit is not None:
            yield Code(_in_source(at), wording.verbatim(remedy.edit.diff, DIFF_LINES))
    problems = dict.fromkeys(clean(remedy.problem, SENTENCE) for remedy in fix.remedies if remedy.problem)
    if problems and all(remedy.edit is None for remedy in fix.remedies):
        yield Line(f"No edit of the source: {'; '.join(problems)}")


def remedies(fix: Fix, first: int = 1) -> Items:
    """Return every remedy with what follows from it, the preferred one first, counted from `first` on."""
    parts = ((remedy.change, remedy.consequence) for remedy in fix.remedies)
    said = tuple(": ".join(clean(part, SENTENCE) for part in each if part) for each in parts)
    return Items("What to do", said, first)


def edit_of(remedy: Remedy, at: int) -> tuple[Block, ...]:
    """Return a remedy's edit of the source as a diff, or why there is none where one was looked for.

    Args:
        remedy: which.
        at: its number in the list of remedies, which says what it is.
    """
    if remedy.edit is not None:
        return (Code(_in_source(at), wording.verbatim(remedy.edit.diff, DIFF_LINES)),)
    return (
        (Line(f"No edit of the source for remedy {at}: {clean(remedy.problem, SENTENCE)}"),) if remedy.problem else ()
    )


def _in_source(at: int) -> str:
    return f"Remedy {at} in the source"


def reasons(findings: Iterable[Finding]) -> tuple[Block, ...]:
    """Return what each finding says, why it matters, and what speaks for it beyond what its pair's sides say."""
    findings = tuple(findings)
    found: list[Block] = []
    for finding in findings:
        line = finding_line(finding)
        found.append(Line(line.text, line.mark, line.lead, line.asides))
        if finding.explanation:
            found.append(Line(clean(finding.explanation, PARAGRAPH)))
        said = (*finding.pair.emission.evidence, *finding.pair.expectation.evidence) if finding.pair else ()
        further = [fact for fact in finding.evidence if fact not in said]
        if further:
            found.append(Items("Evidence", _evidence(further)))
    return (*found, *cost_blocks(findings))


def cost_blocks(findings: Iterable[Finding]) -> tuple[Block, ...]:
    """Return what findings about one pair cost: measured once, so shown once."""
    effects = [finding.effect for finding in findings if finding.effect is not None]
    found = next(((effect, table) for effect in effects if (table := costs.table(effect)) is not None), None)
    if found is None:
        return ()
    effect, table = found
    before, after = ((Line(said),) if said else () for said in (costs.training(effect), costs.legend(effect)))
    return (*before, table, *after)


def shows_losses(findings: Iterable[Finding]) -> bool:
    """Return whether what the findings cost names the losses, which then need not stand a second time."""
    return any(finding.effect is not None and finding.effect.loss_configured is not None for finding in findings)


def sides(pair: Pair) -> Sides:
    """Return what the pair's model emits and its loss expects, each with what speaks for it."""
    emission, expectation = pair.emission, pair.expectation
    emits = [*_evidence(emission.evidence)]
    if math.isfinite(emission.low) or math.isfinite(emission.high):
        emits.append(f"can hold values from {wording.number(emission.low)} to {wording.number(emission.high)}")
    emits += _labelled(
        ("made by", emission.maker),
        ("not known because", emission.reason),
        ("normalised before by", emission.twice),
        ("sum of one broken by", emission.broken_by),
    )
    expects = [*_evidence(expectation.evidence)]
    labels = "" if expectation.labels == "unknown" else expectation.labels
    expects += _labelled(("labels:", labels), ("not known because", expectation.reason))
    return Sides(
        Side(
            f"{clean(pair.model)}[{clean(pair.output)}]", "emits", pair.emits, wording.EMITS[pair.emits], tuple(emits)
        ),
        Side(clean(pair.loss), "expects", pair.expects, wording.EXPECTS[pair.expects], tuple(expects)),
        wording.VERDICT_MARKS[pair.verdict],
    )


def title(pair: Pair) -> Line:
    """Return the pair's heading with its verdict, how the two are known to meet, and where."""
    asides = (wording.BASES[pair.basis], wording.place(pair.location), clean(pair.backend))
    return Line(wording.heading(pair), wording.VERDICT_MARKS[pair.verdict], "", tuple(filter(None, asides)))


def _pair_fold(pair: Pair, findings: tuple[Finding, ...], charted: bool) -> Fold:
    about = (block for finding in findings for block in (named(finding), *finding_blocks(finding)))
    blocks: tuple[Block, ...] = (*about, *cost_blocks(findings), sides(pair), measured(pair), *not_finite(pair))
    if pair.distributions is not None:
        blocks += numbers(pair.distributions, losses=not shows_losses(findings))
        blocks += loss_blocks(pair, charted and pair.verdict != "match")
        blocks += charts(pair.distributions) if charted else (Line("Charts: see the panel, or plot this pair."),)
    troubled = pair.verdict in ("mismatch", "rescued") or any(finding.severity != "info" for finding in findings)
    return Fold(title(pair), blocks, quiet=pair.verdict == "match" and not findings, open=troubled)


def loss_blocks(pair: Pair, charted: bool) -> tuple[Block, ...]:
    """Return between which values the pair's loss runs, and its chart; nothing where that is not known."""
    study = pair.distributions.study if pair.distributions is not None else None
    if study is None or study.curve is None:
        return ()
    said = Line(loss_in_words(study.curve))
    return (said, loss_chart(study.curve)) if charted else (said,)


def measured(pair: Pair) -> Line:
    """Return how much was measured for the pair, and where the rows came from."""
    if pair.distributions is None:
        why = clean(pair.unmeasured, SENTENCE) or "there was no data to sample"
        return Line(f"Nothing measured: {why}.")
    sample = pair.distributions.sample
    asides = [clean(sample.source, SENTENCE)]
    if not sample.has_labels and "without labels" not in sample.source:
        asides.append("without labels")
    if sample.thinned:
        asides.append(clean(sample.thinned, SENTENCE))
    if sample.synthetic:
        asides.append("synthetic, so it says nothing about your own data")
    return Line(f"Measured on {wording.counted(sample.rows, 'row')}", asides=tuple(asides))


def not_finite(pair: Pair) -> tuple[Line, ...]:
    """Return in plain words how much of what the model emitted is no number; nothing where all of it is."""
    said = lost(pair.distributions) if pair.distributions is not None else ""
    return (Line(said, Mark("▲", "not finite", "caution"), f"{clean(pair.model)}:"),) if said else ()


def _loose_fold(finding: Finding) -> Fold:
    return Fold(named(finding), finding_blocks(finding), quiet=False)


def named(finding: Finding) -> Line:
    """Return a finding by its name only, for where its whole line stands above already."""
    return Line(clean(finding.slug), wording.SEVERITY_MARKS[finding.severity], clean(finding.code))


def _charted(pairs: tuple[Pair, ...], findings: tuple[Finding, ...]) -> frozenset[int]:
    measured = [index for index in by_trouble(pairs, findings) if pairs[index].distributions is not None]
    return frozenset(measured[:CHARTED_PAIRS])


def _evidence(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(clean(fact, SENTENCE) for fact in evidence)


def _labelled(*facts: tuple[str, str]) -> list[str]:
    return [f"{label} {clean(fact, SENTENCE)}" for label, fact in facts if fact]
