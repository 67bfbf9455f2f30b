"""What labels look like, whatever form they come in, and whose they are."""

from __future__ import annotations

from html import unescape

import keras
import numpy as np
import pytest
from keras import layers

import logit_magic
from logit_magic.emission.model import outputs_of
from logit_magic.facts import Labels
from logit_magic.measure.labels import labels_of, may_mask
from logit_magic.measure.sample import Sample, take

X = np.zeros((40, 3), "float32")
IDS = np.arange(40) % 4
SIGNS = np.where(IDS % 2, 1.0, -1.0)


def seen(y, units: int = 4, weights=None) -> Labels | None:
    model = keras.Sequential([layers.Input((3,)), layers.Dense(units)])
    sample = take(X[: len(y)], y, weights=weights)
    assert isinstance(sample, Sample)
    return labels_of(sample, outputs_of(model)[0], 1)


@pytest.mark.parametrize(
    ("y", "along", "whole", "ends"),
    [
        (IDS, "", True, (0, 3)),
        (IDS.astype("float32"), "", True, (0, 3)),
        (IDS[:, None], "", True, (0, 3)),
        (IDS / 2, "", False, (0, 1.5)),
        (np.eye(4)[IDS], "one-hot", True, (0, 1)),
        (np.eye(4, dtype=bool)[IDS], "one-hot", True, (0, 1)),
        (np.eye(4)[IDS] + np.eye(4)[IDS - 1], "multi-hot", True, (0, 1)),
        (np.eye(4)[IDS] * (IDS > 0)[:, None], "multi-hot", True, (0, 1)),
        (0.9 * np.eye(4)[IDS] + 0.025, "distribution", False, (0.025, 0.925)),
        ((0.9 * np.eye(4)[IDS] + 0.025).astype("float16"), "distribution", False, (0.025, 0.925)),
        (3 * np.eye(4)[IDS], "", True, (0, 3)),
        (np.eye(4)[IDS] - 0.5, "", False, (-0.5, 0.5)),
        (np.where(IDS == 0, np.nan, IDS), "", True, (1, 3)),
        (np.where(IDS == 0, np.inf, IDS), "", True, (1, 3)),
        (IDS.tolist(), "", True, (0, 3)),
        (keras.ops.convert_to_tensor(IDS), "", True, (0, 3)),
    ],
)
def test_what_labels_are(y, along, whole, ends) -> None:
    labels = seen(y)
    assert labels is not None and labels.source == "the first 40 rows passed to fit"
    assert (labels.along, labels.whole) == (along, whole)
    assert labels.levels[0][0] == pytest.approx(ends[0], abs=1e-3)
    assert labels.levels[-1][0] == pytest.approx(ends[1], abs=1e-3)
    assert sum(share for _, share in labels.levels) == pytest.approx(1.0)


def test_several_ones_are_counted() -> None:
    y = np.eye(4)[IDS]
    y[:10, 0] = y[:10, 1] = 1.0
    labels = seen(y)
    assert labels is not None and labels.several == 0.25


def test_words_say_nothing() -> None:
    labels = seen(np.array(["cat", "dog"])[IDS % 2])
    assert labels is not None and labels.levels == () and not labels.whole


def test_many_values_become_quantiles_with_their_ends() -> None:
    y = np.random.default_rng(0).normal(size=(40, 9000))
    labels = seen(y, 9000)
    assert labels is not None and 257 <= len(labels.levels) <= 259
    assert (labels.levels[0][0], labels.levels[-1][0]) == (y.min(), y.max())
    below = sum(share for value, share in labels.levels if value < 0.0)
    assert below == pytest.approx(0.5, abs=0.01)


def test_a_draw_does_not_fall_in_step_with_the_classes() -> None:
    labels = seen(np.eye(20_000)[np.arange(40)], 20_000)
    assert labels is not None and labels.along == "one-hot" and [v for v, _ in labels.levels] == [0.0, 1.0]


def test_what_weighs_nothing_is_left_out() -> None:
    y = np.where(IDS == 0, -1.0, IDS)
    for weights in ((IDS > 0).astype("float32"), (IDS > 0).astype("float32")[:, None]):
        labels = seen(y, weights=weights)
        assert labels is not None and labels.levels[0][0] == 1.0
    assert seen(y, weights=np.zeros(40)) is None
    mixed = seen(y, weights=np.full(40, 0.5))
    assert mixed is not None and mixed.levels[0][0] == -1.0
    timed = np.stack([y, y], axis=1)
    labels = seen(timed, weights=np.stack([IDS > 0, IDS > 0], axis=1).astype("float32"))
    assert labels is not None and labels.levels[0][0] == 1.0


def _two_heads(returned):
    inputs = layers.Input((3,))
    a, b = layers.Dense(1, name="a")(inputs), layers.Dense(4, name="b")(inputs)
    return keras.Model(inputs, returned(a, b))


@pytest.mark.parametrize(
    ("returned", "y"),
    [
        (lambda a, b: [a, b], [SIGNS, IDS]),
        (lambda a, b: (a, b), (SIGNS, IDS)),
        (lambda a, b: [a, b], {"a": SIGNS, "b": IDS}),
        (lambda a, b: {"p": a, "q": b}, {"p": SIGNS, "q": IDS}),
        (lambda a, b: {"p": [a], "q": b}, {"p": [SIGNS], "q": IDS}),
    ],
    ids=["list", "tuple", "names", "dict", "nested"],
)
def test_each_output_has_its_own_labels(returned, y) -> None:
    outputs = outputs_of(_two_heads(returned))
    sample = take(X, y)
    assert isinstance(sample, Sample)
    found = [labels_of(sample, output, 2) for output in outputs]
    assert all(labels is not None for labels in found)
    assert sorted(labels.levels[-1][0] for labels in found if labels) == [1.0, 3.0]
    assert next(lb for lb, o in zip(found, outputs, strict=True) if lb and o.shape[-1] == 4).levels[-1][0] == 3.0


def test_labels_that_fit_no_output_are_nobodys() -> None:
    outputs = outputs_of(_two_heads(lambda a, b: {"p": a, "q": b}))
    sample = take(X, [SIGNS, IDS])
    assert isinstance(sample, Sample)
    assert [labels_of(sample, output, 2) for output in outputs] == [None, None]


def test_the_wrong_labels_of_one_output_are_named() -> None:
    model = _two_heads(lambda a, b: {"p": a, "q": b})
    model.compile(loss={"p": "mse", "q": keras.losses.SparseCategoricalCrossentropy(from_logits=True)})
    right = logit_magic.check(model, x=X, y={"p": SIGNS, "q": IDS})
    assert right.ok, str(right)
    (finding,) = logit_magic.check(model, x=X, y={"p": SIGNS, "q": IDS + 1}).findings
    assert finding.code == "LM302" and finding.pair is not None and finding.pair.output == "q"
    assert "start at one" in finding.message and "off by one" in finding.message
    assert any("labels of shape (40,) are whole numbers 1 … 4" in str(fact) for fact in finding.evidence)
    assert finding.pair.verdict == "match" and finding.effect is None


def test_masks_that_a_model_makes() -> None:
    timed = layers.Input((5, 2))
    embedding = keras.Sequential([layers.Input((5,)), layers.Embedding(9, 4, mask_zero=True), layers.Dense(3)])
    assert may_mask(embedding) and may_mask(keras.Model(timed, layers.Masking()(timed)))
    assert not may_mask(keras.Sequential([layers.Input((5,)), layers.Embedding(9, 4), layers.LSTM(2)]))


def _check(loss, y, units=3, activation="softmax"):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(units, activation=activation)])
    model.compile(loss=loss)
    return logit_magic.check(model, x=X, y=y)


def test_a_lone_value_outside_is_taken_for_padding() -> None:
    report = _check("sparse_categorical_crossentropy", np.where(IDS > 2, -1, IDS))
    (finding,) = report.findings
    assert finding.code == "LM302" and "ignore_class=-1" in str(finding.fix)
    assert finding.severity == ("warning" if keras.config.backend() == "jax" else "error")
    assert _check(keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), np.where(IDS > 2, -1, IDS)).ok
    (finding,) = _check("sparse_categorical_crossentropy", np.where(IDS > 2, -100, IDS)).findings
    assert finding.severity == ("error" if keras.config.backend() == "tensorflow" else "warning")


def test_labels_guessed_from_the_namespace_accuse_nobody() -> None:
    model = keras.Sequential([layers.Input((3,)), layers.Dense(3, activation="softmax")])
    model.compile(loss="sparse_categorical_crossentropy")
    report = logit_magic.check_namespace({"model": model, "x": X, "y": IDS + 7})
    assert report.pairs[0].distributions is not None and report.findings == ()


def test_labels_that_a_training_step_of_its_own_handles_accuse_nobody() -> None:
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = layers.Dense(1, activation="relu")

        def call(self, inputs):
            return self.out(inputs)

        def train_step(self, *args):
            raise NotImplementedError

    model = Own()
    model(X)
    model.compile(loss="mse")
    assert logit_magic.check(model, x=X, y=SIGNS).findings == ()


def test_the_report_tells_of_labels_in_text_and_markup() -> None:
    report = _check("sparse_categorical_crossentropy", IDS + 7)
    for shown in (str(report), unescape(report.to_html())):
        assert "LM302" in shown and "labels of shape (40,)" in shown and "7 … 10" in shown
    assert report.findings[0].severity == "error" and not report.ok
