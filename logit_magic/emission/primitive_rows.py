"""Rows for primitives that compute: functions of each element, arithmetic, choices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from logit_magic.backends.trace import Node
from logit_magic.emission import activations, arithmetic
from logit_magic.emission.one_variable import bounded, origin
from logit_magic.emission.primitive_patterns import free_bias, is_fixed, same_along, shifted, softmax_of, sum_of_exp
from logit_magic.emission.primitives import Evaluation, Step, primitive
from logit_magic.emission.value import INF, Value, between, constant, slackened

# row for an op of keras.ops -> its names on JAX, TensorFlow and torch
_UNARY = {
    "numpy.Exp": "exp Exp aten.exp", "numpy.Expm1": "expm1 Expm1 aten.expm1", "numpy.Exp2": "exp2 aten.exp2",
    "numpy.Log": "log Log aten.log", "numpy.Log1p": "log1p Log1p aten.log1p", "numpy.Log2": "aten.log2",
    "numpy.Log10": "aten.log10", "numpy.Sqrt": "sqrt Sqrt aten.sqrt", "math.Rsqrt": "rsqrt Rsqrt aten.rsqrt",
    "numpy.Cbrt": "cbrt", "numpy.Arctan": "atan Atan aten.atan", "numpy.Arcsinh": "asinh Asinh aten.asinh",
    "numpy.Sinh": "sinh Sinh aten.sinh", "numpy.Cosh": "cosh Cosh aten.cosh", "numpy.Sin": "sin Sin aten.sin",
    "numpy.Cos": "cos Cos aten.cos", "math.Erf": "erf Erf aten.erf", "numpy.Absolute": "abs Abs aten.abs",
    "numpy.Square": "square Square aten.square", "numpy.Negative": "neg Neg aten.neg",
    "numpy.Reciprocal": "Reciprocal Inv aten.reciprocal", "nn.Relu": "Relu aten.relu", "nn.Relu6": "Relu6 aten.relu6",
    "nn.Sigmoid": "logistic Sigmoid aten.sigmoid", "numpy.Tanh": "tanh Tanh aten.tanh", "nn.Softsign": "Softsign",
    "nn.Elu": "Elu", "nn.Selu": "Selu", "nn.Silu": "aten.silu", "nn.Gelu": "aten.gelu", "nn.HardSilu": "aten.hardswish",
    "nn.HardSigmoid": "aten.hardsigmoid", "nn.LogSigmoid": "aten.log_sigmoid_forward aten.log_sigmoid",
}  # fmt: skip
_STEPS = {
    "numpy.Floor": "floor Floor aten.floor", "numpy.Ceil": "ceil Ceil aten.ceil", "numpy.Round": "round Round Rint aten.round",
    "numpy.Trunc": "aten.trunc", "numpy.Sign": "sign Sign aten.sign aten.sgn",
}  # fmt: skip
_ARITHMETIC = {
    "numpy.Add": "add add_any Add AddV2 BiasAdd aten.add", "numpy.Subtract": "sub Sub aten.sub",
    "numpy.Multiply": "mul Mul aten.mul", "numpy.Divide": "div RealDiv Div aten.div",
    "numpy.Power": "pow Pow aten.pow integer_pow", "numpy.DivideNoNan": "DivNoNan",
}  # fmt: skip
_EXTREMA = {
    "numpy.Maximum": "max Maximum aten.maximum aten.clamp_min",
    "numpy.Minimum": "min Minimum aten.minimum aten.clamp_max",
}
_COMPARISONS: dict[str, Callable[[Value, Value], float | None]] = {
    "gt Greater aten.gt": lambda a, b: _settled(a.low > b.high, a.high <= b.low),
    "ge GreaterEqual aten.ge": lambda a, b: _settled(a.low >= b.high, a.high < b.low),
    "lt Less aten.lt": lambda a, b: _settled(a.high < b.low, a.low >= b.high),
    "le LessEqual aten.le": lambda a, b: _settled(a.high <= b.low, a.low > b.high),
    "eq Equal aten.eq": lambda a, b: _settled(False, a.high < b.low or a.low > b.high),
    "ne NotEqual aten.ne": lambda a, b: _settled(a.high < b.low or a.low > b.high, False),
}  # fmt: skip
_OTHER = (
    "select_n Select SelectV2 aten.where clamp ClipByValue aten.clamp aten.hardtanh LeakyRelu aten.leaky_relu aten.elu \
Softplus aten.softplus aten.mish erfc Erfc aten.erfc aten.rsub SquaredDifference stop_gradient copy copy_p Identity IdentityN \
StopGradient aten.clone aten.detach aten.alias aten.lift_fresh_copy"
)
ELEMENTWISE = frozenset(
    " ".join(
        (*_UNARY.values(), *_STEPS.values(), *_ARITHMETIC.values(), *_EXTREMA.values(), *_COMPARISONS, _OTHER)
    ).split()
)


def _named(table: dict[str, str]) -> dict[str, str]:
    return {name: row for row, names in table.items() for name in names.split()}


_ROW = {**_named(_UNARY), **_named(_STEPS), **_named(_ARITHMETIC), **_named(_EXTREMA)}


def _settled(true: bool, false: bool) -> float | None:
    return 1.0 if true else (0.0 if false else None)


@primitive(*_UNARY.values())
def of_one(step: Step) -> Value | None:
    return step.row(_ROW[step.node.primitive], step.operand())


@primitive(*_STEPS.values())
def stepped(step: Step) -> Value | None:
    out = step.row(_ROW[step.node.primitive], step.operand(), decimals=step.param("decimals", 0))
    step.evaluation.either_way |= out is not None and out.low < out.high
    return out


@primitive("erfc Erfc aten.erfc")
def complement_of_erf(step: Step) -> Value | None:
    erf = step.row("math.Erf", step.operand())
    return None if erf is None else arithmetic.subtract(constant(1.0), erf, step.label, step.node.shape)


@primitive("Softmax aten._softmax", "LogSoftmax aten._log_softmax")
def softmax(step: Step) -> Value | None:
    name = "nn.LogSoftmax" if "log" in step.node.primitive.lower() else "nn.Softmax"
    return step.row(name, step.operand(), axis=step.param("dim", -1))


@primitive("Softplus aten.softplus", "aten.mish", "LeakyRelu aten.leaky_relu", "aten.elu")
def with_parameters(step: Step) -> Value | None:
    """Activations with parameters; all of them rise but mish."""
    x, name = step.value(), step.node.primitive
    if name == "aten.mish":
        return activations.apply("mish", x, step.label)
    if name in ("Softplus", "aten.softplus"):
        return step.row("nn.Softplus", x) if step.param("beta", 1) == 1 and step.param("threshold", 20) >= 20 else None
    if x.in_unit_interval and step.param("scale", 1) == 1:
        return x.same(carries="")
    slope = float(step.param("alpha", step.param("negative_slope", 1.0)))
    scale, inner = float(step.param("scale", 1)), float(step.param("input_scale", 1))
    if min(slope, scale, inner) < 0.0:
        return None

    def f(end: float) -> float:
        below = end if name in ("LeakyRelu", "aten.leaky_relu") else math.expm1(inner * end)
        return scale * (end if end > 0.0 else (slope * below if slope else 0.0))

    return x.elementwise(f(x.low), f(x.high), maker=step.label, spans=x.spans and f(x.low) < f(x.high))


@primitive(*_ARITHMETIC.values(), "aten.rsub", "SquaredDifference")
def arithmetic_of_two(step: Step) -> Value | None:
    name, node = step.node.primitive, step.node
    if name in ("add", "Add", "AddV2", "BiasAdd", "aten.add", "sub", "Sub", "aten.sub") and free_bias(node):
        return step.affine()
    a, b = _pair(step)
    if name in ("pow", "Pow", "aten.pow", "integer_pow") and _odd(step, b):
        return _odd_power(step, a, b)
    if b is None or (name in ("div", "Div", "aten.div") and not _divides(step)):
        return None
    if name in ("div", "RealDiv", "aten.div"):
        whole = softmax_of(node)
        if whole is not None:
            return step.row("nn.Softmax", whole[0], axis=whole[1])
    if name in ("add", "AddV2", "aten.add"):
        log_sum = _log_sum(step)
        if log_sum is not None:
            return log_sum
    if name == "SquaredDifference":
        return step.row("numpy.Square", step.row("numpy.Subtract", a, b))
    if step.param("alpha", 1) != 1:
        taken = step.evaluation.operand(a if name == "aten.rsub" else b)
        scaled = arithmetic.scale(taken, float(step.param("alpha")), step.label)
        out = step.row("numpy.Subtract", b, scaled) if name == "aten.rsub" else step.row(_ROW[name], a, scaled)
    else:
        out = step.row("numpy.Subtract", b, a) if name == "aten.rsub" else step.row(_ROW[name], a, b)
    return _of_one_variable(step, out)


def _odd(step: Step, exponent: Node | float | None) -> bool:
    p = step.evaluation.operand(exponent)
    return arithmetic.is_constant(p) and p.low > 0.0 and p.low % 2.0 == 1.0


def _odd_power(step: Step, a: Node | float | None, exponent: Node | float | None) -> Value:
    """x ** 3 and the like rise everywhere."""
    x, p = step.evaluation.operand(a), step.evaluation.operand(exponent).low
    low, high = slackened(*(math.copysign(INF if abs(e) > 1e30 else abs(e) ** p, e) for e in (x.low, x.high)))
    return x.elementwise(low, high, shape=step.node.shape, maker=step.label, spans=x.spans and low < high)


def _pair(step: Step) -> tuple[Node | float | None, Node | float | None]:
    if step.node.primitive == "integer_pow":
        return step.operand(0), step.param("y")
    if not step.node.primitive.startswith("aten."):
        return step.operand(0), step.operand(1)
    second = "exponent" if step.node.primitive == "aten.pow" else "other"
    return step.operand("self"), step.operand(second)


def _divides(step: Step) -> bool:
    """Not the division of whole numbers, nor one that rounds."""
    return "int" not in step.node.dtype and step.param("rounding_mode") is None


def _log_sum(step: Step) -> Value | None:
    """log(sum(exp(x - m))) + m, which is logsumexp(x) whatever m is."""
    for log, offset in (step.node.operands, step.node.operands[::-1]) if len(step.node.operands) == 2 else ():
        found = sum_of_exp(log)
        move = None if found is None else shifted(found[0])
        if found is None or move is None:
            continue
        x, axis = step.evaluation.value(move[0]), found[1]
        if same_along(move[1], offset, axis, x.rank):
            keepdims = len(step.node.shape) == x.rank
            return step.row("math.Logsumexp", x, axis=axis, keepdims=keepdims)
    return None


def _of_one_variable(step: Step, out: Value | None) -> Value | None:
    """A better answer where all operands are elementwise functions of one tensor."""
    if out is None or step.evaluation.plain or out.spans or out.simplex is not None or out.log_simplex is not None:
        return out
    if out.derived is not None or out.weighted is not None or out.gate is not None or out.low == out.high:
        return out
    source = origin(step.node, _expand)
    if source is None or source.shape != step.node.shape:
        return out
    x = step.evaluation.value(source)
    low, high, reached = bounded(x, _on_cells(step.node, source))
    low, high = max(low, out.low), min(high, out.high)
    spans = x.spans and reached
    why = "" if spans else x.why or out.why or f"{step.label} does not reach all values in between"
    return out.with_(low=low, high=high, spans=spans, sources=x.sources, why=why)


def _expand(node: Node) -> list[Node] | None:
    """Operands of an elementwise op that are no constants; None where it is not elementwise."""
    moving = [o for o in node.operands if not is_fixed(o)]
    alike = all(o.shape == node.shape for o in moving)
    return moving if node.primitive in ELEMENTWISE and alike and moving else None


def _on_cells(node: Node, source: Node) -> Callable[[tuple[float, float]], tuple[float, float, bool]]:
    def on_cell(cell: tuple[float, float]) -> tuple[float, float, bool]:
        x = Value(shape=source.shape, low=cell[0], high=cell[1])
        evaluation = Evaluation((), {id(source): x}, plain=True)
        out = evaluation.value(node)
        low, high = (-INF if math.isnan(out.low) else out.low), (INF if math.isnan(out.high) else out.high)
        return low, high, evaluation.either_way

    return on_cell


@primitive("AddN")
def total(step: Step) -> Value:
    return arithmetic.total([step.evaluation.value(o) for o in step.node.operands], step.label, step.node.shape)


@primitive(*_EXTREMA.values())
def extremum(step: Step) -> Value | None:
    """Against a constant it is a clip, which leaves distributions what they are."""
    return _extreme(step, _ROW[step.node.primitive], step.operand(0), _other_bound(step))


def _other_bound(step: Step) -> Any:
    role = {"aten.clamp_min": "min", "aten.clamp_max": "max"}.get(step.node.primitive)
    return step.operand(1 if role is None else role)


def _extreme(step: Step, name: str, a: Node | float | None, b: Node | float | None) -> Value | None:
    never = -INF if name == "numpy.Maximum" else INF
    for bound, other in ((a, b), (b, a)):
        if isinstance(bound, Node) and bound.value is not None and (bound.value == never).all():
            return step.evaluation.operand(other).same(carries="")  # max(-inf, x)
    x, y = step.evaluation.operand(a), step.evaluation.operand(b)
    x, y = (y, x) if arithmetic.is_constant(x) else (x, y)
    if x.normaliser and arithmetic.is_constant(y) and x.shape == step.node.shape:
        ends = (
            {"x_min": y, "x_max": constant(1e30)} if name == "numpy.Maximum" else {"x_min": constant(-1e30), "x_max": y}
        )
        return step.row("numpy.Clip", x, **ends)
    return _of_one_variable(step, step.row(name, x, y))


@primitive("clamp ClipByValue aten.clamp aten.hardtanh")
def clip(step: Step) -> Value | None:
    name = step.node.primitive
    if name.startswith("aten."):
        x = step.operand("self")
        low, high = (step.operand(end + ("_val" if "tanh" in name else "")) for end in ("min", "max"))
        if low is None or high is None:
            one_sided = "numpy.Maximum" if high is None else "numpy.Minimum"
            return _extreme(step, one_sided, x, low if high is None else high)
    else:
        order = (1, 0, 2) if name == "clamp" else (0, 1, 2)
        x, low, high = (step.operand(i) for i in order)
    return step.row("numpy.Clip", x, x_min=low, x_max=high)


@primitive(*_COMPARISONS)
def comparison(step: Step) -> Value:
    a, b = (step.evaluation.operand(o) for o in _pair(step))
    settled = _COMPARES[step.node.primitive](a, b)
    if settled is not None:
        return constant(settled, step.node.shape).with_(maker=step.label)
    if a.key == b.key and step.node.primitive in ("ne", "NotEqual", "aten.ne"):
        return constant(0.0, step.node.shape).with_(maker=step.label)  # true of NaN alone, of which no value speaks
    step.evaluation.either_way = True
    return _truth(step, a, b)


_COMPARES = {name: decide for names, decide in _COMPARISONS.items() for name in names.split()}


def _truth(step: Step, *operands: Value) -> Value:
    out = between(0.0, 1.0, operands[0], step.node.shape, step.label, f"{step.label} compares")
    return out.with_(sources=frozenset().union(*(v.sources for v in operands)))


@primitive("is_finite IsFinite IsNan IsInf aten.isfinite aten.isnan aten.isinf not LogicalNot aten.logical_not and LogicalAnd "
           "aten.logical_and or LogicalOr aten.logical_or aten.bitwise_not aten.bitwise_and aten.bitwise_or")  # fmt: skip
def logical(step: Step) -> Value | None:
    if step.node.dtype != "bool":
        return None
    if step.node.primitive in ("IsNan", "aten.isnan"):
        return constant(0.0, step.node.shape).with_(maker=step.label)
    step.evaluation.either_way = True
    return _truth(step, *(step.evaluation.value(o) for o in step.node.operands))


@primitive("select_n Select SelectV2 aten.where aten.masked_fill")
def where(step: Step) -> Value | None:
    if step.node.primitive == "aten.masked_fill":
        condition, a, b = step.operand("mask"), step.operand("value"), step.operand("self")
    elif step.node.primitive == "aten.where":
        condition, a, b = (step.operand(role) for role in ("condition", "self", "other"))
    elif len(step.node.operands) != 3:
        return None
    elif step.node.primitive == "select_n":
        condition, b, a = step.node.operands
    else:
        condition, a, b = step.node.operands
    truth = step.evaluation.operand(condition)
    if arithmetic.is_constant(truth):
        chosen = step.evaluation.operand(a if truth.low else b)
        return step.row("numpy.BroadcastTo", chosen)
    return _of_one_variable(step, step.row("numpy.Where", condition, a, b))
