"""Which loss or model a name in a function stands for, where nothing in the cell may bind or change it on the way."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from logit_magic import kerases
from logit_magic.discovery.namespace import is_model
from logit_magic.discovery.sightings import CallOf
from logit_magic.expectation.catalogue import expectation_of
from logit_magic.foreign import module_of

_KERAS_OWN = ("keras.", "tf_keras.")


def loss_called(call: ast.Call, namespace: Mapping[str, Any]) -> Any:
    """The loss that a call calls: an object of the namespace or one written out, or a function of Keras; else None."""
    if isinstance(call.func, ast.Call):  # losses.X(...)(y, p)
        cls = thing_of(call.func.func, namespace)
        options = _literals(call.func.keywords)
        if type(cls) is not type or call.func.args or options is None or not _is_loss_class(cls):
            return None
        try:
            return cls(**{"name": "loss", **options})  # with a name, Keras counts no name up
        except Exception:
            return None
    thing = thing_of(call.func, namespace)
    if thing is None or issubclass(type(thing), type):
        return None
    if _is_loss_class(type(thing)):
        kept = {"sample_weight", "y_true", "y_pred"}
        return thing if all(k.arg in kept for k in call.keywords) and _is_known(thing) else None
    if type(thing) is not FunctionType or not str(thing.__module__).startswith(_KERAS_OWN):
        return None
    options = _literals([k for k in call.keywords if k.arg not in ("y_true", "y_pred")])
    called = None if options is None else CallOf(thing, **options)
    return called if called is not None and _is_known(called) else None


def _is_loss_class(cls: type) -> bool:
    return issubclass(cls, kerases.loss_classes()) and module_of(cls).startswith(_KERAS_OWN)


def _is_known(loss: Any) -> bool:
    return expectation_of(loss).kind != "unknown"


def is_plain(model: Any) -> bool:
    """Calling it is what Keras makes of calling a model."""
    owner = next(c for c in type(model).__mro__ if "__call__" in vars(c))
    return module_of(owner).startswith(_KERAS_OWN) and "call" not in vars(model)


def _literals(keywords: list[ast.keyword]) -> dict[str, Any] | None:
    """Arguments that are written out; None where one is not."""
    if not all(k.arg and isinstance(k.value, (ast.Constant, ast.UnaryOp)) for k in keywords):
        return None
    try:
        return {str(k.arg): ast.literal_eval(k.value) for k in keywords}
    except ValueError:
        return None


def thing_of(expr: ast.expr, namespace: Mapping[str, Any]) -> Any:
    """What a dotted name stands for in the namespace; None where it stands for nothing there."""
    root, *path = dotted(expr).split(".")
    thing, before = namespace.get(root), root
    for name in path:
        thing, before = _member(thing, name, before), name
    return thing


def _member(thing: Any, name: str, called: str) -> Any:
    """An attribute, read without running anything of the user's."""
    if issubclass(type(thing), ModuleType):
        if name in vars(thing):
            return vars(thing)[name]
        return getattr(thing, name, None) if called == "keras" and type(thing) is not ModuleType else None
    if issubclass(type(thing), type) or (type(type(thing)) is not type and not is_model(thing)):
        return None  # what a metaclass makes of a class is not tried out
    if any(name in vars(c) for c in type(thing).__mro__):
        return None
    try:
        attributes = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return None
    return attributes.get(name) if type(attributes) is dict else None


def dotted(expr: ast.AST) -> str:
    """A name or a chain of attributes as it is written; "" for anything else."""
    if isinstance(expr, ast.Name):
        return expr.id
    owner = dotted(expr.value) if isinstance(expr, ast.Attribute) else ""
    return f"{owner}.{expr.attr}" if owner else ""  # type: ignore[attr-defined]
