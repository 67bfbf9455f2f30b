"""Where the batch comes from, that it is small, and that nothing of the user's is used up or kept."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import logit_magic
from logit_magic.measure import forward
from logit_magic.measure.sample import ROWS, Sample, from_namespace, synthetic, take

X, Y = np.arange(4000.0).reshape(1000, 4), np.arange(1000) % 3


def test_the_first_rows_are_copied() -> None:
    taken = take(X, Y)
    assert isinstance(taken, Sample) and taken.rows == ROWS == len(taken.x) == len(taken.y)
    assert not np.shares_memory(taken.x, X)


@pytest.mark.parametrize(
    "x",
    [
        X,
        X.tolist(),
        pd.DataFrame(X, index=np.arange(1000) + 7),
        keras.ops.convert_to_tensor(X),
        {"a": X, "b": X},
        [X, X],
        (X,),
    ],
    ids=["array", "list", "frame", "tensor", "dict", "list of arrays", "tuple"],
)
def test_arrays_in_every_form(x) -> None:
    taken = take(x, pd.Series(Y))
    assert isinstance(taken, Sample) and taken.rows == ROWS
    first = taken.x
    while not isinstance(first, np.ndarray):
        first = next(iter(first.values())) if isinstance(first, dict) else first[0]
    assert np.allclose(first[3], X[3]) and taken.y[4] == Y[4]


def test_of_large_rows_fewer_are_copied_with_as_many_labels() -> None:
    images = np.broadcast_to(np.zeros((1, 1, 1, 1), np.float32), (300, 1024, 1024, 3))
    for x in (images, [images, np.arange(300.0)[:, None]]):
        taken = take(x, np.arange(300), weights=np.ones(300))
        assert isinstance(taken, Sample), taken
        parts = [*(taken.x if isinstance(x, list) else [taken.x]), taken.y, taken.weights]
        assert {len(part) for part in parts} == {taken.rows} and 0 < taken.rows < 10


def test_lengths_are_told_as_they_are_and_compared_to_the_last_row() -> None:
    assert take(X, Y[:999]) == "x has 1000 rows where y has 999"
    assert take(X.tolist(), pd.Series(Y[:7]), named=True) == "x has 1000 rows where y has 7"


def test_iterators_are_not_touched() -> None:
    def generate():
        yield X, Y

    rows = generate()
    assert isinstance(take(rows), str) and "generator" in take(rows)
    assert len(list(rows)) == 1
    assert "rows" in take(X, Y[:10])
    assert take(np.zeros((0, 3))) == "it has no rows"


def test_a_data_set_of_arrays_is_looked_through_and_never_iterated() -> None:
    if keras.config.backend() == "torch":
        import torch

        drawn: list[int] = []

        class Counted(torch.utils.data.TensorDataset):
            def __getitem__(self, index):
                drawn.append(index)
                return super().__getitem__(index)

        loader = torch.utils.data.DataLoader(Counted(torch.tensor(X), torch.tensor(Y)), batch_size=8, shuffle=True)
        taken = take(loader)
        assert isinstance(taken, Sample) and np.allclose(taken.x, X[:ROWS]) and drawn == []
        return
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(100).batch(8).prefetch(2)
    taken = take(data)
    assert isinstance(taken, Sample) and np.allclose(taken.x, X[:ROWS]) and (taken.y == Y[:ROWS]).all()
    made: list[int] = []

    def generate():
        made.append(1)
        yield from zip(X, Y, strict=True)

    signature = (tf.TensorSpec((4,), tf.float64), tf.TensorSpec((), tf.int64))
    assert isinstance(take(tf.data.Dataset.from_generator(generate, output_signature=signature).batch(8)), str)
    assert made == []


def test_arrays_of_the_namespace_that_fit() -> None:
    names = {"far": np.zeros((50, 9)), "x_train": X, "y_train": Y, "word": "no", "x_test": X[:100], "y_test": Y[:100]}
    found = from_namespace(names, (None, 4), [(), (1,)], 64)
    assert found is not None and found.rows == 64
    assert found.source == "arrays x_test and y_test of the namespace, the last bound of several that fit"
    alone = from_namespace({"x": X}, (None, 4), [()], 64)
    assert alone is not None and alone.y is None and "without labels" in alone.source
    assert from_namespace({"x": X}, (None, 5), [()], 64) is None


def test_made_up_input_fits_the_vocabulary() -> None:
    ids = synthetic(((None, None), "float32"), 7)
    assert ids is not None and ids.synthetic and ids.x.dtype == "int32" and 0 <= ids.x.min() <= ids.x.max() < 7
    again = synthetic(((None, None), "float32"), 7)
    assert again is not None and (ids.x == again.x).all()
    embedding = keras.Sequential([layers.Input((5,)), layers.Embedding(7, 3), layers.Flatten(), layers.Dense(2)])
    embedding.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    measured = logit_magic.check(embedding).pairs[0].distributions
    assert measured is not None and measured.sample.synthetic and measured.loss_configured is None


@pytest.mark.parametrize(
    ("shape", "axis", "limit", "expected"),
    [
        ((8, 64, 64, 5), -1, 8 * 32 * 32 * 5, (8, 32, 32, 5)),
        ((8, 5, 64, 64), 1, 8 * 5 * 16 * 64, None),
        ((8, 10), -1, 4, (8, 10)),
    ],
)
def test_large_outputs_are_thinned_but_never_along_the_classes(shape, axis, limit, expected) -> None:
    small = forward.thin(np.zeros(shape), axis, limit)
    assert small.shape[0] == shape[0] and small.shape[axis] == shape[axis]
    assert expected is None or small.shape == expected
    assert small.size <= limit or len(shape) == 2


def test_the_report_says_how_an_output_was_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "ELEMENTS", 4000)
    model = keras.Sequential([layers.Input((16, 16, 2)), layers.Conv2D(3, 1)])
    model.compile(loss=keras.losses.CategoricalCrossentropy())
    x, y = np.random.default_rng(0).normal(size=(32, 16, 16, 2)), np.zeros((32, 16, 16, 3))
    report = logit_magic.check(model, x=x.astype("float32"), y=y)
    note = report.pairs[0].distributions.sample
    assert "768 values" not in note.thinned and "16 x 16 x 3" in note.thinned
    assert note.thinned in " ".join(str(report).split())


def test_the_check_keeps_no_array_alive() -> None:
    import gc
    import weakref

    class Array(np.ndarray):
        pass

    x = np.random.default_rng(0).normal(size=(300, 4)).astype("float32").view(Array)
    gone = weakref.ref(x)
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy())
    report = logit_magic.check(model, x=x, y=np.arange(300) % 3)
    del x
    gc.collect()
    assert gone() is None and report.pairs[0].distributions.sample.rows == 256
