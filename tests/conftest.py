"""Settings of the whole suite: quiet backends, and no skip that nobody sees."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import sys
import tempfile

import pytest

from tests.left_behind import left_behind

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a command that a script started in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # some tests interrupt a kernel, which would inherit that
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# JAX compiles every op for every shape; all processes of a run share it
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled = tempfile.mkdtemp(prefix="logit_magic-jax-")
    atexit.register(shutil.rmtree, _compiled, ignore_errors=True)
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # programs of a few rows are compiled longer than they run

ALLOWED_SKIPS: tuple[str, ...] = ()  # beginnings of reasons; CI fails on any other skip


def pytest_collection_finish() -> None:
    """A shell that is emptied collects garbage: what the imports made is millions of objects, and none of it is garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(ALLOWED_SKIPS or ("\0",)):
            report.outcome = "failed"
            report.longrepr = f"skipped, which CI does not allow: {reason}"


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    """No test ends with something of ours in Keras, its backends or Python's import system."""
    yield
    if "logit_magic.discovery.recorder" in sys.modules:
        assert left_behind() == []


@pytest.fixture(scope="module", autouse=True)
def compiled_code_is_dropped():
    """JAX keeps what it compiled for every shape: gigabytes over the whole suite."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


def pytest_report_header() -> str:
    return f"keras backend: {os.environ.get('KERAS_BACKEND', 'the default')}, python {sys.version.split()[0]}"
