"""What `%load_ext` costs: a plain IPython that starts and ends, and one that loads the extension too; fresh interpreters."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

LOAD = "%load_ext logit_magic"


def start(code: str, folder: str) -> float:
    """Seconds that an IPython takes to start, run the code and end, with a profile of its own."""
    env = {**os.environ, "IPYTHONDIR": folder}
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "-c", code], env=env, check=True
    )
    return time.perf_counter() - begin


def ratios(rounds: int) -> list[float]:
    """Start with the extension over a plain one, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for turn in range(-1, rounds):
            took = {}
            for code in (LOAD, "pass") if turn % 2 else ("pass", LOAD):
                took[code] = start(code, folder)
            if turn >= 0:
                found.append(took[LOAD] / took["pass"])
    return found
