"""What a check does in a kernel where it would take too long, or where the user presses Interrupt meanwhile."""

from __future__ import annotations

import pytest

SETUP = """
import os, signal, time
import keras
import numpy as np
armed = []
class Slow(keras.layers.Layer):
    def call(self, x):
        if armed and isinstance(x.shape[0], int):
            armed.append("reached")
            if armed[0] == "interrupt":
                os.kill(os.getpid(), signal.SIGINT)
            time.sleep(600)
        return x
x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
y = np.arange(64) % 3
%load_ext logit_magic
"""
CELL = """{line}
armed.clear()
model = keras.Sequential([keras.layers.Input((4,)), Slow(), keras.layers.Dense(3)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy())
armed.append("{why}")
print("the cell's own")
"own result"
"""
AFTER = """
import sys
sys.path.insert(0, {root!r})
from tests.left_behind import left_behind
print(left_behind(), armed, signal.getsignal(signal.SIGALRM) == signal.SIG_DFL, [x.dtype, model.layers[-1].units])
"""


@pytest.fixture(scope="module")
def kernel(start_kernel):
    kernel = start_kernel()
    kernel.run(SETUP)
    return kernel


def said(ran) -> str:
    texts = [
        content["data"]["text/plain"] for kind in ("display_data", "execute_result") for content in ran.contents(kind)
    ]
    return " ".join("\n".join([*texts, ran.stream()]).split())


def stands(kernel, ran, root: str) -> None:
    """The cell did what it does, nothing of the check is left, and the next check is a whole one."""
    assert ran.reply["status"] == "ok" and "the cell's own" in ran.stream()
    assert [c["data"]["text/plain"] for c in ran.contents("execute_result")] == ["'own result'"]
    after = kernel.run(AFTER.format(root=root))
    assert after.stream() == "[] ['{}', 'reached'] True [dtype('float32'), 3]\n".format(
        "budget" if "budget" in after.stream() else "interrupt"
    ), after
    kernel.run("armed.clear()")
    assert "LM101" in said(kernel.run("%checkloss model --text --data x y"))


def test_what_cannot_be_measured_in_time_is_judged_by_its_structure(kernel, pytestconfig) -> None:
    ran = kernel.run(CELL.format(line="%%checkloss --text", why="budget"))
    text = said(ran)
    assert "LM101" in text and "`model` was not measured: the time was up; --budget SECONDS gives more" in text
    stands(kernel, ran, str(pytestconfig.rootpath))


def test_a_slow_model_takes_the_numbers_of_others_and_not_their_verdicts(kernel, pytestconfig) -> None:
    kernel.run("""
first = model
second = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
second.compile(loss="categorical_crossentropy")
armed.append("budget")
""")
    text = said(kernel.run("%checkloss first second --text --data x y"))
    assert "`first` was not measured" in text and "was not checked" not in text
    assert "`first` emits logits" in text and "`second` emits logits" in text
    kernel.run("armed.clear()")


@pytest.mark.parametrize("line", ["%%checkloss --text --budget 300"])
def test_interrupt_ends_the_check_and_not_the_cell(kernel, pytestconfig, line) -> None:
    ran = kernel.run(CELL.format(line=line, why="interrupt"))
    assert "checkloss: the check was interrupted; the cell itself had finished" in said(ran)
    stands(kernel, ran, str(pytestconfig.rootpath))


def test_interrupt_ends_the_line_magic(kernel) -> None:
    kernel.run(CELL.format(line="armed.clear()", why="interrupt"))
    ran = kernel.run("%checkloss model --text --budget 300 --data x y\nprint('not reached')", stop_on_error=False)
    assert ran.reply["ename"] == "KeyboardInterrupt" and "not reached" not in ran.stream()
    kernel.run("armed.clear()")
    assert "LM101" in said(kernel.run("%checkloss model --text --data x y"))
