"""Round trips of every code but LM101: what the preferred fix may change, and what it becomes."""

from __future__ import annotations

from tests.fix.round_trip_base import LOGITS, ONE_LOGIT, ONE_SIGMOID, SCE, SCE_RIGHT, SOFTMAX, STRING, Row

DATA = "x = np.zeros((16, 8), 'float32')\n"
SEVERAL = "y = np.eye(5)[np.arange(16) % 5] + np.eye(5)[(np.arange(16) + 1) % 5]\n"
FIT = "\ntry:\n    model.fit(x, y, verbose=0)\nexcept Exception:\n    pass"  # labels of the wrong format may raise

CODES = (
    Row(
        "log-softmax", "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='log_softmax')])\n"
        f"model.compile(loss={STRING})", STRING, SCE_RIGHT, "LM103",
    ),
    Row(
        "relu head into logits", "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='relu')])\n"
        f"model.compile(loss={SCE_RIGHT})", "'relu'", "None", "LM105",
    ),
    Row(
        "tanh head, by add", "model = keras.Sequential()\nmodel.add(layers.Input((8,)))\nmodel.add(layers.Dense(5, 'tanh'))\n"
        f"model.compile(loss={SCE_RIGHT})", "'tanh'", "None", "LM105",
    ),
    Row(
        "relu head into probabilities", "x = inputs = layers.Input((8,))\nout = layers.Dense(5, activation='relu')(x)\n"
        f"model = keras.Model(inputs, out)\nmodel.compile(loss={STRING})", "'relu'", "'softmax'", "LM106",
    ),
    Row(
        "tanh unit into a binary loss", "head = layers.Dense(1, activation=\"tanh\")\nx = layers.Input((8,))\n"
        "model = keras.Model(inputs=x, outputs=head(x))\nmodel.compile(loss=\"bce\")", '"tanh"', '"sigmoid"', "LM106",
    ),
    Row(
        "softmax over one", "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='softmax')])\n"
        "model.compile(loss='binary_crossentropy')", "'softmax'", "'sigmoid'", "LM108",
    ),
    Row(
        "softmax over one, categorical", "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='softmax')])\n"
        "model.compile(loss='categorical_crossentropy')",
        "'softmax')])\nmodel.compile(loss='categorical_crossentropy'",
        "'sigmoid')])\nmodel.compile(loss=keras.losses.BinaryCrossentropy()", "LM108",
    ),
    Row(
        "softmax into a binary loss", f"{SOFTMAX}model.compile(loss='binary_crossentropy')",
        "'binary_crossentropy'", "keras.losses.CategoricalCrossentropy()", "LM201",
    ),
    Row(
        "softmax into a binary loss, several labels at once",
        f"{SOFTMAX}model.compile(loss='binary_crossentropy')\nx, y = np.ones((9, 8)), np.tile([1, 0, 1, 1, 0], (9, 1))\n"
        "model.fit(x, y, verbose=0)",
        "'softmax'", "'sigmoid'", "LM201",
    ),
    Row(
        "sigmoids into a categorical loss",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='sigmoid')])\n"
        "model.compile(loss='categorical_crossentropy')", "'sigmoid'", "'softmax'", "LM202",
    ),
    Row("one sigmoid, categorical", f"{ONE_SIGMOID}model.compile(loss=keras.losses.CategoricalCrossentropy())",
        "CategoricalCrossentropy()", "BinaryCrossentropy()", "LM203"),
    Row("one logit, categorical", f"{ONE_LOGIT}model.compile(loss='sparse_categorical_crossentropy')",
        "'sparse_categorical_crossentropy'", "keras.losses.BinaryCrossentropy(from_logits=True)", "LM203"),
    Row("logits into a divergence", f"{LOGITS}model.compile(loss='kl_divergence')",
        "Dense(5", "Dense(5, activation='softmax'", "LM204"),
    Row("logits into dice", f"{ONE_LOGIT}model.compile(loss=keras.losses.Dice())",
        "Dense(1", 'Dense(1, activation="sigmoid"', "LM101"),
    Row(
        "half precision", "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax', "
        "dtype='mixed_float16')])\nmodel.compile(loss='sparse_categorical_crossentropy')",
        "'mixed_float16'", "'float32'", "LM501",
    ),
    Row(
        "half precision by policy", "keras.config.set_dtype_policy('mixed_float16')\n" + SOFTMAX
        + "keras.config.set_dtype_policy('float32')\nmodel.compile(loss='sparse_categorical_crossentropy')",
        "'softmax'", "'softmax', dtype='float32'", "LM501",
    ),
    Row(
        "logits of a subclass into dice",
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.out = layers.Dense(1)\n"
        "    def call(self, x):\n        return self.out(x)\nmodel = Net()\nmodel(np.zeros((2, 8), 'float32'))\n"
        "model.compile(loss=keras.losses.Dice())",
        "Dense(1", "Dense(1, activation='sigmoid'", "LM101",
    ),
    Row(
        "a model made by a function",
        "def build():\n    model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='relu')])\n    return model\n"
        f"model = build()\nmodel.compile(loss={SCE_RIGHT})", "'relu'", "None", "LM105",
    ),
    Row(
        "a model made in an earlier cell", f"model.compile(loss={SCE_RIGHT})", "'relu'", "None", "LM105",
        ("model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='relu')])",), 0,
    ),
    Row(
        "softmax by an Activation layer into a divergence of logits",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5), layers.Activation('relu')])\n"
        f"model.compile(loss={SCE_RIGHT})", "'relu'", "'linear'", "LM105",
    ),
    Row(
        "log-softmax by a layer, a function as loss",
        "größe = 'ü'; head = layers.Activation('log_softmax')\nx = inputs = layers.Input((8,))\n"
        "model = keras.Model(inputs, head(layers.Dense(5)(x)))\nmodel.compile(loss=keras.losses.categorical_crossentropy)",
        "keras.losses.categorical_crossentropy", "keras.losses.CategoricalCrossentropy(from_logits=True)", "LM103",
    ),
    Row(
        "log-softmax, a loss of an earlier cell",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, keras.activations.log_softmax)])\nmodel.compile(loss=ce)",
        "label_smoothing=0.1", "label_smoothing=0.1, from_logits=True", "LM103",
        ("ce = keras.losses.CategoricalCrossentropy(\n    label_smoothing=0.1,  # ü\n)",), 0,
    ),
    Row(
        "softmax of softmax", "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax'), "
        f"layers.Softmax()])\nmodel.compile(loss={STRING})", "'softmax'", "None", "LM104",
    ),
    Row(
        "softmax of softmax, functional, over lines",
        "x = inputs = layers.Input((8,))\np = layers.Dense(\n    5,\n    activation=\"softmax\",  # größe\n)(x)\n"
        f"model = keras.Model(inputs, layers.Softmax()(p))\nmodel.compile(loss={STRING})", '"softmax"', "None", "LM104",
    ),
    Row(
        "sigmoid of sigmoid, by add",
        "model = keras.Sequential([layers.Input((8,))])\nmodel.add(layers.Dense(1))\nmodel.add(layers.Activation('sigmoid'))\n"
        "model.add(layers.Activation(keras.activations.sigmoid))\nmodel.compile(loss='binary_crossentropy')",
        "keras.activations.sigmoid", "'linear'", "LM104",
    ),
    Row(
        "softmax along the batch", "model = keras.Sequential([layers.Input((8,)), layers.Dense(5), layers.Softmax(axis=0)])\n"
        f"model.compile(loss={STRING})", "axis=0", "axis=-1", "LM107",
    ),
    Row(
        "softmax along the batch, functional, by position",
        "größe = 'ü'; x = inputs = layers.Input((4, 8))\np = layers.Softmax(\n    0,\n)(layers.Dense(5)(x))\n"
        "model = keras.Model(inputs, p)\nmodel.compile(loss='categorical_crossentropy')",
        "    0,", "    -1,", "LM107",
    ),
    Row(
        "softmax over one, by a layer", "model = keras.Sequential([layers.Input((8,)), layers.Dense(1), layers.Softmax()])\n"
        "model.compile(loss='binary_crossentropy')", "layers.Softmax()", "layers.Activation('sigmoid')", "LM108",
    ),
    Row(
        "softmax into a binary loss, an object in an earlier cell", f"{SOFTMAX}model.compile('adam', bce)",
        "keras.losses.BinaryCrossentropy()", "keras.losses.CategoricalCrossentropy()", "LM201",
        ("größe = 'ü'; bce = keras.losses.BinaryCrossentropy()",), 0,
    ),
    Row(
        "sigmoids into a sparse loss, by a function",
        "x = inputs = layers.Input((8,))\np = layers.Dense(5, activation=keras.activations.sigmoid)(x)\n"
        f"model = keras.Model(inputs, p)\nmodel.compile(loss={SCE})", "keras.activations.sigmoid", '"softmax"', "LM202",
    ),
    Row(
        "tanh rows into a divergence", "model = keras.Sequential([layers.Input((8,)), layers.Dense(\n    5,\n    activation='tanh',"
        "\n)])\nmodel.compile(loss=keras.losses.KLDivergence())", "'tanh'", "'softmax'", "LM204",
    ),
    Row(
        "one-hot rows into a sparse loss", f"{DATA}y = np.eye(5)[np.arange(16) % 5]\n{SOFTMAX}model.compile('adam', {STRING}){FIT}",
        STRING, "keras.losses.CategoricalCrossentropy()", "LM301",
    ),
    Row(
        "ids into a categorical loss", f"{DATA}y = np.arange(16) % 5\n{LOGITS}model.compile(\n    loss="
        f"keras.losses.CategoricalCrossentropy(from_logits=True),  # ü\n){FIT}",
        "keras.losses.CategoricalCrossentropy(from_logits=True)", SCE_RIGHT, "LM301",
    ),
    Row(
        "several ones in a row", f"{DATA}{SEVERAL}{SOFTMAX}model.compile(loss='categorical_crossentropy'){FIT}",
        "'softmax')])\nmodel.compile(loss='categorical_crossentropy'",
        "'sigmoid')])\nmodel.compile(loss=keras.losses.BinaryCrossentropy()", "LM304",
    ),
    Row(
        "several ones in a row, logits",
        f"{DATA}{SEVERAL}{LOGITS}ce = keras.losses.CategoricalCrossentropy(from_logits=True)\nmodel.compile(loss=ce){FIT}",
        "CategoricalCrossentropy", "BinaryCrossentropy", "LM304",
    ),
    Row(
        "negative targets and a relu head", f"{DATA}y = np.linspace(-1, 1, 16)\nmodel = keras.Sequential([layers.Input((8,)), "
        f"layers.Dense(1, activation='relu')])\nmodel.compile(loss='mse'){FIT}", "'relu'", "None", "LM305",
    ),
    Row(
        "prices and a sigmoid head, functional", f"{DATA}y = 100.0 * np.arange(16)\na = inputs = layers.Input((8,))\n"
        f"größe = 'ü'; model = keras.Model(inputs, layers.Dense(1, 'sigmoid')(a))\nmodel.compile('adam', keras.losses.Huber()){FIT}",
        "'sigmoid'", "None", "LM305",
    ),
)  # fmt: skip
