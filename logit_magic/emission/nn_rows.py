"""Rows for `keras.ops` of whole layers: pooling, normalisation, attention, resizing, one-hot."""

from __future__ import annotations

from logit_magic.emission import axes
from logit_magic.emission.join_rows import is_learned
from logit_magic.emission.transfer import Call, row
from logit_magic.emission.value import INF, Value, all_sources, between, negative_axis


def channels(call: Call, rank: int) -> int:
    """The channel axis of images and sequences, counted from the end."""
    unbatched = rank == 3 and call.name.startswith(("image.", "layers.Resizing"))
    return (-3 if unbatched else 1 - rank) if getattr(call.op, "data_format", None) == "channels_first" else -1


def spatial(call: Call, rank: int) -> list[int]:
    """All axes between the batch and the channels."""
    return [a for a in range(1 - rank, 0) if a != channels(call, rank)]


def convex(x: Value, call: Call) -> Value:
    """Averages over positions: what summed to one along the channels still does."""
    if len(call.shape) == x.rank:
        others = [a for a in range(-x.rank, 0) if a != channels(call, x.rank)]
        return axes.touched(x, others, call.shape, call.label)
    return axes.removed(x, spatial(call, x.rank), call.shape, call.label)


@row("nn.AveragePool", "nn.AdaptiveAveragePool")
def average_pool(call: Call) -> Value:
    out = convex(call.value(), call)
    return axes.lost(out, call.label) if out.log_simplex is not None else out


@row("nn.MaxPool", "nn.AdaptiveMaxPool")
def max_pool(call: Call) -> Value:
    return axes.lost(call.value(), call.label).with_(shape=call.shape)


@row("image.Resize", "layers.Resizing")
def resize(call: Call) -> Value:
    """Linear interpolation is convex; cubic and Lanczos overshoot."""
    x, op = call.value(), call.op
    if op.interpolation not in ("nearest", "bilinear"):
        return between(-INF, INF, x, call.shape, call.label, f"{call.label} interpolates by {op.interpolation}")
    out = convex(x, call)
    out = axes.lost(out, call.label) if out.log_simplex is not None and op.interpolation == "bilinear" else out
    if not op.pad_to_aspect_ratio:
        return out
    fill = float(op.fill_value or 0.0)
    return between(min(x.low, fill), max(x.high, fill), x, call.shape, call.label, f"{call.label} pads")


@row("image.CropImages")
def crop(call: Call) -> Value:
    x = call.value()
    return axes.touched(x, spatial(call, x.rank), call.shape, call.label)


@row("image.PadImages")
def pad(call: Call) -> Value:
    x = call.value()
    return between(min(x.low, 0.0), max(x.high, 0.0), x, call.shape, call.label, f"{call.label} adds zeros")


@row("nn.OneHot", "nn.MultiHot")
def one_hot(call: Call) -> Value:
    """A distribution if each index is within the classes: an index outside gives a row of zeros."""
    x = call.value(0, "x" if call.name == "nn.OneHot" else "inputs")
    out = between(0.0, 1.0, x, call.shape, call.label, f"{call.label} marks classes")
    if call.name == "nn.MultiHot" or x.low < 0.0 or x.high > call.op.num_classes - 1:
        return out
    return out.with_(simplex=negative_axis(call.op.axis, len(call.shape)), why="")


@row("nn.Normalize", "layers.UnitNormalization")
def normalize(call: Call) -> Value:
    """Unit vectors: signs stay, but where the logarithm of 1 is rounded to a hair above 0, which alone in its row becomes 1."""
    x = call.value()
    negative = x.high <= 0.0 and x.log_simplex is None
    low, high = (0.0 if x.low >= 0.0 else -1.0), (0.0 if negative else 1.0)
    why = f"{call.label} gives unit vectors: what values of theirs go together is not followed"
    return between(low, high, x, call.shape, call.label, why)


@row("nn.LayerNorm", "nn.RMSNorm", "nn.BatchNorm")
def normalisation(call: Call) -> Value:
    """With a trainable offset any real number."""
    offset = call.argument(3, "offset") if call.name == "nn.BatchNorm" else call.argument(2, "beta")
    if call.name != "nn.RMSNorm" and is_learned(offset):
        return call.affine().with_(sources=call.operand(offset).sources)
    return call.affine(spans=False).with_(why=f"{call.label} has no offset of its own")


@row("nn.DotProductAttention")
def attention(call: Call) -> Value:
    """A convex combination of the values of all positions; a query that sees none of them gets their mean or 0."""
    v = call.value(2, "value")
    out = v.elementwise(min(v.low, 0.0), max(v.high, 0.0), shape=call.shape, maker=call.label, sources=sources(call))
    plain = call.argument(4, "mask") is None and v.simplex == -1
    return out.with_(simplex=-1, total=v.total, why="") if plain else out.with_(spans=False, why=_mixes(call))


def sources(call: Call) -> frozenset[int]:
    return all_sources([call.operand(a) for a in call.args[:3]])


def _mixes(call: Call) -> str:
    return f"{call.label} mixes positions"


@row("linalg.Inv", "linalg.Pinv", "linalg.Solve", "linalg.SolveTriangular", "linalg.Cholesky", "linalg.Lstsq")
def solved(call: Call) -> Value:
    x = call.value()
    return between(-INF, INF, x, call.shape, call.label, f"{call.label} is not followed further")


@row("image.RGBToGrayscale", "image.GaussianBlur", "image.SobelEdges", "image.AffineTransform", "image.MapCoordinates",
     "image.PerspectiveTransform", "image.ElasticTransform", "image.ScaleAndTranslate", "image.RGBToHSV", "image.HSVToRGB",
     "nn.Fold")  # fmt: skip
def image(call: Call) -> Value:
    return between(-INF, INF, call.value(), call.shape, call.label, f"{call.label} is not followed further")


@row("nn.BinaryCrossentropy", "nn.CategoricalCrossentropy", "nn.SparseCategoricalCrossentropy", "nn.CTCLoss", "nn.PSNR",
     "image.SSIM")  # fmt: skip
def loss_in_the_graph(call: Call) -> Value:
    return between(-INF, INF, call.value(), call.shape, call.label, f"{call.label} is a loss, not a head")
