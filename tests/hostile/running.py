"""Run one cell plainly, under `%%checkloss` and under `--watch`, and compare what the user would see."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import time
import warnings
from dataclasses import dataclass
from typing import Any

import logit_magic

OURS = re.compile(r"^(?:LM\d{3} |checkloss: )")


@dataclass(frozen=True)
class Ran:
    """What a user sees of a run.

    Attributes:
        success, error, result: of IPython; the class of the error and of the result.
        names: name -> class, by identity of the class's name, without a look at the objects.
        out: what was printed, by the cell and after it.
        seconds: it took.
    """

    success: bool
    error: str
    result: str
    names: tuple[tuple[str, str], ...]
    out: str
    seconds: float


class Runs:
    """One shell with the extension loaded, and the same names before every run."""

    def __init__(self, shell: Any, setup: str) -> None:
        self.shell = shell
        shell.run_cell("%load_ext logit_magic").raise_error()
        shell.run_cell(setup, store_history=False).raise_error()
        self.base = dict(shell.user_ns)

    def plainly(self, cell: str) -> Ran:
        return self._run(f"# %%checkloss --text\n{cell}")

    def checked(self, cell: str, options: str = "") -> Ran:
        return self._run(f"%%checkloss --text{options}\n{cell}")

    def watched(self, cell: str, line: str = "%checkloss --watch") -> Ran:
        self.shell.run_cell(line, store_history=False).raise_error()
        try:
            return self.plainly(cell)
        finally:
            self.shell.run_cell("%checkloss --unwatch", store_history=False)

    def _run(self, cell: str) -> Ran:
        namespace = self.shell.user_ns
        self.disarm()
        for name in [name for name in namespace if name not in self.base]:
            del namespace[name]
        namespace.update(self.base)
        out = io.StringIO()
        logging.getLogger().handlers[:] = [logging.StreamHandler(out)]
        start = time.monotonic()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = lambda *a, **k: out.write("WARNED\n")
            result = self.shell.run_cell(cell, store_history=False)
        seconds = time.monotonic() - start
        self.disarm()
        names = tuple(
            sorted(
                (str(name)[:40], type.__dict__["__name__"].__get__(type(v)))
                for name, v in namespace.items()
                if name not in ("__builtins__", "_", "__", "___")
            )
        )
        error = result.error_in_exec or result.error_before_exec
        return Ran(result.success, type(error).__name__, type(result.result).__name__, names, out.getvalue(), seconds)

    def disarm(self) -> None:
        self.base["armed"][0] = False


def stray(plain: Ran, checked: Ran, *, watching: bool) -> str:
    """What the check printed beside its own report; "" where that is nothing."""
    if not checked.out.startswith(plain.out):
        return f"the cell printed {plain.out[-300:]!r}, under the check {checked.out[:2000]!r}"
    rest = checked.out[len(plain.out) :]
    if watching:
        strays = [line for line in rest.splitlines() if line and not OURS.match(line)]
        return "\n".join(strays)[:2000]
    if not rest or OURS.match(rest):
        return "\n".join(line for line in rest.splitlines() if not OURS.match(line))[:2000]
    from logit_magic.report.show import _plain

    report = logit_magic.last_report()
    expected = "" if report is None else _plain(report) + "\n"
    return "" if rest == expected else f"{rest[:2000]!r}"


def same(plain: Ran, other: Ran) -> bool:
    return (plain.success, plain.error, plain.result, plain.names) == (
        other.success,
        other.error,
        other.result,
        other.names,
    )
