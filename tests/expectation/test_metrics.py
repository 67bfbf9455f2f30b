"""What each metric takes its `y_pred` for, and which output it meets; both signs, in every form that `compile` takes."""

from __future__ import annotations

import functools
import inspect

import keras
import pytest
from keras import layers

import logit_magic
from logit_magic.discovery.pairing import compiled_metrics
from logit_magic.emission.model import outputs_of
from logit_magic.expectation import metrics as catalogue
from logit_magic.expectation.metrics import metric_of

m, losses = keras.metrics, keras.losses


class OwnUpdate(m.AUC):
    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true, keras.ops.sigmoid(y_pred), sample_weight)


class OwnName(m.Precision):
    """Nothing but a name."""


def own(y_true, y_pred):
    return y_pred


@pytest.mark.parametrize(
    ("given", "units", "name", "thresholds"),
    [
        ("accuracy", 1, "accuracy", (0.5,)),
        ("acc", 1, "acc", (0.5,)),
        ("binary_accuracy", 1, "binary_accuracy", (0.5,)),
        ("BinaryAccuracy", 5, "BinaryAccuracy", (0.5,)),
        ("precision", 1, "precision", (0.5,)),
        ("AUC", 1, "AUC", (0.0, 0.5, 1.0)),
        ("auc", 1, "auc", (0.0, 0.5, 1.0)),
        (m.binary_accuracy, 1, "binary_accuracy", (0.5,)),
        (functools.partial(m.binary_accuracy, threshold=0.3), 1, "partial", (0.3,)),
        (m.BinaryAccuracy, 1, "binary_accuracy", (0.5,)),
        (m.BinaryAccuracy(threshold=0.25, name="right"), 1, "right", (0.25,)),
        (m.BinaryAccuracy(threshold=0), 1, "binary_accuracy", (0.0,)),
        (m.MeanMetricWrapper(m.binary_accuracy, name="wrapped"), 1, "wrapped", (0.5,)),
        (m.Precision(name="p"), 1, "p", (0.5,)),
        (m.Recall(thresholds=[0.2, 0.8], name="r"), 1, "r", (0.2, 0.8)),
        (m.Precision(class_id=1, name="p"), 3, "p", (0.5,)),
        (m.TruePositives(name="t"), 1, "t", (0.5,)),
        (m.F1Score(threshold=0.5, name="f"), 5, "f", (0.5,)),
        (m.BinaryIoU(name="i"), 1, "i", (0.5,)),
        (m.AUC(name="a"), 1, "a", (0.0, 0.5, 1.0)),
        (m.PrecisionAtRecall(0.5, name="pr"), 1, "pr", (0.0, 0.5, 1.0)),
        (OwnName(name="o"), 1, "o", (0.5,)),
    ],
)
def test_thresholds(given, units, name, thresholds) -> None:
    metric = metric_of(given, units)
    assert metric is not None and metric.thresholds == thresholds and metric.expectation is None
    assert metric.name == name or isinstance(given, functools.partial)


@pytest.mark.parametrize(
    ("given", "expects", "name"),
    [
        ("sparse_categorical_crossentropy", "class-probabilities", "sparse_categorical_crossentropy"),
        ("bce", "binary-probabilities", "bce"),
        (losses.categorical_crossentropy, "class-probabilities", "categorical_crossentropy"),
        (m.BinaryCrossentropy, "binary-probabilities", "binary_crossentropy"),
        (m.BinaryCrossentropy(from_logits=True, name="b"), "binary-logits", "b"),
        (m.SparseCategoricalCrossentropy(name="s"), "class-probabilities", "s"),
        (losses.SparseCategoricalCrossentropy(from_logits=True), "class-logits", "sparse_categorical_crossentropy"),
        (m.KLDivergence(name="k"), "class-probabilities", "k"),
        (
            m.MeanMetricWrapper(losses.binary_crossentropy, name="w", from_logits=True),
            "binary-logits",
            "w",
        ),
    ],
)
def test_crossentropies(given, expects, name) -> None:
    metric = metric_of(given, 3)
    assert metric is not None and metric.expectation is not None and metric.thresholds == ()
    assert (metric.expectation.kind, metric.name) == (expects, name)


@pytest.mark.parametrize(
    "given",
    [
        "accuracy",
        "mse",
        "no_such_metric",
        m.CategoricalAccuracy(),
        m.SparseTopKCategoricalAccuracy(),
        m.F1Score(),
        m.MeanIoU(3),
        m.AUC(from_logits=True),
        m.MeanSquaredError(),
        m.Mean(),
        m.Hinge(),
        OwnUpdate(),
        m.MeanMetricWrapper(own),
        own,
        lambda y, p: p,
        functools.partial(own),
        losses.Dice(),
        3,
    ],
)
def test_nothing_is_said_of_the_rest(given) -> None:
    assert metric_of(given, 3) is None


def test_top_k_has_a_threshold_that_no_probability_has() -> None:
    metric = metric_of(m.Precision(top_k=2), 3)
    assert metric is not None and not any(0.0 < t < 1.0 for t in metric.thresholds)


# asked for the highest class, or of any range; the rest of keras.metrics is in the catalogue
ANY = {
    "Accuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy", "CategoricalHinge", "Hinge", "SquaredHinge", "ConcordanceCorrelation",
    "PearsonCorrelation", "CosineSimilarity", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU", "LogCoshError", "Mean",
    "MeanMetricWrapper", "Metric", "Sum", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "RootMeanSquaredError", "Poisson", "R2Score",
}  # fmt: skip


def test_every_metric_of_keras_is_placed() -> None:
    known = {*catalogue._THRESHOLD, *catalogue._GRID, *catalogue._CROSSENTROPY}
    there = {name for name, thing in vars(m).items() if inspect.isclass(thing)}
    assert there == known | ANY and not known & ANY


@pytest.mark.parametrize("known", [*catalogue._THRESHOLD, *catalogue._GRID])
def test_remedies_are_silent_themselves(known) -> None:
    arguments = (0.5,) if "At" in known else ()
    threshold = (
        {"threshold": 0.5} if known in ("F1Score",) else {"threshold": 0.5, "beta": 1.0} if "Beta" in known else {}
    )
    metric = metric_of(getattr(m, known)(*arguments, **threshold), 1)
    assert metric is not None
    if metric.remedy:
        model = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
        model.compile(loss=losses.BinaryCrossentropy(from_logits=True), metrics=[eval(metric.remedy)])
        assert logit_magic.check(model).findings == ()


def _two_heads(returned=lambda a, b: [a, b]):
    inputs = layers.Input((3,))
    a, b = layers.Dense(1, name="a")(inputs), layers.Dense(1, name="b")(inputs)
    return keras.Model(inputs, returned(a, b))


@pytest.mark.parametrize(
    ("returned", "metrics", "met"),
    [
        (lambda a, b: [a, b], ["accuracy", "mse"], {(0,): ["accuracy"], (1,): ["mse"]}),
        (lambda a, b: [a, b], [["accuracy", "auc"], ["mse"]], {(0,): ["accuracy", "auc"], (1,): ["mse"]}),
        (lambda a, b: [a, b], [None, "accuracy"], {(1,): ["accuracy"]}),
        (lambda a, b: [a, b], {"b": ["accuracy", "auc"]}, {(1,): ["accuracy", "auc"]}),
        (lambda a, b: {"p": a, "q": b}, {"q": "accuracy"}, {("q",): ["accuracy"]}),
        (lambda a, b: {"p": [a], "q": b}, {"p": [["auc"]], "q": ["mse"]}, {("p", 0): ["auc"], ("q",): ["mse"]}),
        (lambda a, b: a, ["accuracy", "auc"], {(): ["accuracy", "auc"]}),
        (lambda a, b: [a], ["accuracy", "auc"], {(0,): ["accuracy", "auc"]}),
    ],
)
def test_each_metric_meets_its_output(returned, metrics, met) -> None:
    model = _two_heads(returned)
    model.compile(loss="mse", metrics=metrics)
    assert compiled_metrics(model, outputs_of(model)) == met
    model.compile(loss="mse", weighted_metrics=metrics)
    assert compiled_metrics(model, outputs_of(model)) == met
    model.compile(loss="mse")
    assert compiled_metrics(model, outputs_of(model)) == met, "Keras goes on computing them"
    model.compile(loss="mse", metrics=[])
    assert compiled_metrics(model, outputs_of(model)) == {}


def test_all_metrics_of_an_output_are_named_in_one_finding() -> None:
    model = _two_heads()
    bce = losses.BinaryCrossentropy(from_logits=True)
    wrong = ["accuracy", m.Precision(), m.AUC()]
    model.compile(loss=[bce, bce], metrics=[wrong, [m.BinaryAccuracy(threshold=0.0)]])
    (finding,) = logit_magic.check(model).findings
    assert (finding.code, finding.severity) == ("LM401", "warning")
    assert "'accuracy' (BinaryAccuracy), Precision() and AUC()" in finding.message and "output `a`" in finding.message
    assert "keras.metrics.AUC(from_logits=True)" in str(finding.fix)
    assert finding.pair is not None and finding.pair.verdict == "match" and finding.effect is None
    assert all(word in str(logit_magic.last_report()) for word in ("LM401", "tries thresholds from 0 to 1"))


def test_an_output_that_several_losses_meet_is_told_once() -> None:
    inputs = layers.Input((3,))
    model = keras.Model(inputs, layers.Dense(1)(inputs))
    bce = losses.BinaryCrossentropy(from_logits=True)
    model.compile(loss=[bce, losses.BinaryFocalCrossentropy(from_logits=True)], metrics=["accuracy"])
    assert [f.code for f in logit_magic.check(model).findings] == ["LM401"]


def test_metrics_of_compile_do_not_meet_a_loss_that_is_given() -> None:
    model = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile(loss=losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    assert logit_magic.check(model, losses.BinaryCrossentropy(from_logits=True)).findings == ()


def test_a_repaired_metric_is_said_to_be() -> None:
    model = keras.Sequential([layers.Input((3,)), layers.Dense(4, activation="softmax")])
    metric = m.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss="sparse_categorical_crossentropy", metrics=[metric])
    (finding,) = logit_magic.check(model).findings
    repaired = any("repairs SparseCategoricalCrossentropy" in str(fact) for fact in finding.evidence)
    assert finding.code == "LM402" and repaired == (keras.config.backend() == "tensorflow")


def test_what_the_numbers_are() -> None:
    """The facts that the pages state: thresholds on logits, and AUC that looks at [0, 1] alone, without a word."""
    import numpy as np

    z = np.array([[-2.0], [-1.0], [0.2], [0.3], [3.0], [4.0]], "float32")
    y = np.array([[0], [1], [1], [1], [0], [1]], "float32")

    def value(metric):
        metric.update_state(y, z)
        return float(metric.result())

    assert value(m.BinaryAccuracy()) == pytest.approx(2 / 6) and value(
        m.BinaryAccuracy(threshold=0.0)
    ) == pytest.approx(4 / 6)
    assert value(m.AUC()) != pytest.approx(value(m.AUC(from_logits=True)), abs=0.01)
