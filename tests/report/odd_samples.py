"""Reports of odd shape to explore: one unit, independent units, a map, values that are not finite, one row, long names."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from report_samples import ERROR, MISMATCH, VALUES
from study_samples import softmax, studied, study

from logit_magic.explore.curve import curve_of, emissions, grid
from logit_magic.explore.rows import rows_of
from logit_magic.explore.study import Study
from logit_magic.facts import Emission, Expectation, SampleNote
from logit_magic.measure.distributions import distributions
from logit_magic.report import Report

GENERATOR = np.random.default_rng(11)


def _binary() -> Study:
    z = GENERATOR.standard_normal((30, 1)).astype("float32") * 3
    p = 1 / (1 + np.exp(-z))
    labels = (GENERATOR.random((30, 1)) < p).astype("int64")
    rows = rows_of(p, (("as configured", "sigmoid", p), ("if right", "sigmoid", z)), labels)
    margins = grid(1, rows.margins)
    twice = [emissions(sign * margins, 1, "class-probabilities")[:, 0] for sign in (1, -1)]
    named = (
        ("as configured", np.log1p(np.exp(-twice[0]))),
        ("as configured, label 0", np.log1p(np.exp(twice[1]))),
        ("if right", np.log1p(np.exp(-margins))),
    )
    return Study(rows, curve_of(margins, named, rows.margins, True))


def _units() -> Study:
    z = GENERATOR.standard_normal((30, 8)).astype("float32") * 3
    labels = (GENERATOR.random((30, 8)) < 0.3).astype("float32")
    p = 1 / (1 + np.exp(-z))
    names = ("sky", "tree", "road", "car", "cat", "dog", "house", "a person who walks along the road")
    return Study(rows_of(p, (("as configured", "sigmoid", p), ("if right", "sigmoid", z)), labels, names=names), None)


def _map() -> Study:
    z = GENERATOR.standard_normal((4, 16, 16, 5)).astype("float32") * 2
    return Study(rows_of(z, (("as configured", "softmax", z),), z.argmax(-1)), None)


def _not_finite() -> Study:
    z = GENERATOR.standard_normal((6, 4)).astype("float32")
    z[0, 1], z[1, 2], z[2] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        p = softmax(z)
    return Study(rows_of(z, (("as configured", "softmax", p), ("if right", "softmax", z)), np.arange(6) % 4), None)


def _broken(report: Report) -> Report:
    """Return a report whose pair's outputs were counted as its study's are: 6 of 24 are no numbers."""
    (pair,), (finding,) = report.pairs, report.findings
    assert pair.distributions is not None
    values = replace(
        VALUES, series=(replace(VALUES.series[0], counts=(4, 10, 4), not_finite=6),), edges=(-2.0, -1.0, 1.0, 2.0)
    )
    pair = replace(pair, distributions=replace(pair.distributions, histograms=(values,), loss_configured=math.nan))
    return Report((pair,), (replace(finding, pair=pair),))


BINARY = studied(_binary())
UNITS = studied(_units())


def _quantities() -> Report:
    """Return a report with every histogram that there is, of a softmax that is taken for logits."""
    p = softmax(3.0 * GENERATOR.standard_normal((64, 5))).astype("float32")
    head = Emission("class-probabilities", axis=-1, rank=2, size=5, simplex_size=5, low=0.0, high=1.0)
    measured = distributions(p, head, Expectation("class-logits"), SampleNote("made by hand", 64, has_labels=False))
    pair = replace(MISMATCH, distributions=measured)
    return Report((pair,), (replace(ERROR, pair=pair),))


QUANTITIES = _quantities()
MAP = studied(_map())
NOT_FINITE = _broken(studied(_not_finite()))
ONE_ROW = studied(study(1))
LONG_NAMES = studied(study(12, 40, tuple(f"class number {at} of a very long list of names" for at in range(40))))
