"""Pair the losses that a model was compiled with, or was given, with its outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logit_magic import kerases
from logit_magic.emission.model import Output
from logit_magic.facts import Basis, Emission, Location, Monitor, Swapped
from logit_magic.foreign import read
from logit_magic.structure import Path

if TYPE_CHECKING:
    from logit_magic.discovery.sightings import Sighting, Use

# modules whose methods pass the model's outputs on to the compiled loss; keras_hub's `fit` preprocesses what goes in
_KERAS_OWN = {
    "train_step": ("keras.", "tf_keras."),
    "compute_loss": ("keras.", "tf_keras."),
    "fit": ("keras.", "tf_keras.", "keras_hub."),
}


@dataclass(frozen=True, slots=True)
class Target:
    """One model to check, and the losses that meet it.

    Attributes:
        name: for people: the expression that reaches the model, or the model's own name.
        model: a Keras model.
        loss: whatever `compile(loss=...)` takes.
        basis: how we know that they meet.
        location: where the loss was given.
        data: small copies of the first rows passed to `fit`, or None.
        monitors: what goes by the numbers that the model logs.
        compiled_at: where an earlier cell compiled it, for the comments that stand there.
        sighting: for a pair that was observed: what was seen; else None.
        named: the name reaches the model from the namespace.
        use: what the cell applied to an output after the model, where the target is that; else None.
        metric: what the cell updated by hand with an output, where the target is that; else None.
    """

    name: str
    model: Any
    loss: Any
    basis: Basis
    location: Location | None = None
    data: Any = None
    monitors: tuple[Monitor, ...] = ()
    compiled_at: Location | None = None
    sighting: Sighting | None = None
    named: bool = True
    use: Use | None = None
    metric: Any = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """One output and the one loss that meets it; `output` is None where the loss points at no output.

    `path` holds the keys and indices that lead to the loss in what was given as losses. `swapped` says that the output
    was given to the loss as y_true. `alone` is what the loss was given as far as its values tell, where nothing else does:
    they may show that it is right, and accuse no model.
    """

    output: Output | None
    loss: Any
    problem: str = ""
    path: tuple[Any, ...] = ()
    swapped: Swapped | None = None
    alone: Emission | None = None


def compiled_loss(model: Any) -> Any:
    """The loss given to the last `compile`; None for a model that was not compiled or was compiled without one."""
    return read(model, "loss") if is_compiled(model) else None


def is_compiled(model: Any) -> bool:
    return read(model, "compiled") is True or read(model, "_is_compiled") is True  # the latter in Keras 2


def compilation(model: Any) -> Any:
    """An object that every `compile` with a loss makes anew, so that it stands for that very call; None without one."""
    found = read(model, "_compile_loss")
    return found if found is not None else read(model, "compiled_loss")  # the latter in Keras 2


def own_training(model: Any) -> str:
    """The method by which a model decides for itself what its loss meets; "" where Keras' own loop decides."""
    for method in ("train_step", "compute_loss", "fit"):
        owner = next((c for c in type(model).__mro__ if method in vars(c)), None)
        if owner is not None and not owner.__module__.startswith(_KERAS_OWN[method]):
            return method
    return ""


def compiled_metrics(model: Any, outputs: tuple[Output, ...]) -> dict[Path, list[Any]]:
    """Place of an output in what the model returns -> the metrics given to `compile` that Keras computes on it."""
    compiled = read(model, "_compile_metrics")
    compiled = compiled if compiled is not None else read(model, "compiled_metrics")  # the latter in Keras 2
    found: dict[Path, list[Any]] = {}
    for name in ("_user_metrics", "_user_weighted_metrics"):
        given = getattr(compiled, name, None)
        flat = isinstance(given, (list, tuple)) and not any(isinstance(m, (list, tuple, dict)) for m in given)
        everywhere = flat and kerases.is_two(model)  # Keras 3 takes such a list for one metric per output
        for part in [(o,) for o in outputs] if everywhere else [outputs]:
            for output, metric in _metrics_of(given, part):
                found.setdefault(output.place, []).append(metric)
    return found


def _metrics_of(given: Any, outputs: tuple[Output, ...]) -> Iterator[tuple[Output, Any]]:
    """(output, metric) the way Keras' `CompileMetrics` matches them."""
    if given is None or not outputs:
        return
    if len(outputs) == 1:
        yield from ((outputs[0], metric) for metric in _flat(given))
    elif isinstance(given, dict):
        for key, member in given.items():
            yield from _metrics_of(member, tuple(_inside(o, key) for o in _at(key, outputs)))
    elif isinstance(given, (list, tuple)) and len(given) == len(outputs):
        for member, output in zip(given, outputs, strict=True):
            yield from _metrics_of(member, (output,))


def _flat(given: Any) -> Iterator[Any]:
    if isinstance(given, (list, tuple)) or (isinstance(given, dict) and not _is_config(given)):
        for member in given.values() if isinstance(given, dict) else given:
            yield from _flat(member)
    elif given is not None:
        yield given


def meetings(loss: Any, outputs: tuple[Output, ...], path: tuple[Any, ...] = ()) -> Iterator[Meeting]:
    """Match a loss structure with outputs the way Keras' `CompileLoss` does.

    A lone loss meets every output; a list meets outputs by position, a dict by key or output name, nested ones level
    by level; several losses in a list for a lone output all meet it; None meets nothing.
    """
    if loss is None:
        return
    if not isinstance(loss, (list, tuple, dict)) or _is_config(loss):
        for output in outputs:
            yield Meeting(output, loss, path=path)
    elif isinstance(loss, dict):
        for key, member in loss.items():
            yield from _keyed(key, member, outputs, (*path, key))
    elif len(outputs) == 1 and outputs[0].path == ():
        for place, member in enumerate(loss):
            yield from meetings(member, outputs, (*path, place))
    else:
        yield from _listed(list(loss), outputs, path)


def _keyed(key: Any, loss: Any, outputs: tuple[Output, ...], path: tuple[Any, ...]) -> Iterator[Meeting]:
    chosen = _at(key, outputs)
    if not chosen and len(outputs) == 1 and outputs[0].emission.kind == "unknown":
        chosen = outputs
    if not chosen and loss is not None:
        names = ", ".join(repr(o.name) for o in outputs)
        yield Meeting(None, loss, f"the loss is given for {key!r}, but the model's outputs are {names}", path)
        return
    yield from meetings(loss, tuple(_inside(o, key) for o in chosen), path)


def _listed(losses: list[Any], outputs: tuple[Output, ...], path: tuple[Any, ...]) -> Iterator[Meeting]:
    groups: dict[Any, list[Output]] = {}
    for output in outputs:
        groups.setdefault(output.path[0] if output.path else output.name, []).append(output)
    if len(losses) == len(outputs) and not any(isinstance(member, (list, tuple, dict)) for member in losses):
        for place, (member, output) in enumerate(zip(losses, outputs, strict=True)):
            yield from meetings(member, (output,), (*path, place))
    elif len(losses) == len(groups):
        for place, (member, (key, group)) in enumerate(zip(losses, groups.items(), strict=True)):
            yield from meetings(member, tuple(_inside(o, key) for o in group), (*path, place))
    else:
        for place, member in enumerate(losses):
            if member is not None:
                problem = f"{len(losses)} losses were given for {len(outputs)} outputs"
                yield Meeting(None, member, problem, (*path, place))


def _at(key: Any, outputs: tuple[Output, ...]) -> tuple[Output, ...]:
    """The outputs below a key of what the model returns; those of that name where there are none."""
    below = tuple(o for o in outputs if o.path and o.path[0] == key)
    return below or tuple(o for o in outputs if o.name == key)


def _inside(output: Output, key: Any) -> Output:
    path = output.path[1:] if output.path and output.path[0] == key else output.path
    return Output(path, output.name, output.emission, output.shape, output.place)


def _is_config(loss: Any) -> bool:
    return isinstance(loss, dict) and "class_name" in loss
