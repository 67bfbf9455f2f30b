"""Rows for `keras.layers`: heads, activations, merging, reshaping, pooling, regularisation, recurrence, attention."""

from __future__ import annotations

from typing import Any

from logit_magic.emission import activations, arithmetic, axes
from logit_magic.emission.transfer import Call, lookup, row
from logit_magic.emission.value import INF, Value


@row(
    "layers.Dense", "layers.EinsumDense", "layers.Conv1D", "layers.Conv2D", "layers.Conv3D",
    "layers.Conv1DTranspose", "layers.Conv2DTranspose", "layers.Conv3DTranspose", "layers.DepthwiseConv1D",
    "layers.DepthwiseConv2D", "layers.SeparableConv1D", "layers.SeparableConv2D",
)  # fmt: skip
def affine_then_activation(call: Call) -> Value | None:
    constrained = any(
        getattr(call.op, name, None) is not None
        for name in ("kernel_constraint", "bias_constraint", "depthwise_constraint", "pointwise_constraint")
    )
    out = call.affine(spans=not constrained)
    activation = getattr(call.op, "activation", None)
    return out if activation is None else call.through(activation, out, call.label)


@row("layers.Embedding", "layers.ReversibleEmbedding")
def lookup_table(call: Call) -> Value:
    return call.affine(spans=getattr(call.op, "embeddings_constraint", None) is None)


@row("layers.Activation")
def activation(call: Call) -> Value | None:
    return call.through(call.op.activation, call.value(), call.label)


@row("layers.Softmax")
def softmax(call: Call) -> Value | None:
    axis = call.op.axis
    if not isinstance(axis, int):
        return _softmax_over_several(call, list(axis))
    # a mask gives some classes probability 0: still a simplex
    return activations.apply("softmax", call.value(), call.label, axis=axis, carries="tensor")


def _softmax_over_several(call: Call, several: list[int]) -> Value | None:
    if len(several) == 1:
        return activations.apply("softmax", call.value(), call.label, axis=several[0], carries="")
    return call.value().elementwise(0.0, 1.0, maker=call.label, why="a softmax over several axes at once")


@row("layers.ReLU")
def relu(call: Call) -> Value:
    x, op = call.value(), call.op
    top = INF if op.max_value is None else float(op.max_value)
    slope, threshold = float(op.negative_slope or 0.0), float(op.threshold or 0.0)
    if slope == 0.0 and threshold == 0.0 and x.low >= 0.0 and x.high <= top:
        return x.with_(carries="")
    low = slope * (x.low - threshold) if slope and x.low < threshold else (0.0 if x.low <= threshold else x.low)
    return x.elementwise(min(low, top), min(max(x.high, 0.0), top), maker=call.label)


@row("layers.LeakyReLU")
def leaky(call: Call) -> Value:
    x = call.value()
    if x.low >= 0.0:
        return x
    return x.elementwise(float(call.op.negative_slope) * x.low, max(x.high, 0.0), maker=call.label)


@row("layers.PReLU")
def learned_slope(call: Call) -> Value:
    x = call.value()
    return x if x.low >= 0.0 else x.elementwise(-INF, INF, maker=call.label)


@row("layers.ELU")
def elu(call: Call) -> Value:
    x = call.value()
    return x.elementwise(max(-abs(float(call.op.alpha)), min(x.low, -0.0)), max(x.high, 0.0), maker=call.label)


@row("layers.Identity", "layers.ActivityRegularization")
def identity(call: Call) -> Value:
    return call.value()


@row("layers.Masking")
def masking(call: Call) -> Value:
    x = call.value()
    return axes.lost(x.with_(low=min(x.low, 0.0), high=max(x.high, 0.0)), call.label)


@row(
    "layers.Dropout", "layers.SpatialDropout1D", "layers.SpatialDropout2D", "layers.SpatialDropout3D",
    "layers.AlphaDropout", "layers.GaussianDropout", "layers.GaussianNoise",
)  # fmt: skip
def noise_while_training(call: Call) -> Value:
    x = call.value()
    rate = getattr(call.op, "rate", getattr(call.op, "stddev", 0.0)) or 0.0
    if rate == 0.0:
        return x
    if x.is_probability and x.broken_by == "":
        x = x.with_(broken_by=call.label, broken_in="training")
    return x.with_(carries="", derived=None)


@row("layers.BatchNormalization", "layers.LayerNormalization", "layers.GroupNormalization", "layers.RMSNormalization")
def learned_normalisation(call: Call) -> Value | None:
    learned = getattr(call.op, "scale", True) and getattr(call.op, "center", True)
    constrained = any(getattr(call.op, n, None) is not None for n in ("gamma_constraint", "beta_constraint"))
    return call.affine(spans=bool(learned) and not constrained)


@row("layers.Normalization")
def fixed_normalisation(call: Call) -> Value:
    return call.affine(spans=False)


@row("layers.UnitNormalization")
def unit_normalisation(call: Call) -> Value:
    x = call.value()
    return x.elementwise(0.0 if x.low >= 0.0 else -1.0, 0.0 if x.high <= 0.0 else 1.0, maker=call.label, spans=False)


@row("layers.SpectralNormalization")
def spectral(call: Call) -> Value | None:
    inner = call.through(call.op.layer, call.value(), call.label)
    return None if inner is None else inner.with_(spans=False)


@row("layers.Rescaling")
def rescaling(call: Call) -> Value | None:
    x = call.value()
    try:
        scale, offset = float(call.op.scale), float(call.op.offset)
    except (TypeError, ValueError):
        return x.elementwise(-INF, INF, maker=call.label, spans=False)
    return arithmetic.shift(arithmetic.scale(x, scale, call.label), offset, call.label).with_(carries="")


@row("layers.Add")
def add(call: Call) -> Value:
    return arithmetic.total(call.values(), call.label, call.shape)


@row("layers.Average")
def average(call: Call) -> Value:
    values = call.values()
    return arithmetic.scale(arithmetic.total(values, call.label, call.shape), 1.0 / len(values), call.label)


@row("layers.Subtract")
def subtract(call: Call) -> Value:
    a, b = call.values()
    return arithmetic.subtract(a, b, call.label, call.shape)


@row("layers.Multiply")
def multiply(call: Call) -> Value:
    values = call.values()
    out = values[0]
    for other in values[1:]:
        out = arithmetic.multiply(out, other, call.label, call.shape)
    return out


@row("layers.Maximum", "layers.Minimum")
def extremum(call: Call) -> Value:
    pick = max if call.name.endswith("Maximum") else min
    values = call.values()
    out = values[0].elementwise(
        pick(v.low for v in values), pick(v.high for v in values), spans=all(v.spans for v in values)
    )
    return axes.lost(values[0], call.label).with_(
        low=out.low, high=out.high, spans=out.spans, maker=call.label, shape=call.shape, normaliser=""
    )


@row("layers.Concatenate")
def concatenate(call: Call) -> Value:
    return arithmetic.concatenate(call.values(), call.op.axis, call.label, call.shape)


@row("layers.Dot")
def dot(call: Call) -> Value:
    if call.op.normalize:
        a, b = call.values()
        return a.elementwise(-1.0, 1.0, shape=call.shape, maker=call.label, spans=a.spans and b.spans)
    a, b = call.values()
    return arithmetic.contract(a, b, call.label, call.shape)


@row("layers.Reshape", "layers.Flatten")
def reshape(call: Call) -> Value:
    return axes.reshaped(call.value(), call.shape, call.label)


@row("layers.Permute")
def permute(call: Call) -> Value:
    return axes.permuted(call.value(), (0, *call.op.dims), call.shape, call.label)


@row("layers.RepeatVector")
def repeat_vector(call: Call) -> Value:
    return axes.inserted(call.value(), 1, call.shape, call.label)


@row("layers.Cropping1D", "layers.Cropping2D", "layers.Cropping3D")
def crop(call: Call) -> Value:
    return axes.touched(call.value(), _spatial(call), call.shape, call.label)


@row("layers.ZeroPadding1D", "layers.ZeroPadding2D", "layers.ZeroPadding3D")
def pad(call: Call) -> Value:
    x = call.value()
    return axes.lost(x, call.label).with_(low=min(x.low, 0.0), high=max(x.high, 0.0), shape=call.shape)


@row("layers.UpSampling1D", "layers.UpSampling2D", "layers.UpSampling3D")
def upsample(call: Call) -> Value | None:
    if getattr(call.op, "interpolation", "nearest") not in ("nearest", "bilinear"):
        return None  # cubic and Lanczos overshoot
    return axes.touched(call.value(), _spatial(call), call.shape, call.label)


@row(
    "layers.AveragePooling1D", "layers.AveragePooling2D", "layers.AveragePooling3D", "layers.GlobalAveragePooling1D",
    "layers.GlobalAveragePooling2D", "layers.GlobalAveragePooling3D", "layers.AdaptiveAveragePooling1D",
    "layers.AdaptiveAveragePooling2D", "layers.AdaptiveAveragePooling3D",
)  # fmt: skip
def average_pool(call: Call) -> Value:
    """Averages are convex: what summed to one along the channels still does."""
    x = call.value()
    return _pooled(x, call) if x.simplex is None or x.simplex == _channels(call) else axes.lost(_pooled(x, call), "")


@row(
    "layers.MaxPooling1D", "layers.MaxPooling2D", "layers.MaxPooling3D", "layers.GlobalMaxPooling1D",
    "layers.GlobalMaxPooling2D", "layers.GlobalMaxPooling3D", "layers.AdaptiveMaxPooling1D",
    "layers.AdaptiveMaxPooling2D", "layers.AdaptiveMaxPooling3D",
)  # fmt: skip
def max_pool(call: Call) -> Value:
    return axes.lost(_pooled(call.value(), call), call.label)


def _pooled(x: Value, call: Call) -> Value:
    simplex = x.simplex
    if simplex is not None and len(call.shape) < x.rank:  # global pooling drops the pooled axes
        simplex = -1 if _channels(call) == simplex else None
    return x.with_(shape=call.shape, simplex=simplex, log_simplex=None, gate=None, carries="", derived=None)


def _channels(call: Call) -> int:
    rank = call.value().rank
    return -1 if getattr(call.op, "data_format", "channels_last") != "channels_first" else 1 - rank


def _spatial(call: Call) -> list[int]:
    rank = len(call.shape)
    channels = _channels(call)
    return [a for a in range(1 - rank, 0) if a != channels]


@row("layers.LSTM", "layers.GRU", "layers.SimpleRNN", "layers.ConvLSTM1D", "layers.ConvLSTM2D", "layers.ConvLSTM3D")
def recurrent(call: Call) -> Value | None:
    if call.index > 0:
        return None  # states: a cell state has no bound
    holder = call.op if hasattr(call.op, "activation") else call.op.cell
    out = call.through(holder.activation, call.affine(), call.label)
    if out is None or call.name == "layers.SimpleRNN":
        return out
    # gated: the activation times a gate in [0, 1], or a running mean of it that starts at zero
    return axes.lost(out, call.label).with_(low=min(out.low, 0.0), high=max(out.high, 0.0), normaliser="", carries="")


@row("layers.Bidirectional")
def bidirectional(call: Call) -> Value | None:
    inner = lookup(f"layers.{type(call.op.forward_layer).__name__}")
    if inner is not recurrent or call.index > 0:
        return None
    one = recurrent(_inside(call, call.op.forward_layer))
    if one is None:
        return None
    mode = call.op.merge_mode
    if mode == "concat":
        return arithmetic.concatenate([one, one], -1, call.label, call.shape)
    if mode == "sum":
        return arithmetic.total([one, one], call.label, call.shape)
    if mode == "mul":
        return arithmetic.multiply(one, one, call.label, call.shape)
    return one.with_(shape=call.shape)  # "ave": convex; None: one of the two


def _inside(call: Call, op: Any) -> Call:
    return Call(
        op, f"layers.{type(op).__name__}", call.label, call.shape, 0, call.args, call.kwargs, call.operand, call.through
    )


@row("layers.TimeDistributed")
def time_distributed(call: Call) -> Value | None:
    x = call.value()
    step = x.with_(shape=(x.shape[0], *x.shape[2:]), simplex=None, log_simplex=None, carries="")
    if x.simplex is not None and x.simplex > 2 - x.rank:
        step = step.with_(simplex=x.simplex, total=x.total)
    out = call.through(call.op.layer, step, "")
    if out is None:
        return None
    time_axis_safe = out.simplex is None or -out.simplex < len(call.shape) - 1
    out = out.with_(shape=call.shape, carries="", maker=f"{call.label} around {out.maker}")
    return out if time_axis_safe else axes.lost(out, call.label)


@row("layers.MultiHeadAttention", "layers.GroupQueryAttention")
def projected_attention(call: Call) -> Value | None:
    return call.affine() if call.index == 0 else None


@row("layers.Attention", "layers.AdditiveAttention")
def attention(call: Call) -> Value | None:
    """A convex combination, over positions, of the value sequence."""
    if call.index > 0 or getattr(call.op, "dropout", None):
        return None
    inputs = call.values(0, "inputs")
    if len(inputs) < 2:
        return None
    value = inputs[1]
    keeps = value.simplex in (None, -1)
    out = value.with_(shape=call.shape, carries="", derived=None, gate=None, maker=call.label, log_simplex=None)
    return out if keeps else axes.lost(out, call.label)


@row("layers.InputLayer")
def model_input(call: Call) -> Value:
    shape = call.shape
    return Value(shape=shape, why="it is the model's own input")
