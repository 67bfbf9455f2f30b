"""Gradients at the head against finite differences, and against the closed forms, on each backend."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from logit_magic import backends
from logit_magic.facts import Emission, Expectation
from logit_magic.measure import gradients, heads

BACKEND = keras.config.backend()
RNG = np.random.default_rng(3)
IDS = RNG.integers(0, 4, 6)
ONE_HOT = np.eye(4, dtype="float32")[IDS]
YES = RNG.integers(0, 2, (6, 1)).astype("float32")
L = keras.losses

LINEAR = Emission("logits", rank=2, size=4)
SOFTMAX = Emission("class-probabilities", axis=-1, rank=2, size=4, low=0.0, high=1.0, normaliser="softmax")
SIGMOID = Emission("independent-probabilities", rank=2, size=4, low=0.0, high=1.0, normaliser="sigmoid")
TANH = Emission("bounded", rank=2, size=4, low=-1.0, high=1.0, activation="tanh")
RELU = Emission("nonnegative", rank=2, size=4, low=0.0, activation="relu")
LOGITS, PROBABILITIES = Expectation("class-logits"), Expectation("class-probabilities")
BINARY_LOGITS = Expectation("binary-logits")

CASES = [
    pytest.param(L.SparseCategoricalCrossentropy(from_logits=True), SOFTMAX, LOGITS, IDS, id="resoftmaxed"),
    pytest.param(L.CategoricalCrossentropy(from_logits=True), TANH, LOGITS, ONE_HOT, id="tanh"),
    pytest.param(L.CategoricalCrossentropy(from_logits=True), RELU, LOGITS, ONE_HOT, id="relu"),
    pytest.param(L.BinaryCrossentropy(from_logits=True), SIGMOID, BINARY_LOGITS, ONE_HOT, id="sigmoid twice"),
    pytest.param(L.CategoricalCrossentropy(), SIGMOID, PROBABILITIES, ONE_HOT, id="sigmoid, categorical"),
    pytest.param(L.CategoricalCrossentropy(), LINEAR, PROBABILITIES, ONE_HOT, id="logits, positive"),
]


def outputs(emission: Emission, units: int = 4) -> np.ndarray:
    """What such a head gives for plain logits; positive and below one where these are the outputs themselves."""
    z = RNG.normal(0.0, 1.0, (6, units)).astype("float32")
    if emission.kind == "logits":
        return RNG.uniform(0.05, 0.9, (6, units)).astype("float32")
    activation = getattr(keras.activations, emission.normaliser or emission.activation)
    return keras.ops.convert_to_numpy(activation(keras.ops.convert_to_tensor(z)))


def numeric(loss, y: np.ndarray, z: np.ndarray, step: float = 2e-2) -> np.ndarray:
    """Central differences of fourth order, element by element: the plain definition of a gradient."""

    def at(point: np.ndarray) -> float:
        tensor = loss(keras.ops.convert_to_tensor(y), keras.ops.convert_to_tensor(point.astype("float32")))
        return float(np.mean(keras.ops.convert_to_numpy(tensor), dtype="float64"))

    found = np.zeros(z.shape)
    for place in np.ndindex(z.shape):
        e = np.zeros(z.shape)
        e[place] = step
        found[place] = (8 * (at(z + e) - at(z - e)) - (at(z + 2 * e) - at(z - 2 * e))) / (12 * step)
    return found


@pytest.mark.parametrize(("loss", "emission", "expectation", "y"), CASES)
def test_gradients_are_those_of_finite_differences(loss, emission, expectation, y) -> None:
    head = heads.head(outputs(emission), emission)
    assert head is not None
    z = np.where(np.abs(head.z) < 0.05, 0.1, head.z).astype("float32")  # relu has a corner at 0
    readings = gradients.losses(loss, head, emission, expectation, y, finds_logits=False)
    assert readings.right is not None
    backend = backends.in_use()
    for reading in (readings.configured, readings.right):
        tensor = keras.ops.convert_to_tensor(y)
        (exact,) = backend.gradients_of([lambda point, r=reading, t=tensor: keras.ops.mean(r(t, point))], z)
        assert np.allclose(exact, numeric(reading, y, z), atol=2e-4)
        assert np.abs(exact).max() > 1e-3, "else nothing would be compared"


@pytest.mark.parametrize("emission", [SOFTMAX, SIGMOID, TANH, RELU], ids=["softmax", "sigmoid", "tanh", "relu"])
def test_the_head_gives_back_the_outputs_that_it_was_recovered_from(emission: Emission) -> None:
    raw = outputs(emission)
    head = heads.head(raw, emission)
    assert head is not None
    again = keras.ops.convert_to_numpy(head.activate(keras.ops.convert_to_tensor(head.z)))
    assert np.allclose(again, raw, atol=1e-5)


def test_two_softmaxes_are_undone_both() -> None:
    z = RNG.normal(0.0, 1.0, (6, 4)).astype("float32")
    softmax = keras.activations.softmax
    p = keras.ops.convert_to_numpy(softmax(softmax(keras.ops.convert_to_tensor(z))))
    emission = Emission(
        "class-probabilities", axis=-1, rank=2, size=4, twice="the first", twice_of="softmax", normaliser="softmax"
    )
    head = heads.head(p, emission)
    assert head is not None
    assert np.allclose(head.z - head.z.mean(-1, keepdims=True), z - z.mean(-1, keepdims=True), atol=1e-3)


@pytest.mark.parametrize(
    "emission",
    [
        Emission("unknown", rank=2, size=4),
        Emission("constant", rank=2, size=1),
        Emission("class-probabilities", axis=-1, rank=2, size=4, normaliser="softmax", broken_by="dropout"),
        Emission("bounded", rank=2, size=4, low=0.0, high=2.0, activation="tanh"),  # shifted since
        Emission("bounded", rank=2, size=4, low=0.0, high=1.0),
    ],
)
def test_no_head_where_its_activation_is_not_known(emission: Emission) -> None:
    assert heads.head(RNG.random((6, 4)).astype("float32"), emission) is None


def test_the_right_gradient_is_softmax_minus_label() -> None:
    head = heads.head(outputs(SOFTMAX), SOFTMAX)
    assert head is not None
    loss = L.SparseCategoricalCrossentropy(from_logits=True)
    readings = gradients.losses(loss, head, SOFTMAX, LOGITS, IDS.shape, finds_logits=False)
    tensor = keras.ops.convert_to_tensor(IDS)
    (found,) = backends.in_use().gradients_of([lambda z: keras.ops.mean(readings.right(tensor, z))], head.z)
    p = np.exp(head.z) / np.exp(head.z).sum(-1, keepdims=True)
    assert np.allclose(found, (p - ONE_HOT) / len(IDS), atol=1e-6)


def test_a_function_that_does_not_depend_on_the_point_has_no_gradient() -> None:
    still, moving = backends.in_use().gradients_of(
        [lambda z: keras.ops.mean(keras.ops.ones(3)), lambda z: keras.ops.sum(z)], np.zeros((2, 3), "float32")
    )
    assert np.array_equal(still, np.zeros((2, 3))) and np.array_equal(moving, np.ones((2, 3)))


def test_what_keras_finds_is_what_it_differentiates() -> None:
    """TensorFlow takes the logits back from the very tensor: no difference to right is left. The others do not."""
    head = heads.head(outputs(SOFTMAX), SOFTMAX)
    assert head is not None
    loss = L.SparseCategoricalCrossentropy(from_logits=True)
    readings = gradients.losses(loss, head, SOFTMAX, LOGITS, IDS.shape, finds_logits=True)
    said, computed = gradients.gaps(readings, IDS, head.z)
    assert said is not None and computed is not None
    assert said.difference > 0.5 and said.ratio < 0.5
    if BACKEND == "tensorflow":
        assert computed.difference == 0.0 and computed.ratio == 1.0 and computed.cosine == pytest.approx(1.0)
    else:
        assert computed.difference == pytest.approx(said.difference, rel=1e-4)


def test_rows_that_are_clipped_get_no_gradient() -> None:
    z = np.array([[-3.0], [0.4], [5.0], [-1.0]], "float32")
    y = np.array([[1.0], [1.0], [0.0], [1.0]], "float32")
    emission = Emission("logits", rank=2, size=1)
    head = heads.head(z, emission)
    assert head is not None
    readings = gradients.losses(
        L.BinaryCrossentropy(), head, emission, Expectation("binary-probabilities"), y.shape, False
    )
    gap, same = gradients.gaps(readings, y, z)
    assert gap is not None and gap == same
    assert gap.silent == 0.75 and gap.cosine == pytest.approx(1.0)
    right = np.abs(1 / (1 + np.exp(-z)) - y)
    assert gap.ratio == pytest.approx(1 / 0.4 / right.sum(), rel=1e-4)  # one row with slope 1 / p, the others with 0


def test_ratio_cosine_and_difference_of_known_vectors() -> None:
    right = np.array([[3.0, 4.0], [0.0, 5.0]])
    gap = gradients.compared(np.array([[3.0, 4.0], [5.0, 0.0]]), right)
    assert gap is not None
    assert (gap.rows, gap.ratio, gap.cosine, gap.silent) == (2, 1.0, 0.5, 0.0)
    assert gap.difference == pytest.approx(1.0)
    still = gradients.compared(np.zeros((2, 2)), right)
    assert still is not None and (still.ratio, still.cosine, still.silent, still.difference) == (0.0, None, 1.0, 1.0)
    both = gradients.compared(np.zeros((2, 2)), np.zeros((2, 2)))
    assert both is not None and both.ratio is None and both.difference is None and both.silent == 0.0
    lost = gradients.compared(np.array([[np.nan, 1.0], [5.0, 0.0]]), right)
    assert lost is not None and lost.rows == 1
    assert gradients.compared(np.full((2, 2), np.inf), right) is None


def test_a_few_rows_are_enough_whatever_their_size() -> None:
    assert gradients.few(np.zeros((500, 10)), np.zeros(500))[0].shape == (64, 10)
    assert gradients.few(np.zeros((20, 100_000), "float32"), np.zeros(20))[0].shape == (4, 100_000)
    assert gradients.few(np.zeros((4, 64, 64, 21), "float32"), np.zeros((4, 64, 64)))[0].shape == (4, 64, 64, 21)
    assert gradients.few(np.zeros((1, 1024, 1024, 21), "float16"), np.zeros((1, 1024, 1024))) is None
    assert gradients.few(np.full((5, 3), np.nan), np.zeros(5)) is None
    assert gradients.few(np.zeros((5, 3)), np.zeros(4)) is None


def test_a_loss_that_raises_or_prints_gives_no_gradient(capsys) -> None:
    def noisy(y, p):
        print("hello")
        return keras.ops.mean(p)

    def broken(y, p):
        raise RuntimeError

    head = heads.head(outputs(SOFTMAX), SOFTMAX)
    assert head is not None
    for loss in (noisy, broken):
        readings = gradients.losses(loss, head, SOFTMAX, LOGITS, IDS.shape, False)
        assert gradients.gaps(readings, IDS, head.z) == (None, None)
    assert capsys.readouterr().out == ""
