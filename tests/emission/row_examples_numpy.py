"""Examples of the rows of NumPy's functions in `keras.ops`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from tests.emission.row_examples import IMAGE, SEQUENCE, VECTOR, enter

FEW = ("logits", "softmax", "relu", "narrow")


def by_name(name: str) -> Callable[..., Any]:
    """The function of `keras.ops` behind an op's class."""
    return getattr(ops, re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def holed(x: Any) -> Any:
    """Its root plus two: NaN where x is negative, and 0 outside of its bounds."""
    return ops.sqrt(x) + 2.0


# each element by itself
for name in (
    "Absolute", "Angle", "Arccos", "Arccosh", "Arcsin", "Arcsinh", "Arctan", "Arctanh", "Array", "Cbrt", "Ceil", "Conjugate", "Copy",
    "Cos", "Cosh", "Deg2rad", "EmptyLike", "Exp", "Exp2", "Expm1", "Fabs", "Floor", "I0", "Isfinite", "Isinf", "Isnan",
    "Isneginf", "Isposinf", "Isreal", "Log", "Log10", "Log1p", "Log2", "LogicalNot", "NanToNum", "Negative", "OnesLike", "Rad2deg",
    "Real", "Reciprocal", "Round", "Sign", "Signbit", "Sin", "Sinc", "Sinh", "Sqrt", "Square", "Tan", "Tanh", "Trunc", "ZerosLike",
):  # fmt: skip
    enter(f"numpy.{name}", by_name(name))
enter("numpy.Imag", ops.imag, refused={"torch": (RuntimeError, "not implemented for tensors with non-complex dtypes")})
enter("numpy.Exp", lambda x: ops.exp(x - ops.max(x, axis=-1, keepdims=True)))
enter("numpy.Log", lambda x: ops.log(ops.sum(ops.exp(x), axis=-1)))
enter("numpy.Round", lambda x: ops.round(x, 1))
for name in ("Isfinite", "Isinf", "Isnan", "Isneginf", "Isposinf"):
    f = by_name(name)
    enter(f"numpy.{name}", lambda x, f=f: f(ops.log(x)))
enter(
    "numpy.NanToNum",
    lambda x: ops.nan_to_num(holed(x)),
    lambda x: ops.nan_to_num(ops.log(x), nan=-2.0, posinf=1.0, neginf=-5.0),
)
enter(
    "numpy.Clip",
    lambda x: ops.clip(x, -0.3, 0.8),
    lambda x: ops.clip(x, 1e-7, 1 - 1e-7),
    lambda x: ops.clip(x, 1.0, np.arange(4.0) + 1),
)
enter("numpy.FullLike", lambda x: ops.full_like(x, 3.0))
enter("numpy.Full", lambda x: ops.full((3, 4), ops.max(x)))

# two tensors, element by element
NUMBERS = np.asarray([0.5, -1.5, 0.0, 3.0], "float32")
for name in (
    "Add", "Arctan2", "Divide", "DivideNoNan", "Equal", "FloorDivide", "Fmax", "Fmin", "Fmod", "Greater", "GreaterEqual", "Heaviside",
    "Hypot", "Isclose", "Less", "LessEqual", "Logaddexp", "Logaddexp2", "LogicalAnd", "LogicalOr", "LogicalXor", "Maximum", "Minimum",
    "Mod", "Multiply", "Nextafter", "NotEqual", "Power", "Subtract", "TrueDivide",
):  # fmt: skip
    f = by_name(name)
    enter(f"numpy.{name}", f, shapes=(VECTOR, VECTOR))
    enter(f"numpy.{name}", lambda x, f=f: f(x, NUMBERS), lambda x, f=f: f(NUMBERS[:, None, None], x), heads=FEW)
for name in ("Add", "Divide", "Multiply", "Subtract", "TrueDivide"):
    f = by_name(name)
    enter(f"numpy.{name}", f, shapes=(SEQUENCE, VECTOR), batch=5)
    enter(
        f"numpy.{name}",
        lambda x, f=f: f(x, ops.sum(x, axis=-1, keepdims=True)),
        lambda x, f=f: f(x, ops.max(x, axis=-1, keepdims=True)),
        lambda x, f=f: f(x, x),
    )
enter(
    "numpy.TrueDivide",
    lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True),
    lambda x: x / (1 - x),
    lambda x: 1 / (x + 1),
)
enter(
    "numpy.Subtract", lambda x: x - ops.logsumexp(x, axis=-1, keepdims=True), lambda x: x - ops.mean(x), lambda x: 1 - x
)
enter(
    "numpy.Power",
    lambda x: x**2,
    lambda x: x**3,
    lambda x: x**0.5,
    lambda x: x**-1.0,
    lambda x: x**-2.0,
    lambda x: x**0.0,
)
enter("numpy.Ldexp", lambda x: ops.ldexp(x, np.asarray([1, -2, 0, 3])))
enter("numpy.IsIn", lambda x: ops.isin(x, np.asarray([0.0, 0.5, 1.0], "float32")))
enter("numpy.AllClose", lambda x, y: ops.allclose(x, y), shapes=(VECTOR, VECTOR))
enter(
    "numpy.Where",
    lambda x, y: ops.where(x > y, x, y),
    lambda x, y: ops.where(x[:, :1] > 0, x, y),
    shapes=(VECTOR, VECTOR),
)
enter("numpy.Select", lambda x, y: ops.select([x > y, x > 0], [x, y], default=-7.0), shapes=(VECTOR, VECTOR))

# reductions
REDUCING = (
    "All",
    "Amax",
    "Amin",
    "Any",
    "CountNonzero",
    "Max",
    "Mean",
    "Median",
    "Min",
    "Prod",
    "Ptp",
    "Std",
    "Sum",
    "Var",
)
NANS = ("Nanmax", "Nanmean", "Nanmin", "Nanprod", "Nanstd", "Nansum", "Nanvar")
for name in (*REDUCING, *NANS):
    f = by_name(name)
    enter(
        f"numpy.{name}",
        f,
        lambda x, f=f: f(x, axis=-1),
        lambda x, f=f: f(x, axis=1),
        lambda x, f=f: f(x, axis=(0, 2)),
        shapes=(SEQUENCE,),
    )
    if name in NANS:
        enter(f"numpy.{name}", lambda x, f=f: f(holed(x), axis=-1))
for name in ("Max", "Min"):
    f = by_name(name)
    enter(f"numpy.{name}", lambda x, f=f: f(x, axis=-1, keepdims=True, initial=0.75))
enter("numpy.Average", lambda x: ops.average(x, axis=1), ops.average, lambda x: ops.average(x, axis=-1, weights=np.asarray([1.0, 0.0, 2.0, 0.5])),
      lambda x: ops.average(x, axis=-1, weights=np.asarray([1.0, -3.0, 2.0, 0.5])), shapes=(SEQUENCE,))  # fmt: skip
enter(
    "numpy.Quantile",
    lambda x: ops.quantile(x, 0.3, axis=(-1,)),
    lambda x: ops.quantile(x, [0.1, 0.7], axis=(1, 2), method="nearest"),
    shapes=(SEQUENCE,),
)
enter(
    "numpy.Percentile",
    lambda x: ops.percentile(x, 30.0, axis=-1),
    lambda x: ops.percentile(x, [10, 70], axis=1, method="lower"),
    shapes=(SEQUENCE,),
)
# TensorFlow goes through these row by row, slowly
enter("numpy.Nanmedian", lambda x: ops.nanmedian(holed(x), axis=-1), ops.nanmedian, heads=("logits", "narrow"))
enter("numpy.Nanquantile", lambda x: ops.nanquantile(holed(x), 0.3, axis=-1), heads=("logits", "narrow"))
enter("numpy.Nanpercentile", lambda x: ops.nanpercentile(holed(x), 30.0, axis=-1), heads=("logits", "narrow"))
for name in ("Cumsum", "Cumprod", "Nancumsum", "Nancumprod"):
    f = by_name(name)
    enter(f"numpy.{name}", lambda x, f=f: f(x, axis=-1), lambda x, f=f: f(x, axis=1), shapes=(SEQUENCE,))
    enter(f"numpy.{name}", lambda x, f=f: f(x))
    if "Nan" in name:
        enter(f"numpy.{name}", lambda x, f=f: f(holed(x), axis=-1))
for name in ("Argmax", "Argmin", "Nanargmax", "Nanargmin", "Argsort", "Sort"):
    f = by_name(name)
    enter(f"numpy.{name}", lambda x, f=f: f(x, axis=-1), lambda x, f=f: f(x, axis=1), shapes=(SEQUENCE,))
    if "Nan" in name:
        enter(f"numpy.{name}", lambda x, f=f: f(holed(x), axis=-1))
enter("numpy.Argmax", lambda x: ops.argmax(x), lambda x: ops.argmax(x, axis=-1, keepdims=True))
enter("numpy.Argpartition", lambda x: ops.argpartition(x, 1))
enter("numpy.Diff", lambda x: ops.diff(x), lambda x: ops.diff(x, n=2, axis=-1), lambda x: ops.diff(x, n=0))
enter("numpy.Trapezoid", lambda x: ops.trapezoid(x, dx=0.5), shapes=(SEQUENCE,))
enter("numpy.Trace", lambda x: ops.trace(x, axis1=1, axis2=2), shapes=(SEQUENCE,))
enter("numpy.Cross", lambda x, y: ops.cross(x[:, :3], y[:, 1:]), shapes=(VECTOR, VECTOR))
enter("numpy.Digitize", lambda x: ops.digitize(x, np.asarray([-0.5, 0.2, 1.0], "float32")))
enter("numpy.SearchSorted", lambda x: ops.searchsorted(ops.sort(x[0]), np.asarray([0.1, 0.9], "float32")))
enter("numpy.Bincount", lambda x: ops.bincount(ops.cast(x, "int32"), minlength=3),
      lambda x: ops.bincount(ops.cast(x, "int32"), weights=np.tile(NUMBERS, (5, 1)), minlength=3), heads=("softmax", "sigmoid"), batch=5)  # fmt: skip

# axes moved, cut, joined and repeated
SEQUENCES = {"shapes": (SEQUENCE,)}
enter(
    "numpy.Reshape",
    lambda x: ops.reshape(x, (-1, 4, 5)),
    lambda x: ops.reshape(x, (-1, 1, 5, 4)),
    lambda x: ops.reshape(x, (-1, 4)),
    **SEQUENCES,
)
enter("numpy.Ravel", ops.ravel)
enter("numpy.Transpose", lambda x: ops.transpose(x, (0, 2, 1)), ops.transpose, **SEQUENCES)
enter("numpy.Swapaxes", lambda x: ops.swapaxes(x, 1, 2), lambda x: ops.swapaxes(x, 0, 1), **SEQUENCES)
enter(
    "numpy.Moveaxis", lambda x: ops.moveaxis(x, -1, 1), lambda x: ops.moveaxis(x, [1, 2, 3], [3, 1, 2]), shapes=(IMAGE,)
)
enter("numpy.ExpandDims", lambda x: ops.expand_dims(x, 1), lambda x: ops.expand_dims(x, -1))
enter("numpy.Squeeze", lambda x: ops.squeeze(x[:, :1], 1), lambda x: ops.squeeze(x[:, None, :, None]), batch=5)
enter(
    "numpy.BroadcastTo", lambda x: ops.broadcast_to(x[:, :1], (5, 4)), lambda x: ops.broadcast_to(x, (3, 5, 4)), batch=5
)
for name in ("Flip", "Fliplr", "Flipud"):
    enter(f"numpy.{name}", by_name(name), **SEQUENCES)
enter("numpy.Flip", lambda x: ops.flip(x, axis=-1), **SEQUENCES)
enter(
    "numpy.Roll",
    lambda x: ops.roll(x, 1),
    lambda x: ops.roll(x, 1, axis=1),
    lambda x: ops.roll(x, 1, axis=-1),
    **SEQUENCES,
)
enter(
    "numpy.Repeat",
    lambda x: ops.repeat(x, 2, axis=1),
    lambda x: ops.repeat(x, 2, axis=-1),
    lambda x: ops.repeat(x, 2),
    **SEQUENCES,
)
enter(
    "numpy.Tile",
    lambda x: ops.tile(x, (1, 1, 2)),
    lambda x: ops.tile(x, (1, 2, 1)),
    lambda x: ops.tile(x, (2, 1, 1, 1)),
    batch=5,
    **SEQUENCES,
)
enter("numpy.Rot90", lambda x: ops.rot90(x, axes=(1, 2)), lambda x: ops.rot90(x, k=2, axes=(1, 2)), **SEQUENCES)
enter("numpy.Diagonal", lambda x: ops.diagonal(x, axis1=1, axis2=2), **SEQUENCES)
enter(
    "numpy.Meshgrid",
    lambda x, y: ops.meshgrid(x[0], y[1]),
    lambda x, y: ops.meshgrid(x[0], y[0], indexing="ij"),
    shapes=(VECTOR, VECTOR),
    batch=5,
)
for name in ("Tril", "Triu"):
    enter(f"numpy.{name}", by_name(name), **SEQUENCES)
enter("numpy.Diag", lambda x: ops.diag(x[0]), ops.diag, batch=5)
enter("numpy.Diagflat", ops.diagflat, batch=5)
for mode in ("constant", "reflect", "symmetric"):
    enter("numpy.Pad", lambda x, mode=mode: ops.pad(x, ((0, 0), (1, 2)), mode=mode))
enter("numpy.Pad", lambda x: ops.pad(x, ((0, 0), (1, 1)), constant_values=9.0))
others = {
    "tensorflow": (ValueError, "expected to be one of"),
    "torch": (RuntimeError, "padding"),
}  # NumPy's other modes, which JAX has as well
for mode in ("edge", "linear_ramp", "mean", "wrap", "empty"):
    enter("numpy.Pad", lambda x, mode=mode: ops.pad(x, ((0, 0), (2, 2)), mode=mode), refused=others)
enter(
    "numpy.GetItem",
    lambda x: x[:, 1],
    lambda x: x[..., 1:3],
    lambda x: x[:, None, ::2],
    lambda x: x[..., -1],
    **SEQUENCES,
)
enter(
    "numpy.GetItem",
    lambda x: x[:, ::-1],
    refused={"torch": (ValueError, "step must be greater than zero")},
    **SEQUENCES,
)
for name in ("Split", "ArraySplit"):
    f = by_name(name)
    enter(
        f"numpy.{name}",
        lambda x, f=f: f(x, 2, axis=-1),
        lambda x, f=f: f(x, 5, axis=1),
        lambda x, f=f: f(x, 4, axis=2),
        **SEQUENCES,
    )
enter("numpy.Split", lambda x: ops.split(x, [1, 3], axis=1), **SEQUENCES)
enter("numpy.ArraySplit", lambda x: ops.array_split(x, 3, axis=-1), **SEQUENCES)
enter("numpy.Hsplit", lambda x: ops.hsplit(x, 5), **SEQUENCES)
enter("numpy.Vsplit", lambda x: ops.vsplit(x, [2]), batch=5)
enter("numpy.Dsplit", lambda x: ops.dsplit(x, 2), **SEQUENCES)
enter(
    "numpy.Take",
    lambda x: ops.take(x, [2, 0], axis=1),
    lambda x: ops.take(x, 1, axis=-1),
    lambda x: ops.take(x, [0, 3]),
    **SEQUENCES,
)
enter("numpy.TakeAlongAxis", lambda x: ops.take_along_axis(x, ops.argsort(x, axis=-1), axis=-1), **SEQUENCES)
for name in ("Concatenate", "Stack"):
    f = by_name(name)
    enter(f"numpy.{name}", lambda x, y, f=f: f([x, y], axis=1), lambda x, y, f=f: f([x, y, 1 - x], axis=-1),
          lambda x, y, f=f: f([x, 1 - x], axis=-1), shapes=(VECTOR, VECTOR))  # fmt: skip
enter("numpy.Append", lambda x, y: ops.append(x, y, axis=-1), ops.append, shapes=(VECTOR, VECTOR), batch=5)
for name in ("Hstack", "Vstack", "Dstack"):
    f = by_name(name)
    for shape in (VECTOR, SEQUENCE):
        enter(f"numpy.{name}", lambda x, y, f=f: f([x, y]), shapes=(shape, shape), batch=5)

# products
TWO = {"shapes": (SEQUENCE, SEQUENCE), "batch": 5}
MIX = np.asarray([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5], [0.0, 0.0, 1.0], [2.0, -1.0, 0.0]], "float32")
enter("numpy.Matmul", lambda x, y: x @ ops.transpose(y, (0, 2, 1)), lambda x, y: x @ MIX, **TWO)
enter("numpy.Matmul", lambda gate, x: ops.matmul(gate[:, None], x), shapes=(VECTOR, (4, 4)))
enter("numpy.Dot", lambda x, y: ops.dot(x, MIX), lambda x, y: ops.dot(x[0], ops.transpose(y[1])), **TWO)
enter(
    "numpy.Tensordot",
    lambda x, y: ops.tensordot(x, y, axes=[[2], [2]]),
    lambda x, y: ops.tensordot(x, MIX, axes=1),
    **TWO,
)
enter("numpy.Inner", lambda x, y: ops.inner(x, y), **TWO)
enter("numpy.Vdot", lambda x, y: ops.vdot(x[0, 0], y[0, 0]), **TWO)
enter("numpy.Outer", lambda x, y: ops.outer(x[0], y[0]), **TWO)
enter("numpy.Kron", lambda x, y: ops.kron(x[0], y[0]), **TWO)
enter(
    "numpy.Einsum",
    lambda x, y: ops.einsum("btc,bsc->bts", x, y),
    lambda x, y: ops.einsum("btc->bct", x),
    lambda x, y: ops.einsum("btc->b", x),
    **TWO,
)
enter("numpy.Einsum", lambda gate, x: ops.einsum("bk,bkc->bc", gate, x), shapes=(VECTOR, (4, 4)))
