"""Styles in which a loss is given what was computed from an output by copying values, or by moving all rows alike."""

from __future__ import annotations

from tests.observed.style import BCE, NET, ONE, SCE, Style

_SEQUENCE = (
    "model = keras.Sequential([layers.Input((6,), dtype='int32'), layers.Embedding(10, 4), layers.Dense(10)])\n"
    "z = model(words)\n"
)
_FLAG = "from_logits=FLAG"
_ROWS = "rows = np.flatnonzero(bits[:, 0])\n"

STYLES = (
    Style("the last of a sequence", f"{_SEQUENCE}value = {SCE}(words[:, -1], z[:, -1])  # <-"),
    Style("all but the last of a sequence", f"{_SEQUENCE}value = {SCE}(words[:, 1:], z[:, :-1])  # <-"),
    Style("a sequence as rows", f"{_SEQUENCE}value = {SCE}(words.reshape(-1), ops.reshape(z, (-1, 10)))  # <-"),
    Style("chosen rows", f"{NET}{_ROWS}value = {SCE}(ids[rows], ops.take(model(x), rows, axis=0))  # <-"),
    Style("a mask", f"{NET}keep = ids > 1\nz = model(x)\nvalue = {SCE}(ids[keep], z[ops.convert_to_tensor(keep)])  # <-"),
    Style("one unit, as a mask leaves it", f"{ONE}keep = bits > 0\nz = model(x)\nvalue = {BCE}(bits[keep], z[ops.convert_to_tensor(keep)])  # <-"),
    Style("two batches after one another", f"{NET}z = ops.concatenate([model(x), model(-x)])\nvalue = {SCE}(np.concatenate([ids, ids]), z)  # <-"),
    Style("two passes in a stack", f"{NET}z = ops.stack([model(x), model(-x)])\nvalue = {SCE}(np.stack([ids, ids]), z)  # <-"),
    Style("a bias that is added", f"{NET}bias = ops.linspace(-1.0, 1.0, 5)\nvalue = {SCE}(ids, model(x) + bias)  # <-"),
    Style("binary rows as one", f"{NET}value = losses.BinaryCrossentropy({_FLAG})(hot.reshape(-1, 1), ops.reshape(model(x), (-1, 1)))  # <-"),
    *(
        Style(
            f"of outputs {outputs}{scaled}",
            "import dataclasses\n@dataclasses.dataclass\nclass Out:\n    logits: object\n    attentions: object = None\n"
            "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.head = layers.Dense(5)\n"
            f"    def call(self, a):\n        z = self.head(a)\n        return {outputs}\n"
            f"model = Net()\nz = model(x){taken}\nvalue = {SCE}(ids, z{scaled})  # <-",
        )
        for outputs, taken in (
            ("None, z", "[1]"), ("{'z': z, 'attentions': None, 'cost': 0.5, 'by': 'Net'}", "['z']"), ("Out(z)", ".logits"),
        )
        for scaled in ("", " * 0.7")
    ),
)  # fmt: skip
