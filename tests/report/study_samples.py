"""Reports with samples to explore, built by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from report_samples import DISTRIBUTIONS, ERROR, MISMATCH

from logit_magic.explore.curve import curve_of, emissions, grid
from logit_magic.explore.rows import rows_of
from logit_magic.explore.study import Study
from logit_magic.report import Report


def softmax(z: np.ndarray) -> np.ndarray:
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def study(rows: int = 40, classes: int = 10, names: tuple[str, ...] = ()) -> Study:
    """Return a study of a softmax head below a loss that applies softmax once more."""
    generator = np.random.default_rng(7)
    logits = (3.0 * generator.standard_normal((rows, classes))).astype("float32")
    labels = np.where(generator.random(rows) < 0.7, logits.argmax(1), generator.integers(0, classes, rows))
    p = softmax(logits)
    readings = (("as configured", "softmax", p), ("if right", "softmax", np.log(np.clip(p, 1e-7, 1.0))))
    kept = rows_of(p, readings, labels, names=names)
    margins = grid(classes, kept.margins)
    twice, once = softmax(emissions(margins, classes, "class-probabilities"))[:, 0], 1.0 / (1.0 + np.exp(-margins))
    curve = curve_of(margins, (("as configured", -np.log(twice)), ("if right", -np.log(once))), kept.margins, False)
    return Study(kept, curve)


def studied(made: Study) -> Report:
    """Return a report of one mismatch with this study."""
    pair = replace(MISMATCH, distributions=replace(DISTRIBUTIONS, study=made))
    return Report((pair,), (replace(ERROR, pair=pair),))


STUDIED = studied(study())
HUGE = studied(study(6, 100_000))
