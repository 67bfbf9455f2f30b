"""What a row of the tables of observed styles is."""

from __future__ import annotations

from dataclasses import dataclass

ALL = ("tensorflow", "jax", "torch")
SCE = "losses.SparseCategoricalCrossentropy(from_logits=FLAG)"
CCE = "losses.CategoricalCrossentropy(from_logits=FLAG)"
BCE = "losses.BinaryCrossentropy(from_logits=FLAG)"
HERE = "# <-"  # at the end of the line on which the finding must stand


@dataclass(frozen=True)
class Style:
    """One way to write a training loop, as a right and a wrong twin.

    Attributes:
        name: of the test.
        code: the cell; `keras`, `layers`, `ops`, `losses`, `np`, `x`, `ids`, `hot` and `bits` are at hand. FLAG stands
            for what differs between the twins.
        right, wrong: what to put for FLAG.
        finds: the code that the wrong twin must raise.
        model: name of the model that the finding is about.
        before: earlier cells, not checked.
        basis: how the pair is known.
        backends: on which it runs.
        silent: pairs other than the one found are allowed to be there, but nothing must be found in them.
    """

    name: str
    code: str
    right: str = "True"
    wrong: str = "False"
    finds: str = "LM101"
    model: str = "model"
    before: tuple[str, ...] = ()
    basis: str = "observed"
    backends: tuple[str, ...] = ALL

    def twin(self, flag: str) -> list[str]:
        """The cells of one twin, the checked one last."""
        return [cell.replace("FLAG", flag) for cell in (*self.before, self.code)]


NET = "model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\n"
ONE = "model = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\n"
HEAD = "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation=FLAG)])\n"
