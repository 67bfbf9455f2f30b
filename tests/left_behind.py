"""What a watched cell may have left in Keras, its backends and Python: stand-ins, wrapped functions, import hooks."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

_PACKAGES = ("keras", "tf_keras", "optax")
_MODULES = ("torch.nn.functional",)
_OURS = "logit_magic"


def left_behind() -> list[str]:
    """Where something of ours stands in something of theirs."""
    found = [f"sys.meta_path: {finder!r}" for finder in sys.meta_path if _is_ours(finder)]
    for name, module in list(sys.modules.items()):
        if isinstance(module, types.ModuleType) and (name.partition(".")[0] in _PACKAGES or name in _MODULES):
            found += [f"{name}.{key}" for key, value in list(vars(module).items()) if _is_ours(value)]
    return found + [where for where, cell in _closures() if _is_ours(cell.cell_contents)]


def _is_ours(thing: Any) -> bool:
    return str(type(thing).__module__).partition(".")[0] == _OURS


def _closures() -> Iterator[tuple[str, types.CellType]]:
    """Closures of the methods of `Model` and of the crossentropies of TensorFlow."""
    for keras in [sys.modules[name] for name in ("keras", "tf_keras") if name in sys.modules]:
        for cls in getattr(keras, "Model", type(None)).__mro__[:-1]:
            for name, method in list(vars(cls).items()):
                yield from ((f"{cls.__name__}.{name}", cell) for cell in _cells(method))
    functions = getattr(sys.modules.get("tensorflow"), "nn", None)
    for name in (
        [n for n in dir(functions) if "cross_entropy" in n or n in ("softmax", "sigmoid")]
        if functions is not None
        else ()
    ):
        yield from ((f"tf.nn.{name}", cell) for cell in _cells(getattr(functions, name)))


def _cells(function: Any, depth: int = 3) -> Iterator[types.CellType]:
    for cell in getattr(function, "__closure__", None) or ():
        try:
            inner = cell.cell_contents
        except ValueError:  # not filled
            continue
        yield cell
        if depth and isinstance(inner, types.FunctionType):
            yield from _cells(inner, depth - 1)
