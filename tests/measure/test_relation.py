"""What one array is to another, told by their values; both signs."""

from __future__ import annotations

import numpy as np
import pytest

from logit_magic.measure.relation import relation

rng = np.random.default_rng(0)
RAW = rng.normal(size=(16, 6, 9)).astype("float32")
FLAT = rng.normal(size=(32, 5)).astype("float32")
ONE = rng.normal(size=(32, 1)).astype("float32")
OTHER = rng.normal(size=(32, 5)).astype("float32")
BIAS = np.array([0.5, -1.0, 2.0, 0.0, 0.25], "float32")
CONSTANT = np.tile(np.array([[0.1, 0.9]], "float32"), (16, 1))


@pytest.mark.parametrize(
    ("found", "raw", "said"),
    [
        (RAW[:, -1], RAW, "rows"),
        (RAW[:, 2:4], RAW, "rows"),
        (RAW.reshape(-1, 9), RAW, "rows"),
        (RAW[np.arange(96).reshape(16, 6) % 3 == 0], RAW, "rows"),
        (FLAT[FLAT[:, 0] > 0], FLAT, "rows"),
        (FLAT[::-1], FLAT, "rows"),
        (ONE[ONE > 0], ONE, "rows"),
        (np.stack([OTHER, FLAT]), FLAT, "part"),
        (np.concatenate([OTHER, FLAT]), FLAT, "part"),
        (RAW.reshape(16, 54), RAW, "same"),
        (RAW.reshape(32, 27), RAW, "values"),
        (FLAT + BIAS, FLAT, "shifted"),
        (ONE - 3.0, ONE, "shifted"),
        (FLAT[:, 1:3], FLAT, "columns"),
        ((FLAT + OTHER) / 2, FLAT, None),
        (OTHER, FLAT, None),
        (RAW.mean(1), RAW, None),
        (RAW[:, -1] + 1e-3, RAW, None),
        (FLAT + rng.normal(size=(32, 1)).astype("float32"), FLAT, None),
        (ONE[:2], np.concatenate([ONE, OTHER[:, :1]])[5:], None),
        (CONSTANT[:3], CONSTANT, "same"),
        (np.concatenate([CONSTANT, OTHER[:, :2]]), CONSTANT[:, ::-1], None),
        (np.zeros((4, 5), "float32"), FLAT, None),
    ],
)
def test_relations(found, raw, said):
    assert relation(found, raw) == said
