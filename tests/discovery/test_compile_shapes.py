"""`compile` in all its shapes: which loss meets which output is what Keras itself would make of it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, losses

import logit_magic

SCE = losses.SparseCategoricalCrossentropy(from_logits=True)


def heads(structure) -> keras.Model:
    """A model whose outputs are `structure` with each activation name replaced by a head of four units."""
    inputs = layers.Input((8,))

    def head(leaf):
        if isinstance(leaf, dict):
            return {key: head(member) for key, member in leaf.items()}
        if isinstance(leaf, (list, tuple)):
            return type(leaf)(head(member) for member in leaf)
        return layers.Dense(4, activation=leaf)(inputs)

    return keras.Model(inputs, head(structure))


def met(model: keras.Model) -> list[tuple[str | int, str, str]]:
    """(output, loss, verdict in one word) of every pair; a rescue counts as a mismatch here."""
    pairs = logit_magic.check(model, samples=0).pairs
    return [(p.output, p.loss, "mismatch" if p.verdict == "rescued" else p.verdict) for p in pairs]


def test_one_loss_for_every_output() -> None:
    model = heads(["linear", "softmax"])
    model.compile(loss=SCE)
    assert [m[2] for m in met(model)] == ["match", "mismatch"]


def test_a_list_goes_by_position_and_none_is_no_loss() -> None:
    model = heads(["softmax", "linear", "softmax"])
    model.compile(loss=[None, SCE, "mse"])
    assert [(m[1], m[2]) for m in met(model)] == [
        ("SparseCategoricalCrossentropy(from_logits=True)", "match"),
        ("'mse'", "match"),
    ]


def test_a_dict_goes_by_output_key_whatever_its_order() -> None:
    model = heads({"b": "softmax", "a": "linear"})
    model.compile(loss={"a": SCE, "b": SCE}, loss_weights={"a": 1.0, "b": 0.1})
    assert {m[0]: m[2] for m in met(model)} == {"a": "match", "b": "mismatch"}


def test_a_dict_goes_by_layer_name_where_outputs_are_a_list() -> None:
    inputs = layers.Input((8,))
    outputs = [layers.Dense(4, name="first")(inputs), layers.Dense(4, activation="softmax", name="second")(inputs)]
    model = keras.Model(inputs, outputs)
    model.compile(loss={"second": SCE, "first": SCE})
    assert {m[0]: m[2] for m in met(model)} == {"first": "match", "second": "mismatch"}


def test_nested_structures_go_level_by_level() -> None:
    model = heads({"pair": ["linear", "softmax"], "single": "softmax"})
    model.compile(loss={"pair": [SCE, SCE], "single": "mse"})
    assert [m[2] for m in met(model)] == ["match", "mismatch", "match"]


def test_several_losses_on_one_output() -> None:
    model = heads("softmax")
    model.compile(loss=["mse", SCE])
    assert [m[2] for m in met(model)] == ["match", "mismatch"]


def test_a_loss_for_an_output_that_is_not_there_is_said() -> None:
    model = heads({"a": "linear"})
    model.compile(loss={"nonsense": SCE})
    (finding,) = logit_magic.check(model, samples=0).findings
    assert finding.code == "LM901" and "'nonsense'" in finding.message and "'a'" in finding.message


def test_the_last_compile_counts() -> None:
    model = heads("softmax")
    model.compile(loss=SCE)
    model.compile(loss="sparse_categorical_crossentropy")
    assert met(model) == [(0, "'sparse_categorical_crossentropy'", "match")]


def test_a_clone_is_judged_by_its_own_head_and_loss() -> None:
    model = heads("softmax")
    model.compile(loss=SCE)
    clone = keras.models.clone_model(model)
    clone.compile(loss=losses.SparseCategoricalCrossentropy())
    assert [m[2] for m in met(clone)] == ["match"] and [m[2] for m in met(model)] == ["mismatch"]


def test_a_model_saved_and_loaded_keeps_its_verdict(tmp_path: Path) -> None:
    model = heads("linear")
    model.compile(loss=losses.CategoricalCrossentropy(label_smoothing=0.1))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert [m[2] for m in met(loaded)] == ["mismatch"]


class AddsLoss(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.head = layers.Dense(4)

    def call(self, inputs):
        x = self.head(inputs)
        self.add_loss(0.001 * keras.ops.mean(x**2))
        return x


def test_add_loss_beside_a_compiled_loss() -> None:
    model = AddsLoss()
    model(np.zeros((2, 8), "float32"))
    model.compile(loss=SCE)
    (pair,) = logit_magic.check(model).pairs
    assert (pair.emits, pair.verdict) == ("logits", "match")


class OwnStep(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.head = layers.Dense(4)

    def call(self, inputs):
        return self.head(inputs)

    def train_step(self, *args):
        return {}


def test_a_train_step_of_its_own_is_not_second_guessed() -> None:
    model = OwnStep()
    model(np.zeros((2, 8), "float32"))
    model.compile(loss="sparse_categorical_crossentropy")
    (finding,) = logit_magic.check(model, samples=0).findings
    assert finding.code == "LM901" and "train_step" in finding.message


def test_subclass_with_a_dict_of_outputs() -> None:
    class Two(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = layers.Dense(4), layers.Dense(4, activation="softmax")

        def call(self, inputs):
            return {"a": self.a(inputs), "b": self.b(inputs)}

    model = Two()
    model(np.zeros((2, 8), "float32"))
    model.compile(loss={"a": SCE, "b": SCE})
    assert {m[0]: m[2] for m in met(model)} == {"a": "match", "b": "mismatch"}


@pytest.mark.parametrize(("units", "expects"), [(1, "binary-probabilities"), (4, "class-probabilities")])
def test_the_automatic_crossentropy_goes_by_the_units(units: int, expects: str) -> None:
    inputs = layers.Input((8,))
    model = keras.Model(inputs, layers.Dense(units, activation="sigmoid" if units == 1 else "softmax")(inputs))
    model.compile(loss="crossentropy")
    (pair,) = logit_magic.check(model, samples=0).pairs
    assert (pair.expects, pair.verdict) == (expects, "match")


def test_quantised_and_lora_heads() -> None:
    model = heads("linear")
    model.compile(loss=SCE)
    model.layers[-1].enable_lora(2)
    assert [m[2] for m in met(model)] == ["match"]


@pytest.mark.parametrize("wrong", [None, [1], "model", 3.0])
def test_what_is_no_model_is_refused_in_words(wrong) -> None:
    with pytest.raises(TypeError, match=r"check\(\) takes a Keras model.*not " + type(wrong).__name__):
        logit_magic.check(wrong)


def test_a_model_without_a_loss_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="compile it first, or pass the loss"):
        logit_magic.check(heads("linear"))
    assert logit_magic.check(heads("linear"), SCE).pairs[0].basis == "given"


def test_an_unknown_code_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="there is no code 'LM000'; near it: LM"):
        logit_magic.check(heads("linear"), SCE, ignore=["LM000"])
    assert logit_magic.check(heads("linear"), "sparse_categorical_crossentropy", ignore=["LM101"]).ok
