"""What a model can be fed with: shapes, dtypes and the size of its vocabulary."""

from __future__ import annotations

from typing import Any

from logit_magic import kerases
from logit_magic.emission import keras_two
from logit_magic.emission.model import functional_of, remembered_shapes
from logit_magic.scope import layers_of
from logit_magic.structure import mapped


def input_specs(model: Any) -> Any:
    """(shape, dtype) of each input, in the structure that the model takes; None where it is not known.

    Shapes have the batch axis; a lone input comes as a lone pair.
    """
    if kerases.is_two(model):
        structure = keras_two.inputs_of(model)
        return None if structure is None else mapped(structure, _spec, listed=True)
    functional = functional_of(model)
    if functional is not None:
        return mapped(functional._inputs_struct, _spec, listed=True)
    shapes = remembered_shapes(model)
    return None if shapes is None else _with_dtype(shapes)


def lone_shape(specs: Any) -> tuple[int | None, ...] | None:
    """The shape of the only input; None where there are several or none is known."""
    while isinstance(specs, (list, dict)) and len(specs) == 1:
        specs = next(iter(specs.values())) if isinstance(specs, dict) else specs[0]
    return specs[0] if isinstance(specs, tuple) else None


def vocabulary(model: Any) -> int | None:
    """Number of ids that the model's smallest embedding knows; None without an embedding."""
    sizes = [
        layer.input_dim
        for layer in layers_of(model)
        if hasattr(layer, "embeddings_initializer") and isinstance(getattr(layer, "input_dim", None), int)
    ]
    return min(sizes, default=None)


def _spec(tensor: Any) -> tuple[tuple[int | None, ...], str]:
    return tuple(tensor.shape), str(tensor.dtype)


def _with_dtype(shapes: Any) -> Any:
    if isinstance(shapes, dict):
        return {key: _with_dtype(shape) for key, shape in shapes.items()}
    if shapes and isinstance(shapes[0], (tuple, list)):
        return [_with_dtype(shape) for shape in shapes]
    return ((None, *tuple(shapes)[1:]), "float32")
