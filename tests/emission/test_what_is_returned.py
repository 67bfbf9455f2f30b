"""What a model's own `call` returns around its tensors: None, numbers, text, scalars, the fields of a dataclass."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from logit_magic import backends
from logit_magic.emission.model import outputs_of
from logit_magic.measure import forward

RAW = dict(backends.in_use().normalisers())["softmax"]


@dataclasses.dataclass
class Out:
    """As libraries return their outputs."""

    logits: Any
    inner: Any = None


@dataclasses.dataclass
class Keyed(dict):
    """As some of them do: both."""

    logits: Any

    def __post_init__(self) -> None:
        self["logits"] = self.logits


RETURNED = {
    "a dataclass that is a dict": (lambda p: Keyed(p), ("logits",)),
    "a tuple": (lambda p: (None, p), (1,)),
    "a number and a text": (lambda p: [0.5, "by", p], (2,)),
    "a dict": (lambda p: {"cost": None, "p": p}, ("p",)),
    "a dataclass": (lambda p: Out(p), ("logits",)),
    "a dataclass in a dataclass": (lambda p: Out(None, Out(p, "by")), ("inner", "logits")),
    "dicts of dataclasses": (lambda p: {"a": Out(p)}, ("a", "logits")),
}


class Net(keras.Model):
    """One softmax, by Keras or by the backend itself."""

    def __init__(self, returned: Any, softmax: Any) -> None:
        super().__init__()
        self.head, self.returned, self.softmax = layers.Dense(3), returned, softmax

    def call(self, x: Any) -> Any:
        return self.returned(self.softmax(self.head(x), -1))


@pytest.mark.parametrize("softmax", [ops.softmax, RAW], ids=["keras", "backend"])
@pytest.mark.parametrize(("returned", "place"), RETURNED.values(), ids=RETURNED)
def test_the_tensor_is_read_where_it_stands(returned: Any, place: Any, softmax: Any) -> None:
    model, x = Net(returned, softmax), np.zeros((4, 8), "float32")
    model(x)
    (output,) = outputs_of(model, (None, 8))
    assert (output.place, output.emission.kind) == (place, "class-probabilities")
    ((found, values),) = forward.everything(model, x)
    assert found == place and np.allclose(values.sum(-1), 1.0)
