"""What watching a cell costs the cell: loops of one's own and `fit`, with the recorder armed and without it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from types import FrameType

import keras
import numpy as np

from logit_magic.discovery import hooks
from logit_magic.discovery.recorder import Recorder
from logit_magic.measure.sample import take

STEPS = 100  # of a piece of one's own loop
PIECES = 100  # of one run: 10,000 steps
RUNS = 4
ALONE = 2000  # steps of a loop in which the recorder's part is told
FIT_STEPS = 200
FITS = 400


def runs(work: Callable[[], object], pieces: int, times: int) -> list[float]:
    """Time of a long watched cell over that of the same cell without, for each of its pieces, `times` cells.

    The pieces of both run in turn, so that what else the machine does meets both. What is spent once in a cell, on arming
    and on the first sight of each call, shows in the first piece; it is spread over all of them.
    """
    found: list[float] = []
    work()
    for _ in range(times):
        recorder = _recorder()
        watched, plain = [], []
        for turn in range(pieces):
            for armed in (True, False) if turn % 2 else (False, True):
                (watched if armed else plain).append(_timed(work, recorder if armed else None, whole=turn == 0))
        recorder.forget()
        ratios = [w / p for w, p in zip(watched, plain, strict=True)]
        usual = statistics.median(ratios[1:])
        once = max(watched[0] - usual * plain[0], 0.0) / sum(plain)
        found += [ratio + once for ratio in ratios[1:]]
    return found


def ratios(work: Callable[[], object], pairs: int) -> list[float]:
    """Time of the work as a watched cell of its own over that of the same work as a plain one, `pairs` times, in turn."""
    found: list[float] = []
    work()
    for turn in range(pairs):
        took = {}
        for armed in (True, False) if turn % 2 else (False, True):
            recorder = _recorder() if armed else None
            took[armed] = _timed(work, recorder)
            if recorder is not None:
                recorder.forget()
        found.append(took[True] / took[False])
    return found


def _recorder() -> Recorder:
    return Recorder(take, lambda name: name == __file__)


def _timed(work: Callable[[], object], recorder: Recorder | None, *, whole: bool = True) -> float:
    """Seconds that the work takes while a recorder, if there is one, is armed; a `whole` cell arms it in this time."""
    start = time.perf_counter()
    if recorder is not None:
        recorder.arm()
    start = start if whole else time.perf_counter()
    work()
    if recorder is not None:
        recorder.disarm()
    return time.perf_counter() - start


def shares(work: Callable[[], object], times: int) -> list[float]:
    """Part of the time of the work in a watched cell that the recorder itself takes, measured `times` times.

    The same cost as in `runs`, but for what the stand-ins in Keras' modules add where nothing is looked at: far less
    troubled by whatever else the machine does.
    """
    spent = 0.0
    shown = hooks._shown

    def timed(look: hooks.Look, frame: FrameType) -> None:
        nonlocal spent
        start = time.perf_counter()
        shown(look, frame)
        spent += time.perf_counter() - start

    recorder = _recorder()
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
