"""The experiments on a loss tell what it expects: Keras' own losses without their config, and losses that people write."""

from __future__ import annotations

import functools
import time

import keras
import numpy as np
import pytest
from keras import losses, ops

from logit_magic import limits
from logit_magic.expectation import probe, trial
from logit_magic.expectation.catalogue import ENTRIES, expectation_of
from logit_magic.expectation.trial import CALLS, Trial

CL, CP, BL, BP = "class-logits", "class-probabilities", "binary-logits", "binary-probabilities"
# family -> the shapes that it takes, where those are not a row per sample, moment or pixel
SHAPES = {"Circle": ((None, 5), (None, 16)), "CTC": ((None, 6, 5), (None, 20, 5), (None, 32, 30))}

KERAS = [
    (entry.family, arguments, shape)
    for entry in ENTRIES.values()
    if hasattr(losses, entry.family)
    for arguments in ([{}] if entry.with_flag is None else [{}, {"from_logits": True}])
    for shape in SHAPES.get(entry.family, ((None, 5), (None, 4, 4, 3), (None, 1)))
    if shape[-1] > 1 or entry.labels in ("binary", "any")
]


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count every evaluation."""
    made: list[int] = []
    value = Trial.value

    def counted(self: Trial, *arguments: object) -> float:
        made.append(1)
        return value(self, *arguments)

    monkeypatch.setattr(Trial, "value", counted)
    return made


@pytest.mark.parametrize(("family", "arguments", "shape"), KERAS)
def test_experiment_agrees_with_the_config(
    family: str, arguments: dict, shape: tuple, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "SECONDS", 60.0)  # what the experiments tell, not how fast JAX compiles CTC
    loss = getattr(losses, family)(**arguments)
    stated = expectation_of(loss, shape[-1])
    found = probe.probed(loss, shape)
    assert found.kind == stated.kind, found.reason
    assert found.renormalises == stated.renormalises or shape[-1] == 1
    assert len(calls) <= CALLS == 10
    if keras.config.backend() == "tensorflow":
        assert found.rescuable_from == stated.rescuable_from


sparse_logits = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
sparse_probabilities = losses.SparseCategoricalCrossentropy(reduction="none")


def masked(inner):
    def masked_loss(y_true, y_pred):
        mask = ops.cast(ops.not_equal(y_true, 0), "float32")
        return ops.sum(inner(y_true, y_pred) * mask) / ops.maximum(ops.sum(mask), 1.0)

    return masked_loss


class Wrapped(losses.Loss):
    def __init__(self, inner) -> None:
        super().__init__()
        self.inner = inner

    def call(self, y_true, y_pred):
        return self.inner(y_true, y_pred) * ops.cast(y_true > 0, "float32")


def focal(y, p):
    p = ops.clip(p, 1e-7, 1 - 1e-7)
    return -ops.mean(ops.sum(y * (1 - p) ** 2 * ops.log(p), -1))


def binary_focal(y, p):
    p = ops.clip(p, 1e-7, 1 - 1e-7)
    return -ops.mean(y * (1 - p) ** 2 * ops.log(p) + (1 - y) * p**2 * ops.log(1 - p))


def weighted(y, p):
    return ops.mean(ops.binary_crossentropy(y, p) * (1 + 4 * y))


def dice(y, p):
    return 1 - (2 * ops.sum(y * p) + 1) / (ops.sum(y) + ops.sum(p) + 1)


def dice_per_row(y, p):
    return ops.mean(1.0 - (2.0 * ops.sum(y * p, 1) + 1.0) / (ops.sum(y, 1) + ops.sum(p, 1) + 1.0))


def tversky(y, p):
    hit, missed, false = ops.sum(y * p), ops.sum(y * (1.0 - p)), ops.sum((1.0 - y) * p)
    return 1.0 - (hit + 1.0) / (hit + 0.7 * missed + 0.3 * false + 1.0)


def asymmetric(y, p):
    p = ops.clip(p, 1e-7, 1.0 - 1e-7)
    no = ops.minimum(1.05 - p, 1.0)  # a small probability of a false class costs nothing
    return -ops.mean(y * ops.log(p) + (1.0 - y) * (1.0 - no) ** 4 * ops.log(no))


def smoothed(y, p):
    y = 0.9 * y + 0.1 / p.shape[-1]
    return -ops.sum(y * ops.log(ops.clip(p, 1e-7, 1.0)), axis=-1)


def yes_counts(y, z):
    return ops.mean((1.0 - y) * z + (1.0 + 4.0 * y) * (ops.softplus(-ops.abs(z)) + ops.relu(-z)), axis=-1)


def crossentropy_and_dice(y, p):
    return ops.mean(ops.binary_crossentropy(y, p)) + dice(y, p)


def pinball(quantile):
    return lambda y, p: ops.mean(ops.maximum(quantile * (y - p), (quantile - 1) * (y - p)))


def one_hot(y, classes):
    return ops.one_hot(ops.cast(ops.squeeze(y, -1), "int32"), classes)


def boxes(y, p):
    seen = ops.mean(ops.binary_crossentropy(y[..., :1], p[..., :1]))
    where = ops.mean(ops.square(y[..., 1:5] - p[..., 1:5]))
    return seen + where + ops.mean(ops.categorical_crossentropy(y[..., 5:], p[..., 5:]))


def weibull(y, p):
    time, event = (y[:, :1] + 1e-7) / (p[:, :1] + 1e-7), y[:, 1:]
    return -ops.mean(event * (ops.log(p[:, 1:]) + p[:, 1:] * ops.log(time)) - ops.power(time, p[:, 1:]))


def evidential(y, p):
    mean, v, a, b = (p[:, i : i + 1] for i in range(4))
    omega = 2 * b * (1 + v) + 1e-6
    far = ops.log((y - mean) ** 2 * v + omega)
    return ops.mean(0.5 * ops.log(3.14159 / (v + 1e-6)) - a * ops.log(omega) + (a + 0.5) * far)


WRITTEN = {
    "sparse by lambda, logits": (
        lambda y, p: losses.sparse_categorical_crossentropy(y, p, from_logits=True),
        (None, 10),
        CL,
    ),
    "sparse by lambda": (lambda y, p: losses.sparse_categorical_crossentropy(y, p), (None, 10), CP),
    "masked, logits": (masked(sparse_logits), (None, 12), CL),
    "masked": (masked(sparse_probabilities), (None, 12), CP),
    "masked sequence": (masked(sparse_logits), (None, None, 12), CL),
    "Loss subclass, logits": (Wrapped(sparse_logits), (None, 7), CL),
    "Loss subclass": (Wrapped(sparse_probabilities), (None, 7), CP),
    "y log p": (lambda y, p: -ops.mean(ops.sum(y * ops.log(p), axis=-1)), (None, 10), CP),
    "y log p, clipped": (lambda y, p: -ops.mean(ops.sum(y * ops.log(ops.clip(p, 1e-7, 1.0)), -1)), (None, 10), CP),
    "y log(p + eps)": (lambda y, p: -ops.mean(ops.sum(y * ops.log(p + 1e-10), -1)), (None, 3), CP),
    "y log softmax": (lambda y, z: -ops.mean(ops.sum(y * ops.log_softmax(z), axis=-1)), (None, 10), CL),
    "logsumexp - z": (lambda y, z: ops.mean(ops.logsumexp(z, -1) - ops.sum(y * z, -1)), (None, 6), CL),
    "focal": (focal, (None, 4), CP),
    "binary focal": (binary_focal, (None, 4), BP),
    "binary focal, one unit": (binary_focal, (None, 1), BP),
    "weighted binary": (weighted, (None, 5), BP),
    "weighted binary, one unit": (weighted, (None, 1), BP),
    "dice on masks": (dice, (None, 8, 8, 1), BP),
    "dice on class masks": (dice, (None, 8, 8, 3), BP),
    "crossentropy and dice": (crossentropy_and_dice, (None, 8, 8, 1), BP),
    "binary by lambda, logits": (lambda y, z: losses.binary_crossentropy(y, z, from_logits=True), (None, 1), BL),
    "multi-label, logits": (lambda y, z: losses.binary_crossentropy(y, z, from_logits=True), (None, 4), BL),
    "softplus by hand": (lambda y, z: ops.mean(ops.softplus(z) - y * z), (None, 1), BL),
    "smoothed, logits": (lambda y, z: losses.categorical_crossentropy(y, z, True, 0.1), (None, 6), CL),
    "smoothed": (lambda y, p: losses.categorical_crossentropy(y, p, False, 0.1), (None, 6), CP),
    "temperature": (lambda y, z: ops.mean(ops.categorical_crossentropy(y, z / 3.0, from_logits=True)), (None, 5), CL),
    "temperature of four, scaled back": (
        lambda y, z: 16.0 * losses.categorical_crossentropy(y, z / 4.0, from_logits=True),
        (None, 5),
        CL,
    ),
    "temperature of ten": (lambda y, z: ops.categorical_crossentropy(y, z / 10.0, from_logits=True), (None, 100), CL),
    "temperature, one unit": (lambda y, z: ops.binary_crossentropy(y, z / 10.0, from_logits=True), (None, 1), BL),
    "a thousand classes": (lambda y, z: ops.categorical_crossentropy(y, z, from_logits=True), (None, 1000), CL),
    "a vocabulary": (masked(sparse_logits), (None, None, 8000), CL),
    "a vocabulary of probabilities": (masked(sparse_probabilities), (None, None, 8000), CP),
    "class masks with an axis of their own": (
        lambda y, p: ops.mean(sparse_probabilities(y, p)) + 1.0 - ops.mean(one_hot(y, 3) * p),
        (None, 8, 8, 3),
        CP,
    ),
    "hundredfold smaller": (lambda y, z: 0.01 * ops.categorical_crossentropy(y, z, from_logits=True), (None, 5), CL),
    "partial": (functools.partial(losses.categorical_crossentropy, from_logits=True), (None, 4), CL),
    "divergence": (lambda y, p: ops.mean(ops.sum(y * ops.log((y + 1e-7) / (p + 1e-7)), -1)), (None, 5), CP),
    "squared error": (lambda y, p: ops.mean((y - p) ** 2), (None, 3), "any"),
    "squared error, one unit": (lambda y, p: ops.mean((y - p) ** 2), (None, 1), "any"),
    "root": (lambda y, p: ops.sqrt(ops.mean((y - p) ** 2)), (None, 1), "any"),
    "pinball": (pinball(0.9), (None, 1), "any"),
    "pinball, other side": (pinball(0.1), (None, 1), "any"),
    "log cosh": (lambda y, p: ops.mean(ops.log(ops.cosh(y - p))), (None, 2), "any"),
    "margin": (lambda y, p: ops.mean(ops.maximum(0.0, 1 - (2 * y - 1) * p)), (None, 1), "any"),
    "ignores y_pred": (lambda y, p: ops.mean(y), (None, 4), "unknown"),
    "minus y_pred": (lambda y, p: -ops.mean(p), (None, 1), "unknown"),
    "critic": (lambda y, p: ops.mean(y * p), (None, 1), "any"),
    "critic, the other sign": (lambda y, p: -ops.mean(y * p), (None, 1), "any"),
    "one unit, its logarithm times the label": (lambda y, p: -ops.mean(y * ops.log(p + 1e-7)), (None, 1), "unknown"),
    "objectness, box and classes": (boxes, (None, 4, 4, 8), "unknown"),
    "time of an event and its shape": (weibull, (None, 2), "unknown"),
    "evidence of a number": (evidential, (None, 4), "unknown"),
    "weights of classes": (
        lambda y, p: -ops.mean(ops.sum(ops.convert_to_tensor([0.1, 1.0, 2.0, 0.2]) * y * ops.log(p), -1)),
        (None, 4),
        CP,
    ),
    "mean and deviation": (
        lambda y, p: ops.mean(p[:, 1:] + 0.5 * ((y - p[:, :1]) / ops.exp(p[:, 1:])) ** 2),
        (None, 2),
        "unknown",
    ),
    "negative log-likelihood of log p": (lambda y, q: -ops.mean(ops.sum(y * q, -1)), (None, 5), "unknown"),
    "distillation at a temperature": (
        lambda y, z: 16.0 * ops.mean(keras.losses.kl_divergence(ops.softmax(y / 4.0), ops.softmax(z / 4.0))),
        (None, 5),
        "unknown",
    ),
    "squared error of softmax": (lambda y, z: ops.mean((y - ops.softmax(z)) ** 2), (None, 4), CL),
    "squared error of sigmoids": (lambda y, z: ops.mean((y - ops.sigmoid(z)) ** 2), (None, 4), BL),
    "dice of sigmoids": (lambda y, z: dice(y, ops.sigmoid(z)), (None, 8, 8, 1), BL),
    "dice of sigmoids, several classes": (lambda y, z: dice(y, ops.sigmoid(z)), (None, 8, 8, 3), BL),
    "dice of softmax": (lambda y, z: dice(y, ops.softmax(z)), (None, 8, 8, 3), CL),
    "dice per row": (dice_per_row, (None, 1), BP),
    "log cosh of dice": (lambda y, p: ops.log(ops.cosh(dice(y, p))), (None, 8, 8, 1), BP),
    "tversky, focal": (lambda y, p: tversky(y, p) ** 0.75, (None, 4), BP),
    "tversky": (tversky, (None, 4), BP),
    "asymmetric, several labels": (asymmetric, (None, 4), BP),
    "smoothed by hand": (smoothed, (None, 4), CP),
    "smoothed by hand, logits": (lambda y, z: smoothed(y, ops.softmax(z)), (None, 4), CL),
    "yes counts five times, logits": (yes_counts, (None, 4), BL),
    "yes counts five times, one logit": (yes_counts, (None, 1), BL),
    "generalised crossentropy": (
        lambda y, p: ops.mean((1.0 - ops.power(ops.sum(y * p, -1) + 1e-7, 0.7)) / 0.7),
        (None, 4),
        CP,
    ),
    "a rate for each": (lambda y, p: ops.mean(p - y * ops.log(p + 1e-7)), (None, 4), "any"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_losses_that_people_write(name: str, calls: list[int]) -> None:
    loss, shape, expected = WRITTEN[name]
    found = probe.probed(loss, shape)
    assert found.kind == expected, found.reason
    assert len(calls) <= 10
    assert (found.reason == "") == (expected != "unknown")
    assert all(evidence.how == "measured" for evidence in found.evidence)
    assert expected in ("unknown", "any") or len(found.evidence) >= 2, "a verdict needs two experiments that agree"


def test_an_object_is_tried_out_once(calls: list[int]) -> None:
    def loss(y, p):
        return ops.mean((y - p) ** 2)

    first = probe.probed(loss, (None, 3))
    made = len(calls)
    assert probe.probed(loss, (None, 3)) is first and len(calls) == made > 0


def test_each_shape_has_its_own_answer() -> None:
    def either(y, z):
        return ops.binary_crossentropy(y, z, True) if z.shape[-1] == 1 else ops.categorical_crossentropy(y, z)

    assert [probe.probed(either, (None, units)).kind for units in (1, 4)] == [BL, CP]


def test_what_an_error_says_is_cut_between_words() -> None:
    def shapes(y, p):
        raise ValueError("{{function_node __wrapped__Sub}} Incompatible shapes: " + "many words " * 30)

    reason = probe.probed(shapes, (None, 3)).reason
    assert "ValueError: Incompatible shapes" in reason and reason.endswith("…")
    assert reason.rstrip("…").endswith(("many", "words"))


def raises(y, p):
    raise ValueError("on purpose")


def exits(y, p):
    raise SystemExit(3)


def prints(y, p):
    print("inside the loss")
    return ops.mean((y - p) ** 2)


class Counting(losses.Loss):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.values: list[int] = []

    def call(self, y_true, y_pred):
        self.seen += 1
        self.values.append(self.seen)
        return ops.mean((y_true - y_pred) ** 2, axis=-1)


class Assigning(losses.Loss):
    def __init__(self) -> None:
        super().__init__()
        self.total = keras.Variable(0.0)

    def call(self, y_true, y_pred):
        self.total.assign_add(1.0)
        return ops.mean((y_true - y_pred) ** 2, axis=-1)


@pytest.mark.parametrize(
    ("loss", "reason"),
    [(raises, "on purpose"), (exits, "SystemExit"), (prints, "prints"), (lambda y, p: p * float("nan"), "finite")],
    ids=["raises", "exits", "prints", "nan"],
)
def test_misbehaviour_is_unknown_with_its_reason(loss, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = probe.probed(loss, (None, 3))
    assert found.kind == "unknown" and reason in found.reason
    assert capsys.readouterr().out == ""


def test_state_that_a_loss_changes_is_put_back() -> None:
    loss = Counting()
    found = probe.probed(loss, (None, 3))
    assert found.kind == "unknown" and "changes" in found.reason
    assert loss.seen == 0 and loss.values == []
    total = []

    def closing(y, p):
        total.append(1)
        return ops.mean((y - p) ** 2)

    assert "closes over" in probe.probed(closing, (None, 3)).reason and total == []


def test_variables_keep_their_values() -> None:
    loss = Assigning()
    probe.probed(loss, (None, 3))
    assert float(ops.convert_to_numpy(loss.total.value)) == 0.0


def test_a_loss_that_sleeps_is_given_up() -> None:
    asleep = []

    def sleeps(y, p):
        asleep.append(time.sleep(60))
        return ops.mean(p)

    found = probe.probed(sleeps, (None, 3))
    assert found.kind == "unknown" and "had not returned" in found.reason and not asleep


def test_a_check_without_time_does_not_spoil_the_next() -> None:
    delays = [1.0]

    def slow_at_first(y, p):
        time.sleep(delays[0])
        return ops.mean((y - p) ** 2)

    with limits.until(time.monotonic() + 0.4):
        assert "had not returned" in probe.probed(slow_at_first, (None, 3)).reason
    delays[0] = 0.0
    assert probe.probed(slow_at_first, (None, 3)).kind == "any"


def test_random_state_is_kept() -> None:
    def noisy(y, p):
        return ops.mean((y - p) ** 2) + 0.0 * float(np.random.rand())

    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    probe.probed(noisy, (None, 3))
    assert np.random.rand() == expected
