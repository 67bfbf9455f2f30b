"""Styles that name their framework: GradientTape, tf.function, value_and_grad, backward(), overridden training steps."""

from __future__ import annotations

from tests.observed.style import BCE, CCE, HEAD, NET, SCE, Style

_TF = {"backends": ("tensorflow",)}
_JAX = {"backends": ("jax",)}
_TORCH = {"backends": ("torch",)}
_PROBABILITIES = {"right": "None", "wrong": "'softmax'", "finds": "LM102"}
_TAPE = (
    "    with tf.GradientTape() as tape:\n        value = loss_fn(b, model(a, training=True))  # <-\n"
    "    grads = tape.gradient(value, model.trainable_variables)\n"
    "    optimizer.apply_gradients(zip(grads, model.trainable_variables))\n"
)
_START = f"import tensorflow as tf\n{NET}loss_fn = {SCE}\noptimizer = keras.optimizers.SGD(0.1)\n"
_STEP = f"def step(a, b):\n{_TAPE}    return value\n"
_NN = f"import tensorflow as tf\n{HEAD}"

TENSORFLOW = (
    Style("tape at module level", _START + "for a, b in [(x, ids)] * 3:\n" + _TAPE, **_TF),
    Style("tape in a function", _START + _STEP + "for i in range(3):\n    step(x, ids)", **_TF),
    Style("tape in tf.function", _START + "@tf.function\n" + _STEP + "for i in range(3):\n    step(x, ids)", **_TF),
    Style("tape in tf.function without AutoGraph", _START + "@tf.function(autograph=False)\n" + _STEP + "step(x, ids)", **_TF),
    Style("tf.function compiled by XLA", _START + "@tf.function(jit_compile=True)\n" + _STEP + "step(x, ids)", **_TF),
    Style("tf.function defined in an earlier cell", "for i in range(3):\n    step(x, ids)", before=(_START, "@tf.function\n" + _STEP), **_TF),
    Style("a data set", _START + _STEP + "for a, b in tf.data.Dataset.from_tensor_slices((x, ids)).batch(16):\n    step(a, b)", **_TF),
    Style("loss made in tf.function", f"import tensorflow as tf\n{NET}@tf.function\ndef step(a, b):\n    return {SCE}(b, model(a))  # <-\nstep(x, ids)", **_TF),
    Style("strategy.run", _START + "strategy = tf.distribute.get_strategy()\n@tf.function\ndef distributed(a, b):\n    return strategy.run(step, args=(a, b))\n" + _STEP + "distributed(x, ids)", **_TF),
    Style("mirrored strategy", "import tensorflow as tf\nstrategy = tf.distribute.MirroredStrategy(['cpu:0'])\nwith strategy.scope():\n    model = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\n"
          "loss_fn = losses.SparseCategoricalCrossentropy(from_logits=FLAG, reduction='none')\ndef step(a, b):\n    return loss_fn(b, model(a))  # <-\nvalue = strategy.run(step, args=(tf.constant(x), tf.constant(ids)))", **_TF),
    Style("loss function in a nested step", f"import tensorflow as tf\n{NET}@tf.function\ndef outer(a, b):\n    def inner(p, q):\n        return tf.reduce_mean(losses.sparse_categorical_crossentropy(q, model(p), from_logits=FLAG))  # <-\n    return inner(a, b)\nouter(x, ids)", **_TF),
    Style("tf.nn sparse", _NN + "value = tf.nn.sparse_softmax_cross_entropy_with_logits(ids, model(x))  # <-", **_PROBABILITIES, **_TF),
    Style("tf.nn sparse with keywords", _NN + "y_pred = model(x)\nvalue = tf.nn.sparse_softmax_cross_entropy_with_logits(logits=y_pred, labels=ids)  # <-", **_PROBABILITIES, **_TF),
    Style("tf.nn one-hot in tf.function", _NN + "@tf.function\ndef step(a, b):\n    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(b, model(a)))  # <-\nstep(x, hot)", **_PROBABILITIES, **_TF),
    Style("tf.nn sigmoid", _NN + "value = tf.nn.sigmoid_cross_entropy_with_logits(hot, model(x))  # <-", right="None", wrong="'sigmoid'", finds="LM102", **_TF),
    Style("tf.nn weighted", _NN + "value = tf.nn.weighted_cross_entropy_with_logits(hot, model(x), 2.0)  # <-", right="None", wrong="'sigmoid'", finds="LM102", **_TF),
    Style("tf.nn.softmax in between", f"import tensorflow as tf\n{NET}value = {CCE}(hot, tf.nn.softmax(model(x)))  # <-", right="False", wrong="True", finds="LM102", **_TF),
    Style("a loop in a class", _START + "class Fit:\n    def __init__(self, net):\n        self.net = net\n    @tf.function\n    def step(self, a, b):\n        with tf.GradientTape() as tape:\n            value = loss_fn(b, self.net(a))  # <-\n        return value\n    def run(self):\n        for i in range(3):\n            self.step(x, ids)\nFit(model).run()", **_TF),
    Style("DCGAN", f"import tensorflow as tf\ncross_entropy = {BCE}\ngenerator = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation='tanh')])\ndiscriminator = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\n"
          "def both(real, fake):\n    return cross_entropy(tf.ones_like(real), real) + cross_entropy(tf.zeros_like(fake), fake)  # <-\n@tf.function\ndef train_step(images):\n    with tf.GradientTape() as g, tf.GradientTape() as d:\n        made = generator(images[:, :4], training=True)\n        real, fake = discriminator(images, training=True), discriminator(made, training=True)\n        return both(real, fake)\nfor i in range(3):\n    train_step(x)", model="discriminator", **_TF),
)  # fmt: skip
_OWN = "class Net(keras.Model):\n    def __init__(self, inner):\n        super().__init__()\n        self.inner = inner\n    def call(self, a):\n        return self.inner(a)\n"
_OWN_START = "inner = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\n"
STEPS = (
    Style("compute_loss of the model itself", _OWN_START + _OWN + "    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):\n"
          f"        return {SCE}(y, y_pred)  # <-\nmodel = Net(inner)\nmodel.compile('sgd')\nmodel.fit(x, ids, verbose=0)"),
    Style("train_step with a global loss", f"import tensorflow as tf\nloss_fn = {SCE}\n" + _OWN_START + _OWN + "    def train_step(self, data):\n        a, b = data\n        with tf.GradientTape() as tape:\n"
          "            value = loss_fn(b, self(a, training=True))  # <-\n        grads = tape.gradient(value, self.trainable_variables)\n        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))\n        return {'loss': value}\n"
          "model = Net(inner)\nmodel.compile('sgd')\nmodel.fit(x, ids, verbose=0)", **_TF),
    Style("train_step with compute_loss", "import tensorflow as tf\n" + _OWN_START + _OWN + "    def train_step(self, data):\n        a, b = data\n        with tf.GradientTape() as tape:\n"
          "            value = self.compute_loss(y=b, y_pred=self(a, training=True))  # <-\n        grads = tape.gradient(value, self.trainable_variables)\n        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))\n        return {'loss': value}\n"
          f"model = Net(inner)\nmodel.compile('sgd', loss={SCE})\nmodel.fit(x, ids, verbose=0)", **_TF),
    Style("GAN class with its own compile", f"import tensorflow as tf\nclass GAN(keras.Model):\n    def __init__(self, d, g):\n        super().__init__()\n        self.d, self.g = d, g\n    def compile(self, loss_fn):\n        super().compile()\n        self.loss_fn = loss_fn\n    def train_step(self, real):\n        fake = self.g(real[:, :4])\n        both = tf.concat([self.d(real), self.d(fake)], 0)\n        return {{'loss': self.loss_fn(tf.ones_like(both), both)}}  # <-\n"
          f"discriminator = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\ngenerator = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation='tanh')])\ngan = GAN(discriminator, generator)\ngan.compile({BCE})\ngan.fit(x, verbose=0)", model="discriminator", **_TF),
    Style("a layer adds the loss", f"class Endpoint(layers.Layer):\n    def __init__(self):\n        super().__init__()\n        self.head = keras.Sequential([layers.Input((8,)), layers.Dense(5)], name='head')\n        self.loss_fn = {SCE}\n    def call(self, a, b):\n        z = self.head(a)\n        self.add_loss(self.loss_fn(b, z))  # <-\n        return z\n"
          "a, b = layers.Input((8,)), layers.Input((), dtype='int32')\nmodel = keras.Model([a, b], Endpoint()(a, b))\nmodel.compile('sgd')\nmodel.fit([x, ids], verbose=0)", model="head"),
)  # fmt: skip
_GRAD = (
    "def compute(trained, frozen, a, b):\n    y_pred, frozen = model.stateless_call(trained, frozen, a, training=True)\n"
    "    return loss_fn(b, y_pred), frozen  # <-\ngrad_fn = jax.value_and_grad(compute, has_aux=True)\n"
    "trained = [v.value for v in model.trainable_variables]\nfrozen = [v.value for v in model.non_trainable_variables]\n"
)
_JAX_START = f"import jax\nimport jax.numpy as jnp\n{NET}loss_fn = {SCE}\n"
JAX = (
    Style("value_and_grad with stateless_call", f"{_JAX_START}{_GRAD}for i in range(3):\n    value = grad_fn(trained, frozen, x, ids)", **_JAX),
    Style("value_and_grad under jit", f"{_JAX_START}{_GRAD}@jax.jit\ndef step(t, f, a, b):\n    return grad_fn(t, f, a, b)\nfor i in range(3):\n    value = step(trained, frozen, x, ids)", **_JAX),
    Style("jit without a gradient", f"{_JAX_START}@jax.jit\ndef evaluate(t, f, a, b):\n    return loss_fn(b, model.stateless_call(t, f, a)[0])  # <-\nvalue = evaluate([v.value for v in model.trainable_variables], [], x, ids)", **_JAX),
    Style("jax.nn.softmax in between", f"import jax\n{NET}value = {CCE}(hot, jax.nn.softmax(model(x)))  # <-", right="False", wrong="True", finds="LM102", **_JAX),
)  # fmt: skip
_BACKWARD = (
    "    value.backward()\n    with torch.no_grad():\n"
    "        optimizer.apply([v.value.grad for v in model.trainable_weights], model.trainable_weights)\n    model.zero_grad()\n"
)
_TORCH_START = "import torch\noptimizer = keras.optimizers.SGD(0.1)\na, b, c = torch.tensor(x), torch.tensor(ids), torch.tensor(hot)\n"
TORCH = (
    Style("loss.backward()", f"{_TORCH_START}{NET}loss_fn = {SCE}\nfor i in range(3):\n    value = loss_fn(b, model(a))  # <-\n{_BACKWARD}", **_TORCH),
    Style("a step function", f"{_TORCH_START}{NET}loss_fn = {SCE}\ndef step(p, q):\n    value = loss_fn(q, model(p))  # <-\n{_BACKWARD}    return value\nfor i in range(3):\n    step(a, b)", **_TORCH),
    Style("torch.nn.functional.cross_entropy", f"{_TORCH_START}{HEAD}value = torch.nn.functional.cross_entropy(model(a), b)  # <-", **_PROBABILITIES, **_TORCH),
    Style("torch.nn.CrossEntropyLoss", f"{_TORCH_START}{HEAD}criterion = torch.nn.CrossEntropyLoss()\nvalue = criterion(model(a), b)  # <-", **_PROBABILITIES, **_TORCH),
    Style("torch.nn.BCEWithLogitsLoss", f"{_TORCH_START}{HEAD}criterion = torch.nn.BCEWithLogitsLoss()\nvalue = criterion(model(a), c)  # <-", right="None", wrong="'sigmoid'", finds="LM102", **_TORCH),
    Style("torch.softmax in between", f"{_TORCH_START}{NET}value = {CCE}(c, torch.softmax(model(a), -1))  # <-", right="False", wrong="True", finds="LM102", **_TORCH),
    Style("detached, then the loss", f"{_TORCH_START}{NET}value = {SCE}(b, model(a).detach().cpu())  # <-", **_TORCH),
)  # fmt: skip
STYLES = (*TENSORFLOW, *STEPS, *JAX, *TORCH)
