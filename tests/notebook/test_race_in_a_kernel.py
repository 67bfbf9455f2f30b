"""The race in a real kernel: it runs on while other cells run, and is none of their doing."""

from __future__ import annotations

import pytest

SETUP = """
import time, keras, numpy as np
from ipywidgets.widgets import widget
x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32")
y = (x[:, :1].argmax(1) + x.argmax(1)) % 4
def button(label):
    return next(w for w in widget._instances.values() if getattr(w, "description", "") == label)
def view(name):
    which = next(w for w in widget._instances.values() if name in (getattr(w, "options", None) or ()))
    which.value = name
%load_ext logit_magic
"""
WRONG = """%%checkloss
model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(4)])
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=1, verbose=0)
"""
START = """
view("Race")
from logit_magic.race import runner
runner.LONGEST = 1e9
next(w for w in widget._instances.values() if getattr(w, "description", "") == "Steps").value = 2000
weights = model.get_weights()
button("Start").click()
race = runner.current()
"""
WAIT = """
step = race.progress.step
while race.running and race.progress.step < step + 5:
    time.sleep(0.01)
"""
MEANWHILE = (
    """%%checkloss --text
good = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4)])
good.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
good.fit(x, y, epochs=1, verbose=0)
"""
    + WAIT
    + """
print("running", race.running)
"""
)
AFTER = """
button("Stop").click()
print(race.join(60), race.progress.state, all((a == b).all() for a, b in zip(weights, model.get_weights())))
"""


@pytest.fixture(scope="module")
def kernel(start_kernel):
    kernel = start_kernel()
    assert kernel.run(SETUP).reply["status"] == "ok"
    return kernel


def test_it_runs_while_another_cell_runs_and_is_no_part_of_its_report(kernel) -> None:
    assert kernel.run(WRONG, cell="raced").reply["status"] == "ok"
    assert kernel.run(START).reply["status"] == "ok"
    said = kernel.run(MEANWHILE)
    assert said.reply["status"] == "ok" and "running True" in said.stream() and said.stream("stderr") == ""
    shown = [content["data"]["text/plain"] for content in said.contents("display_data")]
    assert shown == ["1 pair checked, it matches."]
    assert kernel.run(AFTER).stream() == "True stopped True\n"


def test_it_ends_when_its_cell_runs_again_without_the_check(kernel) -> None:
    for cell, identity in ((WRONG, "raced"), (START, "start"), (WAIT, "wait")):
        assert kernel.run(cell, cell=identity).reply["status"] == "ok"
    ended = kernel.run("print(race.join(60), race.progress.state, runner.current())", cell="raced")
    assert ended.stream() == "True stopped None\n"


def test_to_unload_the_extension_stops_it(kernel) -> None:
    for cell, identity in ((WRONG, "raced"), (START, "start"), (WAIT, "wait")):
        assert kernel.run(cell, cell=identity).reply["status"] == "ok"
    ended = kernel.run("%unload_ext logit_magic\nprint(race.join(60), race.progress.state, runner.current())")
    assert ended.stream() == "True stopped None\n"
