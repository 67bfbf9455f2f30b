"""Run a model's own Python once more without leaving anything behind in Keras or in the user's objects.

Symbolic calls add nodes to layers, count up automatic names, may draw a seed, set attributes and print. Everything
that they touch is put back here. With emission/, the only place that reads Keras internals.
"""

from __future__ import annotations

import contextlib
import copy
import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

from logit_magic import kerases
from logit_magic.limits import shielded
from logit_magic.quiet import quiet
from logit_magic.stacks import may_be_busy, stacks

# what `fit` sets on a model, and no call of it: training may go on in another thread while a check runs
_OF_TRAINING = frozenset(
    {"stop_training", "history", "train_function", "test_function", "predict_function", "_eval_epoch_iterator",
     "_jax_state", "_jax_state_synced"}
)  # fmt: skip
GLOBALS = ("object_name_uids", "global_seed_generator", "custom_objects_scope_dict")


def layers_of(root: Any) -> list[Any]:
    """The root and all layers below it; an empty list for what is no layer."""
    flatten = getattr(root, "_flatten_layers", None)
    return list(flatten(include_self=True, recursive=True)) if callable(flatten) else []


def trains_elsewhere() -> bool:
    """Whether another thread is within a `fit`: what it draws meanwhile is its own, and must not be drawn once more."""
    return may_be_busy() and any(
        call.function == "fit" and "keras" in call.file
        for thread, calls in stacks().items()
        if thread != threading.get_ident()
        for call in calls
    )


@contextlib.contextmanager
def left_as_found(root: Any = None) -> Iterator[None]:
    """Put back what calling parts of `root` changes: nodes, attributes, automatic names, seeds, warnings, output.

    Args:
        root: a model or layer whose nodes and attributes are to be put back; None for the global state alone.
    """
    from_keras = _keras_globals()
    python_random, numpy_random, trains = random.getstate(), _numpy_state(), trains_elsewhere()
    nodes = _node_counts(root)
    attributes = [(layer, dict(vars(layer))) for layer in layers_of(root)]
    try:
        with quiet():
            yield
    finally:
        with shielded():
            for layer, before in attributes:
                _put_back(layer, before)
            for op, inbound, outbound in nodes:
                del op._inbound_nodes[inbound:]
                del op._outbound_nodes[outbound:]
            if not (trains or trains_elsewhere()):
                random.setstate(python_random)
                if numpy_random is not None:
                    sys.modules["numpy"].random.set_state(numpy_random)
            _restore_keras_globals(from_keras)


@contextlib.contextmanager
def stateless(root: Any = None) -> Iterator[None]:
    """`left_as_found`, and variables that the calls assign to keep their values."""
    if kerases.is_two(root):
        before = [(variable, variable.numpy()) for variable in root.non_trainable_variables]
        try:
            with left_as_found(root):
                yield
        finally:
            with shielded():
                for variable, value in before:
                    variable.assign(value)
        return
    with left_as_found(root), kerases.three().StatelessScope():
        yield


class UnbuiltError(Exception):
    """A layer that has no weights yet was called."""


@contextlib.contextmanager
def unbuildable(root: Any) -> Iterator[list[Any]]:
    """Layers below `root` that have no weights yet get none: calling one raises; a layer that no call uses may stay.

    Yields:
        the layers that were called all the same.
    """
    met: list[Any] = []
    unbuilt = [layer for layer in layers_of(root) if layer is not root and not layer.built]
    builders = [(layer, vars(layer).get("build")) for layer in unbuilt]

    def refusing(layer: Any) -> Any:
        def build(*_: Any, **__: Any) -> None:
            met.append(layer)
            raise UnbuiltError

        return build

    try:
        for layer in unbuilt:
            vars(layer)["build"] = refusing(layer)
        yield met
    finally:
        with shielded():
            for layer, builder in builders:
                if builder is None:
                    vars(layer).pop("build", None)
                else:
                    vars(layer)["build"] = builder


@contextlib.contextmanager
def called(layer: Any, training: bool) -> Iterator[None]:
    """Layers called inside learn the mode as if Keras had called `layer` in it."""
    state = sys.modules.get("keras.src.backend.common.global_state")
    context = getattr(sys.modules.get("keras.src.layers.layer"), "CallContext", None)
    if state is None or context is None:
        yield
        return
    before = state.get_global_attribute("current_call_ctx")
    inside = context(entry_layer=layer)
    inside.training = training
    state.set_global_attribute("current_call_ctx", inside)
    try:
        yield
    finally:
        state.set_global_attribute("current_call_ctx", before)


def _node_counts(root: Any) -> list[tuple[Any, int, int]]:
    seen: dict[int, Any] = {}
    for layer in layers_of(root):
        seen[id(layer)] = layer
        for op in getattr(layer, "_operations", None) or ():
            seen[id(op)] = op
    return [
        (op, len(op._inbound_nodes), len(op._outbound_nodes))
        for op in seen.values()
        if hasattr(op, "_inbound_nodes") and hasattr(op, "_outbound_nodes")
    ]


def _put_back(layer: Any, before: dict[str, Any]) -> None:
    """Rebind every attribute that is another object now; containers changed in place are Keras' own bookkeeping."""
    now = vars(layer)
    trains = hasattr(type(layer), "compute_loss")
    for name in [n for n in now if n not in before]:
        if not (trains and name in _OF_TRAINING):
            now.pop(name, None)
    for name, value in before.items():
        if now.get(name) is not value and not (trains and name in _OF_TRAINING):
            now[name] = value


def _numpy_state() -> Any:
    numpy = sys.modules.get("numpy")
    return None if numpy is None else numpy.random.get_state()


def _keras_globals() -> dict[str, Any]:
    state = sys.modules.get("keras.src.backend.common.global_state")
    if state is None:
        return {}
    found = {name: state.get_global_attribute(name) for name in GLOBALS}
    if found["object_name_uids"] is not None:
        found["object_name_uids"] = copy.copy(found["object_name_uids"])
    return found


def _restore_keras_globals(found: dict[str, Any]) -> None:
    state = sys.modules.get("keras.src.backend.common.global_state")
    for name, value in found.items():
        if state is not None:
            state.set_global_attribute(name, value)


@contextlib.contextmanager
def own_seeds() -> Iterator[None]:
    """Random ops of Keras without a seed draw from this thread's own generator; for a thread beside the user's."""
    state = sys.modules.get("keras.src.backend.common.global_state")
    generators = sys.modules.get("keras.src.random.seed_generator")
    if state is None or generators is None:
        yield
        return
    before = state.get_global_attribute("global_seed_generator")
    state.set_global_attribute("global_seed_generator", generators.SeedGenerator(0))
    try:
        yield
    finally:
        state.set_global_attribute("global_seed_generator", before)
