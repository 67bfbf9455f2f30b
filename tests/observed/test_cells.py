"""What cells with losses called by hand lead to beside single findings: how many, how often, and when nothing at all."""

from __future__ import annotations

import pytest

NET = "keras.Sequential([layers.Input((8,)), layers.Dense(5{})])"
MANY = f"""
nets = [{NET.format("")} for _ in range(20)]
soft = {NET.format(", activation='softmax'")}
fns = [losses.SparseCategoricalCrossentropy(from_logits=True), losses.CategoricalCrossentropy(from_logits=True),
       losses.CategoricalFocalCrossentropy(from_logits=True), losses.MeanSquaredError(),
       losses.BinaryCrossentropy(from_logits=True)]
nets[13] = soft
for i, net in enumerate(nets):
    y_pred = net(x)
    for k, fn in enumerate(fns):
        if net is not soft or k in (0, 3):
            fn(ids if k == 0 else hot, y_pred)
"""


def _codes(report):
    return [finding[0] for finding in report["findings"] if finding[1] != "info"]


def test_twenty_models_five_losses_one_mismatch(notebook):
    report = notebook.checked([MANY])
    assert len(report["pairs"]) == 19 * 5 + 2
    assert [(f[0], f[2], f[5][1]) for f in report["findings"]] == [("LM102", "soft", 13)]


def test_a_cell_run_ten_times_says_the_same_each_time(notebook):
    cell = f"model = {NET.format('')}\nfn = losses.SparseCategoricalCrossentropy()\nfor i in range(5):\n    fn(ids, model(x))"
    for _ in range(10):
        assert _codes(notebook.checked([cell])) == ["LM101"]
    report = notebook.checked([cell, cell, cell])
    assert _codes(report) == ["LM101"] and len(report["pairs"]) == 1


def test_a_step_called_from_many_lines_is_one_pair(notebook):
    calls = "\n".join("step()" for _ in range(12))
    cell = f"model = {NET.format('')}\nfn = losses.SparseCategoricalCrossentropy()\ndef step():\n    fn(ids, model(x))\n{calls}"
    assert len(notebook.checked([cell])["pairs"]) == 1


@pytest.mark.parametrize(
    "cell",
    [
        "value = losses.SparseCategoricalCrossentropy()(np.array([0, 1]), np.array([[3., 2.], [1., 9.]]))",
        "value = losses.CategoricalCrossentropy(from_logits=True)(hot, np.full((64, 5), 0.2))",
        f"model = {NET.format('')}\ny_pred = model(x)\nvalue = losses.SparseCategoricalCrossentropy()(ids, np.full((64, 5), 0.2))",
        f"import logit_magic\nmodel = {NET.format('')}\nmodel.compile('sgd', 'mse')\nlogit_magic.check(model, x=x, y=hot)",
        f"model = {NET.format('')}\nmodel.compile('sgd', losses.SparseCategoricalCrossentropy(from_logits=True), "
        "metrics=[keras.metrics.SparseCategoricalCrossentropy(from_logits=True)])\nmodel.fit(x, ids, verbose=0)\n"
        "model.evaluate(x, ids, verbose=0)",
        f"model = {NET.format('')}\nvalue = losses.MeanSquaredError()(hot, model(x))",
        f"model = {NET.format('')}\nvalue = losses.CategoricalHinge()(hot, model(x))",
    ],
)  # fmt: skip
def test_nothing_is_found(notebook, cell):
    report = notebook.checked([cell])
    assert _codes(report) == [] and report["leftover"] == []
    assert [pair[3] for pair in report["pairs"] if pair[3] == "observed"] in ([], ["observed"])


def test_the_pair_of_compile_stays_the_only_one(notebook):
    cell = f"model = {NET.format('')}\nmodel.compile('sgd', losses.SparseCategoricalCrossentropy())\nmodel.fit(x, ids, verbose=0)"
    report = notebook.checked([cell])
    assert [(pair[0], pair[3]) for pair in report["pairs"]] == [("model", "compiled")] and _codes(report) == ["LM101"]


def test_an_own_training_step_that_is_seen_is_judged(notebook):
    own = (
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.d = layers.Dense(5)\n"
        "    def call(self, a):\n        return self.d(a)\n"
        "    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):\n"
        "        return super().compute_loss(x, y, y_pred, sample_weight, training)\n"
    )
    cell = f"{own}model = Net()\nmodel.compile('sgd', losses.SparseCategoricalCrossentropy())\n"
    assert [f[0] for f in notebook.checked([cell + "model.build((None, 8))"])["findings"]] == ["LM901"]
    report = notebook.checked([cell + "model.fit(x, ids, verbose=0)"])
    assert [(f[0], f[2], f[4]) for f in report["findings"]] == [("LM101", "model", "observed")]


LOOP = f"model = {NET.format('')}\nfn = losses.SparseCategoricalCrossentropy()\nfor i in range(3):\n    fn(ids, model(x))\n"


@pytest.mark.parametrize(
    ("ending", "fails"),
    [
        ("", ""),
        ("1 / 0", "ZeroDivisionError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("fn(ids[:3], model(x))", None),
        ("import asyncio\nawait asyncio.sleep(0)", ""),
        ("import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()", ""),
        ("import keras.src.losses.loss as home\nhome.backend = home.backend", ""),
        ("losses.Loss.__call__ = losses.Loss.__call__", ""),
    ],
)
def test_nothing_stays_behind_however_the_cell_ends(notebook, ending, fails):
    report = notebook.checked([LOOP + ending], fails)
    assert report["leftover"] == []
    assert _codes(report) == ["LM101"]


def test_what_a_loop_made_is_freed(notebook):
    cell = (
        f"import weakref\ndef train():\n    model = {NET.format('')}\n    fn = losses.SparseCategoricalCrossentropy()\n"
        "    for i in range(3):\n        y_pred = model(x)\n        fn(ids, y_pred)\n"
        "    return weakref.ref(model), weakref.ref(y_pred)\nat = train()"
    )
    assert _codes(notebook.checked([cell])) == ["LM101"]
    freed = notebook.run("keras.backend.clear_session()\nimport gc\ngc.collect()\nprint([ref() is None for ref in at])")
    assert freed.stream().strip() == "[True, True]"
