"""Where a source makes the metrics of an output, for `compile` or to update them by itself, and what to write there instead."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from logit_magic import kerases
from logit_magic.expectation.metrics import class_of
from logit_magic.facts import Pair, Replacement, Step
from logit_magic.fix.calls import Edit, model_called
from logit_magic.fix.edit import given, set_keyword
from logit_magic.fix.names import Reader, in_loop, scope_of, uses
from logit_magic.fix.places import Given, member
from logit_magic.fix.source import Source, UnsureError
from logit_magic.fix.spelling import spelled

_PLACES = {"metrics": 3, "weighted_metrics": 4}  # arguments of `compile`
_UPDATE, _OTHERWISE = "update_state", ("result", "reset_state", "reset_states", "name")  # attributes of a metric


@dataclass(frozen=True)
class _Written:
    """A metric as it is written: one of Keras' classes, by its name as a string, by itself, or called."""

    source: Source
    node: ast.expr
    form: Literal["text", "class", "function", "call"]
    cls: Any


def made_right(steps: tuple[Step, ...], where: Given, pair: Pair, reader: Reader) -> list[Edit]:
    """What to write in the place of each metric that is wrong.

    A string logs its metric under its own name, and callbacks go by that: the object in its place keeps it.

    Args:
        steps: of kind "set-metric": as many as there are wrong metrics.
        where: the call of `compile`, or the one that updates the metric.
        pair: of the output that the metrics meet.
        reader: resolves names.

    Raises:
        UnsureError: the metrics are not written out, or it is not certain which of them these are.
    """
    if pair.keras != "keras":
        raise UnsureError("the metric is not one of Keras 3")
    if where.loss is None:
        exprs = _updated(where, pair, reader)
    else:
        _require_own_compile(where, reader)
        exprs = [(expr, where.source) for expr in _given(where, pair, reader)]
    metrics = kerases.three().metrics
    written = [one for expr, source in exprs if (one := _read(expr, source, pair, reader))]
    found: list[Edit] = []
    for name, argument, value in dict.fromkeys(_parsed(step) for step in steps):
        cls = getattr(metrics, name)
        wrong = [one for one in written if one.cls is cls and _is_wrong(one, argument, value)]
        if len(wrong) != sum(_parsed(step) == (name, argument, value) for step in steps):
            raise UnsureError(f"which of the metrics in {where.source.name} are the ones that ran is not certain")
        found += [(one.source, [one.node], _changed(one, argument, value, reader)) for one in wrong]
    return found


def _parsed(step: Step) -> tuple[str, str, str]:
    """(class, argument, value), e.g. ("AUC", "from_logits", "True"), of the call that a step names."""
    call = ast.parse(str(step.value), mode="eval").body
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    if not call.keywords:
        return call.func.attr, "from_logits", "False"
    (keyword,) = call.keywords
    return call.func.attr, str(keyword.arg), ast.unparse(keyword.value)


def _updated(where: Given, pair: Pair, reader: Reader) -> list[tuple[ast.expr, Source]]:
    """The one metric that is updated at a place, as it is made, if nothing but that model's output is given to it."""
    made = [(call, *one) for call in (where.call, *where.others) if (one := _made(call, where.source, reader))]
    if len(made) != 1:
        line = where.call.lineno
        raise UnsureError(f"line {line} of {where.source.name} does not show where the metric that it updates is made")
    ((call, expr, source),) = made
    given_to = [*call.args, *(k.value for k in call.keywords if k.arg == "y_pred")]
    if not any(_is_output(one, where.source, pair, reader) for one in given_to):
        raise UnsureError("whose output the metric is given is not written out at that place")
    return [(expr, source)]


def _made(call: ast.Call, source: Source, reader: Reader) -> tuple[ast.expr, Source] | None:
    """Where the metric is made that a call updates; None for a call of something else.

    Raises:
        UnsureError: it is used otherwise too.
    """
    method = isinstance(call.func, ast.Attribute) and call.func.attr == _UPDATE
    owner = call.func.value if isinstance(call.func, ast.Attribute) and method else call.func
    if isinstance(owner, ast.Call):
        return (owner, source) if _is_of(reader.thing(owner.func, source), kerases.three().metrics) else None
    if not isinstance(owner, ast.Name):
        return None
    try:
        bound = reader.binding(owner, source)
    except UnsureError:
        return None
    made = bound.value
    if not isinstance(made, ast.Call) or not _is_of(reader.thing(made.func, bound.source), kerases.three().metrics):
        return None
    for other in (source, *_others(owner.id, source, reader)):
        for use in uses(other, owner.id):
            parent = other.parents[use]
            otherwise = isinstance(parent, ast.Attribute) and parent.attr in _OTHERWISE
            if use is not owner and not otherwise:
                raise UnsureError(f"`{owner.id}` is used elsewhere too, in line {use.lineno} of {other.name}")
    return made, bound.source


def _is_output(expr: ast.expr, source: Source, pair: Pair, reader: Reader) -> bool:
    """Whether an expression is what one and the same model returns whenever it is computed."""
    if isinstance(expr, ast.Name):
        try:
            bound = reader.binding(expr, source)
        except UnsureError:
            return False
        return bound.value is not None and _is_output(bound.value, bound.source, pair, reader)
    called = model_called(expr, pair)
    if called is None or not isinstance(called[0], ast.Name):
        return False
    try:
        made = reader.binding(called[0], source)
    except UnsureError:
        return False
    return made.value is not None and not in_loop(made.source, made.node)


def _require_own_compile(where: Given, reader: Reader) -> None:
    """The call compiles this model alone."""
    function = scope_of(where.source, where.call)
    name = getattr(function, "name", "")
    calls = sum(len(uses(source, name)) for source in reader.mentioning(name)) if name else 0
    if in_loop(where.source, where.call) or (function is not where.source.tree and calls != 1):
        raise UnsureError("the same call may compile other models too, for which the metrics are right")


def _given(where: Given, pair: Pair, reader: Reader) -> Iterator[ast.expr]:
    """The metrics of an output, one by one, as they are written."""
    if any(k.arg is None for k in where.call.keywords) or any(isinstance(a, ast.Starred) for a in where.call.args):
        raise UnsureError(f"the arguments of compile are unpacked in line {where.call.lineno} of {where.source.name}")
    for name, place in _PLACES.items():
        named = [keyword.value for keyword in where.call.keywords if keyword.arg == name]
        for expr in [*named, *where.call.args[place : place + 1]]:
            yield from _members(_followed(expr, where.source, reader), where.source, pair, reader)


def _members(expr: ast.expr, source: Source, pair: Pair, reader: Reader) -> Iterator[ast.expr]:
    if isinstance(expr, ast.Dict) and pair.output != 0:
        yield from _flat(_followed(member(expr, pair.output, source), source, reader), source)
    elif isinstance(expr, ast.Dict) and len(expr.values) == 1:
        yield from _flat(_followed(expr.values[0], source, reader), source)
    elif pair.output == 0:
        yield from _flat(expr, source)
    else:
        raise UnsureError(f"which of the metrics are those of output {pair.output!r} is not written out")


def _flat(expr: ast.expr, source: Source) -> Iterator[ast.expr]:
    if not isinstance(expr, (ast.List, ast.Tuple)):
        yield expr
        return
    for one in expr.elts:
        if isinstance(one, ast.Starred):
            raise UnsureError(f"the metrics are not written out in {source.name}")
        yield from _flat(one, source)


def _followed(expr: ast.expr, source: Source, reader: Reader) -> ast.expr:
    """What a name was bound to in the same source, if it is used for nothing else."""
    if not isinstance(expr, ast.Name):
        return expr
    bound = reader.binding(expr, source)
    if bound.value is None or bound.source is not source:
        raise UnsureError(f"what `{expr.id}` holds is not written out in {source.name}")
    reader.require_untouched(bound, expr.id)
    if sum(len(uses(one, expr.id)) for one in (source, *_others(expr.id, source, reader))) > 1:
        raise UnsureError(f"`{expr.id}` is used for something else too")
    return bound.value


def _others(name: str, source: Source, reader: Reader) -> Iterator[Source]:
    return (one for one in reader.mentioning(name) if one.cell != source.cell)


def _read(expr: ast.expr, source: Source, pair: Pair, reader: Reader) -> _Written | None:
    metrics = kerases.three().metrics
    if isinstance(expr, ast.Name) and not _is_of(reader.thing(expr, source), metrics):
        expr = _followed(expr, source, reader)
    if isinstance(expr, ast.Constant) and isinstance(expr.value, str):
        name = class_of(expr.value, pair.emission.size)
        return _Written(source, expr, "text", getattr(metrics, name)) if name else None
    called = isinstance(expr, ast.Call)
    thing = reader.thing(expr.func if isinstance(expr, ast.Call) else expr, source)
    if not _is_of(thing, metrics):
        return None
    if inspect.isclass(thing):
        return _Written(source, expr, "call" if called else "class", thing)
    name = "" if called else class_of(thing.__name__, None)
    return _Written(source, expr, "function", getattr(metrics, name)) if name else None


def _is_of(thing: Any, metrics: Any) -> bool:
    name = getattr(thing, "__name__", None)
    return isinstance(name, str) and getattr(metrics, name, None) is thing


def _is_wrong(one: _Written, argument: str, value: str) -> bool:
    """Whether a metric is made in the way that does not fit.

    Raises:
        UnsureError: that is decided only while it runs.
    """
    said = given(one.node, argument, one.cls) if isinstance(one.node, ast.Call) else None
    if isinstance(one.node, ast.Call) and any(keyword.arg is None for keyword in one.node.keywords):
        raise UnsureError(f"a call in line {one.node.lineno} of {one.source.name} unpacks its arguments")
    if said is None:
        return argument != "from_logits" or value == "True"
    try:
        now = ast.literal_eval(said)
    except ValueError:
        raise UnsureError(f"`{one.source.segment(said)}` is decided only while the cell runs") from None
    if argument == "from_logits":
        return bool(now) != (value == "True")
    compared = now if isinstance(now, (list, tuple)) else [0.5 if now is None else now]
    return any(0.0 < float(threshold) < 1.0 for threshold in compared)


def _changed(one: _Written, argument: str, value: str, reader: Reader) -> tuple[Replacement, ...]:
    if isinstance(one.node, ast.Call):
        return (set_keyword(one.source, one.node, argument, value, one.cls),)
    given_value = f"{argument}={value}"
    if one.form == "class":
        end = one.source.span(one.node)[1]
        return (Replacement(end, end, f"({given_value})"),)
    logged = one.node.value if isinstance(one.node, ast.Constant) else None
    if logged is not None and logged != inspect.signature(one.cls).parameters["name"].default:
        given_value += f", name={one.source.segment(one.node)}"
    name = str(one.cls.__name__)
    like = None if one.form == "text" else one.cls
    prefix, imports = spelled(name, like, one.source, one.node, reader, "metrics")
    return (*imports, Replacement(*one.source.span(one.node), f"{prefix}{name}({given_value})"))
