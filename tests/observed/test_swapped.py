"""A loss called as loss(y_pred, y_true), in many spellings: found where it is the wrong way round, and nowhere else."""

from __future__ import annotations

import os

import pytest

from tests.observed.style import NET, ONE, Style
from tests.observed.test_styles import _line, _serious

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
_CCE = "cce = losses.CategoricalCrossentropy(from_logits=True)\n"
_BCE = "bce = losses.BinaryCrossentropy(from_logits=True)\n"
_SOFT = "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax')])\n"
_TAPE = "import tensorflow as tf\nopt = keras.optimizers.SGD()\n"
_TORCH = "import torch\nx, hot, bits = map(torch.as_tensor, (x, hot, bits))\nopt = torch.optim.SGD(model.parameters(), 0.1)\n"
_JAX = "import jax\ntv, ntv = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]\n"


def _both(name: str, code: str, truth: str = "hot", output: str = "model(x)", **more) -> Style:
    """FLAG stands for the two arguments."""
    return Style(
        name, code, right=f"{truth}, {output}", wrong=f"{output}, {truth}", finds="LM502",
        **{"backends": ("tensorflow", "jax", "torch"), **more},
    )  # fmt: skip


STYLES = (
    _both("loss object", f"{NET}{_CCE}value = cce(FLAG)  # <-"),
    _both("probabilities", f"{_SOFT}value = losses.CategoricalCrossentropy()(FLAG)  # <-"),
    _both("loss function", f"{_SOFT}value = losses.categorical_crossentropy(FLAG)  # <-"),
    _both("function with a flag", f"{NET}value = losses.categorical_crossentropy(FLAG, from_logits=True)  # <-"),
    _both("binary", f"{ONE}{_BCE}value = bce(FLAG)  # <-", "bits"),
    _both("focal", f"{_SOFT}value = losses.CategoricalFocalCrossentropy()(FLAG)  # <-"),
    Style(
        "by keyword",
        f"{NET}{_CCE}value = cce(FLAG)  # <-",
        right="y_pred=model(x), y_true=hot",
        wrong="y_pred=hot, y_true=model(x)",
        finds="LM502",
    ),
    _both("wrong flag too, said once", f"{_SOFT}{_CCE.replace('=True', '=False')}value = cce(FLAG)  # <-"),
    _both("in a helper", f"{NET}{_CCE}def step(hot, p):\n    return cce(FLAG)  # <-\nstep(hot, model(x))", output="p"),
    _both(
        "in a helper whose parameters have each other's names",
        f"{NET}{_CCE}def step(y_pred, y_true):\n    return cce(FLAG)  # <-\nstep(hot, model(x))",
        "y_pred", "y_true",
    ),
    _both("batch by batch", f"{NET}{_CCE}for i in range(4):\n    rows = slice(16 * i, 16 * i + 16)\n    cce(FLAG)  # <-",
          "hot[rows]", "model(x[rows])"),
    _both("through predict", f"{NET}{_CCE}p = model.predict(x, verbose=0)\nvalue = cce(FLAG)  # <-", output="p"),
    _both("through predict, binary", f"{ONE}{_BCE}p = model.predict(x, verbose=0)\nvalue = bce(FLAG)  # <-", "bits", "p"),
    _both("numbers of an output", f"{NET}{_CCE}p = ops.convert_to_numpy(model(x))\nvalue = cce(FLAG)  # <-", output="p"),
    _both(
        "one of two heads",
        "i = layers.Input((8,))\nmodel = keras.Model(i, [layers.Dense(5)(i), layers.Dense(1)(i)])\n"
        f"{_CCE}{_BCE}p, q = model(x)\nvalue = cce(hot, p) + bce(FLAG)  # <-",
        "bits", "q",
    ),
    _both(
        "GAN, on ones and zeros",
        f"{_TAPE}{ONE}{_BCE}with tf.GradientTape() as tape:\n    p = model(x)\n    value = bce(FLAG)  # <-",
        "tf.ones_like(p)", "p", backends=("tensorflow",),
    ),
    _both(
        "tape at module level",
        f"{_TAPE}{NET}{_CCE}with tf.GradientTape() as tape:\n    value = cce(FLAG)  # <-\n"
        "opt.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)",
        backends=("tensorflow",),
    ),
    _both(
        "tf.function",
        f"{_TAPE}{NET}{_CCE}@tf.function\ndef step(a, b):\n    with tf.GradientTape() as tape:\n        p = model(a)\n"
        "        value = cce(FLAG)  # <-\n    opt.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)\n"
        "    return value\nfor i in range(3):\n    step(x, hot)",
        "b", "p", backends=("tensorflow",),
    ),
    _both(
        "tf.function over a dataset",
        f"{_TAPE}{NET}{_CCE}@tf.function\ndef step(a, b):\n    return cce(FLAG)  # <-\n"
        "for a, b in tf.data.Dataset.from_tensor_slices((x, hot)).batch(16):\n    step(a, b)",
        "b", "model(a)", backends=("tensorflow",),
    ),
    _both(
        "train_step",
        "class Own(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.d = layers.Dense(5)\n"
        "    def call(self, a):\n        return self.d(a)\n    def train_step(self, data):\n        a, b = data\n"
        "        import tensorflow as tf\n        with tf.GradientTape() as tape:\n            p = self(a, training=True)\n"
        "            value = cce(FLAG)  # <-\n"
        "        self.optimizer.apply(tape.gradient(value, self.trainable_variables), self.trainable_variables)\n"
        f"        return {{'loss': value}}\n{_CCE}model = Own()\nmodel.compile('sgd', run_eagerly=True)\nmodel.fit(x, hot, verbose=0)",
        "b", "p", backends=("tensorflow",),
    ),
    _both(
        "value_and_grad",
        f"{NET}{_CCE}{_JAX}def f(tv, ntv, a, b):\n    p, ntv = model.stateless_call(tv, ntv, a)\n    return cce(FLAG), ntv  # <-\n"
        "g = jax.value_and_grad(f, has_aux=True)\ng(tv, ntv, x, hot)",
        "b", "p", backends=("jax",),
    ),
    _both(
        "value_and_grad under jit",
        f"{NET}{_CCE}{_JAX}def f(tv, ntv, a, b):\n    p, ntv = model.stateless_call(tv, ntv, a)\n    return cce(FLAG), ntv  # <-\n"
        "g = jax.jit(jax.value_and_grad(f, has_aux=True))\ng(tv, ntv, x, hot)",
        "b", "p", backends=("jax",),
    ),
    _both(
        "loss.backward()",
        f"{NET}{_CCE}{_TORCH}for i in range(2):\n    opt.zero_grad()\n    p = model(x)\n    value = cce(FLAG)  # <-\n"
        "    value.backward()\n    opt.step()",
        output="p", backends=("torch",),
    ),
)  # fmt: skip

_TEACHER = f"{_SOFT}teacher = keras.models.clone_model(model)\ncce = losses.CategoricalCrossentropy()\n"
# (name, cell): a model's output stands where labels stand, and that is meant
MEANT = (
    ("distillation", f"{_TEACHER}value = cce(teacher(x), model(x))"),
    ("distillation the other way", f"{_TEACHER}value = cce(model(x), teacher(x))"),
    ("KLDivergence of two models", f"{_TEACHER}value = losses.KLDivergence()(teacher(x), model(x))"),
    ("KLDivergence to a fixed distribution", f"{_SOFT}value = losses.KLDivergence()(model(x), np.full((64, 5), 0.2))"),
    ("confidence penalty", f"{_TEACHER}value = cce(model(x), np.full((64, 5), 0.2, 'float32'))"),
    ("entropy", f"{_TEACHER}p = model(x)\nvalue = cce(p, p)"),
    ("consistency of two views", f"{_TEACHER}value = cce(model(x), ops.softmax(ops.log(model(x + 0.1))))"),
    (
        "sharpened target",
        f"{_TEACHER}p = teacher(x)\nvalue = cce(p ** 2 / ops.sum(p ** 2, -1, keepdims=True), model(x))",
    ),
    ("pseudo labels of another model", f"{_TEACHER}value = cce(ops.one_hot(ops.argmax(teacher(x), -1), 5), model(x))"),
    ("soft labels kept as an array", f"{_TEACHER}soft = teacher.predict(x, verbose=0)\nvalue = cce(soft, model(x))"),
    ("mean squared error", f"{NET}value = losses.MeanSquaredError()(model(x), hot)"),
    ("mean absolute error", f"{NET}value = losses.mean_absolute_error(model(x), hot)"),
    ("Huber", f"{NET}value = losses.Huber()(model(x), hot)"),
    ("cosine similarity", f"{NET}value = losses.CosineSimilarity()(model(x), hot)"),
    ("Dice", f"{_SOFT}value = losses.Dice()(model(x), hot)"),
    ("symmetric crossentropy", f"{_TEACHER}p = model(x)\nvalue = cce(hot, p) + 0.1 * cce(p, hot)"),
    ("reverse crossentropy on clipped labels", f"{_TEACHER}value = cce(model(x), np.clip(hot, 1e-4, 1))"),
    (
        "autoencoder",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(3), layers.Dense(8, activation='sigmoid')])\n"
        "z = 1 / (1 + np.exp(-x))\nvalue = losses.BinaryCrossentropy()(z, model(z))",
    ),
    (
        "VAE on zeros and ones",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(3), layers.Dense(8)])\n"
        f"{_BCE}z = (x > 0).astype('float32')\nvalue = bce(z, model(z))",
    ),
    ("metrics", f"{_SOFT}m = keras.metrics.CategoricalCrossentropy()\nm.update_state(hot, model(x))\nm.result()"),
)


def _here(style: Style):
    return pytest.param(style, id=style.name)


@pytest.mark.parametrize("style", [_here(s) for s in STYLES if BACKEND in s.backends])
def test_the_right_way_round(notebook, style):
    report = notebook.checked(style.twin(style.right))
    assert report["leftover"] == [] and report["pairs"]
    assert not [f for f in report["findings"] if f[0] == "LM502"]
    if "wrong flag" not in style.name:
        assert report["findings"] == []


@pytest.mark.parametrize("style", [_here(s) for s in STYLES if BACKEND in s.backends])
def test_the_wrong_way_round(notebook, style):
    cells = style.twin(style.wrong)
    report = notebook.checked(cells)
    assert report["leftover"] == []
    assert [f[:3] + [f[4]] for f in _serious(report)] == [["LM502", "error", "model", "observed"]]
    _, line = _line(cells)
    assert report["findings"][0][5] == ["cell", line, report["counts"][-1]]


@pytest.mark.parametrize("cell", [pytest.param(cell, id=name) for name, cell in MEANT])
def test_what_is_meant_so_is_silent(notebook, cell):
    assert _serious(notebook.checked([cell])) == []


def test_what_it_costs_is_said(notebook):
    notebook.checked([f"{NET}{_CCE}p = model(x)\nvalue = cce(p, hot)"])
    said = notebook.run(
        "import logit_magic\n(f,) = logit_magic.last_report().findings\n"
        "print(abs(f.effect.loss_configured - float(cce(p, hot))) < 1e-4, abs(f.effect.loss_right - float(cce(hot, p))) < 1e-4,\n"
        "      f.effect.sentence, logit_magic.last_report())"
    ).stream()
    assert said.startswith("True True ") and "the right way round" in said


def test_a_cell_that_fails_by_it_is_told_why(notebook):
    cell = f"{NET}losses.SparseCategoricalCrossentropy(from_logits=True)(model(x), ids)"
    report = notebook.checked([cell], fails="ValueError")
    assert [f[:2] for f in _serious(report)] == [["LM502", "error"]]
