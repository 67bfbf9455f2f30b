"""What any callable loss expects, found by experiment, once for each object and shape."""

from __future__ import annotations

import contextlib
import weakref
from dataclasses import replace
from typing import Any

from logit_magic import backends
from logit_magic.expectation.call import as_callable
from logit_magic.expectation.catalogue import written
from logit_magic.expectation.experiment import Experiment
from logit_magic.expectation.rows import tiny
from logit_magic.expectation.trial import HurriedError, StoppedError, Trial, conducted
from logit_magic.facts import Evidence, Expectation

_Key = tuple[int, tuple[int | None, ...]]  # by identity: a loss need not hash or compare; by shape: it may branch on it
_known: dict[_Key, tuple[weakref.ref[Any], Expectation]] = {}


def probed(loss: Any, shape: tuple[int | None, ...], model: Any = None) -> Expectation:
    """What a loss expects, by experiment; each object is tried out once for a shape.

    Args:
        loss: anything callable with (y_true, y_pred).
        shape: of the output that it meets, with the batch axis; () where unknown.
        model: the one that the loss is for: it is fed with tensors of the same backend.

    Returns:
        an `Expectation`; of kind "unknown" with the reason where experiments fail or disagree.
    """
    key = id(loss), tuple(shape)
    alive, known = _known.get(key, (None, None))
    if known is not None and alive is not None and alive() is loss:
        return known
    try:
        found = _experiment(loss, shape, model)
    except HurriedError as reason:
        return _stopped(loss, reason)  # not to be remembered
    with contextlib.suppress(TypeError):  # no weak references to it: it cannot be remembered
        _known[key] = weakref.ref(loss), found
    for gone in [key for key, (reference, _) in _known.items() if reference() is None]:
        del _known[gone]
    return found


def log_likelihood(linear: Expectation) -> Expectation:
    """What a loss that is a straight line in y_pred expects where it is given log-probabilities: just these."""
    fact = "tried out: a straight line in y_pred that falls with the true class: the negative log-likelihood"
    return replace(linear, kind="any", reason="", evidence=(Evidence(fact, "measured"),))


def _experiment(loss: Any, shape: tuple[int | None, ...], model: Any) -> Expectation:
    shown = written(loss)
    call = as_callable(loss, model=model)
    owner = loss if model is None else model
    if call is None:
        return Expectation("unknown", loss=shown, reason=f"{shown} is not callable")

    def experiment(trial: Trial) -> Expectation:
        return Experiment(trial, tiny(shape), shown, owner).verdict()

    try:
        found: Expectation = conducted(experiment, call, lambda array: backends.to_tensor(array, owner))
    except HurriedError:
        raise
    except StoppedError as reason:
        return _stopped(loss, reason)
    return found


def _stopped(loss: Any, reason: StoppedError) -> Expectation:
    shown = written(loss)
    return Expectation("unknown", loss=shown, reason=f"{shown} could not be tried out: {reason}")
