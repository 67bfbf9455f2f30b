"""The variables that options name: arrays to sample with --data, a place for the Report with --report."""

from __future__ import annotations

import builtins
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from IPython.core.error import UsageError


def require_models(chosen: Namespace, namespace: Mapping[str, Any]) -> None:
    """Every NAME is there.

    Raises:
        UsageError: one is not.
    """
    missing = [name for name in chosen.names if name not in namespace]
    if missing:
        raise UsageError(
            f"checkloss: no variable named {', '.join(missing)}; names of models or containers are accepted"
        )


def require_place(chosen: Namespace, namespace: Mapping[str, Any]) -> None:
    """A Report may be stored under the name that --report gives: nothing else of the user's is lost by it.

    Raises:
        UsageError: the name is bound to something that is no Report.
    """
    name = chosen.report
    if name is None or (name not in namespace and not hasattr(builtins, name)):
        return
    from logit_magic.report import Report

    held = namespace[name] if name in namespace else getattr(builtins, name)
    if not issubclass(type(held), Report):
        raise UsageError(
            f"checkloss: nothing was checked: --report {name} would overwrite the {type(held).__name__} of that name; "
            "a new name, or one that holds a Report, is accepted"
        )


def with_data(todo: list[Any], chosen: Namespace, namespace: Mapping[str, Any]) -> list[Any]:
    """Give every target the arrays named by --data.

    Raises:
        UsageError: they are not there, or cannot be sampled.
    """
    if chosen.data is None:
        return todo
    from logit_magic.measure.sample import take

    missing = [name for name in chosen.data if name not in namespace]
    if missing:
        raise UsageError(
            f"checkloss: --data names {', '.join(missing)}, which is no variable: names are accepted, so assign what "
            "is to be sampled to one first"
        )
    x, y = (namespace[name] for name in chosen.data)
    taken = take(x, y, max(chosen.samples, 1), named=True)
    if isinstance(taken, str):
        raise UsageError(f"checkloss: --data {' '.join(chosen.data)} cannot be sampled: {taken}")
    taken = replace(taken, source=f"arrays {chosen.data[0]} and {chosen.data[1]}, given with --data")
    return [replace(target, data=taken) for target in todo]
