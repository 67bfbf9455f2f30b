"""Rows for `keras.layers` without weights: activations, noise, scaling, merging, reshaping, pooling."""

from __future__ import annotations

import math

from logit_magic.emission import activations, arithmetic, axes, contractions, joins
from logit_magic.emission.nn_rows import convex, spatial
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Value, between, independent, slackened


@row("layers.Activation")
def activation(call: Call) -> Value | None:
    return call.through(call.op.activation, call.value(), call.label)


@row("layers.Softmax")
def softmax(call: Call) -> Value | None:
    """A mask gives some classes probability 0: still a simplex, but for rows in which it hides every class."""
    x, axis = call.value(), call.op.axis
    masked = call.has_mask(1)
    several = [axis] if isinstance(axis, int) else list(axis)
    if len(several) == 1:
        carries = "tensor" if isinstance(axis, int) and not masked else ""
        return activations.apply("softmax", x, call.label, axis=several[0], carries=carries)
    return between(0.0, 1.0, x, call.shape, call.label, "a softmax over several axes at once")


@row("layers.ReLU", "activations.ReLU")
def relu(call: Call) -> Value:
    x, op = call.value(), call.op
    top = INF if op.max_value is None else float(op.max_value)
    slope, threshold = float(op.negative_slope or 0.0), float(op.threshold or 0.0)
    if slope == 0.0 and threshold == 0.0 and x.low >= 0.0 and x.high <= top:
        return x.same(carries="")
    ends: list[float] = []
    if x.high >= threshold:  # passed through, up to the top
        ends += [min(max(x.low, threshold), top), min(x.high, top)]
    if x.low < threshold or x.low == threshold != 0.0:  # the negative slope; at the threshold itself 0
        ends += [slope * (x.low - threshold), slope * (min(x.high, threshold) - threshold)] if slope else [0.0]
    low, high = slackened(min(ends), max(ends))
    return x.elementwise(low, high, maker=call.label, spans=x.spans and threshold == 0.0 and low < high)


@row("layers.LeakyReLU")
def leaky(call: Call) -> Value:
    x, slope = call.value(), float(call.op.negative_slope)
    if x.low >= 0.0:
        return x.same(carries="")
    ends = [
        slope * x.low if slope else 0.0,
        x.high if x.high >= 0.0 else slope * x.high,
        0.0 if x.high >= 0.0 else slope * x.low,
    ]
    low, high = slackened(min(ends), max(ends))
    return x.elementwise(low, high, maker=call.label, spans=x.spans and low < high)


@row("layers.ELU")
def elu(call: Call) -> Value:
    x, alpha = call.value(), float(call.op.alpha)
    ends = [e if e > 0.0 else alpha * math.expm1(e) for e in (x.low, min(x.high, 0.0), x.high)]
    low, high = slackened(min(ends), max(ends))
    return x.elementwise(low, high, maker=call.label, spans=x.spans and alpha > 0.0 and low < high)


@row("layers.Identity", "layers.ActivityRegularization")
def identity(call: Call) -> Value:
    return call.value()


@row("layers.Masking")
def masking(call: Call) -> Value:
    x = call.value()
    return between(min(x.low, 0.0), max(x.high, 0.0), x, call.shape, call.label, f"{call.label} sets rows to zero")


@row(
    "layers.Dropout", "layers.SpatialDropout1D", "layers.SpatialDropout2D", "layers.SpatialDropout3D",
    "layers.AlphaDropout", "layers.GaussianDropout", "layers.GaussianNoise",
)  # fmt: skip
def noise_while_training(call: Call) -> Value:
    """Nothing happens at inference; while training, a simplex is broken."""
    x = call.value()
    rate = getattr(call.op, "rate", getattr(call.op, "stddev", 0.0)) or 0.0
    if rate == 0.0:
        return x
    if x.is_probability and x.broken_by == "":
        x = x.with_(broken_by=call.label, broken_in="training")
    return x.with_(carries="", derived=None, line=None, share=None, weighted=None, of_exp=0)


@row("layers.Rescaling")
def rescaling(call: Call) -> Value:
    x = call.value()
    try:
        scale, offset = float(call.op.scale), float(call.op.offset)
    except (TypeError, ValueError):
        return between(-INF, INF, x, call.shape, call.label, f"{call.label} has a scale per channel")
    out = arithmetic.shift(arithmetic.scale(x, scale, call.label), offset, call.label)
    return out.same(carries="")


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
    first, *others = call.values()
    for other in others:
        first = arithmetic.multiply(first, other, call.label, call.shape)
    return first


@row("layers.Concatenate")
def concatenate(call: Call) -> Value:
    return joins.concatenate(call.values(), call.op.axis, call.label, call.shape)


@row("layers.Dot")
def dot(call: Call) -> Value:
    a, b = call.values()
    if call.op.normalize:
        spans = arithmetic.is_free(a) and arithmetic.is_free(b) and independent([a, b])
        why = "" if spans else f"{call.label} gives cosines"
        return a.elementwise(
            -1.0, 1.0, shape=call.shape, maker=call.label, spans=spans, sources=a.sources | b.sources, why=why
        )
    pair = call.op.axes
    i, j = (pair, pair) if isinstance(pair, int) else pair
    plan = contractions.batch_dot(a, b, i % a.rank, j % b.rank) if a.rank > 1 and b.rank > 1 else None
    return contractions.contract(a, b, plan, call.label, call.shape)


@row("layers.Reshape", "layers.Flatten")
def reshape(call: Call) -> Value:
    return axes.reshaped(call.value(), call.shape, call.label)


@row("layers.Permute")
def permute(call: Call) -> Value:
    return axes.permuted(call.value(), (0, *call.op.dims), call.shape, call.label)


@row("layers.RepeatVector")
def repeat_vector(call: Call) -> Value:
    return axes.inserted(call.value(), 1, call.shape, call.label)


@row("layers.Cropping1D", "layers.Cropping2D", "layers.Cropping3D", "layers.CenterCrop")
def crop(call: Call) -> Value:
    x = call.value()
    out = axes.touched(x, spatial(call, x.rank), call.shape, call.label)
    # images that are too small for it are enlarged by bilinear interpolation
    enlarges = call.name == "layers.CenterCrop"
    return axes.lost(out, call.label) if enlarges and out.log_simplex is not None else out


@row("layers.ZeroPadding1D", "layers.ZeroPadding2D", "layers.ZeroPadding3D")
def pad(call: Call) -> Value:
    x = call.value()
    return between(min(x.low, 0.0), max(x.high, 0.0), x, call.shape, call.label, f"{call.label} adds zeros")


@row("layers.UpSampling1D", "layers.UpSampling2D", "layers.UpSampling3D")
def upsample(call: Call) -> Value:
    x, how = call.value(), getattr(call.op, "interpolation", "nearest")
    if how not in ("nearest", "bilinear"):  # cubic and Lanczos overshoot
        return between(-INF, INF, x, call.shape, call.label, f"{call.label} interpolates by {how}")
    out = convex(x, call)
    return axes.lost(out, call.label) if out.log_simplex is not None and how == "bilinear" else out


@row(
    "layers.AveragePooling1D", "layers.AveragePooling2D", "layers.AveragePooling3D", "layers.GlobalAveragePooling1D",
    "layers.GlobalAveragePooling2D", "layers.GlobalAveragePooling3D", "layers.AdaptiveAveragePooling1D",
    "layers.AdaptiveAveragePooling2D", "layers.AdaptiveAveragePooling3D",
)  # fmt: skip
def average_pool(call: Call) -> Value:
    """Averages are convex: what summed to one along the channels still does."""
    out = convex(call.value(), call)
    return axes.lost(out, call.label) if out.log_simplex is not None else out


@row(
    "layers.MaxPooling1D", "layers.MaxPooling2D", "layers.MaxPooling3D", "layers.GlobalMaxPooling1D",
    "layers.GlobalMaxPooling2D", "layers.GlobalMaxPooling3D", "layers.AdaptiveMaxPooling1D",
    "layers.AdaptiveMaxPooling2D", "layers.AdaptiveMaxPooling3D",
)  # fmt: skip
def max_pool(call: Call) -> Value:
    return axes.lost(call.value(), call.label).with_(shape=call.shape)


@row("activations.Mish")
def mish(call: Call) -> Value | None:
    return activations.apply("mish", call.value(), call.label)
