"""Pieces of hostile cells: what a method may do to whoever calls it, which methods do it, and what stands in a cell."""

from __future__ import annotations

# Run once in a shell; all cells draw on it. Nothing acts up before `armed[0]` is set, so that a cell can build and
# compile its model in peace and leave the check to meet the rest.
SETUP = """
import logging, sys, time, warnings
import keras, numpy as np
from keras import layers, ops
armed = [False]
class Mute(Exception):
    def __str__(self): raise RuntimeError("no text")
    __repr__ = __str__
class Quits(BaseException):
    pass
class Junk:
    def __getattr__(self, name): raise LookupError(name)
    def __repr__(self): raise LookupError("repr")
    def __len__(self): raise LookupError("len")
    def __iter__(self): raise LookupError("iter")
    def __bool__(self): raise LookupError("bool")
    def __eq__(self, other): raise LookupError("eq")
    def __hash__(self): raise LookupError("hash")
    def __array__(self, *a, **k): raise LookupError("array")
    @property
    def __class__(self): raise LookupError("class")
    @property
    def __dict__(self): raise LookupError("dict")
    @property
    def shape(self): raise LookupError("shape")
def deep(): return deep()
def shout():
    print("LOUD"); print("LOUD", file=sys.stderr); warnings.warn("LOUD"); logging.getLogger().error("LOUD")
    from IPython.display import display
    display("LOUD")
ACTS = {
    "value": lambda: (_ for _ in ()).throw(ValueError("\\x1b[31m<b>\\u202e" + "x" * 5000)),
    "mute": lambda: (_ for _ in ()).throw(Mute()),
    "quits": lambda: (_ for _ in ()).throw(Quits("q")),
    "exit": lambda: sys.exit(3),
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt()),
    "memory": lambda: (_ for _ in ()).throw(MemoryError()),
    "attribute": lambda: (_ for _ in ()).throw(AttributeError("no")),
    "generator": lambda: (_ for _ in ()).throw(GeneratorExit()),
    "deep": deep,
    "none": lambda: None,
    "number": lambda: -7,
    "text": lambda: "<script>alert(1)</script>",
    "long": lambda: "x" * 10_000_000,
    "bytes": lambda: b"\\xff\\x00",
    "list": lambda: [1, [2, {3: "x"}]],
    "dict": lambda: {"a": None, 1: 2},
    "junk": lambda: Junk(),
    "type": lambda: Junk,
    "lambda": lambda: lambda *a, **k: None,
    "generates": lambda: (i for i in range(3)),
    "array": lambda: np.array(["a", None], dtype=object),
    "nan": lambda: np.full((2, 3), np.nan, "float32"),
    "scalar": lambda: np.float32(1.0),
    "tens": lambda: np.zeros((1,) * 10, "float32"),
    "empty": lambda: np.zeros((0, 3), "float32"),
    "sleep": lambda: time.sleep(600),
    "spin": lambda: [None for _ in iter(int, 1)],
    "stubborn": lambda: stubborn(Exception),
    "immortal": lambda: stubborn(BaseException),
}
def stubborn(caught):
    end = time.monotonic() + 600
    while time.monotonic() < end:
        try:
            time.sleep(0.05)
        except caught:
            pass
def act(kind, plain):
    if not armed[0]: return plain()
    if kind == "shout":
        shout()
        return plain()
    return ACTS[kind]()
tiny = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="tiny")
soft = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax")], name="soft")
X4, Y3 = np.zeros((6, 4), "float32"), np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2]]
_ = tiny(X4), soft(X4)
"""

QUICK = (
    "value", "mute", "quits", "exit", "interrupt", "memory", "attribute", "generator", "deep", "none", "number", "text",
    "long", "bytes", "list", "dict", "junk", "type", "lambda", "generates", "array", "nan", "scalar", "tens", "empty", "shout",
)  # fmt: skip
HANGS = ("sleep", "spin", "stubborn", "immortal")

# methods and properties that a check could meet; written over with one that acts up
DUNDERS = (
    "__getattr__", "__repr__", "__str__", "__eq__", "__ne__", "__hash__", "__len__", "__bool__", "__iter__", "__contains__",
    "__dir__", "__format__", "__array__", "__float__", "__getitem__", "__reduce_ex__", "__deepcopy__", "__lt__",
)  # fmt: skip
MODEL_METHODS = (
    "call",
    "get_config",
    "compute_output_shape",
    "compute_mask",
    "count_params",
    "summary",
    "stateless_call",
)
MODEL_PROPERTIES = (
    "name", "layers", "variables", "weights", "trainable_variables", "non_trainable_variables", "metrics", "loss", "compiled",
    "built", "inputs", "outputs", "input_shape", "output_names", "dtype", "compute_dtype", "dtype_policy", "history", "losses",
)  # fmt: skip
LOSS_METHODS = ("call", "__call__", "get_config")
LOSS_PROPERTIES = (
    "name",
    "fn",
    "reduction",
    "dtype",
    "_fn_kwargs",
    "__name__",
    "from_logits",
    "__self__",
    "__func__",
    "__closure__",
)
THING_PROPERTIES = (
    "__class__",
    "__dict__",
    "shape",
    "dtype",
    "__module__",
    "__doc__",
    "compiled",
    "iloc",
    "__wrapped__",
)

METHOD = """
    def {name}(self, *args, **kwargs):
        return act({kind!r}, lambda: {plain})"""
PROPERTY = """
    @property
    def {name}(self):
        return act({kind!r}, lambda: {plain})"""
SETTER = """
    @{name}.setter
    def {name}(self, value):
        self.__dict__["own {name}"] = value"""
CLASSES = """
class Meta(type({base})):
    def __getattribute__(cls, name):
        if name == {name!r}:
            return act({kind!r}, lambda: super(Meta, cls).__getattribute__(name))
        return super().__getattribute__(name)
    def __repr__(cls): return act({kind!r}, lambda: "Meta")
    def __instancecheck__(cls, other): return act({kind!r}, lambda: False)"""

NAMES = (
    "plain", "<img src=x onerror=alert(1)>", "a'b\"c`d", "\x1b[2J\x07", "\u202egnp.exe", "\x00nul", "../../etc", "%s {0} $x",
    "line\nbreak", "\ud800", "ß" * 300, "y" * 10_000_000, "`]` **md** | table |", "%%checkloss", "# checkloss: ignore",
)  # fmt: skip
