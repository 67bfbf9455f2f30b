"""Reports built by hand from facts, for the tests of how they are shown."""

from __future__ import annotations

import math
from dataclasses import replace

from logit_magic.facts import (
    Distributions,
    Effect,
    Emission,
    Evidence,
    Expectation,
    Finding,
    Fix,
    GradientGap,
    Histogram,
    Location,
    LossRange,
    Pair,
    Remedy,
    SampleNote,
    Series,
    TrainingEnd,
)
from logit_magic.report import Report

BINS = 40
LOSS = "SparseCategoricalCrossentropy()"
RIGHT_LOSS = "SparseCategoricalCrossentropy(from_logits=True)"


def bell(middle: float, width: float, total: int = 2560) -> tuple[int, ...]:
    """Return counts of a bell curve over `BINS` bins; `middle` and `width` in bins."""
    weights = [math.exp(-(((at - middle) / width) ** 2) / 2) for at in range(BINS)]
    return tuple(round(total * weight / sum(weights)) for weight in weights)


def edges(low: float, high: float) -> tuple[float, ...]:
    """Return `BINS` + 1 evenly spaced edges."""
    return tuple(low + (high - low) * at / BINS for at in range(BINS + 1))


VALUES = Histogram(
    "values",
    "Emitted values",
    "logit",
    edges(-9.0, 9.0),
    (Series("emitted", bell(20, 6), (-8.7, -4.43, -1.8, 0.02, 1.9, 4.51, 8.9)),),
)
TOP_CLASS = Histogram(
    "top-class",
    "Top-class probability",
    "probability",
    edges(0.0, 1.0),
    (
        Series("as configured", bell(4, 0.8, 256), (0.1, 0.1, 0.1, 0.1012, 0.12, 0.1501, 0.17)),
        Series("if right", bell(34, 5, 256), (0.3, 0.4107, 0.8, 0.9123, 0.95, 0.9991, 1.0), not_finite=2),
    ),
)
DISTRIBUTIONS = Distributions(
    (VALUES, TOP_CLASS),
    divergence_bits=0.5432,
    loss_configured=2.30259,
    loss_right=0.41234,
    loss_computed=2.2871,
    sample=SampleNote("the first 256 rows passed to fit", 256, has_labels=True, thinned="every 4th pixel"),
)

MISMATCH = Pair(
    model="classifier",
    output="scores",
    loss=LOSS,
    emits="logits",
    expects="class-probabilities",
    verdict="mismatch",
    basis="compiled",
    location=Location("cell", 7, 4, cell=3),
    emission=Emission(
        "logits",
        rank=2,
        size=10,
        maker="dense_1 (Dense, activation=linear)",
        evidence=(
            Evidence("the last layer is linear", "proved"),
            Evidence("values from -8.7 to 8.9", "measured"),
        ),
    ),
    expectation=Expectation(
        "class-probabilities",
        loss=LOSS,
        family="SparseCategoricalCrossentropy",
        labels="sparse",
        evidence=(Evidence("from_logits is False", "proved"),),
    ),
    backend="tensorflow",
    distributions=DISTRIBUTIONS,
)
MATCH = replace(
    MISMATCH,
    model="sound",
    loss=RIGHT_LOSS,
    expects="class-logits",
    verdict="match",
    basis="observed",
    expectation=Expectation(
        "class-logits",
        loss=RIGHT_LOSS,
        labels="sparse",
        evidence=(Evidence("from_logits is True", "proved"),),
    ),
    distributions=replace(
        DISTRIBUTIONS, histograms=(VALUES,), divergence_bits=0.0, loss_configured=0.1234, loss_computed=None
    ),
)
UNKNOWN = Pair(
    model="mystery",
    output=0,
    loss="my_loss",
    emits="unknown",
    expects="unknown",
    verdict="unknown",
    basis="co-defined",
    location=None,
    emission=Emission("unknown", reason="call() could not be traced"),
    expectation=Expectation("unknown", loss="my_loss", reason="the loss raised ValueError when it was tried"),
)

EFFECT = Effect(
    "loss 2.303 as configured, 0.4123 if right, on 256 rows",
    loss_configured=2.30259,
    loss_right=0.41234,
    loss_computed=2.2871,
    range_configured=LossRange(1.46115, 2.46115, "ln(C-1+e)-1 … ln(C-1+e), C = 10"),
    range_right=LossRange(0.0, math.inf, "a crossentropy of free logits"),
    gradient=GradientGap(64, ratio=0.0912, cosine=0.98106, difference=0.92, silent=0.25),
    gradient_computed=GradientGap(64, ratio=1.0, cosine=1.0, difference=0.0, silent=0.0),
    clipped=0.6265,
    accuracy_name="accuracy (largest output)",
    accuracy_printed=0.5508,
    accuracy_right=0.5508,
    training=TrainingEnd(2.36115, 20, "one class", 0.97),
    classes=10,
)

ERROR = Finding(
    code="LM101",
    slug="logits-into-probability-loss",
    severity="error",
    message=f"`{LOSS}` expects probabilities, but classifier[scores] emits logits.",
    explanation="The loss clips the scores and takes their logarithm: training follows another number.",
    pair=MISMATCH,
    location=MISMATCH.location,
    evidence=(Evidence("rows do not sum to one", "measured"),),
    effect=EFFECT,
    fix=Fix(
        (
            Remedy(f"loss={RIGHT_LOSS}", "the loss takes the scores as they are"),
            Remedy("end the model with a softmax", "predict() then returns probabilities"),
        )
    ),
)
WARNING = Finding("LM401", "metric-threshold-on-logits", "warning", "BinaryAccuracy(0.5) reads logits.", pair=MISMATCH)
INFO = Finding(
    "LM901",
    "not-checked",
    "info",
    "mystery[0] and my_loss could not be judged.",
    "Pass x=… to try.",
    pair=UNKNOWN,
)

FULL = Report((MISMATCH, MATCH, UNKNOWN), (INFO, ERROR), ("--ignore LM102 was given",))
CLEAN = Report((MATCH, replace(MATCH, model="second"), replace(MATCH, model="third")))
MANY = Report(tuple(replace(MATCH, model=f"model_{at}") for at in range(39)) + (MISMATCH,), (ERROR, WARNING))
EMPTY = Report()

TAG = "<img src=x onerror=alert(1)>"
NAMES = (TAG, "\x00\x1b[31m\u202egnp.exe\ud800", "long" * 2_500_000)


def hostile(name: str) -> Report:
    """Return a report in which every word that users or their code can choose is `name`."""
    fact = (Evidence(name, "observed"),)
    series = (
        Series(name, bell(9, 3), ()),
        Series(name, bell(20, 3), (math.nan, *[math.inf] * 6), not_finite=3),
    )
    measured = Distributions(
        (
            Histogram("values", name, name, edges(0.0, 1.0), series),
            Histogram("row-sums", name, name, (), series),
        ),
        divergence_bits=math.nan,
        loss_configured=math.inf,
        loss_right=-math.inf,
        loss_computed=None,
        sample=SampleNote(name, 1, has_labels=False, synthetic=True, thinned=name),
    )
    pair = replace(
        MISMATCH,
        model=name,
        output=name,
        loss=name,
        location=Location(name, 1),
        emission=Emission("bounded", maker=name, evidence=fact, reason=name, twice=name, broken_by=name, low=0.0),
        expectation=Expectation("unknown", loss=name, evidence=fact, reason=name),
        backend=name,
        distributions=measured,
    )
    fix = Fix((Remedy(name, name), Remedy(name, "")))
    finding = Finding(name, name, "error", name, name, pair, pair.location, fact, Effect(name), fix)
    return Report((pair,), (finding, replace(finding, pair=None)), (name,))


HOSTILE = hostile(TAG)
