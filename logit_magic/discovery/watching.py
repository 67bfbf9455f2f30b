"""Which functions of Keras are looked into, so that layers are seen returning and losses are seen being called."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

from logit_magic import backends
from logit_magic.backends.foreign import ForeignLoss
from logit_magic.discovery.hooks import Hooks, Look
from logit_magic.discovery.watcher import Watcher
from logit_magic.structure import at, leaves_with_places

_TORCH_ASKS = "has_torch_function_variadic"  # the first thing that functions of torch.nn.functional call


def watch(hooks: Hooks, watcher: Watcher, model: Any) -> None:
    """Have the watcher look at layers as they return and at losses as they are called.

    Args:
        hooks: undoes what is done here.
        watcher: is told what was seen.
        model: `keras.Model`.
    """
    layer = next(c for c in model.__mro__ if c.__module__ == "keras.src.layers.layer" and c.__name__ == "Layer")
    loss = vars(sys.modules["keras.src.losses.loss"])["Loss"]
    returns, stateless, begins = map(_code, (layer.__call__, layer.stateless_call, loss.__call__))
    watcher.know_symbolic(vars(sys.modules[layer.__module__])["KerasTensor"])
    watcher.know_losses({begins: None, **_keras_losses()})

    def layer_returns(frame: FrameType) -> None:
        if frame.f_code is returns:
            local = frame.f_locals
            watcher.returned(local["self"], local["outputs"])
            if type(local["self"]).__name__ in ("Softmax", "Activation"):
                _layer_applied(watcher, frame, local["self"], local["args"])

    asked_first = sys.maxsize  # where a loss asks for a mask before it has changed its arguments

    def loss_begins(frame: FrameType) -> None:
        nonlocal asked_first
        if frame.f_code is begins and frame.f_lasti <= asked_first:
            asked_first = frame.f_lasti
            watcher.object_called(frame)

    def loss_object_begins(frame: FrameType) -> None:
        if frame.f_code is begins:
            watcher.object_called(frame)

    def scope_ends(frame: FrameType) -> None:
        call = frame.f_back
        if call is not None and call.f_code is stateless and frame.f_code.co_name == "__exit__":
            watcher.returned(call.f_locals["self"], call.f_locals["outputs"])

    def prediction_ends(frame: FrameType) -> None:
        if frame.f_code.co_name in ("predict", "predict_on_batch"):
            watcher.predicted(frame.f_locals["self"], _first_batches(frame.f_locals))

    hooks.watch_attributes(layer.__module__, "distribution_lib", {"distribution": layer_returns})
    if "get_keras_mask" in begins.co_names:
        hooks.watch_attributes(loss.__module__, "backend", {"get_keras_mask": loss_begins})
    else:  # Keras before 3.6
        hooks.watch_attributes(loss.__module__, "ops", {"name_scope": loss_object_begins})
    called = watcher.function_called
    hooks.watch_attributes(
        "keras.src.losses.losses",
        "ops",
        {name: called for name in ("convert_to_tensor", "cast", "squeeze", "sparse_categorical_crossentropy")},
    )
    name = str(vars(sys.modules["keras.src.backend.config"])["backend"]())
    trainer = f"keras.src.backend.{name}.trainer"
    hooks.watch_attributes(trainer, "tree", {"map_structure_up_to": prediction_ends, "map_structure": prediction_ends})
    if name == "jax":
        scope = "keras.src.backend.common.stateless_scope"
        hooks.watch_attributes(scope, "global_state", {"set_global_attribute": scope_ends})
    watch_activations(hooks, watcher)
    watch_metrics(hooks, watcher)
    watch_frameworks(hooks, watcher, backends.losses())
    step_aside(hooks)


def watch_activations(hooks: Hooks, watcher: Watcher) -> None:
    """Have the watcher look at `keras.ops`: softmax, sigmoid, crossentropies; and at frameworks' that stand in a wrapper."""
    home = vars(sys.modules["keras.src.ops.nn"])
    codes = {id(home[kind].__code__): kind for kind in ("softmax", "sigmoid")}

    def op_called(frame: FrameType) -> None:
        kind = codes.get(id(frame.f_code))
        if kind is not None:
            watcher.applied(frame, kind, frame.f_locals["x"], frame.f_locals.get("axis"))
        else:  # one of its crossentropies, or nothing that is looked for
            watcher.function_called(frame, "target", "output")

    def look_for(kind: str) -> Look:
        def wrapper_called(frame: FrameType) -> None:
            args, kwargs = frame.f_locals["args"], frame.f_locals["kwargs"]
            axis = kwargs.get("axis", args[1] if len(args) > 1 else None)
            watcher.applied(frame, kind, (*args, *kwargs.values())[0], axis if kind == "softmax" else None)

        return wrapper_called

    hooks.watch_calls("keras.src.ops.nn", "any_symbolic_tensors", op_called)
    for kind, function in {id(f): (kind, f) for kind, f in backends.normalisers()}.values():
        if isinstance(function, FunctionType) and inspect.unwrap(function) is not function:
            hooks.watch_wrapped(function, look_for(kind))


# module of keras.src.metrics -> class whose `update_state` is looked into (None: of any), global and attribute it reads
_UPDATES = {
    "reduction_metrics": ("MeanMetricWrapper", "losses", "loss"),
    "confusion_metrics": (None, "metrics_utils", "update_confusion_matrix_variables"),
    "f_score_metrics": ("FBetaScore", "ops", "convert_to_tensor"),
    "iou_metrics": ("BinaryIoU", "ops", "convert_to_tensor"),
}


def watch_metrics(hooks: Hooks, watcher: Watcher) -> None:
    """Have the watcher look at metrics that compare with a threshold or apply a function, as they are updated."""
    for name, (owner, read, attribute) in _UPDATES.items():
        module = f"keras.src.metrics.{name}"
        update = getattr(getattr(sys.modules.get(module), owner or "", None), "update_state", None)
        if owner is None or update is not None:
            hooks.watch_attributes(module, read, {attribute: _update_looked_at(watcher, update and _code(update))})


def _update_looked_at(watcher: Watcher, code: CodeType | None) -> Look:
    first: dict[CodeType, int] = {}  # where a function reads it first: later it may have changed its arguments

    def update_runs(frame: FrameType) -> None:
        own = frame.f_code is code if code is not None else frame.f_code.co_name == "update_state"
        if own and first.setdefault(frame.f_code, frame.f_lasti) == frame.f_lasti:
            watcher.metric_called(frame)

    return update_runs


def _layer_applied(watcher: Watcher, frame: FrameType, layer: Any, args: tuple[Any, ...]) -> None:
    """A Softmax layer, or one of an activation, is about to return."""
    kind = "softmax" if type(layer).__name__ == "Softmax" else getattr(layer.activation, "__name__", "")
    if kind in ("softmax", "sigmoid") and args:
        watcher.applied(frame, kind, args[0], getattr(layer, "axis", None))


def watch_frameworks(hooks: Hooks, watcher: Watcher, losses: list[ForeignLoss]) -> None:
    """Have the watcher look at crossentropies of the frameworks themselves."""
    known: dict[int, ForeignLoss] = {}  # by the `id` of its code

    def itself_called(frame: FrameType) -> None:
        loss = known.get(id(frame.f_code))
        if loss is not None:
            watcher.foreign_called(frame, loss, lambda: _arguments(frame))

    for loss in losses:
        function = inspect.unwrap(loss.function)
        if not isinstance(function, FunctionType):
            continue
        if function is not loss.function and hooks.watch_wrapped(
            loss.function, _wrapper_called(watcher, loss, function)
        ):
            continue
        known[id(function.__code__)] = loss
        if _TORCH_ASKS in function.__code__.co_names:
            hooks.watch_calls(function.__globals__["__name__"], _TORCH_ASKS, itself_called)
        else:
            hooks.watch_modules_of(function, itself_called)


def step_aside(hooks: Hooks) -> None:
    """Undo the hooks as soon as torch compiles something: its compiler reads the globals that are watched."""

    def compiled_function_runs(frame: FrameType) -> None:
        if frame.f_code.co_name == "compile_wrapper":
            hooks.undo()

    hooks.watch_calls("torch._dynamo.eval_frame", "set_eval_frame", compiled_function_runs)


def _keras_losses() -> dict[CodeType, Any]:
    """Code -> function for the loss functions of Keras, and for those of its ops that compute a crossentropy."""
    found: dict[CodeType, Any] = {}
    for module, starts, ends in (
        ("keras.src.losses.losses", ("y_true", "y_pred"), ""),
        ("keras.src.ops.nn", ("target", "output"), "_crossentropy"),
    ):
        for name, f in list(vars(sys.modules[module]).items()) if module in sys.modules else ():
            own = not name.startswith("_") and name.endswith(ends) and getattr(f, "__module__", "") == module
            if own and hasattr(f, "__code__") and f.__code__.co_varnames[:2] == starts:
                found[f.__code__] = f
    return found


def _wrapper_called(watcher: Watcher, loss: ForeignLoss, function: FunctionType) -> Look:
    names = function.__code__.co_varnames[: function.__code__.co_argcount]

    def given(frame: FrameType) -> dict[str, Any]:
        local = frame.f_locals
        return {**dict(zip(names, local["args"], strict=False)), **local["kwargs"]}

    return lambda frame: watcher.foreign_called(frame, loss, lambda: given(frame))


def _arguments(frame: FrameType) -> dict[str, Any]:
    """What the function that runs in a frame was given."""
    code, local = frame.f_code, frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {name: local[name] for name in names if name in local}


def _code(method: Any) -> CodeType:
    code: CodeType = inspect.unwrap(method).__code__
    return code


def _first_batches(local: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(place, first batch) of what `predict` collected: a list of batches at each place of what the model returns."""
    for place, batch in leaves_with_places(local["batch_outputs"]):
        batches = local.get("outputs")
        if batches is None:
            yield place, batch
            continue
        batches = at(batches, place)
        yield place, batches[0] if isinstance(batches, list) else batches
