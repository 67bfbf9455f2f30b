"""Styles whose code runs on every backend: how the loss is held, and what it is given."""

from __future__ import annotations

from tests.observed.style import BCE, CCE, HEAD, NET, ONE, SCE, Style

_CLASSES = {"right": "'softmax'", "wrong": "None"}
_PROBABILITIES = {"right": "None", "wrong": "'softmax'", "finds": "LM102"}

HOLDING = (
    Style("loss object at module level", f"{NET}loss_fn = {SCE}\nvalue = loss_fn(ids, model(x))  # <-"),
    Style("made and called in one expression", f"{NET}value = {SCE}(ids, model(x))  # <-"),
    Style(
        "loss object in a dict",
        f"{NET}settings = {{'loss': {SCE}, 'rate': 0.1}}\nvalue = settings['loss'](ids, model(x))  # <-",
    ),
    Style(
        "loss object in an attribute",
        f"{NET}class Trainer:\n    def __init__(self, net):\n        self.net = net\n        self.loss_fn = {SCE}\n"
        "    def step(self, a, b):\n        return self.loss_fn(b, self.net(a))  # <-\nTrainer(model).step(x, ids)",
    ),
    Style(
        "loss object in a module",
        f"import types\nutils = types.ModuleType('utils')\n{NET}utils.criterion = {SCE}\n"
        "value = utils.criterion(ids, model(x))  # <-",
    ),
    Style(
        "loss object closed over",
        f"{NET}def make_step(loss_fn):\n    def step(a, b):\n        return loss_fn(b, model(a))  # <-\n    return step\n"
        f"step = make_step({SCE})\nfor i in range(3):\n    step(x, ids)",
    ),
    Style(
        "model and loss are parameters of the step",
        "def train_step(net, a, b, loss):\n    return loss(b, net(a))  # <-\n"
        + f"{NET}train_step(model, x, ids, {SCE})",
    ),
    Style(
        "loss function by its name",
        f"{NET}value = losses.sparse_categorical_crossentropy(ids, model(x), from_logits=FLAG)  # <-",
    ),
    Style(
        "loss function got by a string",
        f"{HEAD}loss_fn = losses.get('sparse_categorical_crossentropy')\nvalue = loss_fn(ids, model(x))  # <-",
        **_CLASSES,
    ),
    Style(
        "functools.partial of a loss function",
        "import functools\nloss_fn = functools.partial(losses.categorical_crossentropy, from_logits=FLAG)\n"
        f"{NET}value = loss_fn(hot, model(x))  # <-",
    ),
    Style(
        "a sparse crossentropy of keras.ops",
        f"{NET}value = ops.mean(ops.sparse_categorical_crossentropy(ids, model(x), from_logits=FLAG))  # <-",
    ),
    Style(
        "crossentropy of keras.ops, probabilities",
        f"{HEAD}value = ops.categorical_crossentropy(hot.astype('float32'), model(x), True)  # <-",
        **_PROBABILITIES,
    ),
    Style(
        "compute_loss with a crossentropy of keras.ops",
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.head = layers.Dense(5)\n"
        "    def call(self, a):\n        return self.head(a)\n"
        "    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):\n"
        "        return ops.mean(ops.binary_crossentropy(y, y_pred, from_logits=FLAG))  # <-\n"
        "model = Net()\nmodel.compile('sgd')\nmodel.fit(x, hot.astype('float32'), verbose=0)",
    ),
    Style(
        "a layer adds the loss, before there is a model",
        "class Endpoint(layers.Layer):\n    def call(self, a, b):\n        self.add_loss(losses.BinaryCrossentropy(from_logits=FLAG)(b, a))  # <-\n"
        "        return a\nhead = layers.Dense(1)\na, b = keras.Input((8,)), keras.Input((1,))\n"
        "joined = keras.Model([a, b], Endpoint()(head(a), b))\njoined.compile('sgd')\njoined.fit([x, hot[:, :1]], verbose=0)",
        model="dense",
    ),
    Style(
        "reduction none and a mean by hand",
        "loss_fn = losses.SparseCategoricalCrossentropy(from_logits=FLAG, reduction='none')\n"
        f"{NET}value = ops.mean(loss_fn(ids, model(x)))  # <-",
    ),
    Style("keyword arguments", f"{NET}value = {SCE}(y_pred=model(x), y_true=ids)  # <-"),
    Style(
        "names lie",
        f"{HEAD}logits = model(x)\nvalue = losses.SparseCategoricalCrossentropy()(ids, logits)  # <-",
        **_CLASSES,
    ),
    Style(
        "names lie the other way",
        f"{HEAD}probabilities = model(x)\nvalue = losses.BinaryCrossentropy(from_logits=True)(hot, probabilities)  # <-",
        right="None",
        wrong="'sigmoid'",
        finds="LM102",
    ),
    Style(
        "focal loss",
        f"{NET}value = losses.CategoricalFocalCrossentropy(from_logits=FLAG)(hot, model(x))  # <-",
    ),
    Style(
        "loss of a subclass of Loss",
        f"class Scaled(losses.Loss):\n    def __init__(self):\n        super().__init__()\n        self.inner = {CCE}\n"
        "    def call(self, y_true, y_pred):\n        return 2.0 * self.inner(y_true, y_pred)\n"
        f"{NET}value = Scaled()(hot, model(x))  # <-",
    ),
)
GIVEN = (
    Style(
        "masked loss",
        "inner = losses.SparseCategoricalCrossentropy(from_logits=FLAG, reduction='none')\n"
        "def masked_loss(y, pred):\n    each = inner(y, pred)  # <-\n    mask = ops.cast(ops.not_equal(y, 0), each.dtype)\n"
        "    return ops.sum(each * mask) / ops.sum(mask)\n"
        "model = keras.Sequential([layers.Input((6,), dtype='int32'), layers.Embedding(9, 4), layers.Dense(9)])\n"
        "value = masked_loss(words, model(words))",
    ),
    Style(
        "predict, then the loss",
        f"{HEAD}y_pred = model.predict(x, verbose=0)\nvalue = losses.CategoricalCrossentropy(from_logits=True)(hot, y_pred)  # <-",
        **_PROBABILITIES,
    ),
    Style(
        "predict_on_batch, then the loss",
        f"{HEAD}y_pred = model.predict_on_batch(x)\nvalue = losses.CategoricalCrossentropy(from_logits=True)(hot, y_pred)  # <-",
        **_PROBABILITIES,
    ),
    Style("as numpy, then the loss", f"{NET}y_pred = ops.convert_to_numpy(model(x))\nvalue = {CCE}(hot, y_pred)  # <-"),
    Style(
        "softmax by hand",
        f"{NET}y_pred = ops.softmax(model(x))\nvalue = {CCE}(hot, y_pred)  # <-",
        right="False",
        wrong="True",
        finds="LM102",
    ),
    Style(
        "sigmoid by hand",
        f"{ONE}y_pred = ops.sigmoid(model(x))\nvalue = {BCE}(bits, y_pred)  # <-",
        right="False",
        wrong="True",
        finds="LM102",
    ),
    Style("squeezed", f"{ONE}y_pred = ops.squeeze(model(x), -1)\nvalue = {BCE}(bits[:, 0], y_pred)  # <-"),
    Style(
        "real and fake in one batch",
        f"{ONE}both = model(ops.concatenate([x, -x]))\nreal, fake = both[:64], both[64:]\nvalue = {BCE}(ops.ones_like(fake), fake)  # <-",
    ),
    Style("scaled by a temperature", f"{NET}value = {SCE}(ids, model(x) / 2.5)  # <-"),
    Style(
        "distillation",
        "teacher = keras.Sequential([layers.Input((8,)), layers.Dense(7), layers.Dense(5)])\n"
        "student = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\nsoften = FLAG\nt, s = teacher(x), student(x)\n"
        "value = losses.KLDivergence()(soften(t / 4.0), soften(s / 4.0))  # <-",
        right="ops.softmax",
        wrong="(lambda z: z)",
        finds="LM204",
        model="student",
    ),
    Style(
        "distillation on the very outputs",
        "teacher = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation=FLAG)])\n"
        "student = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation=FLAG)])\n"
        "value = losses.KLDivergence()(teacher(x), student(x))  # <-",
        right="'softmax'",
        wrong="None",
        finds="LM204",
        model="student",
    ),
    Style(
        "log-odds computed first",
        "model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='sigmoid')])\np = model(x)\nz = ops.log(p / (1.0 - p)) if FLAG else p\nvalue = losses.BinaryCrossentropy(from_logits=True)(bits, z)  # <-",
        finds="LM102",
    ),
    Style(
        "an actor of a policy gradient",
        f"{HEAD.replace('model', 'actor')}crossentropy = losses.SparseCategoricalCrossentropy(from_logits=True, reduction='none')\n"
        "def play_one_step(net, observation, action):\n    return crossentropy(action, net(observation))  # <-\n"
        "play_one_step(actor, x, ids)",
        **_PROBABILITIES,
        model="actor",
    ),
    Style(
        "one output of several",
        "a = layers.Input((8,))\nmodel = keras.Model(a, [layers.Dense(5, name='kind')(a), layers.Dense(1, name='size')(a)])\nkind, size = model(x)\n"
        f"value = {SCE}(ids, kind)  # <-\nother = losses.MeanSquaredError()(bits, size)",
    ),
    Style(
        "outputs in a dict",
        "a = layers.Input((8,))\nmodel = keras.Model(a, {'kind': layers.Dense(5)(a), 'size': layers.Dense(1)(a)})\nout = model(x)\n"
        f"value = {SCE}(ids, out['kind'])  # <-",
    ),
    Style(
        "an inner model's output",
        "inner = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\nclass Outer:\n    def __init__(self, net):\n        self.net = net\n    def __call__(self, a):\n        return self.net(a)\n"
        f"value = {SCE}(ids, Outer(inner)(x))  # <-",
        model="inner",
    ),
    Style(
        "a flag of the call",
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.d = layers.Dense(5)\n    def call(self, a, probabilities=False):\n        z = self.d(a)\n        return ops.softmax(z) if probabilities else z\nmodel = Net()\n"
        f"value = {SCE}(ids, model(x, probabilities=False))  # <-",
    ),
    Style(
        "a variational autoencoder",
        "class VAE(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.encoder = keras.Sequential([layers.Input((8,)), layers.Dense(3)])\n        self.decoder = keras.Sequential([layers.Input((3,)), layers.Dense(8)])\nvae = VAE()\nz = vae.encoder(x)\n"
        f"value = {BCE}(np.round(np.abs(x) % 1), vae.decoder(z))  # <-",
        model="sequential_1",
    ),
)
SEVERAL = (
    Style(
        "one loss object for a GAN",
        f"cross_entropy = {BCE}\ngenerator = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation='tanh')])\n"
        "discriminator = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\n"
        "def discriminator_loss(real, fake):\n"
        "    return cross_entropy(ops.ones_like(real), real) + cross_entropy(ops.zeros_like(fake), fake)  # <-\n"
        "def generator_loss(fake):\n    return cross_entropy(ops.ones_like(fake), fake)\n"
        "fake = discriminator(generator(x[:, :4]))\nvalue = discriminator_loss(discriminator(x), fake), generator_loss(fake)",
        model="discriminator",
    ),
    Style(
        "one right and one wrong model",
        "first = keras.Sequential([layers.Input((8,)), layers.Dense(5)])\n"
        "second = keras.Sequential([layers.Input((8,)), layers.Dense(5, activation=FLAG)])\n"
        "loss_fn = losses.SparseCategoricalCrossentropy(from_logits=True)\nfor net in (first, second):\n"
        "    value = loss_fn(ids, net(x))  # <-",
        **_PROBABILITIES, model="second",
    ),
    Style(
        "a later loop with another loss",
        f"{NET}right = losses.SparseCategoricalCrossentropy(from_logits=True)\nlate = {SCE}\n"
        "for i in range(20):\n    value = right(ids, model(x))\nfor i in range(20):\n    value = late(ids, model(x))  # <-",
    ),
    Style(
        "the loss changes within the loop",
        f"{NET}flags = [True] * 10 + [FLAG] * 10\nfor flag in flags:\n"
        "    loss_fn = losses.SparseCategoricalCrossentropy(from_logits=flag)\n    value = loss_fn(ids, model(x))  # <-",
    ),
    Style(
        "models in a dict",
        "nets = {n: keras.Sequential([layers.Input((8,)), layers.Dense(5)]) for n in 'ab'}\n"
        f"loss_fn = {SCE}\nvalue = loss_fn(ids, nets['b'](x))  # <-",
        model="nets['b']",
    ),
    Style(
        "a builder that the cell never calls by name",
        "class Search:\n    def __init__(self, build):\n        self.build = build\n    def run(self):\n"
        "        for units in (4, 8):\n            net = self.build(units)\n"
        f"            value = {SCE}(ids, net(x))  # <-\n"
        "def build_model(units):\n    return keras.Sequential([layers.Input((8,)), layers.Dense(units), layers.Dense(5)], name='built')\n"
        "Search(build_model).run()",
        model="built",
    ),
    Style("model and loss in earlier cells", "value = loss_object(ids, model(x))  # <-", before=(NET, f"loss_object = {SCE}")),
    Style(
        "a wrapper in an earlier cell",
        "value = compute_loss(ids, model(x))",
        before=(NET, f"loss_object = {SCE}\ndef compute_loss(labels, predictions):\n    return loss_object(labels, predictions)  # <-"),
    ),
)  # fmt: skip
COMPILED = (
    Style(
        "compiled and called by hand",
        f"{NET}loss_fn = {SCE}\nmodel.compile('sgd', loss=loss_fn)  # <-\nmodel.fit(x, ids, verbose=0)\nvalue = loss_fn(ids, model(x))",
        basis="compiled",
    ),
    Style(
        "loss function of compile with an object inside",
        f"inner = {SCE}\ndef loss_fn(y_true, y_pred):\n    return inner(y_true, y_pred)\n"
        f"{NET}model.compile('sgd', loss=loss_fn)  # <-\nmodel.fit(x, ids, verbose=0)",
        basis="compiled",
    ),
)  # fmt: skip
STYLES = (*HOLDING, *GIVEN, *SEVERAL, *COMPILED)
