"""Coding styles of real notebooks whose loss goes through `compile`, each as a right and a wrong twin.

The twins differ in the flag or in the head only. `FLAG` and `HEAD` stand for what differs: FLAG is `True` in the right twin of a
logits head, HEAD an activation's name or None.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One style.

    Attributes:
        name: of the test.
        code: makes and compiles `model`, with FLAG or HEAD in it.
        right, wrong: what to put for FLAG or HEAD.
        code_of_wrong: the code that the wrong twin must raise.
    """

    name: str
    code: str
    right: str
    wrong: str
    code_of_wrong: str


SCE = "losses.SparseCategoricalCrossentropy(from_logits=FLAG)"
BCE = "losses.BinaryCrossentropy(from_logits=FLAG)"

STYLES = (
    Style(
        "softmax, then a float32 cast",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation='softmax'), "
        f"layers.Activation('linear', dtype='float32')])\nmodel.compile(loss={SCE})",
        "False", "True", "LM102",
    ),
    Style(
        "export model around a trained one",
        "inner = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation=HEAD)])\n"
        "model = keras.Sequential([layers.Input((8,)), inner, layers.Activation('sigmoid')])\nmodel.compile(loss='bce')",
        "None", "'sigmoid'", "LM104",
    ),
    Style(
        "loss object inside a function",
        f"inner = {SCE}\ndef loss_fn(labels, predictions):\n    return inner(labels, predictions)\n"
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\nmodel.compile(loss=loss_fn)",
        "True", "False", "LM101",
    ),
    Style(
        "GAN by nesting",
        "generator = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation='tanh')])\n"
        "discriminator = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation=HEAD)])\n"
        "discriminator.compile(loss='binary_crossentropy')\ndiscriminator.trainable = False\n"
        "model = keras.Sequential([generator, discriminator])\nmodel.build((None, 4))\n"
        "model.compile(loss='binary_crossentropy')",
        "'sigmoid'", "None", "LM101",
    ),
    Style(
        "compile in a helper called with many models",
        f"def compile_and_fit(m):\n    m.compile(optimizer='adam', loss={SCE})\n    return m\n"
        "small = compile_and_fit(keras.Sequential([layers.Input((8,)), layers.Dense(5)]))\n"
        "model = compile_and_fit(keras.Sequential([layers.Input((8,)), layers.Dense(9), layers.Dense(5)]))",
        "True", "False", "LM101",
    ),
    Style(
        "configuration in a dict, head by an overridable method",
        "class Base:\n    def make_output_layer(self):\n        return layers.Dense(5)\n"
        "    def build(self):\n        return keras.Sequential([layers.Input((8,)), self.make_output_layer()])\n"
        "class Middle(Base): pass\nclass Child(Middle):\n    def make_output_layer(self):\n"
        "        return layers.Dense(5, activation=HEAD)\ntrain_config = dict(optimizer='adam', loss='sparse_categorical_crossentropy')\n"
        "models = [Child().build()]\nmodels[0].compile(**train_config)\nmodel = models[0]",
        "'softmax'", "None", "LM101",
    ),
    Style(
        "call returns a tuple",
        "class Two(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.b = layers.Dense(5), layers.Dense(1)\n"
        "    def call(self, x):\n        return self.a(x), self.b(x)\n"
        f"model = Two()\nmodel(np.zeros((2, 8), 'float32'))\nmodel.compile(loss=[{SCE}, 'mse'])",
        "True", "False", "LM101",
    ),
    Style(
        "one Dense sliced into two heads",
        "inputs = layers.Input((8,))\nx = layers.Dense(6)(inputs)\n"
        f"model = keras.Model(inputs, [x[:, :1], x[:, 1:]])\nmodel.compile(loss=['mse', {SCE}])",
        "True", "False", "LM101",
    ),
    Style(
        "compiled again with another loss",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\nmodel.compile(loss='sparse_categorical_crossentropy')\n"
        f"model.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "saved, loaded and compiled again",
        "import os, tempfile\nfolder = tempfile.mkdtemp()\npath = os.path.join(folder, 'm.keras')\n"
        "keras.Sequential([layers.Input((8,)), layers.Dense(5)]).save(path)\n"
        f"model = keras.models.load_model(path)\nmodel.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "scores by an einsum of two towers",
        "a, b = layers.Input((8,)), layers.Input((5, 8))\n"
        "model = keras.Model([a, b], ops.einsum('nd,nkd->nk', layers.Dense(16)(a), layers.Dense(16)(b)))\n"
        f"model.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "reversed embedding",
        "ids = layers.Input((6,), dtype='int32')\nembed = layers.ReversibleEmbedding(20, 8)\n"
        f"model = keras.Model(ids, embed(layers.LayerNormalization()(embed(ids)), reverse=True))\nmodel.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "pooling after the last Dense",
        "inputs = layers.Input((6, 8))\nmodel = keras.Model(inputs, layers.GlobalAveragePooling1D()(layers.Dense(5)(inputs)))\n"
        f"model.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "softmax, then pooling over time",
        "inputs = layers.Input((6, 8))\n"
        "model = keras.Model(inputs, layers.GlobalAveragePooling1D()(layers.Dense(5, activation='softmax')(inputs)))\n"
        f"model.compile(loss={SCE})",
        "False", "True", "LM102",
    ),
    Style(
        "Dense plus a log-frequency bias",
        "bias = np.log(np.array([0.1, 0.2, 0.3, 0.2, 0.2], 'float32'))\ninputs = layers.Input((8,))\n"
        f"model = keras.Model(inputs, layers.Dense(5)(inputs) + bias)\nmodel.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "head inside a custom layer",
        "class Head(layers.Layer):\n    def __init__(self, units, activation):\n        super().__init__()\n"
        "        self.dense = layers.Dense(units)\n        self.activation = keras.activations.get(activation)\n"
        "    def build(self, shape):\n        self.dense.build(shape)\n"
        "    def call(self, x):\n        return self.activation(self.dense(ops.leaky_relu(x)))\n"
        "inputs = layers.Input((8,))\nmodel = keras.Model(inputs, Head(5, HEAD)(inputs))\n"
        "model.compile(loss='sparse_categorical_crossentropy')",
        "'softmax'", "None", "LM101",
    ),
    Style(
        "call attached later, cell indented",
        "  class Late(keras.Model):\n    def __init__(self):\n      super().__init__()\n      self.out = layers.Dense(5)\n"
        "  def call(self, x, training=None):\n    return self.out(x)\n  Late.call = call\n"
        f"  model = Late()\n  model(np.zeros((2, 8), 'float32'))\n  model.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "application with its classifier",
        "model = keras.applications.MobileNet(weights=None, classes=5, input_shape=(32, 32, 3))\n"
        f"model.compile(loss={SCE})",
        "False", "True", "LM102",
    ),
    Style(
        "transfer learning, head in a variable",
        "base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))\n"
        "base.trainable = False\nprediction_layer = layers.Dense(1, activation=HEAD)\n"
        "inputs = layers.Input((32, 32, 3))\nx = base(inputs, training=False)\n"
        "model = keras.Model(inputs, prediction_layer(layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))))\n"
        "model.compile(loss=losses.BinaryCrossentropy())",
        "'sigmoid'", "None", "LM101",
    ),
    Style(
        "layers by functools.partial in a list",
        "import functools\nRelu = functools.partial(layers.Dense, activation='relu')\nstack = [layers.Input((8,)), Relu(16)]\n"
        f"stack.extend([Relu(8), layers.Dense(5)])\nmodel = keras.Sequential(stack)\nmodel.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "all layers of another model but the last",
        "model_A = keras.Sequential([layers.Input((8,)), layers.Dense(16, activation='relu'), layers.Dense(9, activation='softmax')])\n"
        "model = keras.Sequential(model_A.layers[:-1])\nmodel.add(layers.Dense(1, activation=HEAD))\nmodel.build((None, 8))\n"
        "model.compile(loss='binary_crossentropy')",
        "'sigmoid'", "None", "LM101",
    ),
    Style(
        "layers from a for loop",
        "model = keras.Sequential([layers.Input((8,))])\nfor units in (32, 16):\n    model.add(layers.Dense(units, activation='relu'))\n"
        f"model.add(layers.Dense(5))\nmodel.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "clone_model",
        "model = keras.models.clone_model(keras.Sequential([layers.Input((8,)), layers.Dense(5)]))\n"
        f"model.compile(loss={SCE})",
        "True", "False", "LM101",
    ),
    Style(
        "one sigmoid unit trained on logits",
        f"model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='sigmoid')])\nmodel.compile(loss={BCE})",
        "False", "True", "LM102",
    ),
)  # fmt: skip
