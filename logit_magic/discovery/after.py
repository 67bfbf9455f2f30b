"""What the cell does with outputs after their models, as targets: what was seen, then what its source tells beside."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from logit_magic.discovery import namespace as names_of
from logit_magic.discovery.pairing import Target, compiled_loss
from logit_magic.discovery.reading import Read, read
from logit_magic.discovery.sightings import Candidate, Sighting, Use
from logit_magic.facts import Location
from logit_magic.foreign import name_of


def after_models(
    uses: list[Use], outputs: tuple[Candidate, ...], sightings: list[Sighting], namespace: Mapping[str, Any],
    tree: ast.Module | None, cell: int, place: Callable[[Location], Location],
) -> list[Target]:  # fmt: skip
    """One target for each place at which something is applied to what a model returned.

    Args:
        uses: what the recorder saw of that.
        outputs: of models, as it saw them.
        sightings: the losses that it saw called, which tell what an output stands for.
        namespace: after the cell.
        tree: the cell; None where it cannot be read.
        cell: its execution number.
        place: counts the lines of what was seen as the tree counts them.
    """
    reads = [] if tree is None else _read(tree, namespace)
    if not uses and not reads:
        return []
    names = {id(found.thing): found.name for found in names_of.models(namespace)}
    targets: list[Target] = []
    known: set[tuple[int, int | None]] = set()
    for use in uses:
        where = None if use.location is None else place(use.location)
        makers = [use.maker] if use.maker is not None else [one.maker for one in use.seen if one.maker.is_model]
        for model in {id(m): m for maker in makers if (m := maker.layer()) is not None}.values():
            line = None if where is None else where.line
            if (id(model), line) in known:
                continue
            known.add((id(model), line))
            written = next(
                (r.applied.written for r in reads if r.model is model and r.line == line), use.applied.written
            )
            own = tuple(one for one in use.seen if one.maker.layer() is model)
            at = use.place if use.maker is not None or not own else own[0].place
            seen = replace(use, applied=replace(use.applied, written=written), seen=own, place=at)
            targets.append(_target(model, seen, where, names, sightings, "observed"))
    for one in reads:
        if (id(one.model), one.line) not in known:
            known.add((id(one.model), one.line))
            targets.append(_read_target(one, outputs, cell, names, sightings))
    return targets


def _read(tree: ast.Module, namespace: Mapping[str, Any]) -> list[Read]:
    """Reading only adds to what was seen: a cell that defeats it is checked all the same."""
    try:
        return read(tree, namespace)
    except Exception:
        return []


def _read_target(
    one: Read, outputs: tuple[Candidate, ...], cell: int, names: Mapping[int, str], sightings: list[Sighting]
) -> Target:
    where = Location("cell", one.line, one.column, cell)
    own = tuple(output for output in outputs if output.maker.layer() is one.model)
    return _target(one.model, Use(one.applied, where, None, seen=own), where, names, sightings, "source")


def _target(
    model: Any, use: Use, where: Location | None, names: Mapping[int, str], sightings: list[Sighting], basis: Any
) -> Target:
    name = names.get(id(model)) or name_of(model)
    return Target(name, model, _loss_of(model, use, sightings), basis, where, use=use, named=id(model) in names)


def _loss_of(model: Any, use: Use, sightings: list[Sighting]) -> Any:
    """The loss that says what the output stands for: that of `compile`, or one that was seen to be given it."""
    loss = compiled_loss(model)
    if loss is not None:
        return loss
    met: Iterator[Sighting] = (s for s in sightings if s.maker is not None and s.is_output and s.place == use.place)
    return next((s.loss for s in met if not s.metric and s.maker is not None and s.maker.layer() is model), None)
