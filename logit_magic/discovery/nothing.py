"""What to do where no model was found that meets a loss: what was looked at, and the next step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logit_magic.discovery.namespace import models
from logit_magic.discovery.pairing import compiled_loss
from logit_magic.foreign import class_name


def next_step(namespace: Mapping[str, Any], names: list[str] | None = None) -> str:
    """One sentence.

    Args:
        namespace: that was searched.
        names: these names alone were looked at; None for all.
    """
    loose = without_loss(namespace, names)
    if loose:
        return loose
    if names is None:
        return "Looked at every name here: none holds a Keras model. `logit_magic.check(model, loss)` takes one from anywhere."
    held = ", ".join(f"`{name}` ({class_name(type(namespace[name]))})" for name in names if name in namespace)
    return (
        f"No Keras model is held by {held}. Name a model, or a list, dict or object that holds one; "
        "%checkloss without a NAME looks everywhere."
    )


def without_loss(namespace: Mapping[str, Any], names: list[str] | None = None) -> str:
    """One sentence about models that have no loss; "" where there are none."""
    found = [one.name for one in models(namespace, names) if compiled_loss(one.thing) is None]
    if not found:
        return ""
    has = "has" if len(found) == 1 else "have"
    shown = ", ".join(f"`{name}`" for name in found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return f"{shown} {has} no loss: compile with one, or give one to the check: `logit_magic.check({found[0]}, loss)`."
