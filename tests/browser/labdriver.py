"""Drives a real JupyterLab with the installed Chromium; nothing is fetched, nothing leaves this machine."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, Locator, expect, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
IMPORTABLE = (REPOSITORY, REPOSITORY / "tests" / "report")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
QUIET_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'
START_SECONDS = 60
KERNEL_IDLE = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the folder that it serves."""

    url: str
    folder: Path


@contextmanager
def lab(root: Path) -> Iterator[Lab]:
    """Run JupyterLab with settings, data and notebooks below `root`."""
    port = _free_port()
    folder = root / "notebooks"
    folder.mkdir()
    settings = root / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(QUIET_NEWS)
    command = [
        *(
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={port}",
        ),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"),
        *(f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url="),
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    log = root / "lab.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, env=_environment(root), stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api/status", server, log)
        yield Lab(url, folder)
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run a headless Chromium."""
    expect.set_options(timeout=30_000)  # a kernel on a busy machine takes longer than five seconds now and then
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Notebook:
    """One notebook in one page.

    Attributes:
        page: Playwright's page.
        external: requests that would have left this machine; they are blocked.
        errors: uncaught errors of the page's own scripts.
    """

    def __init__(
        self,
        browser: Browser,
        lab: Lab,
        cells: list[Any],
        width: int = 1100,
        height: int = 900,
        app: str = "lab/tree",
        kernel: bool = True,
    ) -> None:
        self.path = lab.folder / f"t{time.time_ns()}.ipynb"
        self.external: list[str] = []
        self.errors: list[str] = []
        # a kernel that is not installed is asked for, and then none is chosen
        spec = {"name": "python3" if kernel else "not-installed", "display_name": "Python 3"}
        cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), self.path)
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self._context.grant_permissions(["clipboard-read", "clipboard-write"], origin=lab.url)
        self.page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.route(lambda url: not url.startswith((lab.url, "data:", "blob:")), self._block)
        self.page.goto(f"{lab.url}/{app}/{self.path.name}" + ("?reset" if app.startswith("lab") else ""))
        if kernel:
            self.page.wait_for_function(KERNEL_IDLE, timeout=60_000)
        else:
            dialog = self.page.locator(".jp-Dialog")
            dialog.get_by_role("button", name="No Kernel").click(timeout=30_000)
            dialog.wait_for(state="detached")

    def run(self, index: int = 0) -> Locator:
        """Run a cell to its end and return its output area."""
        self.page.evaluate(
            """index => {
                const app = window.jupyterapp;
                app.shell.currentWidget.content.activeCellIndex = index;
                return app.commands.execute('notebook:run-cell').then(() => 1);
            }""",
            index,
        )
        return self.output(index)

    def output(self, index: int = 0) -> Locator:
        """Return a cell's output area."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(index).locator(".jp-OutputArea").first

    def append(self, source: str) -> None:
        """Put a further cell below the last one."""
        self.page.evaluate(
            "const n = window.jupyterapp.shell.currentWidget.content; n.activeCellIndex = n.widgets.length - 1"
        )
        self._command("notebook:insert-cell-below")
        self.page.evaluate(
            """source => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCell.model.sharedModel.setSource(source);
            }""",
            source,
        )

    def clipboard(self) -> str:
        """Return what was copied last."""
        copied: str = self.page.evaluate("navigator.clipboard.readText()")
        return copied

    def save(self) -> dict[str, Any]:
        """Save the notebook and return it as stored."""
        self._command("docmanager:save")
        stored: dict[str, Any] = json.loads(self.path.read_text())
        return stored

    def theme(self, name: str) -> None:
        """Change to a theme, e.g. "JupyterLab Dark", and wait for it: between two a page has none, and a notebook no paper."""
        self._command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function(
            """name => {
                const paper = getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor;
                const [r, g, b, opacity = 1] = (paper.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
                return document.body.dataset.jpThemeName === name && opacity > 0.99;
            }""",
            arg=name,
        )

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => 1)")
        self._context.close()

    def _block(self, route: Any) -> None:
        self.external.append(route.request.url)
        route.abort()

    def _command(self, name: str, arguments: dict[str, str] | None = None) -> None:
        script = "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => 1)"
        self.page.evaluate(script, [name, arguments or {}])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment(root: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    paths = [*map(str, IMPORTABLE), os.environ.get("PYTHONPATH", "")]
    folders = {name: str(root / folder) for name, folder in own.items()}
    return {**os.environ, **folders, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.125)
    raise RuntimeError(f"JupyterLab did not start within {START_SECONDS} s; its log ends:\n{log.read_text()[-2000:]}")
