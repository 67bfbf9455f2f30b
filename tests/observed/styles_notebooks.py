"""Styles of whole notebooks: autoencoders, cells that share their work, training steps as Keras' guides write them."""

from __future__ import annotations

from tests.observed.style import BCE, NET, SCE, Style

_TF = {"backends": ("tensorflow",)}
_NET = (
    "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.head = layers.Dense(5, activation='softmax')\n"
    "        self.loss_fn = losses.SparseCategoricalCrossentropy(from_logits=FLAG)\n    def call(self, a, training=False):\n        return self.head(a)\n"
)
_FIT = "model = Net()\nmodel.compile(optimizer='sgd')\nmodel.fit(x, ids, verbose=0)"
_SOFTMAX = {"right": "False", "wrong": "True", "finds": "LM102"}
_TAPE = (
    "        with tf.GradientTape() as tape:\n            value = self.loss_fn(b, self(a, training=True))  # <-\n"
    "        grads = tape.gradient(value, self.trainable_variables)\n        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))\n"
    "        return {'loss': value}\n"
)
_CVAE = (
    "import tensorflow as tf\nclass CVAE(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
    "        self.encoder = keras.Sequential([layers.Input((8,)), layers.Dense(4)])\n"
    "        self.decoder = keras.Sequential([layers.Input((2,)), layers.Dense(8)], name='decoder')\n"
    "    def encode(self, a):\n        return tf.split(self.encoder(a), 2, axis=1)\n"
    "    def decode(self, z, apply_sigmoid=False):\n        logits = self.decoder(z)\n        return tf.sigmoid(logits) if apply_sigmoid else logits\n"
    "model = CVAE()\ndef compute_loss(model, a):\n    mean, logvar = model.encode(a)\n    z = tf.random.normal(tf.shape(mean)) * tf.exp(logvar * 0.5) + mean\n"
    "    decoded = model.decode(z, apply_sigmoid=FLAG)\n"
    "    crossentropy = tf.nn.sigmoid_cross_entropy_with_logits(logits=decoded, labels=tf.sigmoid(a))  # <-\n    return tf.reduce_mean(crossentropy)\n"
)
_VAE = (
    "class VAE(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.seeds = keras.random.SeedGenerator(1)\n"
    "        self.encoder = keras.Sequential([layers.Input((8,)), layers.Dense(2)])\n"
    "        self.decoder = keras.Sequential([layers.Input((2,)), layers.Dense(8, activation=FLAG)], name='decoder')\n"
    "    def call(self, a):\n        z = self.encoder(a)\n        return self.decoder(z + 0.1 * keras.random.normal(ops.shape(z), seed=self.seeds))\n"
)
_HEAD = {"right": "'sigmoid'", "wrong": "None", "model": "vae"}
AUTOENCODERS = (
    Style("VAE that decodes with a flag", f"{_CVAE}for i in range(2):\n    compute_loss(model, x)", right="False", wrong="True", finds="LM102", model="decoder", **_TF),
    Style("VAE that decodes with a flag in tf.function", f"{_CVAE}step = tf.function(compute_loss)\nstep(model, x)", right="False", wrong="True", finds="LM102", model="decoder", **_TF),
    Style("VAE loss inside train_step", f"import tensorflow as tf\n{_VAE}    def train_step(self, data):\n        with tf.GradientTape() as tape:\n            made = self(data)\n"
          "            value = tf.reduce_mean(tf.reduce_sum(losses.binary_crossentropy(tf.sigmoid(data)[..., None], made[..., None]), -1))  # <-\n"
          "        grads = tape.gradient(value, self.trainable_weights)\n        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))\n        return {'loss': value}\n"
          "vae = VAE()\nvae.compile('sgd')\nvae.fit(x, verbose=0)", **_HEAD, **_TF),
    Style("VAE loss by add_loss", _VAE.replace("        return self.decoder", "        made = self.decoder") + "        self.add_loss(losses.BinaryCrossentropy()(ops.sigmoid(a), made))  # <-\n        return made\n"
          "vae = VAE()\nvae.compile('sgd')\nvae.fit(x, verbose=0)", **{**_HEAD, "model": "decoder"}),
)  # fmt: skip
CELLS = (
    Style("a loss kept as compiled_loss, and the step called by hand", "import tensorflow as tf\n" + _NET.replace("self.loss_fn", "self.own_loss").replace("        self.own_loss", "        self.optimizer_ = keras.optimizers.SGD(0.1)\n        self.own_loss")
          + "    def train_step(self, data):\n        a, b = data\n" + _TAPE.replace("self.loss_fn", "self.own_loss").replace("self.optimizer.", "self.optimizer_.") + "model = Net()\nfor i in range(2):\n    model.train_step((x, ids))", **_SOFTMAX, **_TF),
    Style("four cells", "for i in range(2):\n    train_step(x, ids)",
          before=(NET, f"loss_object = {SCE}", "def loss(model, a, b):\n    return loss_object(b, model(a, training=True))  # <-", "def train_step(a, b):\n    return loss(model, a, b)")),
    Style("call() attached from another cell", f"value = {SCE}(ids, model(x))  # <-",
          before=("class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.head = layers.Dense(5)\nmodel = Net()", "  def call(self, a):\n      return self.head(a)\n  Net.call = call")),
    Style("call() added by a decorator, from another cell", "for i in range(2):\n    model.call(x)\nvalue = " + SCE + "(ids, model(x))  # <-",
          before=("class Net(keras.Model):\n    @classmethod\n    def add_method(cls, f):\n        setattr(cls, f.__name__, f)\n        return f\n    def __init__(self):\n        super().__init__()\n        self.head = layers.Dense(5)", "@Net.add_method\ndef call(self, a):\n    return self.head(a)\nmodel = Net()")),
)  # fmt: skip
GUIDES = (
    Style("softmax in call() and a train_step: TensorFlow", "import tensorflow as tf\n" + _NET + "    def train_step(self, data):\n        a, b = data\n" + _TAPE + _FIT, **_SOFTMAX, **_TF),
    Style("softmax in call() and a train_step: JAX", "import jax\n" + _NET
          + "    def compute_loss_and_updates(self, trainable_variables, non_trainable_variables, a, b, training=False):\n"
          "        y_pred, non_trainable_variables = self.stateless_call(trainable_variables, non_trainable_variables, a, training=training)\n"
          "        value = self.loss_fn(b, y_pred)  # <-\n        return value, (y_pred, non_trainable_variables)\n"
          "    def train_step(self, state, data):\n        trainable_variables, non_trainable_variables, optimizer_variables, metrics_variables = state\n        a, b = data\n"
          "        grad_fn = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)\n"
          "        (value, (y_pred, non_trainable_variables)), grads = grad_fn(trainable_variables, non_trainable_variables, a, b, training=True)\n"
          "        trainable_variables, optimizer_variables = self.optimizer.stateless_apply(optimizer_variables, grads, trainable_variables)\n"
          "        return {'loss': value}, (trainable_variables, non_trainable_variables, optimizer_variables, metrics_variables)\n" + _FIT, **_SOFTMAX, backends=("jax",)),
    Style("softmax in call() and a train_step: PyTorch", "import torch\n" + _NET
          + "    def train_step(self, data):\n        a, b = data\n        self.zero_grad()\n        y_pred = self(a, training=True)\n        value = self.loss_fn(b, y_pred)  # <-\n        value.backward()\n"
          "        trainable_weights = [v for v in self.trainable_weights]\n        gradients = [v.value.grad for v in trainable_weights]\n        with torch.no_grad():\n            self.optimizer.apply(gradients, trainable_weights)\n        return {'loss': value}\n" + _FIT, **_SOFTMAX, backends=("torch",)),
    Style("softmax and an object for logits in tf.function", f"import tensorflow as tf\n{NET.replace('Dense(5)', 'Dense(5, activation=FLAG)')}loss_fn = losses.SparseCategoricalCrossentropy(from_logits=True)\n"
          "@tf.function\ndef step(a, b):\n    with tf.GradientTape() as tape:\n        value = loss_fn(b, model(a, training=True))  # <-\n    return tape.gradient(value, model.trainable_variables)\nstep(x, ids)", right="None", wrong="'softmax'", finds="LM102", **_TF),
    Style("sigmoid discriminator of a DCGAN", f"import tensorflow as tf\ncross_entropy = {BCE.replace('FLAG', 'True')}\ngenerator = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation='tanh')])\n"
          "discriminator = keras.Sequential([layers.Input((8,)), layers.Dense(6), layers.LeakyReLU(), layers.Dropout(0.3), layers.Flatten(), layers.Dense(1, activation=FLAG)])\n"
          "def discriminator_loss(real, fake):\n    return cross_entropy(tf.ones_like(real), real) + cross_entropy(tf.zeros_like(fake), fake)  # <-\n"
          "def generator_loss(fake):\n    return cross_entropy(tf.ones_like(fake), fake)\n@tf.function\ndef train_step(images):\n    noise = tf.random.normal([64, 4])\n    with tf.GradientTape() as g, tf.GradientTape() as d:\n"
          "        made = generator(noise, training=True)\n        real, fake = discriminator(images, training=True), discriminator(made, training=True)\n        value = discriminator_loss(real, fake) + generator_loss(fake)\n"
          "    return d.gradient(value, discriminator.trainable_variables)\nfor i in range(2):\n    train_step(x)", right="None", wrong="'sigmoid'", finds="LM102", model="discriminator", **_TF),
)  # fmt: skip
STYLES = (*AUTOENCODERS, *CELLS, *GUIDES)
