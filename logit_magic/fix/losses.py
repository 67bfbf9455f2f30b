"""Where a source makes the loss of a pair, and what to write there instead."""

from __future__ import annotations

import ast
import functools
import inspect
from dataclasses import dataclass
from typing import Any, Literal

from logit_magic import kerases
from logit_magic.expectation.catalogue import ENTRIES
from logit_magic.facts import Pair, Replacement
from logit_magic.fix.edit import given, set_keyword
from logit_magic.fix.names import Reader
from logit_magic.fix.places import member
from logit_magic.fix.source import Source, UnsureError
from logit_magic.fix.spelling import spelled

_DEPTH = 8  # names that stand for names


@dataclass(frozen=True)
class Place:
    """An expression that is the loss, or that a loss of the user's own calls.

    Attributes:
        source, node: the expression.
        form: "text": a string, or a call of `losses.get`; "class" or "function": one of Keras', not called; "call": one that
            is called; "partial": a `functools.partial` of a function.
        thing: Keras' class or function; None for a string.
        own: it stands inside a function of the user's own.
        used: the names that lead to it, outermost first.
    """

    source: Source
    node: ast.expr
    form: Literal["text", "class", "function", "call", "partial"]
    thing: Any = None
    own: bool = False
    used: tuple[tuple[Source, ast.Name], ...] = ()


def place_of(expr: ast.expr, source: Source, pair: Pair, reader: Reader) -> Place:
    """The one place at which the loss of a pair is made.

    Args:
        expr: what was given as losses.
        source: in which it stands.
        pair: its `loss_path` leads to the loss; its `expectation` is what is known of it from the run.
        reader: resolves names.

    Raises:
        UnsureError: no such place is certain, or it does not say what ran.
    """
    place = _Search(reader).follow(expr, source, pair.loss_path, ())
    _require_same(place, pair)
    return place


def called_at(calls: tuple[ast.Call, ...], source: Source, pair: Pair, reader: Reader) -> Place:
    """The place at which a loss is made that is called by hand, by one of these calls.

    Raises:
        UnsureError: no such place is certain, or it does not say what ran.
    """
    found = [place for call in calls if (place := _Search(reader)._flagged(call, source, ())) is not None]
    if len({(place.source.cell, place.source.span(place.node)) for place in found}) != 1:
        raise UnsureError(f"line {calls[0].lineno} of {source.name} does not show where the loss that it calls is made")
    _require_same(found[0], pair)
    return found[0]


def is_of_family(callee: ast.expr, source: Source, pair: Pair, reader: Reader) -> bool:
    """Whether what is called by hand is the loss of a pair: one of Keras' own, as far as the source tells."""
    try:
        place = _Search(reader).follow(callee, source, (), ())
    except UnsureError:
        return False
    return place.thing is not None and not place.own and _family_of(place.thing) == pair.expectation.family


def flag_set(place: Place, value: bool, pair: Pair, reader: Reader) -> tuple[Replacement, ...]:
    """The replacements that give the loss `from_logits=value`."""
    if place.form in ("call", "partial"):
        assert isinstance(place.node, ast.Call)
        skipped = 1 if place.form == "partial" else 0
        return (set_keyword(place.source, place.node, "from_logits", str(value), place.thing, skipped),)
    if place.form == "class":
        end = place.source.span(place.node)[1]
        return (Replacement(end, end, f"(from_logits={value})"),)
    return swapped(place, f"{_family(place, pair)}(from_logits={value})", reader)


def swapped(place: Place, call: str, reader: Reader) -> tuple[Replacement, ...]:
    """The replacements that put a call of another class of `keras.losses` in the loss's place."""
    if place.own or place.form == "partial":
        raise UnsureError("the loss is made inside a function, where another one may need other arguments")
    if place.form == "call" and isinstance(place.node, ast.Call):
        extra = [k.arg for k in place.node.keywords if k.arg != "from_logits"]
        if extra or place.node.args:
            raise UnsureError(f"`{place.source.segment(place.node)}` has arguments that may not fit another loss")
    prefix, imports = spelled(call.partition("(")[0], place.thing, place.source, place.node, reader)
    return (*imports, Replacement(*place.source.span(place.node), prefix + call))


class _Search:
    """Follows an expression to the place where the loss is made."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def follow(self, expr: ast.expr, source: Source, path: tuple[Any, ...], used: tuple[Any, ...]) -> Place:
        if len(used) > _DEPTH:
            raise UnsureError("the loss is passed on by too many names to be followed")
        if isinstance(expr, ast.NamedExpr):
            return self.follow(expr.value, source, path, used)
        if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Constant):
            return self.follow(expr.value, source, (expr.slice.value, *path), used)
        if isinstance(expr, ast.Name):
            return self._named(expr, source, path, used)
        if path:
            return self.follow(member(expr, path[0], source), source, path[1:], used)
        if isinstance(expr, ast.Constant) and isinstance(expr.value, str):
            return Place(source, expr, "text", used=used)
        if isinstance(expr, ast.Lambda):
            return self._inside(expr, source, used)
        if isinstance(expr, ast.Attribute):
            return self._of_keras(expr, source, used)
        if isinstance(expr, ast.Call):
            return self._called(expr, source, used)
        raise UnsureError(f"`{_short(source, expr)}` decides only while it runs which loss it is")

    def _named(self, name: ast.Name, source: Source, path: tuple[Any, ...], used: tuple[Any, ...]) -> Place:
        used = (*used, (source, name))
        try:
            bound = self._reader.binding(name, source)
        except UnsureError:
            if not path and _kind(self._reader.thing(name, source)):
                return self._of_keras(name, source, used[:-1])
            raise
        if isinstance(bound.node, ast.alias) and not path:
            return self._of_keras(name, source, used[:-1])
        if isinstance(bound.node, ast.arg):
            raise UnsureError(f"the loss is the parameter `{name.id}` of a function: change it where that is called")
        if isinstance(bound.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not path:
            return self._inside(bound.node, bound.source, used)
        if bound.value is None:
            raise UnsureError(f"what `{name.id}` is bound to is not written out in {bound.source.name}")
        if path:
            self._reader.require_untouched(bound, name.id)
        return self.follow(bound.value, bound.source, path, used)

    def _of_keras(self, expr: ast.expr, source: Source, used: tuple[Any, ...]) -> Place:
        thing = self._reader.thing(expr, source)
        kind = _kind(thing)
        if not kind:
            raise UnsureError(f"`{_short(source, expr)}` is not written out in a cell that could be read")
        return Place(source, expr, kind, thing, used=used)

    def _called(self, call: ast.Call, source: Source, used: tuple[Any, ...]) -> Place:
        callee = self._reader.thing(call.func, source)
        if _kind(callee) == "class":
            return Place(source, call, "call", callee, used=used)
        if callee is functools.partial and call.args:
            inner = self._reader.thing(call.args[0], source)
            if _kind(inner) == "function" and len(call.args) == 1:
                return Place(source, call, "partial", inner, used=used)
        text = call.args[0] if len(call.args) == 1 and not call.keywords else None
        is_get = callee is not None and any(callee is keras.losses.get for keras in kerases.loaded())
        if is_get and isinstance(text, ast.Constant) and isinstance(text.value, str):
            return Place(source, call, "text", used=used)
        if isinstance(call.func, ast.Name):
            bound = self._reader.binding(call.func, source)
            if isinstance(bound.node, ast.FunctionDef):
                returned = _only_return(bound.node)
                if returned is not None:
                    return self.follow(returned, bound.source, (), (*used, (source, call.func)))
        raise UnsureError(f"what `{_short(source, call)}` returns is not written out where it could be read")

    def _inside(self, function: ast.AST, source: Source, used: tuple[Any, ...]) -> Place:
        """The one crossentropy that a loss of the user's own calls."""
        found: dict[tuple[int | None, tuple[int, int]], Place] = {}
        for call in (n for n in ast.walk(function) if isinstance(n, ast.Call)):
            place = self._flagged(call, source, used)
            if place is not None:
                found[place.source.cell, place.source.span(place.node)] = place
        if len(found) != 1:
            how_many = "none that could be found" if not found else f"{len(found)} of them"
            raise UnsureError(f"the loss is a function that may call a crossentropy: there is {how_many}")
        (place,) = found.values()
        return Place(place.source, place.node, place.form, place.thing, own=True, used=place.used)

    def _flagged(self, call: ast.Call, source: Source, used: tuple[Any, ...]) -> Place | None:
        """A call that takes from_logits, or the making of the loss object that is called."""
        thing = self._reader.thing(call.func, source)
        if _kind(thing) and _has_flag(thing):
            return Place(source, call, "call", thing, used=used)
        if thing is not None or not isinstance(call.func, ast.Name):
            return None
        try:
            place = self.follow(call.func, source, (), used)
        except UnsureError:
            return None
        return place if place.thing is not None and _has_flag(place.thing) else None


def _require_same(place: Place, pair: Pair) -> None:
    """What the source says must be what ran."""
    expectation = pair.expectation
    if place.form == "text":
        text = next(n.value for n in ast.walk(place.node) if isinstance(n, ast.Constant))
        if isinstance(place.node, ast.Constant) and pair.loss != repr(text):
            raise UnsureError(f"{place.source.name} says {text!a}, but the loss that ran is {pair.loss}")
        return
    family = _family_of(place.thing)
    if expectation.family and family != expectation.family:
        raise UnsureError(f"{place.source.name} says {family}, but the loss that ran is {pair.loss}")
    if place.form in ("call", "partial") and _has_flag(place.thing):
        assert isinstance(place.node, ast.Call)
        flag = given(place.node, "from_logits", place.thing, 1 if place.form == "partial" else 0)
        ran = expectation.kind in ("class-logits", "binary-logits")
        said = False if flag is None else bool(flag.value) if isinstance(flag, ast.Constant) else ran
        unpacked = any(k.arg is None for k in place.node.keywords)
        if said != ran and not unpacked:
            raise UnsureError(f"{place.source.name} says from_logits={said}, but the loss that ran was made otherwise")


def _family(place: Place, pair: Pair) -> str:
    family = pair.expectation.family or (_family_of(place.thing) if place.thing is not None else "")
    if not family:
        raise UnsureError(f"which class of keras.losses {pair.loss} is one of is not known")
    return family


def _kind(thing: Any) -> Literal["", "class", "function"]:
    """Whether something is a loss class or loss function of Keras' own."""
    name = getattr(thing, "__name__", None)
    if not isinstance(name, str):
        return ""
    for losses in (keras.losses for keras in kerases.loaded()):
        if getattr(losses, name, None) is thing and name in ENTRIES:
            return "function"
        if getattr(losses, name, None) is thing and losses.Loss in getattr(thing, "__mro__", ()):
            return "class"
    return ""


def _family_of(thing: Any) -> str:
    name = str(thing.__name__)
    return ENTRIES[name].family if name in ENTRIES else name


def _has_flag(thing: Any) -> bool:
    return "from_logits" in inspect.signature(thing).parameters


def _only_return(function: ast.FunctionDef) -> ast.expr | None:
    returns = [n for n in ast.walk(function) if isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom))]
    plain = len(returns) == 1 and returns[0] is function.body[-1] and not function.decorator_list
    return returns[0].value if plain else None


def _short(source: Source, node: ast.AST) -> str:
    text = " ".join(source.segment(node).split())
    return text if len(text) <= 60 else text[:57] + "…"
