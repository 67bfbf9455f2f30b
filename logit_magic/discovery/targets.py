"""What is to be checked: the models and losses that a cell touched, or that a namespace holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from logit_magic.discovery import namespace as names_of
from logit_magic.discovery.pairing import Target, compiled_loss, is_compiled
from logit_magic.discovery.recorder import Note


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


def in_cell(notes: list[Note], namespace: Mapping[str, Any], rebound: list[str]) -> list[Target]:
    """What a cell compiled, trained, bound or rebound.

    Args:
        notes: what the recorder saw.
        namespace: after the cell.
        rebound: names that the cell bound anew.
    """
    fresh = names_of.models(namespace, rebound)
    everywhere = {id(found.thing): found.name for found in (*names_of.models(namespace), *fresh)}
    targets: list[Target] = []
    seen: set[int] = set()
    for note in notes:
        model = note.model()
        if model is None or compiled_loss(model) is None:
            continue
        seen.add(id(model))
        name = everywhere.get(id(model)) or str(getattr(model, "name", "model"))
        loss = compiled_loss(model)
        targets.append(Target(name, model, loss, "compiled", note.location, note.data, note.monitors))
    for found in fresh:
        if id(found.thing) not in seen and compiled_loss(found.thing) is not None:
            targets.append(Target(found.name, found.thing, compiled_loss(found.thing), "compiled"))
    return targets or _co_defined(fresh, names_of.losses(namespace, rebound))


def _co_defined(models: list[names_of.Found], losses: list[names_of.Found]) -> list[Target]:
    """One uncompiled model and one loss from the same place: likely meant for each other, which is no proof."""
    loose = [found for found in models if not is_compiled(found.thing)]
    if len(loose) != 1 or len(models) != 1 or len(losses) != 1:
        return []
    return [Target(loose[0].name, loose[0].thing, losses[0].thing, "co-defined")]
