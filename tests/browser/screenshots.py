"""Saves pictures of report and panel, on light and on dark: `python tests/browser/screenshots.py FOLDER [NAME…]`.

`python tests/browser/screenshots.py .github readme` makes the README's pictures.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import keras_cells
import labdriver
import nbformat
from playwright.sync_api import Browser, Locator

QUIET = "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'"
SETUP = "from logit_magic.report.show import show; import report_samples as samples, study_samples as studies, odd_samples as odd"
SHOWN = {
    "clean": "samples.CLEAN",
    "many": "samples.MANY",
    "hostile": "samples.HOSTILE",
    "empty": "samples.EMPTY",
    "huge": "studies.HUGE",
    "binary": "odd.BINARY",
    "units": "odd.UNITS",
    "map": "odd.MAP",
    "broken": "odd.NOT_FINITE",
    "alone": "odd.ONE_ROW",
    "named": "odd.LONG_NAMES",
}
"""Reports made by hand; each is pictured closed, with all folds open, in every view of the panel, and stored."""
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true })"


def main(folder: Path, wanted: list[str]) -> None:
    """Save the pictures of the wanted reports; without any, of the states of a real cell's panel."""
    folder.mkdir(parents=True, exist_ok=True)
    path = labdriver.find_chromium()
    if path is None:
        sys.exit("no Chromium found: install the package chromium")
    with (
        tempfile.TemporaryDirectory() as root,
        labdriver.chromium(path) as browser,
        labdriver.lab(Path(root)) as lab,
    ):
        if not wanted or "readme" in wanted:
            _real_cell(browser, lab, folder, only_readme="readme" in wanted)
            _curve(browser, lab, folder)
        for name in wanted:
            if name != "readme":
                _by_hand(browser, lab, folder, name)


def _press(label: str) -> Callable[[Locator], None]:
    return lambda output: output.get_by_role("button", name=label, exact=True).click()


def _top_k(output: Locator) -> None:
    _press("top-k")(output)
    temperature = output.get_by_role("spinbutton", name="Temperature")
    temperature.fill("2")
    temperature.press("Enter")


def _race(output: Locator) -> None:
    _press("Race")(output)
    _press("Start")(output)
    output.get_by_text("After 200 steps:").wait_for(timeout=60_000)


STATES: dict[str, Callable[[Locator], None]] = {
    "overview": lambda output: None,
    "race": _race,
    "fix": _press("Fix"),
    "repaired": _press("Repair the live model"),
    "distributions": _press("Distributions"),
    "cumulative": lambda output: (_press("Top class")(output), _press("cumulative")(output))[0],
    "loss-curve": _press("Loss curve"),
    "samples": lambda output: (_press("Samples")(output), _press("Worst by loss")(output))[0],
    "top-k": _top_k,
}
"""What is pictured of a real cell, each reached from the one before."""
README = {"overview": "panel", "race": "race"}
"""The first of these states, and what their pictures in the README are called."""


def _real_cell(browser: Browser, lab: labdriver.Lab, folder: Path, only_readme: bool) -> None:
    setup = f"{QUIET}\n{keras_cells.LOAD}\nimport keras\n{keras_cells.DATA}"
    live = labdriver.Notebook(browser, lab, [setup, keras_cells.ONE_MODEL], height=1900)
    live.run(0)
    output = live.run(1)
    cell = live.page.locator(".jp-Notebook .jp-CodeCell").nth(1)
    for name, reach in STATES.items():
        reach(output)
        live.page.wait_for_timeout(700)
        if only_readme and name not in README:
            break
        prefix = README[name] if only_readme else name
        for theme, full in THEMES.items():
            live.theme(full)
            live.page.wait_for_timeout(500)
            (cell if name == "overview" else output).screenshot(path=folder / f"{prefix}-{theme}.png")
    live.close()


def _curve(browser: Browser, lab: labdriver.Lab, folder: Path) -> None:
    """Picture the loss of a model that ends in softmax below a loss that applies it once more."""
    setup = f"{QUIET}\n{keras_cells.LOAD}\nimport keras\n{keras_cells.DATA}"
    live = labdriver.Notebook(browser, lab, [setup, keras_cells.TWICE], height=1500)
    live.run(0)
    output = live.run(1)
    _press("Loss curve")(output)
    for theme, full in THEMES.items():
        live.theme(full)
        live.page.wait_for_timeout(500)
        live.page.locator(".jp-Notebook .jp-CodeCell").nth(1).screenshot(path=folder / f"curve-{theme}.png")
    live.close()


def _by_hand(browser: Browser, lab: labdriver.Lab, folder: Path, name: str) -> None:
    live = labdriver.Notebook(browser, lab, [f"{SETUP}; show({SHOWN[name]})"], height=1700)
    output = live.run()
    live.page.wait_for_timeout(1000)
    _picture(live, folder / f"{name}-closed")
    for view in ("Fix", "Distributions", "Loss curve", "Samples"):
        button = output.get_by_role("button", name=view, exact=True)
        if button.count():
            button.click()
            live.page.wait_for_timeout(500)
            _picture(live, folder / f"{name}-{view.lower().replace(' ', '-')}", ("light",))
    live.page.evaluate(OPEN)
    _picture(live, folder / f"{name}-open", ("light",))
    (cell,) = live.save()["cells"]
    live.close()
    cell["source"] += "  # changed outside, so not trusted"
    stored = labdriver.Notebook(browser, lab, [nbformat.from_dict(cell)], height=1500)
    stored.page.wait_for_timeout(1000)
    _picture(stored, folder / f"{name}-stored", ("light",))
    stored.close()


def _picture(notebook: labdriver.Notebook, path: Path, themes: tuple[str, ...] = tuple(THEMES)) -> None:
    for name in themes:
        notebook.theme(THEMES[name])
        notebook.page.wait_for_timeout(500)
        notebook.page.locator(".jp-Notebook .jp-CodeCell").first.screenshot(path=f"{path}-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
