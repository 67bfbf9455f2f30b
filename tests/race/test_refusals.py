"""Who is not raced, and the one sentence that says why."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from logit_magic.discovery.pairing import Target
from logit_magic.race import entry as entries
from logit_magic.race.entry import CannotRaceError, bytes_needed, refusal, rows_for
from logit_magic.race.twins import twins
from tests.race.entrants import checked, digits, entry, never

X, Y = digits()
X, Y = X[:64], Y[:64]


class Head(keras.Model):
    """A subclass that says nothing of how it is made."""

    def __init__(self, units: object) -> None:
        super().__init__()
        self.head = keras.layers.Dense(len(units))  # type: ignore[arg-type]

    def call(self, inputs):
        return self.head(inputs)


class Own(keras.Model):
    """A model that trains itself."""

    def train_step(self, *args):
        return super().train_step(*args)


def given(model, x=X, y=Y):
    """Return what `refusal` takes: the pair, its first finding with a remedy, and the rows."""
    report, target = checked(model, x, y)
    finding = next((f for f in report.findings if f.fix is not None), None)
    rows = dict((id(pair), data) for pair, data in rows_for(report.pairs, [target]))
    return report.pairs[0], finding, rows.get(id(report.pairs[0]))


def test_a_plain_model_is_raced() -> None:
    model = never()
    assert refusal(model, *given(model)) == ""


def test_no_data() -> None:
    model = never()
    pair, finding, data = given(model)
    said = refusal(model, pair, finding, None)
    assert said.startswith("there is no data") and "--data X Y" in said and data is not None
    report, _ = checked(model, X, Y)
    assert rows_for(report.pairs, [Target("model", model, model.loss, "compiled")]) == ()


def test_no_labels() -> None:
    model = never()
    assert "there are no labels" in refusal(model, *given(model, y=None))


def test_the_model_is_gone() -> None:
    assert "does not exist any more" in refusal(None, *given(never()))


def test_too_big(monkeypatch) -> None:
    model = never()
    args = given(model)
    trained = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    weights = sum(int(np.prod(v.shape)) for v in model.variables)
    assert bytes_needed(model) == pytest.approx(2 * 4 * (weights + 3 * trained), rel=0.01)
    monkeypatch.setattr(entries, "MOST_BYTES", bytes_needed(model) - 1)
    said = refusal(model, *args)
    assert said.startswith("the model is too big: two copies with their optimizers need about")


def test_sgd_has_no_slots() -> None:
    model = never()
    model.compile(keras.optimizers.SGD(), loss="sparse_categorical_crossentropy")
    model.train_on_batch(X, Y)
    adam = never()
    adam.train_on_batch(X, Y)
    assert bytes_needed(model) < 0.6 * bytes_needed(adam)


def test_a_subclass_that_cannot_be_made_again() -> None:
    model = Head(range(10))
    model.compile("adam", loss="sparse_categorical_crossentropy")
    model.fit(X, Y, verbose=0)
    pair, finding, data = given(model)
    assert refusal(model, pair, finding, data) == ""
    with pytest.raises(CannotRaceError, match="cannot be copied"):
        twins(model, finding, data)


def test_a_copy_that_is_another_model_is_no_copy() -> None:
    @keras.saving.register_keras_serializable("tests")
    class Forgets(keras.layers.Layer):
        """A layer whose config leaves out what it does."""

        def __init__(self, scale: float = 1.0, **rest) -> None:
            super().__init__(**rest)
            self.scale = scale

        def call(self, inputs):
            return inputs * self.scale

        def get_config(self):
            return {"name": self.name}

    model = keras.Sequential([keras.Input((64,)), Forgets(3.0), keras.layers.Dense(10)])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    _, finding, data = given(model)
    with pytest.raises(CannotRaceError, match="gives other outputs"):
        twins(model, finding, data)


def test_a_copy_that_shares_layers_would_train_the_model_itself() -> None:
    class Wraps(keras.layers.Layer):
        """A layer whose config holds a live layer."""

        def __init__(self, inner, **rest) -> None:
            super().__init__(**rest)
            self.inner = inner

        def call(self, inputs):
            return self.inner(inputs)

        def get_config(self):
            return {**super().get_config(), "inner": self.inner}

    model = keras.Sequential([keras.Input((64,)), Wraps(keras.layers.Dense(10))])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    _, finding, data = given(model)
    with pytest.raises(CannotRaceError, match="would share layers with it"):
        twins(model, finding, data)


def test_an_optimizer_that_cannot_be_made_again() -> None:
    class Odd(keras.optimizers.SGD):
        def __init__(self, needed: object) -> None:
            super().__init__(0.1)

    model = never()
    model.compile(Odd(3), loss="sparse_categorical_crossentropy")
    _, finding, data = given(model)
    with pytest.raises(CannotRaceError, match="its optimizer, Odd, cannot be copied"):
        twins(model, finding, data)


def test_its_own_train_step() -> None:
    inputs = keras.Input((64,))
    model = Own(inputs, keras.layers.Dense(10)(inputs))
    model.compile("adam", loss="sparse_categorical_crossentropy")
    assert refusal(model, *given(model)) == "Own trains by its own train_step"


def test_a_loss_that_is_not_compiled() -> None:
    from logit_magic.checker import check

    model = never()
    report = check(model, "sparse_categorical_crossentropy", x=X, y=Y)
    assert "in code of your own" in refusal(model, report.pairs[0], report.findings[0], None)


def test_a_loss_of_the_users_own() -> None:
    def mine(y_true, y_pred):
        return keras.losses.sparse_categorical_crossentropy(y_true, y_pred)

    model = never()
    model.compile("adam", loss=mine)
    assert "a loss of your own" in refusal(model, *given(model))


def test_a_loss_of_the_users_own_on_another_output() -> None:
    inputs = keras.Input((64,))
    model = keras.Model(inputs, [keras.layers.Dense(10)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile("adam", loss=["sparse_categorical_crossentropy", lambda y, p: keras.ops.mean((y - p) ** 2)])
    pair, finding, data = given(model, y=[Y, X[:, :1]])
    assert "also trains with a loss of your own" in refusal(model, pair, finding, data)


def test_a_remedy_that_changes_layers() -> None:
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax"), keras.layers.Softmax()])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    assert "one of the model's layers" in refusal(model, *given(model))


def test_no_right_reading() -> None:
    pair, _, data = given(never())
    assert "no right reading" in refusal(never(), pair, None, data)


def test_compiled_anew_since() -> None:
    model = never()
    args = given(model)
    model.compile("adam", loss="mse")
    assert "compiled with another loss since" in refusal(model, *args)


def test_few_rows_are_kept_of_many(monkeypatch) -> None:
    monkeypatch.setattr(entries, "ROW_BYTES", 64 * 4 * 10)
    _, _, data = entry(never(), X, Y)
    assert data.rows == 9 and data.x.shape == (9, 64) and data.y.shape == (9,)
