"""Draws charts with matplotlib, for those who want a figure for a paper."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from logit_magic.report import axes
from logit_magic.report.measures import Chart
from logit_magic.report.svg import COLOURS, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure(charts: Sequence[Chart]) -> Figure:
    """Return a figure with one row per chart; it belongs to no GUI, so save it or display it.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "Report.plot() draws with matplotlib, which is not installed here: run `pip install matplotlib`, "
            "or use the charts of the report itself (display the report, or Report.to_html())."
        ) from error

    class Shown(Figure):
        """A figure that shows itself as the last expression of a cell, also where pyplot was never imported."""

        def _repr_png_(self) -> bytes:
            picture = io.BytesIO()
            self.savefig(picture, format="png", dpi=100)
            return picture.getvalue()

    drawn = Shown(figsize=(6.0, 2.4 * len(charts)), layout="constrained")
    for row, chart in enumerate(charts, start=1):
        _plot(drawn.add_subplot(len(charts), 1, row), chart)
    return drawn


def _plot(ax: Axes, chart: Chart) -> None:
    ax.set(title=chart.title, xlabel=chart.unit, ylabel=chart.measure)
    if not chart.edges:
        ax.text(0.5, 0.5, "No finite values to draw.", ha="center", transform=ax.transAxes)
        return
    for position, curve in enumerate(chart.curves):
        look = style(curve.name, position)
        ax.stairs(curve.heights, chart.edges, label=curve.name, color=COLOURS[look], linestyle=("-", "--", ":")[look])
    if axes.heights([curve.heights for curve in chart.curves], share=chart.measure == "share").logarithmic:
        ax.set_yscale("symlog", linthresh=1.0)
    if chart.curves:
        ax.legend()
