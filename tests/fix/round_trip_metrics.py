"""Round trips of what meets an output beside its loss: metrics, calls by hand, what is done with predictions."""

from __future__ import annotations

from tests.fix.round_trip_base import LOGITS, ONE_LOGIT, ONE_SIGMOID, SCE_RIGHT, SOFTMAX, STRING, TWO_HEADS, Row

BCE = "keras.losses.BinaryCrossentropy(from_logits=True)"
DATA = "x = np.random.default_rng(0).normal(size=(20, 8)).astype('float32')\nhot = np.eye(5, dtype='float32')[np.arange(20) % 5]\n"
CCE_RIGHT = "keras.losses.CategoricalCrossentropy(from_logits=True)"

METRICS = (
    Row(
        "accuracy of one logit keeps its name", f"{ONE_LOGIT}model.compile('adam', {BCE}, metrics=['accuracy', 'mse'])\n"
        "past = model.fit(np.zeros((4, 8)), np.ones((4, 1)), verbose=0).history[\"accuracy\"]",
        "'accuracy'", "keras.metrics.BinaryAccuracy(threshold=0, name='accuracy')", "LM401",
    ),
    Row(
        "a string, an object and a class, weighted",
        f"{ONE_LOGIT}model.compile(\n    loss={BCE},\n    metrics=[\"binary_accuracy\"],\n    weighted_metrics=[\n"
        "        keras.metrics.Recall(name='größe'),  # ü\n        keras.metrics.AUC,\n    ],\n)",
        "\"binary_accuracy\"],\n    weighted_metrics=[\n        keras.metrics.Recall(name='größe'),  # ü\n        keras.metrics.AUC,",
        "keras.metrics.BinaryAccuracy(threshold=0)],\n    weighted_metrics=[\n"
        "        keras.metrics.Recall(name='größe', thresholds=0),  # ü\n        keras.metrics.AUC(from_logits=True),",
        "LM401",
    ),
    Row(
        "one of two accuracies, by a name", "from keras.metrics import BinaryAccuracy\n"
        f"ours = [BinaryAccuracy(threshold=0.0), BinaryAccuracy('half', threshold=0.5)]\n{ONE_LOGIT}model.compile(loss={BCE}, metrics=ours)",
        "threshold=0.5", "threshold=0", "LM401",
    ),
    Row(
        "the metrics of one of two outputs",
        f"{TWO_HEADS}model.compile(loss={{'kind': {SCE_RIGHT}, 'size': {BCE}}},\n  metrics={{'kind': ['accuracy'], 'size': ['acc']}})",
        "'acc']", "keras.metrics.BinaryAccuracy(threshold=0, name='acc')]", "LM401",
    ),
    Row(
        "a crossentropy among the metrics", f"{LOGITS}model.compile('adam', {SCE_RIGHT},\n  metrics=[{STRING}, 'accuracy'])",
        STRING, "keras.metrics.SparseCategoricalCrossentropy(from_logits=True)", "LM402",
    ),
    Row(
        "a crossentropy by a function and by position",
        f"größe = 'ü'; {LOGITS}model.compile('adam', {CCE_RIGHT}, None, [keras.metrics.categorical_crossentropy])",
        "keras.metrics.categorical_crossentropy", "keras.metrics.CategoricalCrossentropy(from_logits=True)", "LM402",
    ),
    Row(
        "a crossentropy of logits among the metrics",
        f"{ONE_SIGMOID}model.compile(loss='binary_crossentropy', metrics=[keras.metrics.BinaryCrossentropy('ü', None, True)])",
        "True", "False", "LM402",
    ),
)  # fmt: skip

MET = f"{DATA}{ONE_LOGIT}bits = (hot[:, :1] > 0).astype('float32')\nz = model(x)\nvalue = {BCE}(bits, z)\n"

UPDATED = (
    Row("updated, by a name", f"{MET}m = keras.metrics.Recall(name='ü')\nm.update_state(bits, z)\nprint(float(m.result()))", "'ü'", "'ü', thresholds=0", "LM401"),
    Row(
        "updated, by a call, made where it is called", f"{MET}print('ü', float(keras.metrics.AUC(\n    name='fläche',\n)(bits, z)))",
        "\n    name='fläche',\n", "\n    name='fläche', from_logits=True,\n", "LM401",
    ),
    Row(
        "updated in a loop, made in an earlier cell",
        f"{DATA}{LOGITS}ids = np.arange(20) % 5\nfor at in range(0, 20, 10):\n    z = model(x[at:at + 10])\n"
        f"    value = {SCE_RIGHT}(ids[at:at + 10], z)\n    m.update_state(ids[at:at + 10], z)",
        "SparseCategoricalCrossentropy()", "SparseCategoricalCrossentropy(from_logits=True)", "LM402",
        ("m = keras.metrics.SparseCategoricalCrossentropy()",), 0,
    ),
    Row(
        "updated in a function, with predictions",
        f"{DATA}{SOFTMAX}model.compile(loss=keras.losses.CategoricalCrossentropy())\nm = keras.metrics.CategoricalCrossentropy(from_logits=True)\n"
        "def measured():\n    m.reset_state()\n    p = model.predict(x, verbose=0)\n    m.update_state(y_true=hot, y_pred=p)\n    return m.result()\nmeasured()",
        "from_logits=True", "from_logits=False", "LM402",
    ),
)  # fmt: skip

SWAPPED = (
    Row("swapped, an object", f"{DATA}{LOGITS}ce = {CCE_RIGHT}\nvalue = ce(model(x), hot)", "model(x), hot", "hot, model(x)", "LM502"),
    Row(
        "swapped, a function and keywords",
        f"{DATA}{SOFTMAX}p = model(x)\nvalue = keras.losses.categorical_crossentropy(y_true=p, y_pred=hot)",
        "y_true=p, y_pred=hot", "y_true=hot, y_pred=p", "LM502",
    ),
    Row(
        "swapped, over lines, made where it is called",
        f"{DATA}{SOFTMAX}größe = 'ü'; value = keras.losses.CategoricalCrossentropy()(\n    model.predict(x, verbose=0),  # (y, x)\n"
        "    hot,\n)",
        "    model.predict(x, verbose=0),  # (y, x)\n    hot,", "    hot,  # (y, x)\n    model.predict(x, verbose=0),", "LM502",
    ),
    Row(
        "swapped, a loss of an earlier cell, in a loop",
        f"{DATA}{LOGITS}for _ in range(2):\n    p = model(x)\n    print('ü'); value = float(ce(p, hot))",
        "p, hot", "hot, p", "LM502", (f"ce = {CCE_RIGHT}",),
    ),
)  # fmt: skip

COMPILED = f"{ONE_LOGIT}model.compile(loss={BCE})\n"
PROBABILITIES = f"{SOFTMAX}model.compile(loss={STRING})\n"

AFTER = (
    Row("a threshold", f"{DATA}{COMPILED}yes = (model.predict(x, verbose=0) > 0.5).astype(int)", "0.5", "0.0", "LM601"),
    Row(
        "a threshold on the left, behind other text",
        f"{DATA}{COMPILED}p = model.predict(x, verbose=0)\ngröße = '🙂'; no = 0.5 >= p  # 0,5",
        "0.5 >=", "0.0 >=", "LM601",
    ),
    Row(
        "a threshold by a function", f"{DATA}{COMPILED}p = model.predict(x, verbose=0)\nyes = np.greater(\n    p,\n    .5,\n)",
        ".5,", "0.0,", "LM601",
    ),
    Row("a softmax on top", f"{DATA}{PROBABILITIES}p = ops.softmax(model(x), axis=-1)", "ops.softmax(model(x), axis=-1)", "model(x)", "LM601"),
    Row(
        "a softmax on top of a name", f"{DATA}{PROBABILITIES}p = model(x)\nprint('ü', keras.activations.softmax(p).shape)",
        "keras.activations.softmax(p)", "p", "LM601",
    ),
)  # fmt: skip

BESIDE = (*METRICS, *UPDATED, *SWAPPED, *AFTER)
