"""The report names the line where the layer or op was made that decides what a model emits."""

from __future__ import annotations

import gc
import json

import pytest

import logit_magic
from logit_magic.emission import made_at

SETUP = "import keras, numpy as np\nfrom keras import layers\nx, y = np.eye(4, dtype='float32'), np.arange(4) % 3"
COMPILE = "model.compile(loss=keras.losses.SparseCategoricalCrossentropy())"


@pytest.fixture
def run(shell):
    shell.run_cell(SETUP).raise_error()
    return lambda cell: shell.run_cell(cell).raise_error()


def maker() -> str:
    return logit_magic.last_report().pairs[0].emission.maker


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (f"%%checkloss\nmodel = keras.Sequential([\n    layers.Input((4,)),\n    layers.Dense(3),\n])\n{COMPILE}", 4),
        (
            f"%%checkloss\ni = layers.Input((4,))\nz = layers.Dense(3)(i)\np = keras.ops.softmax(z)\nmodel = keras.Model(i, p)\n{COMPILE}",
            4,
        ),
        (
            f"%%checkloss\ndef head():\n    return layers.Dense(3)\nmodel = keras.Sequential([layers.Input((4,)), head()])\n{COMPILE}",
            3,
        ),
        (
            f"# so many\n# lines first\n%checkloss --cell\nmodel = keras.Sequential([layers.Input((4,)), layers.Dense(3)])\n{COMPILE}",
            4,
        ),
        (
            "%%checkloss\nclass Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
            "        self.out = layers.Dense(3, activation='softmax')\n    def call(self, x):\n        return self.out(x)\n"
            f"model = Net()\nmodel(x)\n{COMPILE}",
            5,
        ),
    ],
)
def test_line_of_the_head(run, cell: str, line: int) -> None:
    run(cell)
    assert maker().endswith(f"cell line {line})"), maker()
    assert maker() in json.dumps(logit_magic.last_report().to_dict())


def test_a_head_from_an_earlier_cell_is_told_with_its_number(run, shell) -> None:
    number = shell.execution_count
    run("%%checkloss\n\nmodel = keras.Sequential([layers.Input((4,)), layers.Dense(3)])")
    run(f"%%checkloss\n{COMPILE}")
    assert maker().endswith((f"In[{number}] line 3)", "cell line 3)")), maker()


def test_what_was_made_unseen_has_no_line(run) -> None:
    run("model = keras.Sequential([layers.Input((4,)), layers.Dense(3)])")
    run(f"%%checkloss\n{COMPILE}")
    assert maker().endswith("(Dense)"), maker()


def test_a_file_of_the_users_is_named(run, tmp_path, monkeypatch) -> None:
    (tmp_path / "nets.py").write_text("from keras import layers\n\ndef head():\n    return layers.Dense(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    run(f"%%checkloss\nimport nets\nmodel = keras.Sequential([layers.Input((4,)), nets.head()])\n{COMPILE}")
    assert maker().endswith("nets.py line 4)"), maker()


def test_nothing_is_kept_of_layers_that_are_gone(run, shell) -> None:
    run(f"%%checkloss\nmodel = keras.Sequential([layers.Input((4,)), layers.Dense(3)])\n{COMPILE}")
    assert made_at._places
    shell.user_ns.pop("model")
    shell.user_ns.pop("keras")
    gc.collect()
    before = len(made_at._places)
    shell.reset()
    gc.collect()
    assert len(made_at._places) <= before
    assert all(op() is not None for op, _ in made_at._places.values())
