"""What was measured on a batch: where it came from, histograms of it under each reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logit_magic.explore.study import Study


@dataclass(frozen=True, slots=True)
class SampleNote:
    """Where the batch that was looked at came from, and how much of it was looked at.

    Attributes:
        source: e.g. "the first 256 rows passed to fit", "arrays x, y of the namespace", "seeded synthetic input".
        rows: number of rows used.
        has_labels: whether labels came with it.
        synthetic: made by us; says nothing about the user's data.
        thinned: how a large output was sub-sampled, else "".
    """

    source: str
    rows: int
    has_labels: bool
    synthetic: bool = False
    thinned: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a histogram.

    Attributes:
        name: "emitted", "as configured" or "if right".
        counts: one count per bin.
        quantiles: 0, 5, 25, 50, 75, 95 and 100 % of the finite values; empty where there is none.
        not_finite: how many values were NaN or infinite and so stand in no bin.
    """

    name: str
    counts: tuple[int, ...]
    quantiles: tuple[float, ...]
    not_finite: int = 0


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of one quantity under one or more readings, on shared bins.

    Attributes:
        key: "values", "row-sums", "top-class" or "entropy".
        title: for people, e.g. "Top-class probability".
        unit: axis label, e.g. "probability", "bits".
        edges: bin edges, one more than there are counts; empty where nothing is finite.
        series: the readings, in the order in which they are to be drawn.
    """

    key: str
    title: str
    unit: str
    edges: tuple[float, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Distributions:
    """What the model emits on the sample, what the loss makes of it, and what it would make of it if right.

    Attributes:
        histograms: see `Histogram`.
        divergence_bits: mean over rows of the Jensen-Shannon divergence's square root (the distance), base 2, between
            the distribution that the loss uses and the right one: 0 … 1; None where rows are no distributions.
        loss_configured: the loss on the sample as the code says it, fed with plain arrays; None without labels.
        loss_right: the same loss with the right reading; None without labels or where no right reading is known.
        loss_computed: what Keras computes inside `fit`, where it repairs the loss; else None.
        sample: where the batch came from.
        study: a few rows and the loss's curve, for the panel; no part of what was found out.
    """

    histograms: tuple[Histogram, ...]
    divergence_bits: float | None
    loss_configured: float | None
    loss_right: float | None
    loss_computed: float | None
    sample: SampleNote
    study: Study | None = field(default=None, compare=False, repr=False)
