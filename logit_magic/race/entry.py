"""Whether a pair can be raced: the rows to train on, and the reason why not."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from logit_magic.discovery.pairing import Target, own_training
from logit_magic.emission.model import is_built
from logit_magic.facts import Finding, Pair
from logit_magic.fix.live import CannotRepairError, corrected, meets_own_code, model_of
from logit_magic.measure.sample import Sample, cut
from logit_magic.structure import leaves_with_places

MOST_BYTES = 2**30
"""Of memory that both copies may take, with their optimizers' slots and gradients."""
ROWS, ROW_BYTES = 2048, 32 * 2**20
"""At most so many rows are kept for a race, and at most so many bytes of them."""


class CannotRaceError(Exception):
    """Why there is no race; its text is one sentence for the user."""


def rows_for(pairs: Iterable[Pair], targets: Iterable[Target]) -> tuple[tuple[Pair, Sample], ...]:
    """The rows that a cell gave for training, for each pair that does not fit.

    Args:
        pairs: the very objects that a report holds.
        targets: what was checked: their data are what `fit` was given, or what was named with `--data`.
    """
    known = [target for target in targets if target.data is not None]
    found = []
    for pair in pairs:
        model = model_of(pair) if pair.verdict in ("mismatch", "rescued") else None
        data = next((target.data for target in known if target.model is model), None) if model is not None else None
        if data is None:
            continue
        with contextlib.suppress(Exception):  # the report is shown all the same, with no race
            found.append((pair, _few(data)))
    return tuple(found)


def refusal(model: Any, pair: Pair, finding: Finding | None, data: Sample | None) -> str:
    """Why a pair cannot be raced, one sentence; "" where nothing speaks against it. Nothing is copied or run.

    Args:
        model: the live model; None where it is gone.
        pair: of the report.
        finding: of the pair, whose first remedy that changes the loss alone makes it right; None without one.
        data: the rows to train on; None without any.
    """
    try:
        _require(model, pair, finding, data)
    except (CannotRaceError, CannotRepairError) as reason:
        return str(reason)
    return ""


def bytes_needed(model: Any) -> int:
    """An estimate for both copies: weights, gradients, and the optimizer's slots."""
    weights, trained = _bytes(model.variables), _bytes(model.trainable_variables)
    made = getattr(model.optimizer, "variables", None) or ()
    slots = _bytes(made) if getattr(model.optimizer, "built", False) else 2 * trained
    return 2 * (weights + trained + slots)


def _require(model: Any, pair: Pair, finding: Finding | None, data: Sample | None) -> None:
    if model is None:
        raise CannotRaceError("the model does not exist any more")
    own = own_training(model)
    if own:
        raise CannotRaceError(f"{type(model).__name__} trains by its own {own}")
    if pair.basis != "compiled":
        raise CannotRaceError("the loss is not one of `compile`: the model meets it in code of your own")
    if finding is None or pair.expectation.kind == "unknown":
        raise CannotRaceError("no right reading of this loss is known")
    corrected(model, finding)
    if data is None or data.synthetic:
        raise CannotRaceError(
            "there is no data: the checked cell gave `fit` no arrays; name some with `%checkloss --data X Y`"
        )
    if data.y is None:
        raise CannotRaceError("there are no labels: the data at hand holds inputs alone")
    if meets_own_code(model):
        raise CannotRaceError("the model also trains with a loss of your own, which a race would call")
    if not is_built(model):
        raise CannotRaceError("the model has no weights yet")
    if not str(_owner(model, "fit").__module__).startswith("keras."):
        raise CannotRaceError(f"{type(model).__name__} prepares its data by a `fit` of its own")
    strategy = getattr(model, "distribute_strategy", None)
    if getattr(strategy, "num_replicas_in_sync", 1) > 1:
        raise CannotRaceError("the model is spread over several devices")
    needed = bytes_needed(model)
    if needed > MOST_BYTES:
        raise CannotRaceError(
            f"the model is too big: two copies with their optimizers need about {needed / 2**30:.1f} GB, "
            f"and a race may take {MOST_BYTES / 2**30:g} GB"
        )


def _owner(model: Any, method: str) -> type:
    return next(c for c in type(model).__mro__ if method in vars(c))


def _bytes(variables: Iterable[Any]) -> int:
    return sum(math.prod(int(d) for d in v.shape) * _width(str(v.dtype)) for v in variables)


def _width(dtype: str) -> int:
    """Bytes of one number."""
    bits = "".join(character for character in dtype if character.isdigit())
    return max(int(bits) // 8, 1) if bits else 4


def _few(data: Sample) -> Sample:
    arrays = [array for part in (data.x, data.y, data.weights) for _, array in leaves_with_places(part)]
    row = max(sum(array.nbytes // max(len(array), 1) for array in arrays if array is not None), 1)
    rows = max(1, min(data.rows, ROWS, ROW_BYTES // row))
    if rows == data.rows:
        return data
    x, y, weights = (None if part is None else cut(part, 0, rows) for part in (data.x, data.y, data.weights))
    return replace(data, x=x, y=y, weights=weights, rows=rows)
