"""The outermost widget: what it shows to who cannot show widgets, and how all of it is closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_of_cells: dict[str, list[tuple[str, Panel]]] = {}
"""The open panels of each cell, each beside the run of the cell that showed it."""


class Panel(widgets.VBox):  # type: ignore[misc]
    """A box whose display carries the live view and empty text.

    The static report stands above it; in a notebook that is exported or opened again without a kernel the
    panel must not repeat it or leave a line such as "VBox(children=…)".
    """

    leave: Callable[[], None] | None = None
    """What to do before it is closed: what runs for it is stopped, what it was given is dropped."""

    _ipython_display_ = None  # ipywidgets 7 defines it, and it would go before the bundle

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": "", "text/html": "", _WIDGET_VIEW: view}

    def close(self) -> None:
        """Close the panel and every widget in it, so that the kernel keeps none of them."""
        for cell, shown in list(_of_cells.items()):
            shown[:] = [each for each in shown if each[1] is not self]
            if not shown:
                _of_cells.pop(cell, None)
        leave, self.leave = self.leave, None
        if leave is not None:
            leave()
        for widget in list(_below(self)):
            widget.unobserve_all()
            for part in (getattr(widget, "layout", None), getattr(widget, "style", None)):
                if isinstance(part, widgets.Widget):
                    part.close()
            if widget is not self:
                widget.close()
        self.children = ()
        super().close()

    def belongs_to(self, cell: str, run: str) -> None:
        """Note which run of which cell shows the panel, so that the cell's next run closes it.

        Args:
            cell: identity of the cell, "" where it is not known.
            run: identity of the run.
        """
        if cell:
            _of_cells.setdefault(cell, []).append((run, self))


def close_earlier(cell: str, run: str) -> None:
    """Close the panels that earlier runs of a cell showed: to run it again takes its output away."""
    for earlier, panel in list(_of_cells.get(cell, ())):
        if earlier != run:
            panel.close()


def _below(widget: Any) -> Iterator[Any]:
    yield widget
    for child in (*getattr(widget, "children", ()), *getattr(widget, "put_away", ())):
        yield from _below(child)
