"""What a row of the round-trip tables is, and the cells and models that many of them begin with."""

from __future__ import annotations

from dataclasses import dataclass

PRELUDE = "import functools\nimport keras\nimport numpy as np\nfrom keras import layers, ops\n"
LOGITS = "model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\n"
SOFTMAX = "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax')])\n"
ONE_LOGIT = "model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\n"
ONE_SIGMOID = "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='sigmoid')])\n"
SCE = "keras.losses.SparseCategoricalCrossentropy()"
SCE_RIGHT = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
STRING = "'sparse_categorical_crossentropy'"
TWO_HEADS = (
    "x = inputs = layers.Input((8,))\n"
    "model = keras.Model(inputs, {'kind': layers.Dense(5, name='kind')(x), 'size': layers.Dense(1, name='size')(x)})\n"
)
LISTED = TWO_HEADS.replace("{'kind': ", "[").replace(" 'size': ", " ").replace("(x)}", "(x)]")


@dataclass(frozen=True)
class Row:
    """One cell.

    Attributes:
        name: of the test.
        cell: without `%%checkloss`; `old` stands in it once, unless `at` says that it stands in an earlier cell.
        old, new: what the preferred fix changes.
        code: of the finding.
        before: cells that run before it, after `PRELUDE`.
        at: place in `before` of the cell that is to be changed; None for the cell itself.
        prelude: whether `PRELUDE` runs first.
        backends: on which it is run; () for all.
    """

    name: str
    cell: str
    old: str
    new: str
    code: str
    before: tuple[str, ...] = ()
    at: int | None = None
    prelude: bool = True
    backends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A cell in which a change is not certain: no edit of these kinds of steps, and the reason says `says`."""

    name: str
    cell: str
    says: str
    before: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ("set-flag", "swap-loss")  # () for remedies that have no steps
