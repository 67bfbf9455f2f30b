"""What each output of a model emits: the entry to this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from logit_magic import kerases
from logit_magic.emission import keras_two
from logit_magic.emission.classify import emission
from logit_magic.emission.graph import Walk, label_of
from logit_magic.emission.mode import Mode
from logit_magic.emission.primitives import TraceError, traced
from logit_magic.emission.value import Value, unknown
from logit_magic.facts import Emission, Evidence
from logit_magic.scope import called, layers_of, stateless, unbuildable
from logit_magic.structure import Path, filled, leaves_with_places, mapped, tensors_with_places


@dataclass(frozen=True, slots=True)
class Output:
    """One output tensor of a model.

    Attributes:
        path: keys and indices that lead to it in what the model returns; () for a lone tensor.
        name: for people and for matching with losses given by name: an output name, a key or an index.
        emission: what it can hold.
        shape: with the batch axis; None where not fixed.
        place: the whole path, also where `path` is relative to a part of the loss structure.
        in_inference: what it can hold in inference, where that is another kind than `emission`, which holds in training.
    """

    path: Path
    name: str | int
    emission: Emission
    shape: tuple[int | None, ...] = ()
    place: Path = ()
    in_inference: Emission | None = None


def outputs_of(model: Any, input_shapes: Any = None) -> tuple[Output, ...]:
    """What each output of a Keras model emits.

    The model is never built, run or changed. A model whose `call` is Python is called with symbolic tensors: once, and
    once more where it asks whether it is training.

    Args:
        model: a `keras.Model`.
        input_shapes: shapes seen by `fit`, for a model that does not remember what it was built with: a tuple, or a
            list or dict of tuples, with the batch axis.

    Returns:
        one `Output` per output tensor; a single one of kind "unknown", with the reason, where outputs are not known.
    """
    mode = Mode()
    in_inference = _outputs(model, input_shapes, mode)
    if not mode.mattered:
        return in_inference
    in_training = _outputs(model, input_shapes, Mode(training=True))
    if [o.place for o in in_training] != [o.place for o in in_inference]:
        return in_inference
    return tuple(_either(*both) for both in zip(in_training, in_inference, strict=True))


def _either(training: Output, inference: Output) -> Output:
    """One output in both modes: what it is in training decides, since that is what the model learns from."""
    kinds = training.emission.kind, inference.emission.kind
    if kinds[0] == kinds[1] or "unknown" in kinds:
        return inference if kinds[1] != "unknown" else training
    modes = (training.emission, "training"), (inference.emission, "inference")
    evidence = tuple(Evidence(f"in {mode}, {e.statement}", e.how) for one, mode in modes for e in one.evidence)
    return replace(training, emission=replace(training.emission, evidence=evidence), in_inference=inference.emission)


def _outputs(model: Any, input_shapes: Any, mode: Mode) -> tuple[Output, ...]:
    if kerases.is_two(model):
        return _of_keras_two(model, mode)
    functional = functional_of(model)
    if functional is not None:
        walk = Walk(mode=mode)
        names = list(getattr(model, "output_names", None) or functional.output_names)
        order = {id(tensor): i for i, tensor in enumerate(functional._outputs)}
        leaves = list(_leaves(functional._outputs_struct))
        known = names if len(names) == len(order) else list(range(len(order)))
        return tuple(_output(path, _name(path, known[order[id(tensor)]]), tensor, walk) for path, tensor in leaves)
    if not getattr(model, "built", False):
        return (_unknown("the model is not built yet: it has not seen data or an input shape"),)
    return _trace(model, input_shapes, mode)


def is_built(model: Any) -> bool:
    """Whether a model and all its layers have their weights, so that running it builds nothing."""
    return bool(getattr(model, "built", False)) and all(layer.built for layer in layers_of(model))


def functional_of(model: Any) -> Any:
    """The graph that is the model: itself, or the one inside a Sequential; None where `call` is the user's own."""
    if kerases.is_two(model):
        return None
    owner = next(cls for cls in type(model).__mro__ if "call" in vars(cls))
    if "call" in vars(model) or not owner.__module__.startswith("keras.src.models."):
        return None
    if isinstance(model, kerases.three().Sequential):
        return getattr(model, "_functional", None)
    return model if getattr(model, "_outputs_struct", None) is not None else None


def _name(path: Path, otherwise: str | int) -> str | int:
    """A key of what the model returns is the name that losses go by; else the output layer's name."""
    return path[-1] if path and isinstance(path[-1], str) else otherwise


def _trace(model: Any, input_shapes: Any, mode: Mode) -> tuple[Output, ...]:
    shapes = input_shapes if input_shapes is not None else remembered_shapes(model)
    if shapes is None:
        return (_unknown("the shape of its input is not known"),)
    with stateless(model), called(model, mode.training), unbuildable(model) as met:
        try:
            result = model.call(_stand_ins(shapes, model.compute_dtype), **mode.arguments(model.call))
        except Exception:
            if not met:
                return _trace_by_backend(model, _stand_ins(shapes, model.compute_dtype), mode)
        if met:
            return (_unknown(f"its layer {label_of(met[0])} is not built yet"),)
        leaves = list(_leaves(result))
        if not leaves:
            return (_unknown("its call() returned no tensor that could be followed"),)
        walk = Walk(mode=mode, recorded=True)
        return tuple(_output(path, _name(path, _index(path)), tensor, walk) for path, tensor in leaves)


def _of_keras_two(model: Any, mode: Mode) -> tuple[Output, ...]:
    """A model of Keras 2, whose graph keeps no arguments that could be read: TensorFlow's trace tells."""
    stand_ins = keras_two.inputs_of(model)
    if stand_ins is None:
        return (_unknown("the model is not built yet: it has not seen data or an input shape"),)
    with stateless(model):
        outputs = _trace_by_backend(model, stand_ins, mode)
    names = keras_two.output_names(model)
    if len(names) != len(outputs):
        return outputs
    return tuple(replace(o, name=_name(o.path, name)) for o, name in zip(outputs, names, strict=True))


def _trace_by_backend(model: Any, stand_ins: Any, mode: Mode) -> tuple[Output, ...]:
    """A model whose `call` takes no symbolic tensors: read the backend's own trace of it."""
    places = [path for path, _ in leaves_with_places(stand_ins)]
    specs = [(tuple(t.shape), str(t.dtype)) for _, t in leaves_with_places(stand_ins)]
    found: list[tuple[Path, str]] = []

    def function(*tensors: Any) -> Any:
        given = dict(zip(places, tensors, strict=True))
        result = model.call(filled(stand_ins, given), **mode.arguments(model.call))
        found[:] = [(path, _dtype_name(tensor.dtype)) for path, tensor in tensors_with_places(result)]
        return [tensor for _, tensor in tensors_with_places(result)]

    opaque = [_later_unknown(t) for _, t in leaves_with_places(stand_ins)]
    try:
        values = traced(function, specs, opaque, model.variables, model)
    except TraceError as reason:
        return (_unknown(f"its call() could not be traced: {reason}"),)
    return tuple(
        Output(path, _name(path, _index(path)), emission(value, dtype), value.shape, path)
        for (path, dtype), value in zip(found, values, strict=True)
    )


def _dtype_name(dtype: Any) -> str:
    """As numpy and Keras spell it, for the dtypes of numpy, TensorFlow, JAX ("float32") and torch ("torch.float32")."""
    return str(getattr(dtype, "name", dtype)).rpartition(".")[2]


def _later_unknown(tensor: Any) -> Callable[[], Value]:
    return lambda: unknown("it is the model's own input", tuple(tensor.shape))


def _index(path: Path) -> str | int:
    return path[-1] if path else 0


def remembered_shapes(model: Any) -> Any:
    """The shape or shapes that a model was built with, with the batch axis; None where it does not remember them."""
    inputs = getattr(model, "_inputs_struct", None)  # of a Functional model with a `call` of its own
    if inputs is not None:
        return mapped(inputs, lambda tensor: tuple(tensor.shape), listed=True)
    shapes = getattr(model, "_build_shapes_dict", None)
    if not shapes or len(shapes) != 1:
        return None
    shapes = next(iter(shapes.values()))
    return shapes if _is_shape(shapes) or isinstance(shapes, (list, tuple, dict)) else None


def _is_shape(x: Any) -> bool:
    return isinstance(x, (tuple, list)) and len(x) > 0 and all(d is None or isinstance(d, int) for d in x)


def _stand_ins(shapes: Any, dtype: str) -> Any:
    """Symbolic tensors of these shapes, with any batch size."""
    if _is_shape(shapes):
        return kerases.three().KerasTensor(shape=(None, *tuple(shapes)[1:]), dtype=dtype)
    if isinstance(shapes, dict):
        return {key: _stand_ins(shape, dtype) for key, shape in shapes.items()}
    return [_stand_ins(shape, dtype) for shape in shapes]


def _leaves(structure: Any) -> Iterator[tuple[Path, Any]]:
    symbolic = kerases.three().KerasTensor
    return ((at, leaf) for at, leaf in tensors_with_places(structure) if isinstance(leaf, symbolic))


def _output(path: Path, name: str | int, tensor: Any, walk: Walk) -> Output:
    value = walk.value(tensor)
    return Output(path, name, emission(value, str(tensor.dtype)), value.shape, path)


def _unknown(reason: str) -> Output:
    return Output((), 0, Emission(kind="unknown", reason=reason))
