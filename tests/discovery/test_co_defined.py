"""A lone uncompiled model and a lone loss of one cell are likely meant for each other, which is no proof: at most a warning."""

from __future__ import annotations

import keras
import pytest
from keras import layers, losses

import logit_magic


def heads(*activations: str | None) -> list[keras.Model]:
    return [keras.Sequential([layers.Input((8,)), layers.Dense(4, activation=a)]) for a in activations]


def test_one_model_and_one_loss_meet_with_a_warning_at_most() -> None:
    (model,) = heads(None)
    report = logit_magic.check_namespace({"model": model, "loss_fn": losses.SparseCategoricalCrossentropy()})
    assert [(p.model, p.basis) for p in report.pairs] == [("model", "co-defined")]
    assert [(f.code, f.severity) for f in report.findings] == [("LM101", "warning")]


def test_a_right_pair_is_silent() -> None:
    (model,) = heads(None)
    names = {"model": model, "loss_fn": losses.SparseCategoricalCrossentropy(from_logits=True)}
    assert logit_magic.check_namespace(names).ok


@pytest.mark.parametrize(
    "names",
    [
        dict(zip("ab", heads(None, None), strict=True), loss_fn=losses.SparseCategoricalCrossentropy()),
        {"a": heads(None)[0], "one": losses.SparseCategoricalCrossentropy(), "two": losses.BinaryCrossentropy()},
        {"a": heads(None)[0]},
        {"loss_fn": losses.SparseCategoricalCrossentropy()},
    ],
    ids=["two models", "two losses", "no loss", "no model"],
)
def test_anything_less_clear_is_not_paired(names: dict) -> None:
    assert logit_magic.check_namespace(names).pairs == ()


def test_models_inside_containers_and_plain_objects_are_found() -> None:
    class Holder:
        @property
        def trap(self):
            raise AssertionError("a property must not be triggered")

        def __getattr__(self, name):
            raise AssertionError("no attribute must be asked for")

    holder = Holder()
    vars(holder)["net"], in_list, in_dict = heads(None, "softmax", None)
    for model in (vars(holder)["net"], in_list, in_dict):
        model.compile(loss=losses.SparseCategoricalCrossentropy())
    report = logit_magic.check_namespace({"holder": holder, "nets": [in_list], "by_name": {"x": in_dict}})
    assert {p.model: p.verdict for p in report.pairs} == {
        "holder.net": "mismatch",
        "nets[0]": "match",
        "by_name['x']": "mismatch",
    }
