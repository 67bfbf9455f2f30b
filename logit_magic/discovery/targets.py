"""What is to be checked: the models and losses that a cell touched, or that a namespace holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from logit_magic.discovery import namespace as names_of
from logit_magic.discovery.pairing import Target, compiled_loss, is_compiled, own_training
from logit_magic.discovery.recorder import Note
from logit_magic.discovery.sightings import Sighting
from logit_magic.foreign import name_of


def in_namespace(namespace: Mapping[str, Any], names: Iterable[str] | None = None) -> list[Target]:
    """Every compiled model that the names reach; a lone uncompiled model meets a lone loss."""
    chosen = None if names is None else list(names)
    models = names_of.models(namespace, chosen)
    targets = [
        Target(found.name, found.thing, compiled_loss(found.thing), "compiled")
        for found in models
        if compiled_loss(found.thing) is not None
    ]
    return targets or _co_defined(models, names_of.losses(namespace, chosen))


def in_cell(
    notes: list[Note], sightings: list[Sighting], namespace: Mapping[str, Any], rebound: list[str]
) -> list[Target]:
    """What a cell compiled, trained, called, bound or rebound.

    Args:
        notes: what the recorder saw of compiled models.
        sightings: the losses and metrics that it saw called by hand.
        namespace: after the cell.
        rebound: names that the cell bound anew.
    """
    fresh = names_of.models(namespace, rebound)
    everywhere = {id(found.thing): found.name for found in (*names_of.models(namespace), *fresh)}
    targets: list[Target] = []
    seen: set[int] = set()
    for note in notes:
        model = note.model()
        loss = None if model is None else compiled_loss(model)
        if loss is None:
            continue
        seen.add(id(model))
        named = id(model) in everywhere
        name = everywhere.get(id(model)) or name_of(model)
        targets.append(Target(name, model, loss, "compiled", note.location, note.data, note.monitors, named=named))
    for found in fresh:
        if id(found.thing) not in seen and compiled_loss(found.thing) is not None:
            targets.append(Target(found.name, found.thing, compiled_loss(found.thing), "compiled"))
    updated = [target for s in sightings if s.metric for target in _observed(s, everywhere)]
    sightings = [s for s in sightings if not s.metric]
    observed = [target for sighting in sightings for target in _observed(sighting, everywhere)]
    makers = [s.maker.layer for s in sightings if s.maker is not None]
    decided = {id(ref()) for ref in (*makers, *(s.trainer for s in sightings if s.trainer is not None))}
    targets = [t for t in targets if not (id(t.model) in decided and own_training(t.model))]
    pairs = [*targets, *observed] or _co_defined(fresh, names_of.losses(namespace, rebound))
    return [*pairs, *updated]  # what a metric is given is judged by the losses that meet it


def _observed(sighting: Sighting, names: Mapping[int, str]) -> Iterator[Target]:
    """The model that a sighting is about; each one that it may be about where that is for the values to tell."""
    makers = [sighting.maker] if sighting.maker is not None else [c.maker for c in sighting.candidates]
    makers += [sighting.turned[0]] if sighting.turned is not None else []
    models = {id(model): model for maker in makers if (model := maker.layer()) is not None}
    for key, model in models.items():
        name = names.get(key) or name_of(model)
        loss, metric = (None, sighting.loss) if sighting.metric else (sighting.loss, None)
        yield Target(
            name, model, loss, "observed", sighting.location, sighting=sighting, named=key in names, metric=metric
        )


def _co_defined(models: list[names_of.Found], losses: list[names_of.Found]) -> list[Target]:
    """One uncompiled model and one loss from the same place: likely meant for each other, which is no proof."""
    loose = [found for found in models if not is_compiled(found.thing)]
    if len(loose) != 1 or len(models) != 1 or len(losses) != 1:
        return []
    return [Target(loose[0].name, loose[0].thing, losses[0].thing, "co-defined")]
