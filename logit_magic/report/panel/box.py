"""The outermost widget: what it shows to who cannot show widgets, and how all of it is closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets as widgets

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

_of_cells: dict[str, Panel] = {}
"""The panel that each cell shows, so that the next one of the same cell takes its place."""


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

    def replaces_earlier(self, cell: str) -> None:
        """Close the panel that this cell showed before: running a cell again takes its output away.

        Args:
            cell: identity of the cell, "" where it is not known.
        """
        if not cell:
            return
        earlier = _of_cells.pop(cell, None)
        if earlier is not None:
            earlier.close()
        _of_cells[cell] = self


def _below(widget: Any) -> Iterator[Any]:
    yield widget
    for child in (*getattr(widget, "children", ()), *getattr(widget, "put_away", ())):
        yield from _below(child)
