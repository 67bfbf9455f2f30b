"""What watching a cell costs the cell: loops of one's own and `fit`, with the recorder armed and without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import FrameType

import keras
import numpy as np

from logit_magic.discovery import hooks
from logit_magic.discovery.recorder import Recorder
from logit_magic.measure.sample import take

STEPS = 25  # of a piece of one's own loop
PIECES = 90
FIT_STEPS = 200


def ratios(work: Callable[[], object], pairs: int) -> list[float]:
    """Time of the work in a watched cell over that of the same work in a plain one, `pairs` times, in turn.

    One recorder is armed and disarmed again and again, as if each piece were a part of one long cell: what it does at the
    first sight of a call is done before.
    """
    recorder = Recorder(take, lambda name: name == __file__)
    found: list[float] = []
    for turn in range(-1, pairs):
        took = {}
        for armed in (True, False) if turn % 2 else (False, True):
            if armed:
                recorder.arm()
            start = time.perf_counter()
            work()
            took[armed] = time.perf_counter() - start
            recorder.disarm()
        if turn >= 0:
            found.append(took[True] / took[False])
    recorder.forget()
    return found


def shares(work: Callable[[], object], times: int) -> list[float]:
    """Part of the time of the work in a watched cell that the recorder itself takes, measured `times` times.

    The same cost as in `ratios`, but for what the stand-ins in Keras' modules add where nothing is looked at: far less
    troubled by whatever else the machine does.
    """
    spent = 0.0
    shown = hooks._shown

    def timed(look: hooks.Look, frame: FrameType) -> None:
        nonlocal spent
        start = time.perf_counter()
        shown(look, frame)
        spent += time.perf_counter() - start

    recorder = Recorder(take, lambda name: name == __file__)
    found: list[float] = []
    hooks._shown = timed
    try:
        for turn in range(-1, times):
            recorder.arm()
            start, spent = time.perf_counter(), 0.0
            work()
            found += [spent / (time.perf_counter() - start)] if turn >= 0 else []
            recorder.disarm()
    finally:
        hooks._shown = shown
    recorder.forget()
    return found


def own_loop(steps: int = STEPS) -> Callable[[], None]:
    """Tiny steps of gradient descent: with a tape on TensorFlow, the forward pass and the loss on the others."""
    x, y, model = _tiny()
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    a, b = keras.ops.convert_to_tensor(x[:8]), keras.ops.convert_to_tensor(y[:8])

    def forward() -> object:
        return loss_fn(b, model(a, training=True))

    step = _with_tape(forward, model) if keras.config.backend() == "tensorflow" else forward

    def loop() -> None:
        for _ in range(steps):
            step()

    return loop


def _with_tape(forward: Callable[[], object], model: keras.Model) -> Callable[[], object]:
    from keras.src.utils.module_utils import tensorflow as tf  # Keras' own lazy door: no other backend gets here

    optimizer = keras.optimizers.SGD(0.01)

    def step() -> object:
        with tf.GradientTape() as tape:
            value = forward()
        optimizer.apply_gradients(
            zip(tape.gradient(value, model.trainable_variables), model.trainable_variables, strict=True)
        )
        return value

    return step


def fit(steps: int = FIT_STEPS) -> Callable[[], object]:
    """A `fit` of so many steps, compiled before."""
    x, y, model = _tiny(8 * steps)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return lambda: model.fit(x, y, batch_size=8, verbose=0)


def _tiny(rows: int = 64) -> tuple[np.ndarray, np.ndarray, keras.Model]:
    x = np.random.default_rng(0).normal(size=(rows, 8)).astype("float32")
    model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(4)])
    return x, np.arange(rows) % 4, model
