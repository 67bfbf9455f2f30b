"""Keras' layers and ops that have no row in the table, each with the reason why."""

from __future__ import annotations

_PREPARES = "it prepares data before a model and does not stand behind a head"
_FOLLOWED = "its own call is made of Keras ops and is followed instead"
_USERS_CODE = "it runs a function of the user's that the op keeps to itself"
_FOREIGN = "it runs code of another framework, which has no Keras graph"
_COMPLEX = "it works with complex numbers or signals, which are neither logits nor probabilities"
_INTEGERS = "it works with integers, which are neither logits nor probabilities"
_MATRIX = "it decomposes matrices; its outputs are neither logits nor probabilities"
_CELL = "one step of a recurrent layer; the layer around it has a row"

_GROUPS: dict[str, tuple[str, ...]] = {
    _PREPARES: (
        "layers.AugMix", "layers.AutoContrast", "layers.CategoryEncoding",
        "layers.ContrastLimitedAdaptiveHistogramEqualization", "layers.CutMix", "layers.Discretization",
        "layers.Equalization", "layers.HashedCrossing", "layers.Hashing", "layers.IntegerLookup",
        "layers.MaxNumBoundingBoxes", "layers.MelSpectrogram", "layers.MixUp", "layers.RandAugment",
        "layers.RandomBrightness", "layers.RandomColorDegeneration", "layers.RandomColorJitter", "layers.RandomContrast",
        "layers.RandomCrop", "layers.RandomElasticTransform", "layers.RandomErasing", "layers.RandomFlip",
        "layers.RandomGaussianBlur", "layers.RandomGrayscale", "layers.RandomHue", "layers.RandomInvert",
        "layers.RandomPerspective", "layers.RandomPosterization", "layers.RandomRotation", "layers.RandomSaturation",
        "layers.RandomSharpness", "layers.RandomShear", "layers.RandomTranslation", "layers.RandomZoom",
        "layers.STFTSpectrogram", "layers.Solarization", "layers.StringLookup", "layers.TextVectorization",
    ),
    _FOLLOWED: ("layers.Lambda", "layers.Layer", "layers.Pipeline", "layers.Wrapper", "function.Function"),
    _FOREIGN: ("layers.FlaxLayer", "layers.JaxLayer", "layers.TFSMLayer", "layers.TorchModuleWrapper"),
    _CELL: ("layers.GRUCell", "layers.LSTMCell", "layers.SimpleRNNCell", "layers.StackedRNNCells"),
    _USERS_CODE: (
        "core.AssociativeScan", "core.Cond", "core.ForiLoop", "core.Map", "core.Scan", "core.Switch", "core.VectorizedMap",
        "core.WhileLoop", "linalg.JVP",
    ),
    _COMPLEX: (
        "math.FFT", "math.FFT2", "math.IFFT2", "math.IRFFT", "math.ISTFT", "math.RFFT", "math.STFT", "math.ViewAsComplex",
        "math.ViewAsReal", "numpy.View", "numpy.Correlate",
    ),
    _INTEGERS: (
        "numpy.Arange", "numpy.BitwiseAnd", "numpy.BitwiseInvert", "numpy.BitwiseLeftShift", "numpy.BitwiseNot",
        "numpy.BitwiseOr", "numpy.BitwiseRightShift", "numpy.BitwiseXor", "numpy.Gcd", "numpy.Lcm", "numpy.LeftShift",
        "numpy.RightShift", "numpy.Ndim", "numpy.Size", "numpy.Nonzero", "numpy.UnravelIndex", "nn.CTCDecode",
        "math.InTopK", "numpy.Histogram", "numpy.Unique",
    ),
    _MATRIX: (
        "linalg.CholeskyInverse", "linalg.Eig", "linalg.Eigh", "linalg.LuFactor", "linalg.MatrixRank", "linalg.Qr",
        "linalg.SVD", "numpy.Corrcoef", "numpy.Slogdet", "numpy.Vander",
    ),
    "it makes a grid of numbers, not the output of a head": ("numpy.Geomspace", "numpy.Linspace", "numpy.Logspace"),
    "it writes values into zeros at positions that only the data tells": ("core.Scatter",),
    "it is a base class": ("operation.Operation", "math.SegmentReduction"),
}  # fmt: skip

NO_ROW: dict[str, str] = {name: reason for reason, names in _GROUPS.items() for name in names}


def why_no_row(name: str) -> str:
    """Why a layer or op has no row; "" where that is not known, as for a class that Keras has brought since.

    Args:
        name: as the table names it, e.g. "layers.RandomFlip" or "core.Cond".
    """
    return NO_ROW.get(name, "")
