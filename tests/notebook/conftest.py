"""Fixtures for tests in real kernels: two kernels side by side, and single ones."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from IPython.core.interactiveshell import InteractiveShell
from notebook_cells import Row
from notebook_compare import differences
from notebook_kernel import Kernel, Said
from traitlets.config import Config


@dataclass
class Pair:
    """Two kernels that are given the same cells, so that they count alike; one has the extension."""

    checked: Kernel
    plain: Kernel

    def run(self, code: str, *, late: str = "") -> tuple[Said, Said]:
        """One cell: under `%%checkloss`, and with a comment in its place or, above another `%%magic`, without it."""
        comment = "" if code.startswith("%%") else "# %%checkloss\n"
        request = {"late": late, "stop_on_error": False, "user_expressions": {"e": "1 + 1", "f": "_no_such_name"}}
        return self.checked.run(f"%%checkloss\n{code}", **request), self.plain.run(comment + code, **request)

    def differences(self, row: Row) -> list[str]:
        """How the row's cells differ; all of them are run, whatever is found."""
        found: list[str] = []
        for code in row.cells:
            checked, plain = self.run(code, late=row.late)
            found += differences(checked, plain, timed=row.timed)
        if plain.reply["status"] != row.status:
            found.append(f"the row was to end with status {row.status}, not {plain.reply}")
        return found


@pytest.fixture
def bare_shell() -> Iterator[InteractiveShell]:
    """A shell of this process that writes to stdout what it displays; without the extension."""
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config, colors="nocolor")
    yield shell
    InteractiveShell.clear_instance()
    atexit.unregister(shell.atexit_operations)  # else it lives, with all that it holds, to the end of the process


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """A shell of this process with the extension."""
    bare_shell.run_line_magic("load_ext", "logit_magic")
    yield bare_shell
    bare_shell.run_line_magic("unload_ext", "logit_magic")


@pytest.fixture
def lab(shell, capsys):
    """The shell with a model and data, and a function that runs a cell: (result, stdout)."""
    import keras
    import numpy as np

    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="head")])
    other = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])
    x, y = np.random.default_rng(0).normal(size=(300, 3)).astype("float32"), np.arange(300) % 2
    shell.push({"keras": keras, "np": np, "model": model, "other": other, "x": x, "y": y})

    def run(cell):
        capsys.readouterr()
        result = shell.run_cell(cell)
        written = capsys.readouterr()
        return result, written.out + written.err

    return run


@pytest.fixture(scope="module")
def start_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Kernel]]:
    """Start a kernel in a folder of its own; all are shut down at the end of the module."""
    started: list[Kernel] = []

    def start() -> Kernel:
        started.append(Kernel(tmp_path_factory.mktemp("kernel")))
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture(scope="module")
def start_pair(start_kernel: Callable[[], Kernel]) -> Callable[[], Pair]:
    def start() -> Pair:
        pair = Pair(start_kernel(), start_kernel())
        assert pair.checked.run("%load_ext logit_magic").reply["status"] == "ok"
        pair.plain.run("# the other kernel loads the extension here")
        return pair

    return start


@pytest.fixture(scope="module")
def pair(start_pair: Callable[[], Pair]) -> Pair:
    return start_pair()
