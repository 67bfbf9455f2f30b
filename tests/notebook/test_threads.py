"""Threads: training in the background while other cells are checked, and cells of a subshell beside those of the kernel."""

from __future__ import annotations

import time

import pytest

MODEL = """\
import keras, numpy as np, threading
keras.utils.set_random_seed(1)
x = np.linspace(-1, 1, 96, dtype='float32').reshape(32, 3)
y = np.arange(32) % 2
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dense(2)])
model.compile('sgd', 'sparse_categorical_crossentropy', metrics=['accuracy'])
class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        gate.wait(0.005)
        if epoch == 29:
            self.model.stop_training = True
gate, gone_wrong = threading.Event(), []
def train():
    try:
        model.fit(x, y, epochs=31, shuffle=False, verbose=0, callbacks=[Stop()])
    except BaseException as error:
        gone_wrong.append(error)
model.fit(x, y, epochs=1, shuffle=False, verbose=0)
worker = threading.Thread(target=train)
"""


def _trained(shell, during):
    """Weights, metrics and epochs of a model that trains in a thread while cells of the main thread run."""
    shell.run_cell(MODEL).raise_error()
    shell.run_cell("worker.start()").raise_error()
    worker = shell.user_ns["worker"]
    cells = 0
    while worker.is_alive():
        shell.run_cell(during).raise_error()
        cells += 1
    assert shell.user_ns["gone_wrong"] == []
    model = shell.user_ns["model"]
    return [w.tolist() for w in model.get_weights()], model.history.history, model.stop_training, cells


@pytest.mark.parametrize(
    "during", ["%checkloss --text", "%%checkloss --text\nmodel", "%%checkloss --text\nkeras.Sequential([model])"]
)
def test_training_in_the_background_is_left_alone(shell, capsys, during):
    plain = _trained(shell, "_ = None")
    checked = _trained(shell, during)
    assert checked[3] > 1, "cells were checked meanwhile"
    assert checked[:3] == plain[:3]
    assert len(checked[1]["loss"]) == 30, "the callback stopped the training"
    shell.run_cell("%checkloss --text")
    assert "LM101" in capsys.readouterr().out


def test_a_background_training_is_told_of_in_the_cell_that_it_runs_in(shell, capsys):
    shell.run_cell(MODEL).raise_error()
    shell.run_cell("%%checkloss --text\nworker.start()\nworker.join()").raise_error()
    out = capsys.readouterr().out
    assert out.count("LM101") >= 1 and "LM901" not in out


class Subshell:
    """A second line of execution in a kernel, as JupyterLab opens one for a busy notebook."""

    def __init__(self, kernel) -> None:
        self._client = kernel._client
        request = self._client.session.msg("create_subshell_request")
        self._client.control_channel.send(request)
        self._id = self._client.get_control_msg(timeout=30)["content"]["subshell_id"]

    def start(self, code: str) -> str:
        """Ask for a cell to be run; the id of the request."""
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        request = self._client.session.msg("execute_request", content)
        request["header"]["subshell_id"] = self._id
        self._client.shell_channel.send(request)
        return request["header"]["msg_id"]


def _finish(kernel, *asked):
    """What was said to each of the requests, as text, until all have been answered."""
    texts, open_ = {one: "" for one in asked}, set(asked)
    end = time.monotonic() + 120
    while open_:
        assert time.monotonic() < end, "the kernel says nothing more"
        message = kernel._client.get_iopub_msg(timeout=60)
        parent, content = message["parent_header"].get("msg_id"), message["content"]
        if parent in texts:
            texts[parent] += content.get("text", "") + content.get("data", {}).get("text/plain", "")
            texts[parent] += content.get("ename", "")
            if content.get("execution_state") == "idle":
                open_.discard(parent)
    for _ in asked:
        kernel._client.get_shell_msg(timeout=60)
    return [texts[one] for one in asked]


@pytest.fixture(scope="module")
def both(start_kernel):
    """A kernel with the extension and a subshell of it."""
    kernel = start_kernel()
    assert kernel.run("%load_ext logit_magic\nimport time, keras").reply["status"] == "ok"
    return kernel, Subshell(kernel)


COMPILED = """\
{name} = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
{name}.compile('sgd', 'sparse_categorical_crossentropy')
print('{name} is there')
"""


def test_a_checked_cell_of_a_subshell(both):
    kernel, subshell = both
    (said,) = _finish(kernel, subshell.start(f"%%checkloss --text\n{COMPILED.format(name='alone')}"))
    assert said.startswith("alone is there\n") and "LM101" in said


def test_a_checked_cell_of_a_subshell_beside_a_plain_one(both):
    kernel, subshell = both
    waits = "while 'beside' not in globals():\n    time.sleep(0.05)\ntime.sleep(1)\nprint('waited')"
    main = kernel._client.execute(waits, allow_stdin=False)
    told, plain = _finish(kernel, subshell.start(f"%%checkloss --text\n{COMPILED.format(name='beside')}"), main)
    assert "beside is there" in told and "LM101" in told
    assert plain == "waited\n"


def test_two_checked_cells_at_a_time(both):
    kernel, subshell = both
    waits = "%%checkloss --text\nbegun = 1\nwhile 'second' not in globals():\n    time.sleep(0.05)\nprint('waited')"
    main = kernel._client.execute(waits, allow_stdin=False)
    _finish(kernel, subshell.start("while 'begun' not in globals():\n    time.sleep(0.05)"))
    told, first = _finish(kernel, subshell.start(f"%%checkloss --text\n{COMPILED.format(name='second')}"), main)
    assert "second is there" in told and "checkloss: this cell was not checked" in told
    assert first.startswith("waited\n") and "second" in first.partition("waited\n")[2], "it was seen by the other check"
    (after,) = _finish(kernel, subshell.start("%checkloss second --text\nprint('printed')"))
    assert "LM101" in after and after.endswith("printed\n")
    assert kernel.run("print('also here')").stream() == "also here\n"
