"""Saves pictures of report and panel, on light and on dark: `python tests/browser/screenshots.py FOLDER`.

`python tests/browser/screenshots.py .github readme` makes the README's pictures, from a real Keras cell.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import keras_cells
import labdriver
import nbformat
from playwright.sync_api import Browser

SETUP = "from logit_magic.report.show import show; import report_samples as samples"
SHOWN = {
    "mismatch": "samples.FULL",
    "clean": "samples.CLEAN",
    "many": "samples.MANY",
    "hostile": "samples.HOSTILE",
    "empty": "samples.EMPTY",
}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
OPEN = "document.querySelectorAll('details').forEach(each => { each.open = true })"


def main(folder: Path, wanted: list[str]) -> None:
    """Save one picture per sample, theme and state (closed, all folds open, stored and not trusted)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = labdriver.find_chromium()
    if path is None:
        sys.exit("no Chromium found: install the package chromium")
    with (
        tempfile.TemporaryDirectory() as root,
        labdriver.chromium(path) as browser,
        labdriver.lab(Path(root)) as lab,
    ):
        if "readme" in wanted:
            wanted.remove("readme")
            _readme(browser, lab, folder)
            if not wanted:
                return
        for name in wanted or SHOWN:
            live = labdriver.Notebook(browser, lab, [f"{SETUP}; show({SHOWN[name]})"], height=1500)
            live.run()
            live.page.wait_for_timeout(1000)
            _picture(live, folder / f"{name}-closed")
            live.page.evaluate(OPEN)
            _picture(live, folder / f"{name}-open")
            (cell,) = live.save()["cells"]
            live.close()
            cell["source"] += "  # changed outside, so not trusted"
            stored = labdriver.Notebook(browser, lab, [nbformat.from_dict(cell)], height=1500)
            stored.page.wait_for_timeout(1000)
            _picture(stored, folder / f"{name}-stored")
            stored.close()


def _readme(browser: Browser, lab: labdriver.Lab, folder: Path) -> None:
    quiet = "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'"
    setup = f"{quiet}\n{keras_cells.LOAD}\nimport keras\nfrom sklearn.datasets import load_digits\nx, y = load_digits(return_X_y=True)"
    live = labdriver.Notebook(browser, lab, [setup, keras_cells.ONE_MODEL], height=1900)
    live.run(0)
    live.run(1)
    live.page.wait_for_timeout(1500)
    for name, theme in THEMES.items():
        live.theme(theme)
        live.page.wait_for_timeout(700)
        live.page.locator(".jp-Notebook .jp-CodeCell").nth(1).screenshot(path=folder / f"panel-{name}.png")
    live.close()


def _picture(notebook: labdriver.Notebook, path: Path) -> None:
    for name, theme in THEMES.items():
        notebook.theme(theme)
        notebook.page.wait_for_timeout(700)
        notebook.page.locator(".jp-NotebookPanel").screenshot(path=f"{path}-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
