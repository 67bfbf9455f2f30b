"""What an output emits, told by its values: what exceeds a range refutes, what fits only supports, joined parts are unknown."""

from __future__ import annotations

import numpy as np
import pytest

from logit_magic.measure.values import emission_of_arrays

Z = np.random.default_rng(0).normal(size=(64, 6)) * 8.0


def softmax(z, axis=-1):
    e = np.exp(z - z.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


RELU = np.maximum(Z, 0.0) * (Z > 6.0)
ROWS = {
    "softmax": (softmax(Z), "class-probabilities"),
    "softmax along the batch": (softmax(Z, 0), "class-probabilities"),
    "log-softmax": (np.log(softmax(Z / 8.0)), "log-probabilities"),
    "sigmoids": (sigmoid(Z), "independent-probabilities"),
    "one sigmoid": (sigmoid(Z[:, :1]), "independent-probabilities"),
    "logits": (Z, "logits"),
    "two distributions joined": (np.concatenate([softmax(Z[:, :3]), softmax(Z[:, 3:])], -1), "unknown"),
    "softmax without its first class": (softmax(Z)[:, 1:], "unknown"),
    "relu by its sum, or zeros": (RELU / (RELU.sum(-1, keepdims=True) + 1e-7), "unknown"),
    "probabilities and a number": (np.concatenate([sigmoid(Z[:, :3]), Z[:, 3:]], -1), "unknown"),
    "one number always": (np.ones((64, 6)), "unknown"),
    "relu": (np.maximum(Z, 0.0), "unknown"),
    "not finite": (np.where(Z > 20, np.inf, Z), "unknown"),
    "too few": (Z[:2], "unknown"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_values_support_or_refute(row) -> None:
    values, kind = row
    emission = emission_of_arrays([values.astype("float32")], "data", "its graph could not be read")
    assert emission.kind == kind
    assert all(fact.how == "measured" for fact in emission.evidence) and bool(emission.reason) == (kind == "unknown")
    if kind == "class-probabilities":
        np.testing.assert_allclose(values.sum(emission.axis), 1.0, atol=1e-6)
