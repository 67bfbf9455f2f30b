"""Cells with a mismatch, each with the one stretch of source that the preferred fix may change, and what it becomes."""

from __future__ import annotations

from tests.fix.round_trip_base import (
    LISTED,
    LOGITS,
    ONE_LOGIT,
    ONE_SIGMOID,
    SCE,
    SCE_RIGHT,
    SOFTMAX,
    STRING,
    TWO_HEADS,
    Row,
)
from tests.fix.round_trip_codes import CODES
from tests.fix.round_trip_metrics import BESIDE


def _families() -> list[Row]:
    """Every loss with a flag, as string, object, function and partial, on the head that it does not fit."""
    rows = []
    for name, family, head in (
        ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", LOGITS),
        ("categorical_crossentropy", "CategoricalCrossentropy", LOGITS),
        ("categorical_focal_crossentropy", "CategoricalFocalCrossentropy", LOGITS),
        ("binary_crossentropy", "BinaryCrossentropy", ONE_LOGIT),
        ("binary_focal_crossentropy", "BinaryFocalCrossentropy", ONE_LOGIT),
    ):
        right = f"keras.losses.{family}(from_logits=True)"
        for old, new in (
            (f"'{name}'", right),
            (f"keras.losses.{family}()", right),
            (f"keras.losses.{name}", right),
            (f"keras.losses.get('{name}')", right),
            (
                f"functools.partial(keras.losses.{name}, label_smoothing=0.0)",
                f"functools.partial(keras.losses.{name}, label_smoothing=0.0, from_logits=True)",
            ),
        ):
            if "sparse" in name:
                old, new = (text.replace("label_smoothing=0.0", "axis=-1") for text in (old, new))
            rows.append(Row(f"LM101 {old}", f"{head}model.compile('adam', loss={old})", old, new, "LM101"))
        wrong = SOFTMAX if head is LOGITS else ONE_SIGMOID
        rows.append(
            Row(
                f"LM102 {right}",
                f"{wrong}model.compile(loss={right})",
                "from_logits=True",
                "from_logits=False",
                "LM102",
            )
        )
    return rows


LAYOUT = (
    Row(
        "line magics, shell lines and help around the call",
        f"%time x = 1\nif not x:\n    !true\n    here = !pwd\nwhere = %pwd\n{LOGITS}model.compile('adam', {STRING})\nif not x:\n    !echo \"it's (\" \\\n      done\nx?",
        STRING, SCE_RIGHT, "LM101",
    ),
    Row(
        "a magic over two lines above the call",
        f"%pwd \\\n  x\n{LOGITS}model.compile('adam', loss={STRING})",
        STRING, SCE_RIGHT, "LM101",
    ),
    Row("another cell magic", f"%%time\n{LOGITS}model.compile('adam', loss={STRING})", STRING, SCE_RIGHT, "LM101"),
    Row(
        "another cell magic, blank lines, a call over lines",
        f"\n%%capture got\n\n{LOGITS}model.compile(\n    optimizer='adam',\n    loss={STRING},\n)",
        STRING, SCE_RIGHT, "LM101",
    ),
    Row("blank lines on top", f"\n  \n{LOGITS}model.compile('adam', loss={STRING})", STRING, SCE_RIGHT, "LM101"),
    Row(
        "text that is not ASCII before the call, on its line",
        f"{LOGITS}größe = '日本語 🙂'; model.compile('adam', loss={SCE}); ende = 'ß'",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row(
        "text that is not ASCII inside the call",
        f"{LOGITS}model.compile(loss=keras.losses.CategoricalCrossentropy(name='größe 🙂'), metrics=['accuracy'])",
        "name='größe 🙂'", "name='größe 🙂', from_logits=True", "LM101",
    ),
    Row(
        "a call over lines with a trailing comma and comments",
        f"{LOGITS}model.compile(\n    'adam',\n    loss=keras.losses.CategoricalCrossentropy(  # the loss, (really)\n"
        "        label_smoothing=0.1,  # , smooth)\n        # nothing more\n    ),\n)",
        "label_smoothing=0.1", "label_smoothing=0.1, from_logits=True", "LM101",
    ),
    Row(
        "no argument but a comment between the brackets",
        f"{LOGITS}model.compile(loss=keras.losses.SparseCategoricalCrossentropy(\n    # default\n))",
        "Crossentropy(", "Crossentropy(from_logits=True", "LM101",
    ),
    Row(
        "the last argument in brackets of its own",
        f"{LOGITS}model.compile(loss=keras.losses.CategoricalCrossentropy(label_smoothing=(0.1 )))",
        "(0.1 )", "(0.1 ), from_logits=True", "LM101",
    ),
    Row(
        "a flag given by position",
        f"{SOFTMAX}model.compile(loss=keras.losses.SparseCategoricalCrossentropy(True, name='x'))",
        "True", "False", "LM102",
    ),
    Row(
        "a focal flag given by position",
        f"{ONE_SIGMOID}model.compile(loss=keras.losses.BinaryFocalCrossentropy(False, 0.25, 2.0, True))",
        "2.0, True", "2.0, False", "LM102",
    ),
    Row(
        "a flag given by a variable",
        f"FLAG = False\n{LOGITS}model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=FLAG))",
        "from_logits=FLAG", "from_logits=True", "LM101",
    ),
    Row(
        "a flag that is written out wrongly",
        f"{LOGITS}model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits = False ))",
        "from_logits = False", "from_logits = True", "LM101",
    ),
    Row("the loss in brackets", f"{LOGITS}model.compile(loss=(\n  {STRING}\n))", STRING, SCE_RIGHT, "LM101"),
    Row(
        "a string in two pieces",
        f"{LOGITS}model.compile(loss='sparse_categorical'\n  '_crossentropy')",
        "'sparse_categorical'\n  '_crossentropy'", SCE_RIGHT, "LM101",
    ),
    Row("an alias", f"{ONE_LOGIT}model.compile(loss='bce')", "'bce'", "keras.losses.BinaryCrossentropy(from_logits=True)", "LM101"),
    Row(
        "crossentropy, which Keras resolves by shapes",
        f"{LOGITS}model.compile(loss='crossentropy')",
        "'crossentropy'", "keras.losses.CategoricalCrossentropy(from_logits=True)", "LM101",
    ),
    Row("the class itself", f"{LOGITS}model.compile(loss={SCE[:-2]})", SCE[:-2], SCE_RIGHT, "LM101"),
    Row(
        "an indented cell",
        f"  {LOGITS}  text = '''a\n  ü'''\n  model.compile(loss={SCE})",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row("semicolons", f"{LOGITS[:-1]}; model.compile(loss={SCE});", SCE, SCE_RIGHT, "LM101"),
    Row(
        "tabs and a top-level await",
        f"import asyncio\nif True:\n\t{LOGITS}\tawait asyncio.sleep(0); model.compile(loss={SCE})",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row("windows line ends", f"{LOGITS}model.compile('adam',\n  loss={SCE})\n".replace("\n", "\r\n"), SCE, SCE_RIGHT, "LM101"),
    Row("%checkloss --cell on a line", f"{LOGITS}model.compile(loss={SCE})\n%checkloss --cell --fix --text --samples 0", SCE, SCE_RIGHT, "LM101"),
)  # fmt: skip

NAMES = (
    Row(
        "tf.keras",
        "import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(5)])\n"
        f"model.compile(loss={STRING})",
        STRING, "tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)", "LM101", prelude=False,
    ),
    Row(
        "tf.keras objects",
        "import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.Input((8,)), tf.keras.layers.Dense(5)])\n"
        "model.compile(loss=tf.keras.losses.SparseCategoricalCrossentropy())",
        "Crossentropy()", "Crossentropy(from_logits=True)", "LM101", prelude=False,
    ),
    Row(
        "from tensorflow.keras",
        "from tensorflow import keras\nfrom tensorflow.keras import layers\n" + LOGITS + f"model.compile(loss={STRING})",
        STRING, SCE_RIGHT, "LM101", prelude=False,
    ),
    Row(
        "from keras import losses",
        "from keras import Sequential, layers, losses\nmodel = Sequential([layers.Input((8,)), layers.Dense(5)])\n"
        f"model.compile(loss={STRING})",
        STRING, "losses.SparseCategoricalCrossentropy(from_logits=True)", "LM101", prelude=False,
    ),
    Row(
        "from keras.losses import the class",
        "from keras import Sequential, layers\nfrom keras.losses import SparseCategoricalCrossentropy\n"
        f"model = Sequential([layers.Input((8,)), layers.Dense(5)])\nmodel.compile(loss={STRING})",
        STRING, "SparseCategoricalCrossentropy(from_logits=True)", "LM101", prelude=False,
    ),
    Row(
        "from keras.losses import the class under another name",
        "from keras.losses import SparseCategoricalCrossentropy as SCE\n" + LOGITS + "model.compile(loss=SCE())",
        "SCE())", "SCE(from_logits=True))", "LM101",
    ),
    Row(
        "from keras.losses import the function",
        "from keras.losses import sparse_categorical_crossentropy as scce\n" + LOGITS + "model.compile(loss=scce)",
        "loss=scce", f"loss={SCE_RIGHT}", "LM101",
    ),
    Row(
        "import keras.losses as kl",
        "import keras.losses as kl\n" + LOGITS + "model.compile(loss=kl.sparse_categorical_crossentropy)",
        "kl.sparse_categorical_crossentropy", "kl.SparseCategoricalCrossentropy(from_logits=True)", "LM101",
    ),
    Row(
        "no name for Keras at all: an import is put in",
        "from keras.models import Sequential\nfrom keras.layers import Dense, Input\nmodel = Sequential([Input((8,)), Dense(5)])\n"
        f"model.compile(loss={STRING})",
        "", "", "LM101", prelude=False,
    ),
)  # fmt: skip

BINDINGS = (
    Row("a variable", f"loss = {SCE}\n{LOGITS}model.compile(loss=loss)", SCE, SCE_RIGHT, "LM101"),
    Row(
        "a variable, called by hand too",
        f"ce = {SCE}\n{LOGITS}ce(np.zeros(2), model(np.zeros((2, 8), 'float32')))\nmodel.compile(loss=ce)",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row("a variable bound twice", f"ce = 'mse'\nce = {SCE}\n{LOGITS}model.compile(loss=ce)", SCE, SCE_RIGHT, "LM101"),
    Row("a variable of a variable", f"a = {SCE}\nb = a\n{LOGITS}model.compile(loss=b)", SCE, SCE_RIGHT, "LM101"),
    Row("a walrus", f"{LOGITS}model.compile(loss=(ce := {SCE}))", SCE, SCE_RIGHT, "LM101"),
    Row("unpacked from a pair", f"ce, other = {SCE}, 'mse'\n{LOGITS}model.compile(loss=ce)", SCE, SCE_RIGHT, "LM101"),
    Row("made in an earlier cell", f"{LOGITS}model.compile(loss=ce)", SCE, SCE_RIGHT, "LM101", (f"n = 1\nce = {SCE}\n", "m = 2"), 0),
    Row("a string in an earlier cell", f"{LOGITS}model.compile(loss=LOSS)", STRING, SCE_RIGHT, "LM101", (f"LOSS = {STRING}",), 0),
    Row(
        "made anew in a later cell",
        f"{LOGITS}model.compile(loss=ce)", SCE, SCE_RIGHT, "LM101", ("ce = 'mse'", f"ce = {SCE}"), 1,
    ),
    Row(
        "compile in a helper of an earlier cell",
        f"{LOGITS}build(model)", SCE, SCE_RIGHT, "LM101",
        (f"%time x = 1\ndef build(model):\n    model.compile('adam', loss={SCE})\n",), 0,
    ),
    Row(
        "compile in a helper",
        f"def compile_it(m):\n    '''ü'''\n    m.compile('adam', loss={SCE})\n    return m\n{LOGITS}compile_it(model)",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row(
        "compile in a helper, the loss outside of it",
        f"ce = {SCE}\ndef compile_it(m):\n    m.compile('adam', loss=ce)\n{LOGITS}compile_it(model)",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row(
        "made by a function",
        f"def make():\n    return {SCE}\n{LOGITS}model.compile(loss=make())",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row(
        "a global that a later cell binds anew, seen by a helper of an earlier one",
        f"{LOGITS}build(model)", SCE, SCE_RIGHT, "LM101", ("ce = 'mse'\ndef build(m):\n    m.compile(loss=ce)", f"ce = {SCE}"), 1,
    ),
    Row(
        "the same cell run a second time",
        f"{LOGITS}model.compile(loss=ce)", SCE, SCE_RIGHT, "LM101", (f"ce = {SCE}", f"{LOGITS}model.compile(loss=ce)"), 0,
    ),
    Row(
        "a cell of another language in between",
        f"{LOGITS}model.compile(loss=ce)", SCE, SCE_RIGHT, "LM101", (f"ce = {SCE}", "%%html\n<b>ce = model</b>"), 0,
    ),
    Row("options in a dict", f"config = {{'optimizer': 'adam', 'loss': {STRING}}}\n{LOGITS}model.compile(**config)", STRING, SCE_RIGHT, "LM101"),
    Row("options by dict()", f"config = dict(optimizer='adam', loss={STRING})\n{LOGITS}model.compile(**config)", STRING, SCE_RIGHT, "LM101"),
    Row("losses in a dict of one's own", f"all_losses = {{'a': {SCE}, 'b': 'mse'}}\n{LOGITS}model.compile(loss=all_losses['a'])", SCE, SCE_RIGHT, "LM101"),
    Row("lambda", f"{LOGITS}model.compile(loss=lambda y, p: keras.losses.sparse_categorical_crossentropy(y, p))", "(y, p)", "(y, p, from_logits=True)", "LM101"),
    Row(
        "a function of one's own",
        f"def my_loss(y, p):\n    return keras.losses.sparse_categorical_crossentropy(y, p)\n{LOGITS}model.compile(loss=my_loss)",
        "crossentropy(y, p)", "crossentropy(y, p, from_logits=True)", "LM101",
    ),
    Row(
        "an object inside a function of one's own",
        f"inner = {SCE}\ndef my_loss(y, p):\n    return inner(y, p)\n{LOGITS}model.compile(loss=my_loss)",
        SCE, SCE_RIGHT, "LM101",
    ),
    Row(
        "a flag by position inside a function of one's own",
        f"def my_loss(y, p):\n    return keras.losses.sparse_categorical_crossentropy(y, p, True)\n{SOFTMAX}model.compile(loss=my_loss)",
        "True", "False", "LM102",
    ),
)  # fmt: skip

OUTPUTS = (
    Row("a dict of losses", f"{TWO_HEADS}model.compile(loss={{'size': 'mse', 'kind': {STRING}}})", STRING, SCE_RIGHT, "LM101"),
    Row("a dict of losses by name", f"ls = {{'size': 'mse', 'kind': {SCE}}}\n{TWO_HEADS}model.compile(loss=ls)", SCE, SCE_RIGHT, "LM101"),
    Row("a list of losses", f"{LISTED}model.compile(loss=[{STRING}, 'mse'])", STRING, SCE_RIGHT, "LM101"),
    Row("a list of losses, one by name", f"ce = {SCE}\n{LISTED}model.compile(loss=[ce, 'mse'])", SCE, SCE_RIGHT, "LM101"),
    Row(
        "two of the same in a list, both wrong",
        LISTED.replace("Dense(1", "Dense(3") + f"model.compile(loss=[{SCE}, 'sparse_categorical_crossentropy'])",
        f"[{SCE}, 'sparse_categorical_crossentropy']", f"[{SCE_RIGHT}, {SCE_RIGHT}]", "LM101",
    ),
    Row(
        "two models in a cell",
        f"{LOGITS}model.compile(loss='sparse_categorical_crossentropy')\nother = keras.Sequential([layers.Input((8,)), "
        "layers.Dense(1)])\nother.compile(loss='binary_crossentropy')",
        "loss='sparse_categorical_crossentropy')\nother = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\n"
        "other.compile(loss='binary_crossentropy'",
        f"loss={SCE_RIGHT})\nother = keras.Sequential([layers.Input((8,)), layers.Dense(1)])\n"
        "other.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True)",
        "LM101",
    ),
)  # fmt: skip

HAND = "x = np.zeros((16, 8), 'float32')\ny = np.arange(16) % 5\n"

BY_HAND = (
    Row("a loss object called by hand", f"{HAND}{LOGITS}ce = {SCE}\nfor _ in range(2):\n    value = ce(y, model(x))", SCE, SCE_RIGHT, "LM101"),
    Row("made and called in one expression", f"{HAND}{LOGITS}value = {SCE}(y, model(x))", SCE, SCE_RIGHT, "LM101"),
    Row(
        "a function called by hand",
        f"{HAND}{LOGITS}value = keras.losses.sparse_categorical_crossentropy(y, model(x))",
        "model(x))", "model(x), from_logits=True)", "LM101",
    ),
)  # fmt: skip

ROWS = (*_families(), *LAYOUT, *NAMES, *BINDINGS, *OUTPUTS, *CODES, *BESIDE, *BY_HAND)
