"""Run a telling part of the suite in a new virtual environment per end of the supported range: `python -m tests.matrix`.

Each end is an interpreter and a set of versions from PyPI. Its environment is made in a temporary folder and deleted
afterwards; together they take less than an hour. Not part of every run of the continuous integration.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    "pytest",
    "pytest-timeout",
    "pytest-xdist",
    "hypothesis",
    "nbclient",
    "jupyter-client",
    "scikit-learn",
    "pandas",
    "matplotlib",
    "ipytest",
    "tqdm",
)
TESTS = (
    "tests/test_four_pairings.py",  # every head with every loss, and what Keras repairs
    "tests/rules/test_examples.py",  # every rule, both signs
    "tests/notebook/test_extension.py",  # magics, hooks, unloading
    "tests/notebook/test_options.py",
    "tests/notebook/test_plain_run.py",  # real kernels, with and without
    "tests/notebook/test_recorder.py",
    "tests/notebook/test_provenance.py",  # lines of heads
    "tests/observed/test_cells.py",  # losses called by hand
    "tests/report/test_report_panel.py",  # ipywidgets
    "tests/test_left_as_found.py",
    "tests/fix/test_live.py",
)
PATIENCE = 900  # seconds for one file of tests
SHOWN = ("keras", "tensorflow", "ipython", "ipywidgets", "ipykernel", "numpy")


@dataclass(frozen=True)
class End:
    """One end of the range.

    Attributes:
        python: minor version of the interpreter, such as "3.11".
        packages: what pip installs beside the tools.
        left_out: tests whose own programs need a newer library than this end has, as node ids, each with the reason.
    """

    python: str
    packages: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()


_OLD_KERAS = ("tensorflow==2.16.1", "keras==3.3.0", "numpy==1.26.*")
_OLD_SHELL = ("ipython==8.12.0", "ipywidgets==8.0.0", "ipykernel==6.16.0")
_NEWEST = ("tensorflow", "keras", "ipython", "ipywidgets", "ipykernel")
_LEFT_OUT = (
    (
        "tests/fix/test_live.py::test_a_repaired_model_is_clean_and_keeps_its_optimizer[dict]",
        "losses by the key of an output: Keras 3.6",
    ),
    ("tests/fix/test_live.py::test_what_else_was_compiled_stays", "a list of loss weights for one output: Keras 3.6"),
    (
        "tests/observed/test_cells.py::test_an_own_training_step_that_is_seen_is_judged",
        "its cell calls compute_loss(training=): Keras 3.4",
    ),
    (
        "tests/notebook/test_plain_run.py::test_python_and_ipython[time_and_error]",
        "%%time ends an error itself: before IPython 8.13",
    ),
    ("tests/notebook/test_plain_run.py::test_other_places_for_the_line", "the same, and a traceback that quotes less"),
    ("tests/rules/test_examples.py::test_example[LM401-mode3]", "a threshold of 0: Keras 3.4"),
)
ENDS = {
    "oldest": End("3.11", (*_OLD_KERAS, *_OLD_SHELL), _LEFT_OUT),
    "oldest-3.10": End("3.10", (*_OLD_KERAS, *_OLD_SHELL), _LEFT_OUT),
    "newest-3.12": End("3.12", _NEWEST),
    "newest-3.13": End("3.13", _NEWEST),
}


def interpreter(version: str) -> str | None:
    """An interpreter of this minor version: of pyenv, or on the path."""
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    return str(kept[-1]) if kept else shutil.which(f"python{version}")


def run(name: str, end: End, folder: Path, chosen: list[str]) -> dict[str, object]:
    """Make the environment, run the tests in it, delete it.

    Returns:
        outcome: `passed`, `failed`, or a sentence that says why it could not be run; the versions; the seconds it took.
    """
    found = interpreter(end.python)
    if found is None:
        return {"end": name, "outcome": f"no Python {end.python} on this machine"}
    start, home = time.monotonic(), folder / name
    try:
        subprocess.run([found, "-m", "venv", str(home)], check=True)
        python = str(home / "bin" / "python")
        pip = [python, "-m", "pip", "install", "-q"]
        subprocess.run([*pip, *end.packages, *TOOLS, str(ROOT)], check=True)
        subprocess.run(
            [python, "-m", "pip", "uninstall", "-q", "-y", "logit-magic"], check=True
        )  # the tree itself is run
        versions = json.loads(
            subprocess.run([python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True).stdout
        )
        ran = [_tested(python, test, end) for test in chosen or TESTS]
        return {
            "end": name,
            "outcome": "passed" if all(code == 0 for code, _, _ in ran) else "failed",
            "python": end.python,
            "versions": {v["name"].lower(): v["version"] for v in versions if v["name"].lower() in SHOWN},
            "failed": [line for _, failed, _ in ran for line in failed],
            "files": {test: last for test, (_, _, last) in zip(chosen or TESTS, ran, strict=True)},
            "left out": dict(end.left_out),
            "seconds": round(time.monotonic() - start),
        }
    except subprocess.CalledProcessError as error:
        return {"end": name, "outcome": f"could not be made: {error}"}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _interruptible() -> None:
    """A command that was started in the background ignores interrupts, which some tests send themselves."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _tested(python: str, test: str, end: End) -> tuple[int, list[str], str]:
    """One file in a process of its own: (exit status, what failed, the last line)."""
    deselected = [f"--deselect={left_out}" for left_out, _ in end.left_out]
    command = [python, "-m", "pytest", "-q", "--tb=line", "--timeout=200", "-p", "no:cacheprovider", *deselected, test]
    outside = {
        key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"
    }  # IPython would import from there
    environment = {**outside, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        ran = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            preexec_fn=_interruptible,
        )
    except subprocess.TimeoutExpired:
        return 1, [f"TIMEOUT {test}"], f"no end within {PATIENCE} s"
    lines = ran.stdout.splitlines() or [ran.stderr[-300:]]
    return ran.returncode, [line[:300] for line in lines if line.startswith(("FAILED", "ERROR"))], lines[-1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("ends", nargs="*", choices=[[], *ENDS], help=f"which ends; default: all of {', '.join(ENDS)}")
    parser.add_argument("--tests", nargs="+", default=[], help="other tests than the selection")
    chosen = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.ends or ENDS:
            results.append(run(name, ENDS[name], Path(folder), chosen.tests))
            print(json.dumps(results[-1], indent=2), flush=True)
    return 0 if all(result["outcome"] == "passed" for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
