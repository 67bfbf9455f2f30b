"""Every layer and op of the Keras that is installed has a row in the table, or a reason why not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import keras

from logit_magic.emission.no_rows import NO_ROW, why_no_row
from logit_magic.emission.transfer import TABLE, lookup


def layers() -> set[str]:
    """Public layers, by the class name that the table goes by."""
    found = [c for c in vars(keras.layers).values() if inspect.isclass(c) and issubclass(c, keras.layers.Layer)]
    return {f"layers.{c.__name__}" for c in found}


def operations() -> set[str]:
    """Operation classes of keras.ops."""
    package = importlib.import_module("keras.src.ops")
    names = [m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.endswith("_test")]
    return {
        f"{name}.{cls.__name__}"
        for name in names
        for cls in vars(importlib.import_module(f"keras.src.ops.{name}")).values()
        if inspect.isclass(cls) and issubclass(cls, keras.Operation) and cls.__module__ == f"keras.src.ops.{name}"
    }


def missing(names: set[str]) -> list[str]:
    """Names that have neither a row nor a reason."""
    lookup("")
    return sorted(names - set(TABLE) - set(NO_ROW))


def test_every_layer_has_a_row_or_a_reason() -> None:
    assert len(layers()) > 100 and missing(layers()) == []


def test_every_op_has_a_row_or_a_reason() -> None:
    assert len(operations()) > 200 and missing(operations()) == []


def test_a_new_layer_would_be_noticed() -> None:
    assert missing({"layers.Dense", "layers.BrandNew"}) == ["layers.BrandNew"]


def test_nothing_has_both_a_row_and_a_reason() -> None:
    lookup("")
    assert set(TABLE) & set(NO_ROW) == set()


def test_reasons_can_be_asked_for() -> None:
    assert why_no_row("layers.RandomFlip").startswith("it prepares data")
    assert why_no_row("layers.Dense") == "" == why_no_row("layers.BrandNew")
