"""Whether a head got another activation after its layer was made, as people do to look into a trained model.

Keras keeps what a layer was made with. A head that says something else now was given it later: to take the gradient of a
class (Grad-CAM, saliency), or to read probabilities from a model of logits. What was trained was then the head before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from logit_magic import kerases
from logit_magic.emission.graph import label_of
from logit_magic.foreign import OURS_TO_RAISE, read
from logit_magic.scope import layers_of

_NONE = object()


def changed_head(model: Any, maker: str) -> str:
    """Why the head of a model may not be the one that was trained; "" where its activation is the first it had.

    Args:
        model: a Keras model.
        maker: the layer that made its output, as `label_of` names it.
    """
    named = (layer for layer in _from_the_end(model, set()) if maker.startswith(str(read(layer, "name", _NONE))))
    layer = next((one for one in named if read(one, "activation", _NONE) is not _NONE and label_of(one) == maker), None)
    if layer is None:
        return ""
    before, now = _made_with(model, layer), layer.activation or kerases.of(model).activations.linear
    if before is None or before is now:
        return ""
    return (
        f"the activation of {layer.name} was changed from {_said(before)} to {_said(now)} after the layer was made, "
        "and it is not known which of the two the model was compiled and trained with"
    )


def _from_the_end(layer: Any, seen: set[int]) -> Iterator[Any]:
    """A layer and those that it holds, the last ones first: a head is among them, and a deep model is not walked through.

    Args:
        layer: a model at first.
        seen: ids of what was come by: layers may hold each other.
    """
    if id(layer) in seen:
        return
    seen.add(id(layer))
    held = read(layer, "_layers", None)  # of Keras 3, whose `layers` would make a list
    for one in reversed(layers_of(layer) if held is None else held):
        yield from _from_the_end(one, seen)
    yield layer


def _made_with(model: Any, layer: Any) -> Any:
    """The activation that a layer was made with; None where Keras does not keep it."""
    config = read(read(layer, "_auto_config"), "config")
    if not isinstance(config, dict):
        return None
    try:
        return kerases.of(model).activations.get(config.get("activation"))
    except OURS_TO_RAISE:
        raise
    except BaseException:
        return None  # a function of the user's own, which cannot be made again


def _said(activation: Any) -> str:
    return str(read(activation, "__name__", type(activation).__name__))
