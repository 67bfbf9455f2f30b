"""Rows for `keras.layers` with weights: heads, embeddings, normalisation, attention, and layers around another."""

from __future__ import annotations

import math
from typing import Any

from logit_magic.emission import axes
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import OPAQUE, Value, all_sources, between

_KERNELS = ("kernel_constraint", "depthwise_constraint", "pointwise_constraint")


def _constrained(op: Any, names: tuple[str, ...]) -> bool:
    return any(getattr(op, name, None) is not None for name in names)


def _has_bias(op: Any) -> bool:
    return bool(getattr(op, "use_bias", False) or getattr(op, "bias_axes", None))


@row(
    "layers.Dense", "layers.EinsumDense", "layers.Conv1D", "layers.Conv2D", "layers.Conv3D",
    "layers.Conv1DTranspose", "layers.Conv2DTranspose", "layers.Conv3DTranspose", "layers.DepthwiseConv1D",
    "layers.DepthwiseConv2D", "layers.SeparableConv1D", "layers.SeparableConv2D",
)  # fmt: skip
def affine_then_activation(call: Call) -> Value | None:
    out = _affine(call)
    activation = getattr(call.op, "activation", None)
    return out if activation is None else call.through(activation, out, call.label)


def _affine(call: Call) -> Value:
    """Any real number, if the weights can go anywhere: a free bias alone takes each element to any place."""
    op, out = call.op, call.affine()
    free_bias = _has_bias(op) and not _constrained(op, ("bias_constraint",))
    if not getattr(op, "trainable", True):
        return _frozen(call, out)
    if free_bias or not _constrained(op, _KERNELS):
        return out
    return out.with_(spans=False, why=f"the weights of {call.label} are constrained")


def _frozen(call: Call, out: Value) -> Value:
    """Fixed weights pass on what they are fed with; over probabilities they may be a matrix that mixes classes."""
    x = call.value()
    bounded = x.low >= 0.0 and math.isfinite(x.high)
    opaque = OPAQUE in x.sources and not _has_bias(call.op)
    out = out.with_(sources=out.sources | (x.sources - {OPAQUE}))
    if bounded or opaque:
        return out.with_(spans=False, why=f"the weights of {call.label} are frozen")
    return out


@row("layers.Embedding")
def lookup_table(call: Call) -> Value:
    return _table(call)


def _table(call: Call) -> Value:
    free = getattr(call.op, "trainable", True) and not _constrained(call.op, ("embeddings_constraint",))
    return call.affine() if free else call.affine(spans=False).with_(why=f"the weights of {call.label} are fixed")


@row("layers.ReversibleEmbedding")
def tied_table(call: Call) -> Value:
    """In reverse, logits over the vocabulary, perhaps with a soft cap."""
    cap = getattr(call.op, "logit_soft_cap", None)
    out = _table(call)
    if cap is None or call.argument(1, "reverse") is not True:
        return out
    return out.elementwise(-abs(float(cap)), abs(float(cap)), maker=call.label)


@row("layers.PReLU")
def learned_slope(call: Call) -> Value:
    x = call.value()
    if x.low >= 0.0:
        return x.same(carries="")
    free = getattr(call.op, "trainable", True) and not _constrained(call.op, ("alpha_constraint",))
    return x.elementwise(-math.inf, math.inf, maker=call.label, spans=x.spans and x.is_unbounded and free)


@row("layers.BatchNormalization", "layers.LayerNormalization", "layers.GroupNormalization", "layers.RMSNormalization")
def learned_normalisation(call: Call) -> Value:
    """A free offset takes each element to any place."""
    op = call.op
    offset = getattr(op, "center", False) and not _constrained(op, ("beta_constraint",))
    only_scale = call.name == "layers.RMSNormalization"
    if getattr(op, "trainable", True) and (offset or only_scale):
        return call.affine()
    x = call.value()
    out = call.affine(spans=False).with_(sources=x.sources, why=f"{call.label} has no trainable offset")
    return out.with_(spans=x.spans and x.is_unbounded and call.name == "layers.BatchNormalization")


@row("layers.Normalization")
def fixed_normalisation(call: Call) -> Value:
    return between(
        -math.inf, math.inf, call.value(), call.shape, call.label, f"{call.label} rescales by what it was shown"
    )


@row("layers.SpectralNormalization")
def spectral(call: Call) -> Value | None:
    inner = call.through(call.op.layer, call.value(), call.label)
    return None if inner is None else inner.with_(spans=False, why=inner.why or f"{call.label} constrains the weights")


@row("layers.MultiHeadAttention", "layers.GroupedQueryAttention", "layers.GroupQueryAttention")
def projected_attention(call: Call) -> Value:
    """Ends in a projection with weights; its second output are softmax scores over the keys."""
    if call.index > 0:
        return between(0.0, 1.0, call.affine(), call.shape, call.label, f"{call.label} gives attention scores")
    free = getattr(call.op, "trainable", True)
    names = ("kernel_constraint",) if _has_bias(call.op) is False else ("bias_constraint",)
    free = free and not any(getattr(call.op, "_" + n, getattr(call.op, n, None)) is not None for n in names)
    return call.affine() if free else call.affine(spans=False).with_(why=f"the weights of {call.label} are fixed")


@row("layers.Attention", "layers.AdditiveAttention")
def attention(call: Call) -> Value | None:
    """A convex combination, over positions, of the value sequence; queries that a mask hides get 0."""
    if call.index > 0:
        return between(0.0, 1.0, call.affine(), call.shape, call.label, f"{call.label} gives attention scores")
    inputs = call.values(0, "inputs")
    if len(inputs) < 2 or getattr(call.op, "dropout", None):
        return None
    value, masked = inputs[1], call.has_mask(1)
    out = value.elementwise(
        min(value.low, 0.0), max(value.high, 0.0), shape=call.shape, maker=call.label, spans=False,
        sources=all_sources(inputs), why=f"{call.label} mixes positions",
    )  # fmt: skip
    if value.simplex == -1 and value.is_probability and not masked:
        return out.with_(simplex=-1, total=value.total, high=value.high, why="")
    return out


@row("layers.TimeDistributed")
def time_distributed(call: Call) -> Value | None:
    x = call.value()
    step = axes.removed(x, [1], (x.shape[0], *x.shape[2:]), call.label)
    out = call.through(call.op.layer, step, "")
    if out is None:
        return None
    before_time = [a for a in (out.simplex, out.log_simplex) if a is not None and -a >= len(call.shape) - 1]
    axis_kept = out.with_(shape=call.shape, gate=None, share=None, line=None, of_exp=0, weighted=None, derived=None)
    out = axis_kept.with_(carries="", maker=f"{call.label} around {out.maker}")
    return axes.lost(out, call.label) if before_time else out


@row("layers.InputLayer")
def model_input(call: Call) -> Value:
    return Value(shape=call.shape, why="it is the model's own input")
