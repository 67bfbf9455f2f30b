"""`--strict` fails a cell with one line: no frame of this package, no second copy of the report."""

from __future__ import annotations

import pytest

MODEL = "import keras\nmodel = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])\n"
CELL = "model.compile('sgd', 'sparse_categorical_crossentropy')"  # LM101
LINE = "MismatchError: LM101, with --strict; the report above says more"


@pytest.mark.parametrize(
    "cell", [f"%%checkloss --strict\n{CELL}", f"{CELL}\n%checkloss --strict", "%checkloss --strict"]
)
def test_the_shell_shows_one_line(lab, cell):
    lab(CELL)
    result, out = lab(cell)
    error = result.error_in_exec
    assert type(error).__name__ == "MismatchError" and error.report.findings
    assert "LM101" in str(error), "the exception itself says it all, for whoever reads a log"
    assert out.rstrip().endswith("\n" + LINE)
    assert out.count("pair checked") == 1 and "Traceback" not in out and "logit_magic" not in out


def test_so_does_the_kernel(start_kernel):
    kernel = start_kernel()
    kernel.run("%load_ext logit_magic")
    kernel.run(MODEL)
    for cell in (f"%%checkloss --strict\n{CELL}", "%checkloss --strict"):
        reply = kernel.run(cell).reply
        assert (reply["status"], reply["ename"], reply["traceback"]) == ("error", "MismatchError", [LINE])


def test_in_python_the_frames_are_the_users(lab):
    lab(CELL)
    out = lab("import logit_magic\nlogit_magic.check(model).raise_for_findings()")[1]
    assert "Traceback" in out and "LM101" in out.partition("Traceback")[2]
