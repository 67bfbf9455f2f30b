"""Every remedy of a finding as an edit of the user's own source, or the reason why there is none."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from logit_magic.facts import Finding, Fix, Location, Pair, Remedy, SourceEdit, Step
from logit_magic.fix import calls, heads, layers, losses, metrics
from logit_magic.fix.edit import edit_of
from logit_magic.fix.names import Reader, imported_names, scope_of, uses
from logit_magic.fix.places import Given, compiled_in, given_at
from logit_magic.fix.source import Source, UnsureError
from logit_magic.foreign import first_line

_AFTER = ("swap-arguments", "set-threshold", "drop-call")
_NOT_SEEN = "in which cell the loss is given was not seen"


@dataclass(frozen=True, slots=True)
class Sources:
    """What may be read and edited.

    Attributes:
        cells: execution number -> the cell as typed, of every cell that ran.
        namespace: what the names hold now.
        files: path -> text of the user's own modules.
        compiled_at: name of a model -> where an earlier cell compiled it, as far as that was seen.
    """

    cells: Mapping[int, str] = field(default_factory=dict)
    namespace: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    compiled_at: Mapping[str, Location] = field(default_factory=dict)

    def text_at(self, location: Location) -> str | None:
        if location.file == "cell":
            return None if location.cell is None else self.cells.get(location.cell)
        return self.files.get(location.file)


def remedies(
    finding: Finding,
    source: str,
    *,
    cells: Mapping[int, str] | None = None,
    namespace: Mapping[str, Any] | None = None,
    pairs: tuple[Pair, ...] = (),
) -> tuple[Remedy, ...]:
    """The finding's remedies, the preferred one first, each with its edit or the reason why there is none.

    Nothing of the user's code is run. An edit is given only where one place in the source is certain to be what ran, and
    once the corrected source has been read again and differs there and nowhere else.

    Args:
        finding: its `location` stands in `source`.
        source: the cell as typed, with its magics, or a file's text.
        cells: execution number -> source of the cells that ran, for a loss or model that was made in an earlier one.
        namespace: what the names hold; without it, what the imports in `source` bind.
        pairs: all pairs of the report, so that a change that another pair would suffer from is refused.

    Returns:
        the remedies with `edit` or `problem` set. Edits of an earlier cell have that cell's number and source.
    """
    if finding.fix is None:
        return ()
    stated = finding.fix.remedies
    if finding.location is None or finding.pair is None:
        return tuple(replace(r, problem=_NOT_SEEN) for r in stated)
    location = finding.location
    try:
        read = Source(source, location.cell, location.file)
        known = imported_names(read) if namespace is None else namespace
        among = dict(cells or {})
        if location.cell is not None:
            among.setdefault(location.cell, source)
        reader = Reader(among, known, finding.pair.keras)
    except UnsureError as reason:
        return tuple(replace(r, problem=str(reason)) for r in stated)
    return tuple(_edited(remedy, location, read, finding.pair, reader, pairs) for remedy in stated)


def with_edits(findings: tuple[Finding, ...], pairs: tuple[Pair, ...], sources: Sources) -> tuple[Finding, ...]:
    """Findings with the edits of their remedies, or with the reason why there is none.

    Args:
        findings: of one report.
        pairs: of the same report.
        sources: what may be read and edited. Where the place of a `compile` was not seen, its call is looked for there.
    """
    pairs = tuple(replace(p, location=p.location or sources.compiled_at.get(p.model)) for p in pairs)
    return tuple(
        finding if finding.fix is None else replace(finding, fix=Fix(_guarded(finding, pairs, sources)))
        for finding in findings
    )


def _guarded(finding: Finding, pairs: tuple[Pair, ...], sources: Sources) -> tuple[Remedy, ...]:
    """A fault of ours is no edit, and keeps no finding from being shown."""
    assert finding.fix is not None
    try:
        location = finding.location
        if location is None and finding.pair is not None and finding.pair.basis == "compiled":
            name = finding.pair.model
            location = sources.compiled_at.get(name) or compiled_in(name, Reader(sources.cells, sources.namespace))
        text = None if location is None else sources.text_at(location)
        if text is None:
            return tuple(replace(r, problem=_NOT_SEEN) for r in finding.fix.remedies)
        placed = replace(
            finding,
            location=location,
            pair=finding.pair and replace(finding.pair, location=finding.pair.location or location),
        )
        return remedies(placed, text, cells=sources.cells, namespace=sources.namespace, pairs=pairs)
    except Exception as error:
        problem = f"a fault in logit_magic itself ({type(error).__name__}: {first_line(error)}); please report it"
        return tuple(replace(remedy, problem=problem) for remedy in finding.fix.remedies)


def _edited(
    remedy: Remedy, location: Location, source: Source, pair: Pair, reader: Reader, pairs: tuple[Pair, ...]
) -> Remedy:
    if not remedy.steps:
        return replace(remedy, problem=remedy.problem or "this is more than one edit can do")
    try:
        if remedy.steps[0].kind in _AFTER:
            made = [_after(remedy.steps[0], location, source, pair, reader, pairs)]
        else:
            made = _of_model(remedy.steps, given_at(location, source, reader), pair, reader, pairs)
        return replace(remedy, edit=_edit(made), problem="")
    except UnsureError as reason:
        return replace(remedy, edit=None, problem=str(reason))


def _edit(made: list[calls.Edit]) -> SourceEdit:
    source = made[0][0]
    for other, _, _ in made:
        if (other.cell, other.file) != (source.cell, source.file):
            raise UnsureError(f"the change is of two places, in {source.name} and in {other.name}")
    nodes = [node for _, several, _ in made for node in several]
    return edit_of(source, [one for _, _, several in made for one in several], nodes)


def _of_model(
    steps: tuple[Step, ...], where: Given, pair: Pair, reader: Reader, pairs: tuple[Pair, ...]
) -> list[calls.Edit]:
    """What the steps change of a model, its loss and its metrics."""
    made: list[calls.Edit] = []
    for step in steps:
        if step.kind in ("set-flag", "swap-loss"):
            made.append(_of_loss(step, where, pair, reader, pairs))
        elif step.kind != "set-metric":
            made.append(_of_head(step, where, pair, reader, pairs))
    of_metrics = tuple(step for step in steps if step.kind == "set-metric")
    if of_metrics:
        _require_no_other_model(pair, pairs)
        made += metrics.made_right(of_metrics, where, pair, reader)
    return made


def _after(
    step: Step, location: Location, source: Source, pair: Pair, reader: Reader, pairs: tuple[Pair, ...]
) -> calls.Edit:
    """What a step changes of a call or comparison that the cell makes by itself."""
    _require_no_other_model(pair, pairs)
    if step.kind == "swap-arguments":
        return calls.arguments_swapped(location, source, pair, reader)
    if step.kind == "set-threshold":
        return calls.threshold_set(location, source, str(step.value))
    return calls.call_dropped(location, source, pair, reader)


def _require_no_other_model(pair: Pair, pairs: tuple[Pair, ...]) -> None:
    """Another model, or another output, that meets the same place may be right there."""
    for other in pairs:
        if other.location == pair.location and other.model != pair.model:
            raise UnsureError(f"the same place meets {other.model}[{other.output}] too")


def _of_head(step: Step, where: Given, pair: Pair, reader: Reader, pairs: tuple[Pair, ...]) -> calls.Edit:
    maker = pair.emission.twice if step.kind == "set-earlier-activation" else pair.emission.maker
    for other in pairs:
        if not _is_same(other, pair) and other.emission.maker == maker and other.verdict == "match":
            raise UnsureError(f"the same layer makes {other.model}[{other.output}], which matches its loss")
    head = heads.head_of(where, pair, reader, maker)
    if step.kind == "drop-layer":
        node, made = layers.dropped(head, pair, reader)
        return head.source, [node], made
    name = {"set-dtype": "dtype", "set-axis": "axis"}.get(step.kind, "activation")
    value = step.value if step.value is None or isinstance(step.value, int) else str(step.value)
    return head.source, [head.call], (layers.keyword_set(head, name, value, reader),)


def _of_loss(step: Step, where: Given, pair: Pair, reader: Reader, pairs: tuple[Pair, ...]) -> calls.Edit:
    _require_no_other_meets_it(pair, pairs)
    place = (
        losses.called_at((where.call, *where.others), where.source, pair, reader)
        if where.loss is None
        else losses.place_of(where.loss, where.loss_source, pair, reader)
    )
    _require_unshared(place, pair, pairs, reader)
    _require_no_other_cell(place, where, reader)
    if step.kind == "set-flag":
        made = losses.flag_set(place, bool(step.value), pair, reader)
    else:
        made = losses.swapped(place, str(step.value), reader)
    return place.source, [place.node], made


def _require_no_other_meets_it(pair: Pair, pairs: tuple[Pair, ...]) -> None:
    """Another output or model that meets the same loss at the same place must be wrong in the same way."""
    for other in pairs:
        here = other.location == pair.location and (pair.location is not None or other.model == pair.model)
        same = here and other.loss_path == pair.loss_path and not _is_same(other, pair)
        if same and (other.emits != pair.emits or other.verdict not in ("mismatch", "rescued")):
            raise UnsureError(
                f"the same place gives the loss of {other.model}[{other.output}] too, which would then not match"
            )


def _is_same(other: Pair, pair: Pair) -> bool:
    """Whether two are one pair: what is wrong with labels or metrics leaves model and loss a match."""
    keys = ((one.model, one.output, one.loss_path, one.emission, one.expectation) for one in (other, pair))
    return len(set(keys)) == 1


def _require_unshared(place: losses.Place, pair: Pair, pairs: tuple[Pair, ...], reader: Reader) -> None:
    """A loss that has a name, and that other pairs use by it, must be wrong for all of them."""
    if not place.used:
        return
    alike = [p for p in pairs if p.expects == pair.expects and p.expectation.family == pair.expectation.family]
    if all(p.verdict in ("mismatch", "rescued") for p in alike):
        return
    for _, name in place.used:
        found = sum(len(uses(source, name.id)) for source in reader.mentioning(name.id))
        if found > 1:
            raise UnsureError(f"`{name.id}` is the loss of another output too, for which it is right")


def _require_no_other_cell(place: losses.Place, where: Given, reader: Reader) -> None:
    """A loss or helper that other cells use for other models must not change: those models are not seen here.

    A cell that was run again is the same cell: calls that stand in both are the same calls.
    """
    current = max(reader.cells, default=None)
    if current is None:
        return
    helper = scope_of(where.source, where.call)
    names = {name.id for _, name in place.used}
    helpers = {helper.name} if isinstance(helper, ast.FunctionDef) else set()
    here = {written for written, _ in _calls_with(reader.cell(current), names, helpers)}
    for source in (source for name in names | helpers for source in reader.mentioning(name)):
        if source.cell not in (current, where.source.cell):
            for written, name in _calls_with(source, names, helpers):
                if written not in here:
                    raise UnsureError(f"`{name}` is used in {source.name} too, for a model that is not checked here")


def _calls_with(source: Source, losses_named: set[str], helpers: set[str]) -> list[tuple[str, str]]:
    """(call as text, name) of every `compile` that a named loss is given to, and every call of a helper."""
    found = []
    for call in (n for n in ast.walk(source.tree) if isinstance(n, ast.Call)):
        callee = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        inside = {n.id for n in ast.walk(call) if isinstance(n, ast.Name)}
        if callee in helpers:
            found.append((ast.unparse(call), callee))
        elif callee == "compile" and losses_named & inside:
            found.append((ast.unparse(call), min(losses_named & inside)))
    return found
