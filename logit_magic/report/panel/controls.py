"""The small controls that the panel's views are put together from, and the guard around everything they call."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets

from logit_magic.report import charts, document, html, wording
from logit_magic.report.html import Markup

ROW = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 10px"}


class Guard:
    """Runs callbacks one at a time, and says in the panel what went wrong in one.

    The front end's events come in on another thread than the cell's where the kernel is busy.
    """

    def __init__(self) -> None:
        self.problem = widgets.HTML()
        self._lock = threading.RLock()

    def __call__(self, act: Callable[[], None]) -> Callable[..., None]:
        """Return a callback for `observe` or `on_click` that runs `act`."""

        def callback(*_: object) -> None:
            with self._lock:
                try:
                    act()
                    self.problem.value = ""
                except Exception as error:
                    self._say(error)

        return callback

    def told(self, act: Callable[[], None]) -> None:
        """Run `act` for another thread; what was said of an earlier problem stays."""
        with self._lock:
            try:
                act()
            except Exception as error:
                self._say(error)

    def _say(self, error: Exception) -> None:
        reason = wording.clean(f"{type(error).__name__}: {error}", wording.SENTENCE)
        line = document.Line(f"This did not work ({reason}).", wording.SEVERITY_MARKS["error"])
        self.problem.value = markup(line)


def markup(*blocks: document.Block) -> Markup:
    """Return blocks as the value of an HTML widget, charts drawn live."""
    return html.root((html.blocks(blocks, charts.live),))


def choice(tooltip: str, options: Iterable[Any] = ()) -> widgets.ToggleButtons:
    """Return a row of buttons of which one is down."""
    return widgets.ToggleButtons(options=tuple(options), tooltip=tooltip, style={"button_width": "auto"})


def button(label: str, tooltip: str = "") -> widgets.Button:
    return widgets.Button(description=label, tooltip=tooltip or label, layout={"width": "auto"})


def row(*children: widgets.Widget) -> widgets.HBox:
    """Return controls side by side, on a further line where there is no room."""
    return widgets.HBox(children, layout={**ROW, "margin": "2px 0"})


class Number:
    """A box and a slider for the same number: JupyterLab takes some keys away from a slider.

    The box holds the number: a slider snaps what it is given to its steps, and says so.

    Attributes:
        box, slider: hold the same value, to within half a step of the slider.
        widget: both.
    """

    def __init__(self, label: str, box: widgets.Widget, slider: widgets.Widget, differ: Callable[[float, float], bool]):
        self.box, self.slider, self._differ = box, slider, differ
        box.description = label  # the label is then that of an input, which screen readers read out
        box.style.description_width = "initial"
        box.layout.width = "auto"
        box.layout.max_width = f"{96 + 8 * len(label)}px"
        slider.readout = False
        slider.layout.width = "160px"
        slider.tooltip = label
        self.widget = widgets.HBox([box, slider])
        box.observe(self._follow_box, "value")
        slider.observe(self._follow_slider, "value")

    def _follow_box(self, _: object) -> None:
        if self._differ(self.slider.value, self.box.value):
            self.slider.value = self.box.value

    def _follow_slider(self, _: object) -> None:
        if self._differ(self.slider.value, self.box.value):
            self.box.value = self.slider.value

    @property
    def value(self) -> Any:
        return self.box.value

    @value.setter
    def value(self, value: float) -> None:
        self.box.value = value

    def reaches(self, low: int, high: int) -> None:
        """Set both ends, in an order that never leaves them crossed."""
        for control in (self.slider, self.box):
            if low > control.max:
                control.max, control.min = high, low
            else:
                control.min, control.max = low, high


def whole_number(label: str, low: int, high: int, value: int) -> Number:
    box = widgets.BoundedIntText(min=low, max=high, value=value)
    return Number(label, box, widgets.IntSlider(min=low, max=high, value=value), lambda a, b: a != b)


def positive_number(label: str, tenfold: float, value: float) -> Number:
    """Return a control from 10 to the power of -`tenfold` up to 10 to the power of `tenfold`."""
    step = 0.05
    slider = widgets.FloatLogSlider(min=-tenfold, max=tenfold, step=step, value=value)
    box = widgets.BoundedFloatText(min=10**-tenfold, max=10**tenfold, step=0.1, value=value)
    return Number(label, box, slider, lambda a, b: abs(math.log10(a / b)) > 0.51 * step)


def shown(wanted: bool) -> str | None:
    """Return the `display` of a layout."""
    return None if wanted else "none"
