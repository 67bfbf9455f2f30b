"""What a cell does with predictions: probabilities normalised again and logits cut at one half are found, nothing else is."""

from __future__ import annotations

import os

import pytest

from tests.observed.test_styles import _line, _serious

BACKEND = os.environ.get("KERAS_BACKEND", "tensorflow")
_SEQUENTIAL = "model = keras.Sequential([layers.Input((8,)), layers.Dense({units}, activation={head!r})])\n"
_P = "p = model.predict(x, verbose=0)\n"
_RAW = {
    "tensorflow": "import tensorflow as tf\n",
    "jax": "import jax, jax.numpy as jnp\n",
    "torch": "import torch\n",
}[BACKEND]


def _net(units: int, head: str | None, loss: str) -> str:
    return _SEQUENTIAL.format(units=units, head=head) + f"model.compile(loss={loss})\n"


SOFTMAX = _net(5, "softmax", "'sparse_categorical_crossentropy'")
SIGMOID = _net(1, "sigmoid", "'binary_crossentropy'")
LABELS = _net(5, "sigmoid", "'binary_crossentropy'")
CLASSES = _net(5, None, "losses.SparseCategoricalCrossentropy(from_logits=True)")
UNIT = _net(1, None, "losses.BinaryCrossentropy(from_logits=True)")

# (name, what the cell does, basis): wrong after the first models, right after the second
_TWICE = [
    ("ops.softmax of predict", "ops.softmax(model.predict(x, verbose=0))  # <-", "observed"),
    ("ops.softmax of a name", f"{_P}q = ops.softmax(p)  # <-", "observed"),
    ("ops.softmax of a call", "p = model(x)\nq = ops.softmax(p, axis=-1)  # <-", "observed"),
    ("some rows", f"{_P}q = ops.softmax(p[:7])  # <-", "observed"),
    ("in a function", "def show(net, a):\n    return ops.softmax(net(a))  # <-\nshow(model, x)", "observed"),
    ("in a loop", "for i in range(4):\n    q = ops.softmax(model(x[i:i + 2]))  # <-", "observed"),
    ("keras.activations", f"{_P}q = keras.activations.softmax(p)  # <-", "observed"),
    ("a layer", "q = layers.Softmax()(model(x))  # <-", "observed"),
    ("a layer on predict", f"{_P}q = layers.Activation('softmax')(p)  # <-", "observed"),
    ("one row", f"{_P}q = ops.softmax(p[0])  # <-", "observed"),
    ("a row of a call", "q = ops.softmax(model(x)[0], axis=-1)  # <-", "observed"),
    ("row by row", f"{_P}for row in p[:3]:\n    q = ops.softmax(row)  # <-", "observed"),
    ("a row, scipy", f"from scipy.special import softmax\n{_P}q = softmax(p[-1])  # <-", "source"),
    ("scipy", f"from scipy.special import softmax\n{_P}q = softmax(p, axis=1)  # <-", "source"),
    ("never called", "def show():\n    return ops.softmax(model.predict(x))  # <-", "source"),
]
_TWICE += {
    "tensorflow": [
        ("tf.nn.softmax", f"{_RAW}q = tf.nn.softmax(model.predict(x, verbose=0)).numpy()  # <-", "observed"),
        ("tf.nn.softmax of a call", f"{_RAW}p = model(x, training=False)\nq = tf.nn.softmax(p)  # <-", "observed"),
    ],
    "jax": [("jax.nn.softmax", f"{_RAW}{_P}q = jax.nn.softmax(p)  # <-", "source")],
    "torch": [
        ("torch.softmax", f"{_RAW}q = torch.softmax(model(x), dim=1)  # <-", "source"),
        ("softmax of torch.nn.functional", f"{_RAW}import torch.nn.functional as F\nq = F.softmax(model(x), -1)  # <-", "source"),
        ("method", f"{_RAW}with torch.no_grad():\n    p = model(x)\n    q = p.softmax(-1)  # <-", "source"),
    ],
}[BACKEND]  # fmt: skip
_SIGMOID = [
    ("ops.sigmoid", "ops.sigmoid(model.predict(x, verbose=0))  # <-", "observed"),
    ("keras.activations.sigmoid", f"{_P}q = keras.activations.sigmoid(p)  # <-", "observed"),
    ("one number", f"from scipy.special import expit\n{_P}q = expit(p[0][0])  # <-", "source"),
    ("expit", f"import scipy.special\n{_P}q = scipy.special.expit(p)  # <-", "source"),
]
_SIGMOID += {
    "tensorflow": [("tf.sigmoid", f"{_RAW}q = tf.sigmoid(model(x))  # <-", "observed")],
    "jax": [("jax.nn.sigmoid", f"{_RAW}q = jax.nn.sigmoid(model(x))  # <-", "source")],
    "torch": [("torch.sigmoid", f"{_RAW}q = torch.sigmoid(model(x))  # <-", "source")],
}[BACKEND]
_HALF = [
    ("predict > 0.5", "q = model.predict(x, verbose=0) > 0.5  # <-"),
    ("a name", f"{_P}q = p >= 0.5  # <-"),
    ("as integers", f"{_P}q = (p > 0.5).astype('int32')  # <-"),
    ("the name bound again", f"{_P}p = (p > 0.5).astype(int)  # <-"),
    ("flattened", f"{_P}p = p.ravel()\nq = np.where(p > 0.5, 1, 0)  # <-"),
    ("a column", f"{_P}q = p[:, 0] > 0.5  # <-"),
    ("one by one", f"{_P}q = [1 if v > 0.5 else 0 for v in p]  # <-"),
    ("in a loop", f"{_P}for v in p:\n    print('yes' if v[0] > 0.5 else 'no')  # <-"),
    ("turned round", f"{_P}q = 0.5 < p  # <-"),
    ("a threshold by name", f"threshold = 0.5\n{_P}q = p > threshold  # <-"),
    ("np.round", f"{_P}q = np.round(p)  # <-"),
    ("round", f"{_P}q = round(float(p[0, 0]))  # <-"),
    ("ops.greater", f"{_P}q = ops.greater(p, 0.5)  # <-"),
    ("ops.round of a call", "q = ops.round(model(x))  # <-"),
    ("a call", "q = ops.convert_to_numpy(model(x)) > 0.5  # <-"),
    ("in a function", "def decide(a):\n    p = model.predict(a, verbose=0)\n    return p > 0.5  # <-\ndecide(x)"),
    ("the model in a dict", "models = {'a': model}\nq = models['a'].predict(x, verbose=0) > 0.5  # <-"),
]
TABLE = (
    [(name, SOFTMAX, CLASSES, cell, basis) for name, cell, basis in _TWICE]
    + [(f"{name} of sigmoids", LABELS, CLASSES, cell, basis) for name, cell, basis in _TWICE[:2]]
    + [(name, SIGMOID, UNIT, cell, basis) for name, cell, basis in _SIGMOID]
    + [(name, UNIT, SIGMOID, cell, "source") for name, cell in _HALF]
)

_CUSTOM = "loss_fn = losses.BinaryCrossentropy(from_logits=True)\n"
# (name, cell) that look alike and are right, or none of our business
SILENT = (
    ("threshold at zero", f"{UNIT}{_P}q = p > 0.0"),
    ("another threshold", f"{UNIT}{_P}q = p > 0.7"),
    ("a sigmoid first", f"{UNIT}{_P}p = ops.sigmoid(p)\nq = p > 0.5"),
    ("a sigmoid by hand first", f"{UNIT}{_P}p = 1 / (1 + np.exp(-p))\nq = p > 0.5"),
    ("a sigmoid in one branch", f"{UNIT}{_P}if True:\n    p = 1 / (1 + np.exp(-p))\nq = p > 0.5"),
    ("augmented", f"{UNIT}{_P}p += 0.5\nq = p > 0.5"),
    ("a wrapper for prediction", f"{UNIT}show = keras.Sequential([model, layers.Activation('sigmoid')])\nq = show.predict(x, verbose=0) > 0.5"),
    ("a softmax wrapper", f"{CLASSES}show = keras.Sequential([model, layers.Softmax()])\nq = show.predict(x, verbose=0)"),
    ("a regression head", f"{_net(1, None, repr('mse'))}{_P}q = p > 0.5"),
    ("no loss at all", f"{_SEQUENTIAL.format(units=1, head=None)}{_P}q = p > 0.5"),
    ("several classes", f"{CLASSES}{_P}q = p > 0.5"),
    ("rounded for display", f"{UNIT}{_P}print(np.round(p, 2))"),
    ("argmax", f"{CLASSES}{_P}q = p.argmax(-1)"),
    ("temperature", f"{CLASSES}{_P}q = ops.softmax(p / 0.7)"),
    ("top k", f"{CLASSES}{_P}q = ops.softmax(ops.top_k(p, 2)[0])"),
    ("some classes of a softmax", f"{SOFTMAX}{_P}q = ops.softmax(p[:, :3])"),
    ("sharpened", f"{SOFTMAX}{_P}q = ops.softmax(np.log(p) / 0.5)"),
    ("weights of an ensemble", f"{SOFTMAX}{_P}w = ops.softmax(np.array([0.2, 0.3, 0.5]))"),
    ("a column", f"{SOFTMAX}{_P}q = ops.softmax(p[:5, 1])"),
    ("over a part of the batch", f"from scipy.special import softmax\n{SOFTMAX}{_P}q = softmax(p[:4], axis=0)"),
    ("one of several outputs", "from scipy.special import softmax\ni = layers.Input((8,))\nhead = layers.Dense(5, activation='softmax')\n"
     "model = keras.Model(i, [layers.Dense(5)(i), head(i)])\nmodel.compile(loss=['mse', 'categorical_crossentropy'])\n"
     f"{_P}q = softmax(p[0], axis=-1)"),
    ("of something else in a compiled function", SOFTMAX + _P + {
        "tensorflow": f"{_RAW}f = tf.function(lambda a: tf.nn.softmax(a * 2), autograph=False)\nq = f(tf.random.normal((4, 5)))",
        "jax": f"{_RAW}f = jax.jit(lambda a: ops.softmax(a * 2))\nq = f(jnp.ones((4, 5)))",
        "torch": f"{_RAW}q = ops.softmax(torch.randn(4, 5))",
    }[BACKEND]),
    ("over the batch", f"{SOFTMAX}{_P}q = ops.softmax(p, axis=0)"),
    ("features between 0 and 1", f"{_SEQUENTIAL.format(units=5, head='sigmoid')}{_P}q = ops.softmax(p)"),
    ("name of something else", f"{UNIT}{_P}p, q = np.zeros(3), 1\nr = p > 0.5"),
    ("parameter of the same name", f"{UNIT}{_P}def f(p):\n    return p > 0.5\nf(np.zeros(3))"),
    ("a model bound twice", f"{UNIT}q = 1\n{SIGMOID}{_P}q = p > 0.5"),
    ("labels", f"{UNIT}q = bits > 0.5"),
    (
        "attention inside a model",
        "class Gate(layers.Layer):\n    def call(self, a):\n        return a * ops.softmax(a)\n"
        + "inner = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax')])\n"
        "i = layers.Input((8,))\nmodel = keras.Model(i, Gate()(inner(i)))\nmodel.compile(loss='mse')\nq = model.predict(x, verbose=0)",
    ),
    ("a loss of one's own", f"{CLASSES}def mine(y, p):\n    return losses.sparse_categorical_crossentropy(y, ops.softmax(p))\n"
     "model.compile(loss=mine)\nmodel.fit(x, ids, verbose=0)"),
)  # fmt: skip


@pytest.mark.parametrize(("net", "use", "basis"), [pytest.param(w, c, b, id=n) for n, w, _, c, b in TABLE])
def test_the_wrong_twin_is_found(notebook, net, use, basis):
    cells = [net + use]
    report = notebook.checked(cells)
    assert report["leftover"] == []
    assert [f[:3] + [f[4]] for f in _serious(report)] == [["LM601", "warning", "model", basis]]
    assert _serious(report)[0][5] == ["cell", _line(cells)[1], report["counts"][-1]]


@pytest.mark.parametrize(("net", "use"), [pytest.param(r, c, id=n) for n, _, r, c, _ in TABLE])
def test_the_right_twin_is_silent(notebook, net, use):
    report = notebook.checked([net + use])
    assert report["leftover"] == [] and _serious(report) == []
    assert [p[0] for p in report["pairs"]] == ["model"], "what is right adds no pair"


@pytest.mark.parametrize("cell", [pytest.param(cell, id=name) for name, cell in SILENT])
def test_what_looks_alike_is_silent(notebook, cell):
    assert _serious(notebook.checked([cell])) == []


def test_a_model_of_an_earlier_cell(notebook):
    report = notebook.checked([UNIT, f"{_P}q = p > 0.5"])
    assert [(f[0], f[5][1]) for f in _serious(report)] == [("LM601", 3)]


def test_a_loss_called_by_hand_says_what_the_output_is(notebook):
    net = _SEQUENTIAL.format(units=1, head=None)
    report = notebook.checked([f"{net}{_CUSTOM}loss_fn(bits, model(x))\n{_P}q = p > 0.5"])
    assert [f[0] for f in _serious(report)] == ["LM601"]


def test_a_comment_silences_it(notebook):
    assert _serious(notebook.checked([f"{UNIT}{_P}q = p > 0.5  # checkloss: ignore[LM601]"])) == []


def test_said_once_however_often_it_runs(notebook):
    report = notebook.checked(
        [f"{SOFTMAX}for i in range(5):\n    q = ops.softmax(model(x))\n    r = ops.softmax(model(x))"]
    )
    assert [(f[0], f[5][1]) for f in _serious(report)] == [("LM601", 5), ("LM601", 6)]


@pytest.mark.parametrize(
    "cell",
    [
        f"{UNIT}model.add(layers.Activation('sigmoid'))\n{_P}q = p > 0.5",
        f"{CLASSES}{_P}q = ops.softmax(p)\nmodel.add(layers.Softmax())",
    ],
)
def test_what_the_model_was_when_it_was_called_counts(notebook, cell):
    """The loss meets another head in the end, which is found; what was done with the predictions was right."""
    assert [f[0] for f in _serious(notebook.checked([cell]))] == ["LM102"]
