"""Models of keras_hub, which preprocess in a `fit` of their own: judged like any other, on random small weights."""

from __future__ import annotations

import keras
import keras_hub
import numpy as np
import pytest

import logit_magic

SIZES = dict(vocabulary_size=100, num_layers=2, num_heads=2, hidden_dim=16, intermediate_dim=32, max_sequence_length=16)


def text_classifier(activation: str | None) -> keras.Model:
    backbone = keras_hub.models.BertBackbone(**SIZES)
    return keras_hub.models.BertTextClassifier(backbone, num_classes=4, activation=activation, preprocessor=None)


def image_classifier(activation: str | None) -> keras.Model:
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64], input_conv_kernel_sizes=[7], stackwise_num_filters=[64, 64], stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2], block_type="basic_block", image_shape=(32, 32, 3),
    )  # fmt: skip
    return keras_hub.models.ResNetImageClassifier(backbone, num_classes=4, activation=activation, preprocessor=None)


def language_model(activation: str | None) -> keras.Model:
    assert activation is None, "its head is the reversed embedding"
    return keras_hub.models.GPT2CausalLM(keras_hub.models.GPT2Backbone(**SIZES), preprocessor=None)


@pytest.mark.parametrize(
    ("make", "activation", "flag", "codes"),
    [
        (text_classifier, None, True, []),
        (text_classifier, "softmax", False, []),
        (text_classifier, None, False, ["LM101"]),
        (text_classifier, "softmax", True, ["LM102"]),
        (image_classifier, "softmax", False, []),
        (image_classifier, None, False, ["LM101"]),
        (language_model, None, True, []),
        (language_model, None, False, ["LM101"]),
    ],
)
def test_verdict(make, activation: str | None, flag: bool, codes: list[str]) -> None:
    model = make(activation)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=flag))
    report = logit_magic.check(model)
    assert [finding.code for finding in report.findings] == codes, str(report)


def test_the_loss_that_a_task_compiles_itself_is_right() -> None:
    model = text_classifier(None)
    assert model.compiled, "keras_hub compiles its tasks"
    report = logit_magic.check(model)
    assert report.ok and [pair.verdict for pair in report.pairs] == ["match"]


def test_on_data_the_cost_is_measured() -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 100, (8, 16)).astype("int32")
    x = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    model = text_classifier(None)
    model.compile(loss="sparse_categorical_crossentropy")
    (finding,) = logit_magic.check(model, x=x, y=rng.integers(0, 4, 8)).findings
    assert finding.code == "LM101" and finding.effect is not None
