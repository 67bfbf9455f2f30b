"""Cells that must run the same with `%%checkloss` on top as with a comment there: those with Keras, in this order."""

from __future__ import annotations

from notebook_cells import Row, error, row

_FEW = "x = np.linspace(-1, 1, 24, dtype='float32').reshape(8, 3)\ny = np.arange(8) % 2"
_MODEL = """\
keras.utils.set_random_seed(3)
small = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name='head')])
"""
_STOPS = """\
class Stop(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        raise {0}
small.fit(x, y, callbacks=[Stop()], verbose=0)
"""

# For kernels that have not imported Keras; the last imports it.
FIRST_IMPORT: tuple[Row, ...] = (
    error(
        "import_of_keras_fails",
        "import os, sys\nwas = os.environ.get('KERAS_BACKEND')\n"
        "os.environ['KERAS_BACKEND'] = 'nosuchbackend'\nimport keras",
    ),
    row(
        "import_of_keras_undone",
        "os.environ.pop('KERAS_BACKEND') if was is None else os.environ.update(KERAS_BACKEND=was)\n"
        "for name in [n for n in sys.modules if n.split('.')[0] == 'keras']:\n    del sys.modules[name]",
    ),
    row(
        "keras_imported_for_the_first_time",
        f"import keras\nimport numpy as np\n{_FEW}\n{_MODEL}"
        "small.compile('sgd', 'sparse_categorical_crossentropy')\nsmall.fit(x, y, verbose=2).history",
        "keras.__spec__.loader, keras.__loader__, keras.__name__",
        timed=True,
    ),
)
_LOOP = (
    f"{_MODEL}loss_fn = keras.losses.SparseCategoricalCrossentropy()\ndef step(a, b):\n"
    "    return float(loss_fn(b, small(a)))\n"
)
KERAS: tuple[Row, ...] = (
    row("own_loop", f"{_LOOP}[step(x, y) for i in range(3)]"),
    row("own_loop_with_a_function", f"{_MODEL}float(keras.ops.sum(keras.losses.binary_crossentropy(x[:, :2] > 0, small(x))))"),
    row("loss_on_a_prediction", f"{_LOOP}float(loss_fn(y, small.predict(x, verbose=0)))"),
    error("loss_raises_in_own_loop", f"{_LOOP}step(x, y[:3])"),
    error("model_raises_in_own_loop", f"{_LOOP}step(x[:, :2], y)"),
    error("loss_function_raises", f"{_MODEL}keras.losses.categorical_crossentropy(x, small(x), axis=True)"),
    error("own_loss_raises_in_own_loop", f"{_MODEL}class Bad(keras.losses.Loss):\n    def call(self, y_true, y_pred):\n"
          "        raise ArithmeticError('own loss')\nBad()(y, small(x))"),
    error("loss_interrupted", f"{_MODEL}class Slow(keras.losses.Loss):\n    def call(self, y_true, y_pred):\n"
          "        raise KeyboardInterrupt\nSlow()(y, small(x))"),
    error("loss_of_wrong_things", f"{_LOOP}loss_fn(object(), small(x))"),
    row("own_loop_and_the_stack", f"{_MODEL}import traceback\nclass Deep(keras.losses.Loss):\n    def call(self, y_true, y_pred):\n"
        "        print([(e.name, e.lineno) for e in traceback.extract_stack()[-4:]])\n        return keras.ops.mean(y_pred)\n"
        "float(Deep()(y, small(x)))"),
    error("verbose_traceback_of_a_loss", f"%xmode Verbose\n{_LOOP}step(x, y[:3])", "%xmode Context\n1 / 0"),
    row("training", f"{_MODEL}small.compile('sgd', 'mse')\nsmall.fit(x, x[:, :2], epochs=3, verbose=2)", timed=True),
    row("training_with_bar", f"{_MODEL}small.compile('sgd', 'mse')\nh = small.fit(x, x[:, :2], verbose=0)\nh.history"),
    row(
        "training_in_a_function",
        "def build():\n    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name='head')])\n"
        "    model.compile('sgd', keras.losses.SparseCategoricalCrossentropy())\n    return model\n"
        "keras.utils.set_random_seed(1)\nbuilt = build()\nbuilt.fit(x, y, verbose=0).history['loss']",
    ),
    row(
        "later_cells_draw_the_same",
        f"{_MODEL}small.compile('sgd', 'mse')\nseeds = keras.random.SeedGenerator(5)\nnp.random.seed(2)",
        "import random\nnp.random.rand(), random.random(), np.array(keras.random.normal((2,))), np.array(seeds.next())",
        "keras.layers.Dense(1).name, keras.Sequential().name, [w.path for w in small.weights]",
        "small.fit(x, x[:, :2], verbose=0).history, [np.array(v) for v in small.optimizer.variables]",
    ),
    row(
        "dropout_draws_the_same",
        "keras.utils.set_random_seed(4)\n"
"drop = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dropout(0.5), "
        "keras.layers.Dense(2, name='head')])\ndrop.compile('sgd', 'mse')\ndrop.fit(x, x[:, :2], verbose=0).history",
        "drop.fit(x, x[:, :2], verbose=0).history",
    ),
    row(
        "generator_is_not_read",
        "def batches():\n    for i in range(4):\n        print('batch', i)\n        yield x[:2], x[:2, :2]\n"
        f"{_MODEL}small.compile('sgd', 'mse')\nfed = batches()\n"
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')  # Keras' own comes on another stream\n"
        "    print(small.fit(fed, steps_per_epoch=1, verbose=0).history)",
    ),
    row(
        "own_model_and_layer",
        "class Loud(keras.layers.Layer):\n    def call(self, z):\n        return z * 2\n"
        "class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
"        self.d = keras.layers.Dense(2)\n"
        "        self.loud = Loud()\n    def call(self, z):\n        return self.loud(self.d(z))\n"
        "keras.utils.set_random_seed(2)\nnet = Net()\nnet.compile('sgd', 'mse')\nnet.built, net.weights",
        "net.fit(x, x[:, :2], verbose=0).history, net.built, len(net.weights)",
    ),
    row("summary", f"{_MODEL}small.summary()"),
    row("stack_within_fit", f"{_MODEL}small.compile('sgd', 'mse')\nimport traceback\nseen = []\n"
        "class Look(keras.callbacks.Callback):\n    def on_train_begin(self, logs=None):\n"
        "        seen.extend((e.filename, e.lineno, e.name) for e in traceback.extract_stack())\n"
        "small.fit(x, x[:, :2], callbacks=[Look()], verbose=0)\nseen"),
    row("methods_are_themselves", "import inspect\n"
"keras.Model.compile is keras.Model.compile, keras.Model.fit.__name__, "
        "inspect.getsourcefile(keras.Model.fit), str(inspect.signature(keras.Model.compile)), small.compile"),
    row("saved_and_loaded", f"{_MODEL}small.compile('sgd', 'mse')\nsmall.save('small.keras')\n"
        "again = keras.saving.load_model('small.keras')\nagain.compiled, again.loss, again.optimizer.name"),
    row("weakly_held", "import gc, weakref\nlong_gone = keras.Sequential([keras.layers.Dense(1)])\n"
        "at = weakref.ref(long_gone)\ndel long_gone\ngc.collect();", "at() is None"),
    error("wrong_loss_name", f"{_MODEL}small.compile('sgd', 'no_such_loss')\nsmall.fit(x, y, verbose=0)"),
    error("loss_of_no_use", f"{_MODEL}small.compile('sgd', loss=3)\nsmall.fit(x, y, verbose=0)"),
    error("unknown_argument", f"{_MODEL}small.compile(optimiser='sgd')"),
    error("bad_shapes", f"{_MODEL}small.compile('sgd', 'mse')\nsmall.fit(x, np.ones((8, 5)), verbose=0)"),
    error("bad_input_shape", f"{_MODEL}small.compile('sgd', 'mse')\nsmall.fit(np.ones((8, 7)), x[:, :2], verbose=0)"),
    error("rows_differ", f"{_MODEL}small.compile('sgd', 'mse')\nsmall.fit(x, x[:3, :2], verbose=0)"),
    error("not_compiled", f"{_MODEL}small.fit(x, y)"),
    error("fit_without_data", f"{_MODEL}small.compile('sgd', 'mse')\nsmall.fit()"),
    error("raised_in_callback", f"{_MODEL}small.compile('sgd', 'mse')\n{_STOPS.format('ValueError(1)')}"),
    error("training_interrupted", f"{_MODEL}small.compile('sgd', 'mse')\n{_STOPS.format('KeyboardInterrupt')}"),
    error("training_exits", f"{_MODEL}small.compile('sgd', 'mse')\n{_STOPS.format('SystemExit(2)')}"),
    error(
        "unfiltered_traceback",
        "keras.config.disable_traceback_filtering()",
        f"{_MODEL}small.compile('sgd', 'mse')\n{_STOPS.format('LookupError')}",
        "keras.config.enable_traceback_filtering()\nsmall.fit(np.ones((8, 7)), x)",
    ),
    error("error_in_own_loss", f"{_MODEL}def bad(t, p):\n"
"    raise ArithmeticError('own loss')\nsmall.compile('sgd', bad)\n"
          "small.fit(x, x[:, :2], verbose=0)"),
    error("error_in_own_compile", "class Strict(keras.Sequential):\n    def compile(self, *a, **k):\n"
          "        super().compile(*a, **k)\n        raise RuntimeError('own compile')\n"
"Strict().compile('sgd', 'mse')"),
)  # fmt: skip
