"""What a model of Keras 2 (`tf_keras`) tells of itself: its inputs and the names of its outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logit_magic.structure import mapped


@dataclass(frozen=True, slots=True)
class Input:
    """Stands in for one input tensor.

    Attributes:
        shape: with the batch axis, which is free.
        dtype: e.g. "float32".
    """

    shape: tuple[int | None, ...]
    dtype: str


def inputs_of(model: Any) -> Any:
    """The structure that the model takes, an `Input` for each tensor; None where it does not remember it."""
    for attribute in ("_nested_inputs", "_saved_model_inputs_spec"):
        structure = getattr(model, attribute, None)
        if structure is not None:
            return mapped(structure, lambda spec: Input((None, *tuple(spec.shape)[1:]), spec.dtype.name), listed=True)
    return None


def output_names(model: Any) -> list[str]:
    """Names of the outputs in the order in which they stand; empty where the model does not know them."""
    return list(getattr(model, "output_names", None) or ())
