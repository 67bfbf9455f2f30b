"""Every program of the table comes out with exactly its codes, on the backend at hand."""

from __future__ import annotations

import types

import keras
import numpy as np
import pytest

import logit_magic
from tests.cases.programs import PROGRAMS, Program


def raw_functions() -> types.SimpleNamespace:
    """The backend's own softmax and sigmoid, as a user of that backend writes them."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return types.SimpleNamespace(softmax=tf.nn.softmax, sigmoid=tf.nn.sigmoid)
    if keras.config.backend() == "jax":
        import jax

        return types.SimpleNamespace(softmax=jax.nn.softmax, sigmoid=jax.nn.sigmoid)
    import torch

    return types.SimpleNamespace(softmax=lambda z: torch.softmax(z, -1), sigmoid=torch.sigmoid)


def run(code: str) -> dict:
    """Run a program the way a cell would, with the same weights every time."""
    keras.utils.set_random_seed(1)
    names = dict(keras=keras, layers=keras.layers, losses=keras.losses, ops=keras.ops, np=np, raw=raw_functions())
    exec(code, names)
    return names


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_program_comes_out_as_stated(program: Program, request: pytest.FixtureRequest) -> None:
    if program.pending:
        request.applymarker(pytest.mark.xfail(strict=True, reason=program.pending, raises=AssertionError))
    names = run(program.code)
    data = {"x": names["x"], "y": names["y"]} if "y" in names else {}
    report = logit_magic.check(names["model"], **data)
    assert tuple(finding.code for finding in report.findings) == program.codes, str(report)
    if program.emits:
        assert report.pairs[0].emits == program.emits
    if program.expects:
        assert report.pairs[0].expects == program.expects
    assert report.ok == (not set(program.codes) - {"LM901"})


def test_the_wrong_output_is_named() -> None:
    wrong = next(p for p in PROGRAMS if p.name == "two heads by name, one wrong")
    (finding,) = logit_magic.check(run(wrong.code)["model"]).findings
    assert finding.pair is not None and finding.pair.output == "kind"
    wrong = next(p for p in PROGRAMS if p.name == "three heads, the second wrong")
    report = logit_magic.check(run(wrong.code)["model"])
    assert [pair.verdict for pair in report.pairs][0::2] == ["match", "match"]
    assert report.findings[0].pair is report.pairs[1]


def test_a_wrapper_for_prediction_without_a_loss_is_silent() -> None:
    names = run(
        "trained = keras.Sequential([layers.Input((8,)), layers.Dense(10)])\n"
        "trained.compile(loss=losses.SparseCategoricalCrossentropy(from_logits=True))\n"
        "probability_model = keras.Sequential([trained, layers.Softmax()])\n"
    )
    report = logit_magic.check_namespace(names)
    assert report.ok and [pair.model for pair in report.pairs] == ["trained"]
