"""Examples of the rows of `keras.ops` beyond NumPy's functions: activations, whole layers, images, matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from tests.emission.row_examples import BOUNDED, IMAGE, ONE_HEAD, RGB, SEQUENCE, VECTOR, enter
from tests.emission.row_examples_numpy import by_name

TWO_VECTORS, TWO_IMAGES = (VECTOR, VECTOR), (RGB, RGB)
PIXELS = {"shapes": (RGB,)}
IMAGES = {"shapes": (IMAGE,)}
SEQUENCES = {"shapes": (SEQUENCE,)}
UNIT = ("softmax", "sigmoid")


def kernel(*shape: int) -> Any:
    """Weights that are fixed."""
    return (np.arange(np.prod(shape)).reshape(shape) % 5 - 2.0).astype("float32")


# activations
for name in (
    "Celu", "Elu", "Gelu", "Glu", "HardShrink", "HardSigmoid", "HardSilu", "HardTanh", "LeakyRelu", "LogSigmoid", "LogSoftmax", "Relu",
    "Relu6", "Selu", "Sigmoid", "Silu", "SoftShrink", "Softmax", "Softplus", "Softsign", "SparsePlus", "SparseSigmoid", "Sparsemax",
    "Squareplus", "TanhShrink",
):  # fmt: skip
    enter(f"nn.{name}", by_name(name))
for name in ("Glu", "Softmax", "LogSoftmax", "Sparsemax"):
    f = by_name(name)
    enter(f"nn.{name}", lambda x, f=f: f(x, axis=1), shapes=((4, 4),))
enter("nn.Threshold", lambda x: ops.threshold(x, 0.2, -3.0), lambda x: ops.threshold(x, -1.0, 5.0))

# each element by itself, and reductions
for name in ("Erf", "Erfc", "Erfinv", "Rsqrt"):
    enter(f"math.{name}", by_name(name))
enter(
    "math.Logsumexp",
    lambda x: ops.logsumexp(x, axis=-1),
    ops.logsumexp,
    lambda x: ops.logsumexp(x, axis=(1, 2), keepdims=True),
    **SEQUENCES,
)
enter("math.TopK", lambda x: ops.top_k(x, 2), **SEQUENCES)
enter("math.CDist", lambda x, y: ops.cdist(x, y), shapes=(SEQUENCE, SEQUENCE))
for name in ("SegmentMax", "SegmentMin", "SegmentProd", "SegmentSum"):
    f = by_name(name)
    enter(f"math.{name}", lambda x, f=f: f(x, np.asarray([0, 0, 1, 1, 3]), num_segments=5), batch=5)
enter("math.ExtractSequences", lambda x: ops.extract_sequences(x, 2, 1), **SEQUENCES)
enter(
    "linalg.Norm",
    *(lambda x, o=o: ops.norm(x, ord=o, axis=(-1,)) for o in (None, 1, 2, 3, np.inf, -np.inf, 0)),
    **SEQUENCES,
)
enter(
    "linalg.Norm",
    *(lambda x, o=o: ops.norm(x, ord=o, axis=(1, 2)) for o in (None, "fro", "nuc", 1, -1, 2)),
    **SEQUENCES,
)

# core
enter("core.Cast", *(lambda x, to=to: ops.cast(x, to) for to in ("float16", "bfloat16", "int32", "bool", "float64")))
enter("core.SaturateCast", lambda x: ops.saturate_cast(x, "uint8"), lambda x: ops.saturate_cast(x, "float16"))
enter("core.ConvertToTensor", lambda x: ops.convert_to_tensor(x), lambda x: ops.convert_to_tensor(x, dtype="float16"))
enter("core.StopGradient", lambda x: ops.stop_gradient(x))
enter("core.Unstack", lambda x: ops.unstack(x, axis=1), lambda x: ops.unstack(x, axis=-1), **SEQUENCES)
enter("core.Slice", lambda x: ops.slice(x, [0, 1], [5, 2]), batch=5)
enter("core.SliceUpdate", lambda x, y: ops.slice_update(x, [0, 1], y[:, :2]), shapes=TWO_VECTORS, batch=5)
PLACES = np.asarray([[0, 1], [2, 3]])
enter("core.ScatterUpdate", lambda x, y: ops.scatter_update(x, PLACES, y[0, :2]),
      lambda x, y: ops.scatter_update(x, PLACES, y[0, :2], reduction="add"), shapes=TWO_VECTORS, batch=5)  # fmt: skip
enter(
    "einops.Rearrange",
    lambda x: ops.rearrange(x, "b h w c -> b w h c"),
    lambda x: ops.rearrange(x, "b h w c -> b c (h w)"),
    batch=5,
    **IMAGES,
)

# whole layers
for name in ("AveragePool", "MaxPool"):
    f = by_name(name)
    enter(f"nn.{name}", lambda x, f=f: f(x, 2, 2), lambda x, f=f: f(x, 3, strides=1, padding="same"), **IMAGES)
    enter(f"nn.{name}", lambda x, f=f: f(x, 2, 2, padding="same"), **SEQUENCES)
    f = by_name(f"Adaptive{name}")
    # Keras mistakes the shape that channels at the end have after it
    enter(
        f"nn.Adaptive{name}",
        lambda x, f=f: f(ops.transpose(x, (0, 3, 1, 2)), (2, 3), data_format="channels_first"),
        **IMAGES,
    )
enter("nn.Conv", lambda x: ops.conv(x, kernel(2, 2, 4, 3)), **IMAGES)
# Keras hands the padding over where that of the output belongs
swapped = dict.fromkeys(("tensorflow", "jax", "torch"), (AttributeError, "has no attribute 'lower'"))
enter("nn.ConvTranspose", lambda x: ops.conv_transpose(x, kernel(2, 2, 3, 4), strides=2), refused=swapped, **IMAGES)
enter("nn.DepthwiseConv", lambda x: ops.depthwise_conv(x, kernel(2, 2, 4, 1)), **IMAGES)
enter("nn.SeparableConv", lambda x: ops.separable_conv(x, kernel(2, 2, 4, 1), kernel(1, 1, 4, 3)), **IMAGES)
enter(
    "nn.BatchNorm",
    lambda x: ops.batch_normalization(x, kernel(4), np.ones(4, "float32"), -1, offset=kernel(4), scale=kernel(4)),
)
enter("nn.LayerNorm", lambda x: ops.layer_normalization(x), lambda x: ops.layer_normalization(x, kernel(4), kernel(4)))
enter("nn.RMSNorm", lambda x: ops.rms_normalization(x), lambda x: ops.rms_normalization(x, kernel(4)))
enter(
    "nn.Normalize",
    lambda x: ops.normalize(x),
    lambda x: ops.normalize(x, order=1),
    lambda x: ops.normalize(x, axis=1, order=3),
    **SEQUENCES,
)
enter("nn.Moments", lambda x: ops.moments(x, axes=[-1]), lambda x: ops.moments(x, axes=[1], keepdims=True), **SEQUENCES)
HEADED = ((5, 2, 4),) * 3
enter("nn.DotProductAttention", ops.dot_product_attention, lambda q, k, v: ops.dot_product_attention(q, k, v, is_causal=True),
      lambda q, k, v: ops.dot_product_attention(q, k, v, mask=np.tri(5, k=-1, dtype=bool)[None, None]), shapes=HEADED, heads=("logits", "softmax", "narrow"))  # fmt: skip
enter(
    "nn.OneHot",
    lambda x: ops.one_hot(ops.argmax(x, axis=-1), 5),
    lambda x: ops.one_hot(ops.argmax(x, axis=-1), 4, axis=1),
    **SEQUENCES,
)
enter("nn.OneHot", lambda x: ops.one_hot(ops.argmax(x, axis=1), 3), lambda x: ops.one_hot(ops.cast(x, "int32"), 2),
      refused={"torch": (RuntimeError, "Class values must be")}, heads=("logits", "relu"), **SEQUENCES)  # fmt: skip
enter("nn.MultiHot", lambda x: ops.multi_hot(ops.argsort(x, axis=-1)[..., :2], 5), **SEQUENCES)
enter("nn.DepthToSpace", lambda x: ops.depth_to_space(x, 2), **IMAGES)
enter("nn.SpaceToDepth", lambda x: ops.space_to_depth(x[:, :, :4], 2), **IMAGES)
enter("nn.Unfold", lambda x: ops.unfold(ops.transpose(x, (0, 3, 1, 2)), 2, padding=1), **IMAGES)
enter("nn.Fold", lambda x: ops.fold(x[:, :4], (3, 3), 2), shapes=(SEQUENCE,), heads=ONE_HEAD)
enter("nn.Polar", lambda x, y: ops.real(ops.polar(ops.abs(x), y)), shapes=TWO_VECTORS)

# losses inside of a graph
enter("nn.BinaryCrossentropy", lambda x, y: ops.binary_crossentropy(x, y), lambda x, y: ops.binary_crossentropy(x, 3 * y, from_logits=True),
      shapes=TWO_VECTORS, heads=UNIT)  # fmt: skip
enter("nn.CategoricalCrossentropy", lambda x, y: ops.categorical_crossentropy(x, y), shapes=TWO_VECTORS)
enter("nn.SparseCategoricalCrossentropy", lambda x: ops.sparse_categorical_crossentropy(ops.argmax(x, axis=-1), x))
enter(
    "nn.CTCLoss",
    lambda x: ops.ctc_loss(np.ones((5, 2), "int32"), x, np.full(5, 2), np.full(5, 5)),
    shapes=(SEQUENCE,),
    batch=5,
    heads=ONE_HEAD,
)
enter("nn.PSNR", lambda x, y: ops.psnr(x, y, 1.0), shapes=TWO_VECTORS)
enter("image.SSIM", lambda x, y: ops.image.ssim(x, y, filter_size=3), shapes=TWO_IMAGES, heads=BOUNDED)

# images
PLAIN = np.asarray([1.1, 0.1, -0.5, 0.2, 0.9, 0.3, 0.0, 0.0], "float32")
CORNERS = np.tile(np.asarray([[[0, 0], [4, 0], [0, 5], [4, 5]]], "float32"), (5, 1, 1))
for how in ("nearest", "bilinear", "bicubic"):
    enter(
        "image.Resize",
        lambda x, how=how: ops.image.resize(x, (4, 7), interpolation=how, antialias=how == "bilinear"),
        **PIXELS,
    )
enter(
    "image.Resize",
    lambda x: ops.image.resize(x, (4, 7), interpolation="lanczos3"),
    refused={"torch": (ValueError, "Lanczos")},
    **PIXELS,
)
enter("image.Resize", lambda x: ops.image.resize(x, (9, 9), pad_to_aspect_ratio=True, fill_value=5.0),
      lambda x: ops.image.resize(x, (3, 3), crop_to_aspect_ratio=True), **PIXELS)  # fmt: skip
enter("image.CropImages", lambda x: ops.image.crop_images(x, 1, 1, target_height=3, target_width=2), **PIXELS)
enter("image.PadImages", lambda x: ops.image.pad_images(x, 1, 2, target_height=9, target_width=9), **PIXELS)
enter(
    "image.ExtractPatches",
    lambda x: ops.image.extract_patches(x, 2),
    lambda x: ops.image.extract_patches(x, 2, padding="same"),
    **PIXELS,
)
enter("image.RGBToGrayscale", ops.image.rgb_to_grayscale, **PIXELS)
enter("image.RGBToHSV", ops.image.rgb_to_hsv, heads=UNIT, **PIXELS)
enter("image.HSVToRGB", ops.image.hsv_to_rgb, heads=UNIT, **PIXELS)
enter("image.GaussianBlur", ops.image.gaussian_blur, **PIXELS)
enter("image.SobelEdges", ops.image.sobel_edges, **PIXELS)
enter(
    "image.AffineTransform",
    lambda x: ops.image.affine_transform(x, np.tile(PLAIN, (5, 1)), fill_value=3.0),
    batch=5,
    heads=UNIT,
    **PIXELS,
)
enter(
    "image.PerspectiveTransform",
    lambda x: ops.image.perspective_transform(x, CORNERS, CORNERS + 0.5),
    batch=5,
    heads=UNIT,
    **PIXELS,
)
enter(
    "image.ElasticTransform",
    lambda x: ops.image.elastic_transform(x, alpha=2.0, sigma=1.0, seed=0),
    batch=5,
    heads=ONE_HEAD,
    **PIXELS,
)
enter(
    "image.MapCoordinates",
    lambda x: ops.image.map_coordinates(
        x[0, :, :, 0], np.asarray([[0.5, 7.0], [1.5, 2.0]], "float32"), 1, fill_value=9.0
    ),
    batch=5,
    **PIXELS,
)
enter("image.ScaleAndTranslate", lambda x: ops.image.scale_and_translate(x, (5, 4, 4, 3), np.asarray([0.7, 0.8], "float32"), np.asarray([0.1, 0.5], "float32"), (1, 2), "linear"),
      batch=5, heads=UNIT, **PIXELS)  # fmt: skip

# matrices, of which no more is claimed than their shapes
SQUARE = {"shapes": ((3, 3),), "heads": ("sigmoid", "narrow")}
EYE = 5.0 * np.eye(3, dtype="float32")
for name in ("Inv", "Pinv", "Det"):
    f = by_name(name)
    enter(f"linalg.{name}", lambda x, f=f: f(x + EYE), **SQUARE)
enter("math.Logdet", lambda x: ops.logdet(x + EYE), **SQUARE)
enter("linalg.Cholesky", lambda x: ops.cholesky(x @ ops.transpose(x, (0, 2, 1)) + EYE), **SQUARE)
enter("linalg.Solve", lambda x: ops.solve(x + EYE, x), **SQUARE)
enter("linalg.SolveTriangular", lambda x: ops.solve_triangular(ops.tril(x) + EYE, x, lower=True), **SQUARE)
enter("linalg.Lstsq", lambda x: ops.lstsq(x[0] + EYE, x[1]), batch=5, **SQUARE)
