"""How soon a race tells: digits, softmax twice, on JAX, in a process of its own, from the start to a visible lead."""

from __future__ import annotations

import os
import subprocess
import sys
import time

LEAD, WITHIN = 0.1, 10.0
"""Accuracy by which the right copy leads, and the seconds that this may take."""
STEPS = 200  # as the panel offers at first


def shares(rounds: int) -> list[float]:
    """Seconds until the right copy leads visibly, over what they may be."""
    env = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-m", __name__]
    lines = [subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout for _ in range(rounds)]
    return [float(line.split()[-1]) / WITHIN for line in lines]


def _seconds() -> float:
    import keras

    from logit_magic.race.runner import Race
    from tests.race.entrants import course, digits

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10, activation="softmax")]
    )
    model.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    race = Race(course(model, *digits(), STEPS)[0], lambda: None)
    begin = time.perf_counter()
    race.start()
    while not any(lap.accuracies[1] >= lap.accuracies[0] + LEAD for lap in race.progress.laps):
        if not race.running:
            raise RuntimeError(f"the race ended without a lead: {race.progress}")
        time.sleep(0.01)
    seconds = time.perf_counter() - begin
    race.stop()
    race.join(60)
    return seconds


if __name__ == "__main__":
    print(_seconds())
