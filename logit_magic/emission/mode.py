"""Training or inference: what a Python `call` that asks for it is told."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Mode:
    """Training or inference, for a walk and those nested in it.

    Attributes:
        training: what a Python `call` that takes `training` is told.
        mattered: whether there was such a `call`.
    """

    training: bool = False
    mattered: bool = False

    def arguments(self, call: Any) -> dict[str, Any]:
        """`training` for a `call` that takes it, else nothing."""
        if not _takes_training(call):
            return {}
        self.mattered = True
        return {"training": self.training}


def _takes_training(call: Any) -> bool:
    try:
        return "training" in inspect.signature(call).parameters
    except (TypeError, ValueError):
        return False
