"""Where a source makes the layer that made a model's output."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from logit_magic import kerases
from logit_magic.facts import Pair
from logit_magic.fix.edit import given
from logit_magic.fix.names import Bound, Reader, in_loop, scope_of, statement_of, uses
from logit_magic.fix.places import Given, member
from logit_magic.fix.sharing import require_in_one_model, require_used_once
from logit_magic.fix.source import Source, UnsureError

_MAKER = re.compile(r"(?P<name>.*) \((?P<cls>\w+)(?:, activation=(?P<activation>\w+))?(?:, [^()]*)?\)")
_DEPTH = 8


@dataclass(frozen=True)
class Head:
    """The call that makes a layer: where it stands, and Keras' class."""

    source: Source
    call: ast.Call
    layer: Any


def head_of(where: Given, pair: Pair, reader: Reader, maker: str) -> Head:
    """The call that makes the layer which made this output.

    Args:
        where: the call that gives the model its losses.
        pair: of the output.
        reader: resolves names.
        maker: the layer, as the emission names it: the one that made the output, or one before it.

    Raises:
        UnsureError: it is not certain that one call makes it, and that it makes nothing else.
    """
    if where.loss is None or not isinstance(where.call.func, ast.Attribute):
        raise UnsureError("which layer made the output is not seen from a call of the loss")
    made = _MAKER.fullmatch(maker)
    if made is None:
        raise UnsureError(f"the output is made by {maker or 'code'}, not by a layer's activation")
    require_in_one_model(made["name"], pair, reader)
    search = _Search(reader, pair, made["cls"], made["activation"] or "linear")
    return search.of_model(where.call.func.value, where.source, where.call)


class _Search:
    """Follows a model to the call that makes its last layer.

    Attributes:
        cls, activation: of the layer that made the output, as seen in the run.
    """

    def __init__(self, reader: Reader, pair: Pair, cls: str, activation: str) -> None:
        self._reader, self._pair = reader, pair
        self._cls, self._activation = cls, activation

    def of_model(self, expr: ast.expr, source: Source, until: ast.AST, depth: int = 0) -> Head:
        """Args: expr: the model; until: the node before which it is complete."""
        if depth > _DEPTH:
            raise UnsureError("the model is passed on by too many names to be followed")
        if isinstance(expr, ast.Name):
            bound = self._reader.binding(expr, source)
            if bound.value is None:
                raise UnsureError(f"where `{expr.id}` is made is not written out in {bound.source.name}")
            added = self._added(expr, bound, source, until)
            if added is not None:
                return added
            return self.of_model(bound.value, bound.source, until, depth + 1)
        if not isinstance(expr, ast.Call):
            raise UnsureError(f"where the model is made is not written out in {source.name}")
        callee = self._reader.thing(expr.func, source)
        if any(callee is keras.Sequential for keras in kerases.loaded()):
            return self._of_layers(_argument(expr, "layers", 0), source)
        if any(callee is keras.Model for keras in kerases.loaded()):
            return self._of_tensor(self._output(_argument(expr, "outputs", 1), source), source)
        if callee is None and isinstance(expr.func, ast.Name):
            made = self._reader.binding(expr.func, source)
            if isinstance(made.node, ast.FunctionDef):
                self._require_called_once(expr.func.id)
                return self.of_model(_returned(made.node), made.source, made.node.body[-1], depth + 1)
            if isinstance(made.node, ast.ClassDef):
                return self._of_class(made.node, made.source)
        raise UnsureError("where the model is made is not written out in a cell that could be read")

    def _added(self, name: ast.Name, bound: Bound, source: Source, until: ast.AST) -> Head | None:
        """The layer that the last `model.add(…)` adds; None where there is none."""
        last: ast.Call | None = None
        for use in uses(bound.source, name.id):
            attribute = bound.source.parents[use]
            if not isinstance(attribute, ast.Attribute):
                continue
            if attribute.attr in ("pop", "layers") and not isinstance(attribute.ctx, ast.Load):
                raise UnsureError(f"the layers of `{name.id}` are changed after they were made")
            call = bound.source.parents[attribute]
            if attribute.attr in ("pop", "add") and isinstance(call, ast.Call):
                same = bound.source is source or bound.source.cell == source.cell
                if same and bound.source.span(call) > bound.source.span(until):
                    continue
                if attribute.attr == "pop":
                    raise UnsureError(f"a layer of `{name.id}` is taken away again")
                last = call
        for number, text in self._reader.cells.items():
            between = bound.source.cell is not None and source.cell is not None
            if between and bound.source.cell < number < source.cell and f"{name.id}.add" in text:  # type: ignore[operator]
                raise UnsureError(f"layers are added to `{name.id}` in cell In[{number}]")
        if last is None:
            return None
        statement = statement_of(bound.source, last)
        plain = scope_of(bound.source, last) is scope_of(bound.source, bound.node)
        if (
            in_loop(bound.source, last)
            or not plain
            or not last.args
            or isinstance(bound.source.parents[statement], ast.If)
        ):
            raise UnsureError(f"the last layer of `{name.id}` is added in a loop, function or branch")
        if bound.source.cell != source.cell:
            raise UnsureError(f"layers are added to `{name.id}` in {bound.source.name}")
        return self._checked(last.args[0], bound.source)

    def _of_layers(self, layers: ast.expr | None, source: Source) -> Head:
        if isinstance(layers, ast.Name):
            bound = self._reader.binding(layers, source)
            self._reader.require_untouched(bound, layers.id)
            layers, source = bound.value, bound.source
        if not isinstance(layers, (ast.List, ast.Tuple)) or not layers.elts:
            raise UnsureError(f"the list of layers is not written out in {source.name}")
        *_, last = layers.elts
        if isinstance(last, ast.Starred):
            raise UnsureError(f"the list of layers is not written out in {source.name}")
        for layer in reversed(layers.elts):
            if isinstance(layer, ast.Starred):
                break
            try:
                return self._checked(layer, source)
            except UnsureError:
                if layer is not last and not self._passes(layer, source):
                    raise
        raise UnsureError("the layer that made the output is not in the list of layers")

    def _passes(self, layer: ast.expr, source: Source) -> bool:
        """Whether a layer is of another class than the one that made the output, so that it was not it."""
        thing = self._reader.thing(layer.func, source) if isinstance(layer, ast.Call) else None
        return thing is not None and thing.__name__ != self._cls

    def _output(self, outputs: ast.expr | None, source: Source) -> ast.expr:
        if outputs is None:
            raise UnsureError(f"the model's outputs are not written out in {source.name}")
        if isinstance(outputs, ast.Dict):
            return member(outputs, self._pair.output, source)
        if isinstance(outputs, (ast.List, ast.Tuple)):
            if len(outputs.elts) != 1:
                raise UnsureError("which of the model's outputs this is is not seen in the source")
            return outputs.elts[0]
        return outputs

    def _of_tensor(self, tensor: ast.expr, source: Source, depth: int = 0) -> Head:
        """The layer that made a tensor, or one before it that a layer of another kind was called on."""
        if depth > _DEPTH:
            raise UnsureError("the layer that made the output stands too far from the end of the model")
        if isinstance(tensor, ast.Name):
            bound = self._reader.binding(tensor, source)
            if bound.value is None:
                raise UnsureError(f"what `{tensor.id}` holds is not written out in {bound.source.name}")
            require_used_once(bound, tensor.id, self._reader)
            return self._of_tensor(bound.value, bound.source, depth + 1)
        if not isinstance(tensor, ast.Call) or len(tensor.args) != 1 or tensor.keywords:
            raise UnsureError("the last op of the model is no call of a layer")
        try:
            return self._checked(tensor.func, source)
        except UnsureError:
            layer = tensor.func.func if isinstance(tensor.func, ast.Call) else None
            thing = None if layer is None else self._reader.thing(layer, source)
            if thing is None or thing.__name__ == self._cls:
                raise
        return self._of_tensor(tensor.args[0], source, depth + 1)

    def _of_class(self, cls: ast.ClassDef, source: Source) -> Head:
        """The layer that a model of the user's own keeps in `self` and returns the output of."""
        methods = {f.name: f for f in cls.body if isinstance(f, ast.FunctionDef)}
        if "call" not in methods or "__init__" not in methods:
            raise UnsureError(f"class {cls.name} has no __init__ and call that could be read")
        output = _returned(methods["call"])
        if isinstance(output, ast.Name):
            output = self._reader.binding(output, source).value or output
        layer = output.func if isinstance(output, ast.Call) else None
        if not isinstance(layer, ast.Attribute) or not isinstance(layer.value, ast.Name) or layer.value.id != "self":
            raise UnsureError(f"{cls.name}.call does not return what a layer in self gives")
        stored = [
            node for node in ast.walk(cls)
            if isinstance(node, ast.Attribute) and node.attr == layer.attr and isinstance(node.ctx, ast.Store)
        ]  # fmt: skip
        assignment = source.parents[stored[0]] if len(stored) == 1 else None
        if not isinstance(assignment, ast.Assign) or assignment.value is None:
            raise UnsureError(f"self.{layer.attr} is bound more than once, or unpacked, in {cls.name}")
        self._require_called_once(cls.name)
        return self._checked(assignment.value, source)

    def _checked(self, expr: ast.expr, source: Source) -> Head:
        """The call that makes a layer, if what it says is what ran."""
        if isinstance(expr, ast.Name):
            bound = self._reader.binding(expr, source)
            require_used_once(bound, expr.id, self._reader)
            expr, source = bound.value or expr, bound.source
        layer = self._reader.thing(expr.func, source) if isinstance(expr, ast.Call) else None
        if not isinstance(expr, ast.Call) or layer is None or layer.__name__ != self._cls:
            raise UnsureError(f"no call that makes the last {self._cls} was found for certain")
        if all(getattr(keras.layers, self._cls, None) is not layer for keras in kerases.loaded()):
            raise UnsureError(f"{self._cls} is not a layer of Keras' own")
        if in_loop(source, expr):
            raise UnsureError(f"the last {self._cls} is made in a loop")
        units = given(expr, "units", layer)
        said = units.value if isinstance(units, ast.Constant) and isinstance(units.value, int) else None
        if said is not None and self._pair.emission.size not in (None, said):
            raise UnsureError(f"{source.name} says {said} units, but the output has {self._pair.emission.size}")
        activation = _named(given(expr, "activation", layer))
        if activation not in (self._activation, "?"):
            raise UnsureError(f"{source.name} says activation={activation}, but the layer has {self._activation}")
        function = scope_of(source, expr)
        if isinstance(function, ast.FunctionDef) and not isinstance(source.parents[function], ast.ClassDef):
            self._require_called_once(function.name)
        return Head(source, expr, layer)

    def _require_called_once(self, name: str) -> None:
        """A function or class that is used once makes one model: what is changed in it changes nothing else."""
        if sum(1 for _ in self._calls(name)) > 1:
            raise UnsureError(f"`{name}` is called more than once, so another model would change too")

    def _calls(self, name: str) -> Iterator[ast.Name]:
        for source in self._reader.mentioning(name):
            yield from uses(source, name)


def _argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    if place < len(call.args):
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _returned(function: ast.FunctionDef) -> ast.expr:
    returns = [n for n in ast.walk(function) if isinstance(n, ast.Return)]
    if len(returns) != 1 or returns[0] is not function.body[-1] or returns[0].value is None:
        raise UnsureError(f"`{function.name}` does not return one thing at its end")
    return returns[0].value


def _named(activation: ast.expr | None) -> str:
    """An activation as it is written: its name, "linear" for none, "?" for what is decided while it runs."""
    if activation is None or (isinstance(activation, ast.Constant) and activation.value is None):
        return "linear"
    if isinstance(activation, ast.Constant):
        return activation.value if isinstance(activation.value, str) else "?"
    if isinstance(activation, ast.Attribute):
        return activation.attr
    return "?"
