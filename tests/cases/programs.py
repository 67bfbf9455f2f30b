"""Model-and-loss programs seen in real notebooks, each with the codes that it must and must not raise.

Every program makes and compiles `model`; `keras`, `layers`, `losses`, `ops` and `np` are at hand, `raw` holds the
backend's own functions. `x` and `y`, where a program makes them, are the data that it would be trained on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Program:
    """One program.

    Attributes:
        name: of the test.
        code: makes and compiles `model`.
        codes: every code that must be reported, and no other.
        emits, expects: of the first pair; "" where the table does not say.
        pending: why it does not come out yet; such a program must fail, so that the table shrinks.
    """

    name: str
    code: str
    codes: tuple[str, ...] = ()
    emits: str = ""
    expects: str = ""
    pending: str = ""


def _dense(units: int, activation: str | None = None, inputs: int = 8) -> str:
    last = f"layers.Dense({units}, activation={activation!r})"
    return f"model = keras.Sequential([layers.Input(({inputs},)), {last}])\n"


def _timed(units: int) -> str:
    return f"model = keras.Sequential([layers.Input((6, 8)), layers.Dense({units})])\n"


def _compile(loss: str, more: str = "") -> str:
    return f"model.compile(loss={loss}{more})\n"


def _functional(expression: str) -> str:
    body = "inputs = layers.Input((8,))\nx = layers.Dense(16, activation='relu')(inputs)\n"
    return f"{body}model = keras.Model(inputs, {expression})\n"


def _subclass(call: str, init: str = "self.out = layers.Dense(10)", shape: str = "(2, 8)") -> str:
    return f"""
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        {init}
    def call(self, inputs):
        {call}
model = Net()
model(np.zeros({shape}, "float32"))
"""


SCE, SCE_LOGITS = "losses.SparseCategoricalCrossentropy()", "losses.SparseCategoricalCrossentropy(from_logits=True)"
CCE, CCE_LOGITS = "losses.CategoricalCrossentropy()", "losses.CategoricalCrossentropy(from_logits=True)"
BCE, BCE_LOGITS = "losses.BinaryCrossentropy()", "losses.BinaryCrossentropy(from_logits=True)"
LOGITS, CLASSES, EACH = "logits", "class-probabilities", "independent-probabilities"


def _under_policy(head: str) -> str:
    """A model that is made under a policy of mixed precision."""
    return (
        "keras.config.set_dtype_policy('mixed_float16')\ntry:\n"
        f"    model = keras.Sequential([layers.Input((8,)), layers.Dense(16, activation='relu'), {head}])\n"
        "finally:\n    keras.config.set_dtype_policy('float32')\n"
    )


UNET = """
inputs = layers.Input((8, 8, 2))
down = layers.Conv2D(4, 3, padding='same', activation='relu')(inputs)
low = layers.Conv2D(8, 3, padding='same', activation='relu')(layers.MaxPooling2D()(down))
up = layers.Concatenate()([layers.Conv2DTranspose(4, 2, strides=2)(low), down])
model = keras.Model(inputs, layers.Softmax(axis={axis})(layers.Conv2D(3, 1)(up)))
"""
TWO_HEADS = """
inputs = layers.Input((8,))
kind = layers.Dense(4, activation={activation!r}, name="kind")(inputs)
size = layers.Dense(1, name="size")(inputs)
model = keras.Model(inputs, {{"kind": kind, "size": size}})
model.compile(loss={{"kind": "categorical_crossentropy", "size": "mse"}})
"""
MASKED = """
crossentropy = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
def masked_loss(y_true, y_pred):
    mask = ops.cast(ops.not_equal(y_true, 0), "float32")
    loss = crossentropy(y_true, y_pred) * mask
    return ops.sum(loss) / ops.maximum(ops.sum(mask), 1.0)
model.compile(loss=masked_loss)
"""

_X = "x = np.random.default_rng(0).normal(size=(60, 8)).astype('float32')\n"
_IDS = _X + "y = np.arange(60) % 3\n"
_ONE_HOT = _X + "y = np.eye(10)[np.arange(60) % 10]\n"
_SIGNS = _X + "y = np.where(np.arange(60) % 2, 1.0, -1.0)\n"
_PIXELS = _X + "y = np.arange(360).reshape(60, 6) % 256\n"
_MULTI_HOT = _X + "y = np.eye(6)[np.arange(60) % 6] + np.eye(6)[(np.arange(60) + 1) % 6]\n"
_PRICES = _X + "y = 1000.0 * np.arange(60)\n"
_SEQUENCES = "x = np.zeros((4, 6, 8), 'float32')\ny = np.array([[3, 4, 0]] * 4)\n"

PROGRAMS = (
    Program("linear head, logits loss", _dense(10) + _compile(SCE_LOGITS), (), LOGITS, "class-logits"),
    Program("softmax head, probability loss", _dense(10, "softmax") + _compile(SCE), (), CLASSES, CLASSES),
    Program("linear head, probability loss", _dense(10) + _compile(SCE), ("LM101",), LOGITS, CLASSES),
    Program(
        "softmax head, logits loss", _dense(10, "softmax") + _compile(SCE_LOGITS), ("LM102",), CLASSES, "class-logits"
    ),
    Program(
        "Activation layer, logits loss",
        _functional("layers.Activation('softmax')(layers.Dense(10)(x))") + _compile(CCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "Softmax layer, string loss",
        _functional("layers.Softmax()(layers.Dense(10)(x))") + _compile("'categorical_crossentropy'"),
    ),
    Program(
        "functional linear, string",
        _functional("layers.Dense(10)(x)") + _compile("'categorical_crossentropy'"),
        ("LM101",),
    ),
    Program(
        "functional linear, function",
        _functional("layers.Dense(10)(x)") + _compile("losses.categorical_crossentropy"),
        ("LM101",),
    ),
    Program(
        "functional linear, class",
        _functional("layers.Dense(10)(x)") + _compile("losses.CategoricalCrossentropy"),
        ("LM101",),
    ),
    Program(
        "functional linear, config",
        _functional("layers.Dense(10)(x)")
        + _compile("{'class_name': 'CategoricalCrossentropy', 'config': {'from_logits': True}}"),
    ),
    Program(
        "loss by losses.get",
        _functional("layers.Dense(10)(x)") + _compile("losses.get('sparse_categorical_crossentropy')"),
        ("LM101",),
    ),
    Program(
        "partial of a loss function",
        "import functools\n"
        + _dense(10, "softmax")
        + _compile("functools.partial(losses.sparse_categorical_crossentropy, from_logits=True)"),
        ("LM102",),
    ),
    Program(
        "ops.softmax, lambda loss",
        _functional("ops.softmax(layers.Dense(10)(x))")
        + _compile("lambda y, p: losses.sparse_categorical_crossentropy(y, p, from_logits=True)"),
        ("LM102",),
    ),
    Program("sigmoid unit, binary loss", _dense(1, "sigmoid") + _compile(BCE), (), EACH, "binary-probabilities"),
    Program("linear unit, binary logits loss", _dense(1) + _compile(BCE_LOGITS), (), LOGITS, "binary-logits"),
    Program("linear unit, binary string", _dense(1) + _compile("'binary_crossentropy'"), ("LM101",)),
    Program("sigmoid unit, binary logits loss", _dense(1, "sigmoid") + _compile(BCE_LOGITS), ("LM102",)),
    Program("five sigmoids, binary loss", _dense(5, "sigmoid") + _compile(BCE)),
    Program(
        "five sigmoids, categorical loss", _dense(5, "sigmoid") + _compile("'categorical_crossentropy'"), ("LM202",)
    ),
    Program("thirty sigmoids, sparse loss", _dense(30, "sigmoid") + _compile(SCE), ("LM202",)),
    Program("softmax over four, binary loss", _dense(4, "softmax") + _compile("'binary_crossentropy'"), ("LM201",)),
    Program("softmax over two, binary loss", _dense(2, "softmax") + _compile("'binary_crossentropy'")),
    Program("softmax over one, binary loss", _dense(1, "softmax") + _compile("'binary_crossentropy'"), ("LM108",)),
    Program("softmax over one, squared error", _dense(1, "softmax") + _compile("'mean_squared_error'"), ("LM108",)),
    Program(
        "softmax over one channel",
        "model = keras.Sequential([layers.Input((4, 4, 2)), layers.Conv2D(1, 1), layers.Softmax()])\n"
        + _compile("'categorical_crossentropy'"),
        ("LM108",),
    ),
    Program(
        "sigmoid unit, categorical loss", _dense(1, "sigmoid") + _compile("'categorical_crossentropy'"), ("LM203",)
    ),
    Program("relu head, categorical loss", _dense(10, "relu") + _compile("'categorical_crossentropy'"), ("LM106",)),
    Program("relu head, logits loss", _dense(10, "relu") + _compile(SCE_LOGITS), ("LM105",)),
    Program("tanh head, logits loss", _dense(10, "tanh") + _compile(CCE_LOGITS), ("LM105",)),
    Program("tanh head, binary loss", _dense(3, "tanh") + _compile("'binary_crossentropy'"), ("LM106",)),
    Program("log-softmax head, logits loss", _dense(10, "log_softmax") + _compile(SCE_LOGITS), (), "log-probabilities"),
    Program("log-softmax head, probability loss", _dense(10, "log_softmax") + _compile(SCE), ("LM103",)),
    Program(
        "softmax twice",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation='softmax'), layers.Softmax()])\n"
        + _compile(SCE),
        ("LM104",),
    ),
    Program(
        "export wrapper adds a second sigmoid",
        "trained = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='sigmoid')])\n"
        "model = keras.Sequential([trained, layers.Activation('sigmoid')])\nmodel.build((None, 8))\n" + _compile(BCE),
        ("LM104",),
    ),
    Program(
        "wrapper compiled with the other flag",
        "trained = keras.Sequential([layers.Input((8,)), layers.Dense(10)])\n"
        "model = keras.Sequential([layers.Input((8,)), layers.Rescaling(0.5), trained])\n" + _compile(SCE),
        ("LM101",),
    ),
    Program(
        "softmax, then Reshape",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation='softmax'), layers.Reshape((10,))])\n"
        + _compile(SCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "softmax, then Identity",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation='softmax'), layers.Identity()])\n"
        + _compile(SCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "softmax, then Dropout",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation='softmax'), layers.Dropout(0.3)])\n"
        + _compile(SCE),
        ("LM109",),
    ),
    Program(
        "average of three members",
        _functional("layers.Average()([layers.Dense(4, activation='softmax')(x) for _ in range(3)])") + _compile(SCE),
        (),
        CLASSES,
    ),
    Program(
        "sum of two members",
        _functional("layers.Add()([layers.Dense(4, activation='softmax')(x) for _ in range(2)])") + _compile(CCE),
        ("LM109",),
    ),
    Program(
        "two softmax heads joined",
        _functional("layers.Concatenate()([layers.Dense(n, activation='softmax')(x) for n in (3, 4)])") + _compile(CCE),
        ("LM109",),
    ),
    Program(
        "softmax at each time step",
        "model = keras.Sequential([layers.Input((6, 8)), layers.TimeDistributed(layers.Dense(12, activation='softmax'))])\n"
        + _compile(SCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "softmax along the height of an image",
        "model = keras.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 1), layers.Softmax(axis=1)])\n"
        + _compile(CCE),
        ("LM107",),
    ),
    Program(
        "a layer that holds the model it is in",
        "inputs = layers.Input((8,))\nlast = layers.Identity()\nmodel = keras.Model(inputs, last(layers.Dense(10)(inputs)))\n"
        "last._layers.append(model)\n" + _compile(SCE),
        ("LM101",),
    ),
    Program("u-net, softmax along the height", UNET.format(axis=1) + _compile(CCE), ("LM107",)),
    Program("u-net, softmax along the channels", UNET.format(axis=-1) + _compile(CCE)),
    Program(
        "softmax along the batch",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10), layers.Softmax(axis=0)])\n" + _compile(CCE),
        ("LM107",),
    ),
    Program(
        "hand-written softmax",
        _functional("(lambda e: e / ops.sum(e, axis=-1, keepdims=True))(ops.exp(layers.Dense(10)(x)))")
        + _compile(SCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "subclass with a Softmax layer",
        _subclass(
            "return self.softmax(self.out(inputs))", "self.out = layers.Dense(10); self.softmax = layers.Softmax()"
        )
        + _compile(SCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "subclass with the backend's softmax",
        _subclass("return raw.softmax(self.out(inputs))") + _compile(CCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "subclass that returns logits",
        _subclass("return self.out(inputs)") + _compile("'sparse_categorical_crossentropy'"),
        ("LM101",),
    ),
    Program(
        "subclass not built yet",
        _subclass("return self.out(inputs)").replace('model(np.zeros((2, 8), "float32"))', "") + _compile(SCE),
        ("LM901",),
        "unknown",
    ),
    Program(
        "nested backbone, linear head",
        "backbone = keras.Sequential([layers.Input((8,)), layers.Dense(16, activation='relu')])\n"
        "model = keras.Sequential([layers.Input((8,)), backbone, layers.Dense(5)])\n"
        + _compile("'categorical_crossentropy'"),
        ("LM101",),
    ),
    Program(
        "MobileNetV2 with its default head",
        "model = keras.applications.MobileNetV2(weights=None, classes=10, input_shape=(32, 32, 3))\n"
        + _compile(SCE_LOGITS),
        ("LM102",),
    ),
    Program(
        "MobileNetV2 with a linear head",
        "model = keras.applications.MobileNetV2(weights=None, classes=10, input_shape=(32, 32, 3), classifier_activation=None)\n"
        + _compile(SCE_LOGITS),
    ),
    Program(
        "self-attention inside",
        "inputs = layers.Input((6, 8))\nx = layers.MultiHeadAttention(2, 4)(inputs, inputs)\n"
        "model = keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling1D()(x)))\n" + _compile(SCE_LOGITS),
    ),
    Program(
        "activation replaced after construction",
        _dense(10) + "model.layers[-1].activation = keras.activations.softmax\n" + _compile(SCE),
    ),
    Program(
        "softmax taken off a trained head, to look into it",
        _dense(10, "softmax") + _compile(SCE) + "model.layers[-1].activation = None\n",
        ("LM901",),
    ),
    Program(
        "the same, of a model read from its configuration",
        _dense(10, "softmax")
        + "model = keras.Sequential.from_config(model.get_config())\n"
        + _compile(SCE)
        + "model.layers[-1].activation = keras.activations.linear\n",
        ("LM901",),
    ),
    Program(
        "softmax put on a trained head of logits, to predict",
        _dense(10) + _compile(SCE_LOGITS) + "model.layers[-1].activation = keras.activations.softmax\n",
        ("LM901",),
    ),
    Program(
        "one-stage detection: objectness, boxes and classes joined, and a loss that takes them apart",
        _functional(
            "layers.Concatenate()([layers.Dense(1, activation='sigmoid')(x), layers.Dense(4)(x), "
            "layers.Dense(3, activation='softmax')(x)])"
        )
        + "def boxes(y, p):\n"
        "    seen = ops.mean(ops.binary_crossentropy(y[..., :1], p[..., :1]))\n"
        "    where = ops.mean(ops.square(y[..., 1:5] - p[..., 1:5]))\n"
        "    return seen + where + ops.mean(ops.categorical_crossentropy(y[..., 5:], p[..., 5:]))\n"
        + _compile("boxes"),
        ("LM901",),
    ),
    Program(
        "a head that joins probabilities and numbers in code that is not followed",
        _subclass("z = self.out(inputs)\n        return ops.concatenate([raw.softmax(z[:, :4]), z[:, 4:]], axis=-1)")
        + "def both(y, p):\n"
        "    return -ops.mean(ops.sum(y[..., :4] * ops.log(p[..., :4] + 1e-7), -1))\n" + _compile("both"),
        ("LM901",),
        "unknown",
    ),
    Program(
        "scaled cosines of features that are never negative",
        _functional(
            "layers.Lambda(lambda t: 30.0 * ops.matmul(ops.normalize(t, axis=-1), ops.ones((16, 4)) / 4.0 - "
            "ops.eye(16, 4)))(x)"
        )
        + _compile(SCE_LOGITS),
        emits="logits",
    ),
    Program(
        "time to an event: a Weibull distribution's two parameters",
        _functional(
            "layers.Concatenate()([layers.Dense(1, activation='exponential')(x), layers.Dense(1, activation='softplus')(x)])"
        )
        + "def weibull(y, p):\n"
        "    time, event = (y[:, :1] + 1e-7) / (p[:, :1] + 1e-7), y[:, 1:]\n"
        "    hazard = ops.log(p[:, 1:]) + p[:, 1:] * ops.log(time)\n"
        "    return -ops.mean(event * hazard - ops.power(time, p[:, 1:]))\n" + _compile("weibull"),
        ("LM901",),
    ),
    Program(
        "a policy of two actions, one sigmoid, and advantages in place of labels",
        _dense(1, "sigmoid") + _compile("lambda y, p: -ops.mean(y * ops.log(p + 1e-7))"),
        ("LM901",),
    ),
    Program(
        "half precision head",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation='softmax', dtype='mixed_float16')])\n"
        + _compile(SCE),
        ("LM501",),
    ),
    Program(
        "half precision body, float32 head",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(16, dtype='mixed_float16'), "
        "layers.Dense(10, activation='softmax', dtype='float32')])\n" + _compile(SCE),
    ),
    Program(
        "half precision by policy", _under_policy("layers.Dense(10, activation='softmax')") + _compile(SCE), ("LM501",)
    ),
    Program(
        "half precision by policy, softmax in float32",
        _under_policy("layers.Dense(10), layers.Activation('softmax', dtype='float32')") + _compile(SCE),
    ),
    Program(
        "half precision by policy, logits, scaled loss",
        _under_policy("layers.Dense(10)")
        + "model.compile(keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam()), loss='sparse_categorical_crossentropy')",
        ("LM101",),
    ),
    Program(
        "softmax, then a cast that changes nothing",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(10, activation='softmax'), "
        "layers.Activation('linear', dtype='float32')])\n" + _compile(SCE),
    ),
    Program("two heads by name, right", TWO_HEADS.format(activation="softmax")),
    Program("two heads by name, one wrong", TWO_HEADS.format(activation=None), ("LM101",)),
    Program(
        "three heads, the second wrong",
        "inputs = layers.Input((8,))\n"
        "model = keras.Model(inputs, [layers.Dense(4, activation=a)(inputs) for a in (None, 'softmax', None)])\n"
        + _compile(f"[{SCE_LOGITS}] * 3"),
        ("LM102",),
    ),
    Program("masked loss, linear head", _dense(12) + MASKED),
    Program(
        "masked loss, softmax head",
        _dense(12, "softmax") + MASKED,
        ("LM102",),
    ),
    Program(
        "masking Loss subclass, softmax in call",
        _subclass("return ops.softmax(self.out(inputs))")
        + """
class Masked(losses.Loss):
    def __init__(self):
        super().__init__()
        self.inner = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    def call(self, y_true, y_pred):
        return self.inner(y_true, y_pred) * ops.cast(y_true > 0, "float32")
model.compile(loss=Masked())
""",
        ("LM102",),
    ),
    Program(
        "focal loss on probabilities",
        _dense(10, "softmax") + _compile("losses.CategoricalFocalCrossentropy(from_logits=True)"),
        ("LM102",),
    ),
    Program("binary focal loss on logits", _dense(1) + _compile("losses.BinaryFocalCrossentropy()"), ("LM101",)),
    *(
        Program(
            f"{loss} on logits",
            "model = keras.Sequential([layers.Input((4, 4, 2)), layers.Conv2D(1, 1)])\n" + _compile(f"losses.{loss}()"),
            ("LM101",),
        )
        for loss in ("Dice", "Tversky")
    ),
    Program(
        "CTC on probabilities",
        "model = keras.Sequential([layers.Input((6, 8)), layers.Dense(12, activation='softmax')])\n"
        + _compile("losses.CTC()"),
        ("LM102",),
    ),
    Program(
        "hand-written crossentropy of p, linear head",
        _dense(10) + _compile("lambda y, p: -ops.mean(ops.sum(y * ops.log(p), axis=-1))"),
        ("LM101",),
    ),
    Program(
        "hand-written crossentropy of z, linear head",
        _dense(10) + _compile("lambda y, z: -ops.mean(ops.sum(y * ops.log_softmax(z), axis=-1))"),
    ),
    *(
        Program(f"linear head, {loss}", _dense(10) + _compile(loss))
        for loss in ("'mse'", "'mae'", "losses.Huber()", "'cosine_similarity'", "losses.Hinge()", "'poisson'")
    ),
    Program("sigmoid unit, squared error", _dense(1, "sigmoid") + _compile("'mse'")),
    Program("divergence on logits", _dense(5) + _compile("losses.KLDivergence()"), ("LM204",)),
    Program(
        "binary accuracy at threshold 0",
        _dense(1) + _compile(BCE_LOGITS, ", metrics=[keras.metrics.BinaryAccuracy(threshold=0)]"),
    ),
    Program("accuracy on class logits", _dense(10) + _compile(SCE_LOGITS, ", metrics=['accuracy']")),
    Program(
        "half of a pair of complements",
        _functional("(lambda p: layers.Concatenate()([1 - p, p]))(layers.Dense(1, activation='sigmoid')(x))")
        + _compile(CCE),
    ),
    Program("crossentropy by the shapes", _dense(1) + _compile("'crossentropy'"), ("LM101",)),
    *(
        Program(name, data + head + _compile(loss), codes)
        for name, data, head, loss, codes in (
            ("one-hot labels, sparse loss", _ONE_HOT, _dense(10, "softmax"), SCE, ("LM301",)),
            ("one-hot labels, categorical loss", _ONE_HOT, _dense(10, "softmax"), CCE, ()),
            ("ids, one-hot loss", _IDS, _dense(3, "softmax"), "'categorical_crossentropy'", ("LM301",)),
            ("ids, sparse loss", _IDS, _dense(3, "softmax"), SCE, ()),
            ("ids from one up", _IDS.replace("% 3", "% 3 + 1"), _dense(3, "softmax"), SCE, ("LM302",)),
            ("ids from one up, a class more", _IDS.replace("% 3", "% 3 + 1"), _dense(4, "softmax"), SCE, ()),
            ("labels of minus one and one", _SIGNS, _dense(1, "sigmoid"), BCE, ("LM303",)),
            ("labels of zero and one", _SIGNS + "y = (y + 1) / 2\n", _dense(1, "sigmoid"), BCE, ()),
            ("labels of minus one and one, hinge", _SIGNS, _dense(1, "tanh"), "losses.Hinge()", ()),
            ("pixels up to 255", _PIXELS, _dense(6, "sigmoid"), BCE, ("LM303",)),
            ("pixels up to one", _PIXELS + "y = y / 255\n", _dense(6, "sigmoid"), BCE, ()),
            ("several labels at once", _MULTI_HOT, _dense(6, "softmax"), CCE, ("LM304",)),
            ("several labels at once, one by one", _MULTI_HOT, _dense(6, "sigmoid"), BCE, ()),
            ("several labels, sigmoids, categorical", _MULTI_HOT, _dense(6, "sigmoid"), CCE, ("LM202",)),
            ("votes that sum to one", _MULTI_HOT + "y = y / 2\n", _dense(6, "softmax"), CCE, ()),
            ("negative targets, relu head", _SIGNS, _dense(1, "relu"), "'mse'", ("LM305",)),
            ("positive targets, relu head", _SIGNS + "y = y + 1\n", _dense(1, "relu"), "'mse'", ()),
            ("negative targets, linear head", _SIGNS, _dense(1), "'mse'", ()),
            ("prices, sigmoid head", _PRICES, _dense(1, "sigmoid"), "'mse'", ("LM305",)),
            ("prices, linear head", _PRICES, _dense(1), "'mse'", ()),
            ("prices, softmax over one", _PRICES, _dense(1, "softmax"), "'mse'", ("LM108",)),
            (
                "zeros and ones, sigmoid head, squared error",
                _SIGNS + "y = (y + 1) / 2\n",
                _dense(1, "sigmoid"),
                "'mse'",
                (),
            ),
            (
                "zeros and ones, one unit, categorical",
                _SIGNS + "y = (y + 1) / 2\n",
                _dense(1, "sigmoid"),
                CCE,
                ("LM203",),
            ),
            ("label sequences, CTC", _SEQUENCES, _timed(12), "losses.CTC()", ()),
        )
    ),
    *(
        Program(name, head + _compile(loss, metrics), codes)
        for name, head, loss, metrics, codes in (
            ("accuracy on one logit", _dense(1), BCE_LOGITS, ", metrics=['accuracy']", ("LM401",)),
            (
                "precision on one logit",
                _dense(1),
                BCE_LOGITS,
                ", metrics=[keras.metrics.Precision(), keras.metrics.Recall()]",
                ("LM401",),
            ),
            (
                "crossentropy metric on logits",
                _dense(10),
                SCE_LOGITS,
                ", metrics=[keras.metrics.SparseCategoricalCrossentropy()]",
                ("LM402",),
            ),
            (
                "crossentropy metric on logits, told so",
                _dense(10),
                SCE_LOGITS,
                ", metrics=[keras.metrics.SparseCategoricalCrossentropy(from_logits=True)]",
                (),
            ),
            ("accuracy on one probability", _dense(1, "sigmoid"), BCE, ", metrics=['accuracy']", ()),
            (
                "precision on one logit at 0",
                _dense(1),
                BCE_LOGITS,
                ", metrics=[keras.metrics.Precision(thresholds=0), keras.metrics.Recall(thresholds=0)]",
                (),
            ),
            ("area under the curve on one logit", _dense(1), BCE_LOGITS, ", metrics=[keras.metrics.AUC()]", ("LM401",)),
            (
                "area under the curve on one logit, told so",
                _dense(1),
                BCE_LOGITS,
                ", metrics=[keras.metrics.AUC(from_logits=True)]",
                (),
            ),
            # the loss is wrong in the same way: said once
            ("accuracy and loss on one logit", _dense(1), BCE, ", metrics=['accuracy']", ("LM101",)),
            (
                "crossentropies on logits",
                _dense(10),
                SCE,
                ", metrics=[keras.metrics.SparseCategoricalCrossentropy()]",
                ("LM101",),
            ),
            ("accuracy of a regression", _dense(1), "'mse'", ", metrics=['accuracy', 'binary_crossentropy']", ()),
        )
    ),
)
