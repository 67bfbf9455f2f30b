"""The answer to a check: pairs and findings, frozen, with every way to read them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from logit_magic.facts import SEVERITIES, Finding, Pair
from logit_magic.report import charts, document, html, measures, text, wording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class MismatchError(Exception):
    """Raised by `Report.raise_for_findings`; `report` is the Report that holds the findings."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return text.render(self.report._document(), details=False)


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a check found.

    As the last expression of a cell it shows itself as HTML, elsewhere as text. It holds names and numbers
    only and keeps neither model nor data alive.

    Attributes:
        pairs: every model output and the loss that meets it.
        findings: what is wrong, worst first whatever the order they were given in.
        notes: what else the reader should know, e.g. "--ignore LM101 was given".
    """

    pairs: tuple[Pair, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        worst_first = sorted(self.findings, key=lambda finding: SEVERITIES.index(finding.severity))
        object.__setattr__(self, "findings", tuple(worst_first))

    @property
    def ok(self) -> bool:
        """Whether there is no error and no warning."""
        return all(finding.severity == "info" for finding in self.findings)

    def raise_for_findings(self, severity: str = "error") -> None:
        """Raise where a finding is at least as bad as `severity`.

        Args:
            severity: "error", "warning" or "info".

        Raises:
            MismatchError: there is such a finding.
            ValueError: `severity` is none of the three.
        """
        accepted: tuple[str, ...] = SEVERITIES
        if severity not in accepted:
            raise ValueError(
                f"Report.raise_for_findings got severity={severity!r}, "
                f"but accepts {', '.join(map(repr, accepted))}: name the mildest finding that should raise."
            )
        raising = accepted[: accepted.index(severity) + 1]
        if any(finding.severity in raising for finding in self.findings):
            raise MismatchError(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dicts and lists, ready for strict JSON.

        JSON knows neither infinity nor NaN: they become the strings "inf", "-inf" and "nan". The `pair` of a
        finding becomes its place in `pairs`, or None where it is about none of them.
        """
        findings = [
            {**_plain(dataclasses.replace(finding, pair=None)), "pair": self._place(finding.pair)}
            for finding in self.findings
        ]
        return {"ok": self.ok, "pairs": _plain(self.pairs), "findings": findings, "notes": list(self.notes)}

    def to_html(self) -> str:
        """Return static HTML without scripts or style sheets; it is ASCII, so any encoding will do."""
        markup = html.render(self._document(), charts.static)
        return markup.encode("ascii", "xmlcharrefreplace").decode()

    def plot(self, pair: int = 0) -> Figure:
        """Return a matplotlib figure of what was measured for one pair.

        Args:
            pair: its place in `pairs`.

        Raises:
            ImportError: matplotlib is not installed.
            ValueError: there is no such pair, or nothing was measured for it.
        """
        from logit_magic.report.figure import figure

        if pair not in range(len(self.pairs)):
            raise ValueError(
                f"Report.plot got pair={pair!r}, but accepts a place in `pairs`, which has {len(self.pairs)}."
            )
        distributions = self.pairs[pair].distributions
        if distributions is None or not distributions.histograms:
            raise ValueError(
                f"Report.plot cannot draw pair {pair}, {wording.heading(self.pairs[pair])}: nothing was "
                "measured for it. Check again with data, e.g. check(model, loss, x=x, y=y)."
            )
        return figure(measures.charts(distributions))

    def __str__(self) -> str:
        return text.render(self._document())

    def __repr__(self) -> str:
        return f"<Report: {document.summary(self.pairs, self.findings)} {len(self.findings)} found>"

    def _repr_html_(self) -> str:
        return self.to_html()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}

    def _document(self) -> document.Document:
        return document.build(self.pairs, self.findings, self.notes)

    def _place(self, pair: Pair | None) -> int | None:
        return self.pairs.index(pair) if pair in self.pairs else None


def _plain(value: Any) -> Any:
    """Return dataclasses as dicts, tuples as lists, and numbers that JSON does not know as strings."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        facts = (field.name for field in dataclasses.fields(value) if field.compare)  # others are for display alone
        return {name: _plain(getattr(value, name)) for name in facts}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    return value
