"""Models to race, and what a check says of them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn.datasets import load_digits

from logit_magic.checker import Options, run
from logit_magic.discovery.pairing import Target
from logit_magic.facts import Finding, Pair
from logit_magic.measure.sample import Sample, take
from logit_magic.race.course import Course
from logit_magic.race.entry import rows_for
from logit_magic.race.twins import Twins, twins
from logit_magic.report import Report

LOGITS = {"from_logits": True}


def digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    return (x / 16).astype("float32"), y


def small(head: str | None, rate: float = 0.0) -> keras.Model:
    """Return a network for the digits with batch normalisation and a seeded dropout."""
    middle = [keras.layers.Dropout(rate, seed=3)] if rate else []
    return keras.Sequential(
        [
            keras.Input((64,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.BatchNormalization(momentum=0.8),
            *middle,
            keras.layers.Dense(10, activation=head),
        ]
    )


def twice(rate: float = 0.0, optimizer: Any = "adam") -> keras.Model:
    """Return a model that applies softmax twice, where Keras does not repair it."""
    model = small("softmax", rate)
    model.compile(optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def never(rate: float = 0.0) -> keras.Model:
    """Return a model that never applies softmax."""
    model = small(None, rate)
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def checked(model: keras.Model, x: Any, y: Any = None, weights: Any = None) -> tuple[Report, Target]:
    """Return the report of a model that `fit` was given these for."""
    target = Target("model", model, model.loss, "compiled", None, take(x, y, weights=weights))
    return run([target], Options(samples=64)), target


def entry(model: keras.Model, x: Any, y: Any) -> tuple[Pair, Finding, Sample]:
    report, target = checked(model, x, y)
    finding = next(f for f in report.findings if f.fix is not None)
    ((pair, data),) = rows_for(report.pairs, [target])
    return pair, finding, data


def course(model: keras.Model, x: Any, y: Any, steps: int) -> tuple[Course, Twins]:
    pair, finding, data = entry(model, x, y)
    both = twins(model, finding, data)
    return Course(both, pair.emission, data, steps), both


def ran(course: Course) -> list:
    """Run a course to its end and return its laps."""
    return [lap for lap in course.run(lambda: False) if lap is not None]
