"""Odd setups, each in a process of its own: the right twin is silent, the wrong twin is told, and the state stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from tests.hostile.odd_setups import SETUPS

HERE = [name for name, setup in SETUPS.items() if keras.config.backend() in setup.backends]


def run(*names: str) -> dict[str, dict]:
    """What came of each setup, from one process that runs them all."""
    command = [sys.executable, "-m", "tests.hostile.odd_setups", *names]
    environment = {**os.environ, "KERAS_BACKEND": keras.config.backend()}
    ran = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=Path(__file__).parents[2], timeout=500
    )
    found = [json.loads(line.removeprefix("RESULT ")) for line in ran.stdout.splitlines() if line.startswith("RESULT ")]
    assert len(found) == len(names), ran.stdout[-2000:] + ran.stderr[-2000:]
    return {one["name"]: one for one in found}


@pytest.fixture(scope="module")
def together() -> dict[str, dict]:
    return run(*(name for name in HERE if not SETUPS[name].alone))


@pytest.mark.parametrize("name", HERE)
def test_both_twins(name: str, together: dict[str, dict]) -> None:
    result = run(name)[name] if SETUPS[name].alone else together[name]
    code = SETUPS[name].code
    assert result["right"]["codes"] == [] == result["right"]["again"]
    assert code in result["wrong"]["codes"] and code in result["wrong"]["again"]
    assert result["right"]["changed"] == [] == result["wrong"]["changed"]
