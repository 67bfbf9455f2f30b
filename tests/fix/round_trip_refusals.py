"""Cells in which no change is certain, each with what the reason must say."""

from __future__ import annotations

from tests.fix.round_trip_base import LISTED, LOGITS, ONE_LOGIT, SCE, SCE_RIGHT, SOFTMAX, STRING, Refusal

BCE = "keras.losses.BinaryCrossentropy(from_logits=True)"
CCE = "keras.losses.CategoricalCrossentropy(from_logits=True)"
DATA = "x = np.random.default_rng(0).normal(size=(20, 8)).astype('float32')\nhot = np.eye(5, dtype='float32')[np.arange(20) % 5]\n"
HEAD = ("set-activation",)
METRIC = ("set-metric",)
MET = f"{DATA}{ONE_LOGIT}bits = (hot[:, :1] > 0).astype('float32')\nvalue = {BCE}(bits, model(x))\n"

REFUSALS = (
    Refusal("a parameter", f"def fit(m, loss):\n    m.compile(loss=loss)\n{LOGITS}fit(model, {SCE})", "parameter"),
    Refusal("a condition", f"if 1:\n    ce = {SCE}\nelse:\n    ce = {SCE_RIGHT}\n{LOGITS}model.compile(loss=ce)", "more than once, or under"),
    Refusal("a loop", f"{LOGITS}for ce in ['mse', {SCE}]:\n    model.compile(loss=ce)", "not written out"),
    Refusal("a conditional expression", f"{LOGITS}model.compile(loss={SCE} if 1 else 'mse')", "only while it runs"),
    Refusal("an attribute", f"class C: pass\nC.loss = {SCE}\n{LOGITS}model.compile(loss=C.loss)", "not written out"),
    Refusal("a dict that is filled later", f"ls = {{'a': 'mse'}}\nls['a'] = {SCE}\n{LOGITS}model.compile(loss=ls['a'])", "changed after"),
    Refusal("arguments unpacked into the loss", f"kw = {{'name': 'x'}}\n{LOGITS}model.compile(loss=keras.losses.SparseCategoricalCrossentropy(**kw))", "unpacks"),
    Refusal("arguments unpacked into compile", f"a = ('adam', {SCE})\n{LOGITS}model.compile(*a)", "unpacked"),
    Refusal("a global rebound in a function", f"ce = {SCE}\ndef f():\n    global ce\n    ce = {SCE}\nf()\n{LOGITS}model.compile(loss=ce)", "more than once"),
    Refusal("bound by exec", f"exec(\"ce = {SCE}\")\n{LOGITS}model.compile(loss=ce)", "no cell that ran binds"),
    Refusal("a cell that wrote another flag than ran", f"ce = {SCE_RIGHT}\nce = type(ce)()\n{LOGITS}model.compile(loss=ce)", "not written out"),
    Refusal(
        "a loss that two outputs share, right for one",
        LISTED.replace("Dense(1", "Dense(3, activation='softmax'") + f"model.compile(loss={STRING})", "would then not match",
    ),
    Refusal(
        "a loss by name that is right for another output",
        LISTED.replace("Dense(1", "Dense(3, activation='softmax'") + f"ce = {SCE}\nmodel.compile(loss=[ce, ce])", "right",
    ),
    Refusal(
        "a helper called with two models, right for one",
        f"def build(m):\n    m.compile(loss={SCE})\n    return m\nright = build(keras.Sequential([layers.Input((8,)), "
        f"layers.Dense(5, activation='softmax')]))\n{LOGITS}build(model)", "would then not match",
    ),
    Refusal(
        "two crossentropies in a function",
        "def mine(y, p):\n    a = keras.losses.sparse_categorical_crossentropy(y, p)\n"
        f"    return a + keras.losses.sparse_categorical_crossentropy(y, p)\n{LOGITS}model.compile(loss=mine)", "2 of them",
    ),
    Refusal(
        "a formula of one's own",
        f"def mine(y, p):\n    return -ops.sum(y * ops.log(ops.clip(p, 1e-7, 1.0)), -1)\n{LOGITS}model.compile(loss=mine)", "none",
    ),
    Refusal("a comprehension", f"ce = {SCE}\n{LOGITS}[model.compile(loss=ce) for ce in ['mse', {SCE}]]", "comprehension"),
    Refusal(
        "the body of a class",
        f"ce = {SCE}\n{LOGITS}class C:\n    ce = {SCE}\n    model.compile(loss=ce)", "body of a class",
    ),
    Refusal("bound by a magic", f"ce = 'mse'\n%time ce = {SCE}\n{LOGITS}model.compile(loss=ce)", "by a magic"),
    Refusal("bound by a magic in an earlier cell", f"{LOGITS}model.compile(loss=ce)", "by a magic", (f"ce = {SCE}", f"%time ce = {SCE}")),
    Refusal(
        "a loss that another cell compiles another model with",
        f"{LOGITS}model.compile(loss=ce)", "In[3] too",
        (f"ce = {SCE}", f"{SOFTMAX.replace('model', 'other')}other.compile(loss=ce)"),
    ),
    Refusal(
        "a helper that another cell calls with another model",
        f"{LOGITS}build(model)", "In[3] too",
        (f"def build(m):\n    m.compile(loss={SCE})", f"{SOFTMAX.replace('model', 'other')}build(other)"),
    ),
    Refusal("a name taken by something else", f"m = keras\n{LOGITS}kl = m.losses\nmodel.compile(loss=kl.get({STRING}.strip()))", "not written out"),
    Refusal(
        "a head that another model holds too",
        f"x = inputs = layers.Input((8,))\nh = layers.Dense(5, activation='relu')(x)\nmodel = keras.Model(inputs, h)\n"
        f"other = keras.Model(inputs, layers.Dense(2)(model(x)))\nmodel.compile(loss={SCE_RIGHT})", "part of `other`", kinds=HEAD,
    ),
    Refusal(
        "a tensor that leads somewhere else too",
        "x = inputs = layers.Input((8,))\nh = layers.Dense(5, activation='relu')(x)\nother = layers.Dense(2)(h)\n"
        f"model = keras.Model(inputs, h)\nmodel.compile(loss={SCE_RIGHT})", "used more than once", kinds=HEAD,
    ),
    Refusal(
        "a layer that is called twice",
        "x = inputs = layers.Input((8,))\nhead = layers.Dense(8, activation='relu')\nmodel = keras.Model(inputs, head(head(x)))\n"
        f"model.compile(loss={SCE_RIGHT})", "", kinds=HEAD,
    ),
    Refusal(
        "softmax along an axis that may be the classes'",
        "model = keras.Sequential([layers.Input((6, 4)), layers.Dense(5), layers.Softmax(axis=1)])\n"
        "model.compile(loss='categorical_crossentropy')", "either axis", kinds=(),
    ),
    Refusal(
        "softmax of sigmoids", "x = layers.Input((8,))\np = layers.Dense(3, activation='sigmoid')(x)\n"
        "model = keras.Model(x, layers.Softmax()(p))\nmodel.compile(loss='categorical_crossentropy')", "which of the two", kinds=(),
    ),
    Refusal(
        "metrics that are put together while the cell runs",
        f"{ONE_LOGIT}ours = []\nours.append('accuracy')\nmodel.compile(loss={BCE}, metrics=ours)", "changed after", kinds=METRIC,
    ),
    Refusal(
        "a metric that is asked for its result too",
        f"{ONE_LOGIT}m = keras.metrics.AUC()\nmodel.compile(loss={BCE}, metrics=[m])\nm.result()", "changed after", kinds=METRIC,
    ),
    Refusal(
        "metrics of a helper that compiles two models, right for one",
        f"def build(m):\n    m.compile(loss={BCE}, metrics=['accuracy'])\n    return m\n"
        f"several = build(keras.Sequential([layers.Input((8,)), layers.Dense(5)]))\n{ONE_LOGIT}build(model)", "too", kinds=METRIC,
    ),
    Refusal(
        "a threshold that is one of probabilities alone",
        f"{ONE_LOGIT}t = 0.5\nmodel.compile(loss={BCE}, metrics=[keras.metrics.BinaryAccuracy(threshold=t)])",
        "only while", kinds=METRIC,
    ),
    Refusal(
        "a metric that is updated with probabilities too",
        f"{MET}m = keras.metrics.Recall()\nm.update_state(bits, model(x))\nm.update_state(bits, ops.sigmoid(model(x)))",
        "used elsewhere too", kinds=METRIC,
    ),
    Refusal(
        "a metric that a loop updates with the outputs of two models",
        f"{MET}right = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation='sigmoid')])\n"
        "m = keras.metrics.Recall()\nfor net in (right, model):\n    m.update_state(bits, net(x))", "whose output", kinds=METRIC,
    ),
    Refusal(
        "a metric that a loop updates with the output of a model that it makes",
        f"{DATA}bits = (hot[:, :1] > 0).astype('float32')\nm = keras.metrics.Recall()\nfor end in ('sigmoid', None):\n"
        "    model = keras.Sequential([layers.Input((8,)), layers.Dense(1, activation=end)])\n"
        f"    m.update_state(bits, model(x))\nvalue = {BCE}(bits, model(x))", "whose output", kinds=METRIC,
    ),
    Refusal(
        "a metric that a function is given",
        f"{MET}def measured(m, p):\n    m.update_state(bits, p)\nmeasured(keras.metrics.Recall(), model(x))", "where the metric", kinds=METRIC,
    ),
    Refusal(
        "a metric kept in a list", f"{MET}ms = [keras.metrics.Recall()]\nfor m in ms:\n    m.update_state(bits, model(x))",
        "where the metric", kinds=METRIC,
    ),
    Refusal(
        "arguments that a function is given in the wrong order",
        f"{DATA}{LOGITS}def step(a, b):\n    return keras.losses.categorical_crossentropy(a, b, from_logits=True)\nstep(model(x), hot)",
        "parameter", kinds=("swap-arguments",),
    ),
    Refusal(
        "two swapped calls on a line", f"{DATA}{LOGITS}a = 1; v = [{CCE}(model(x), hot), {CCE}(model(x), hot)]",
        "which call", kinds=("swap-arguments",),
    ),
    Refusal(
        "a threshold by a name", f"{DATA}{ONE_LOGIT}model.compile(loss={BCE})\nhalf = 0.5\nyes = model.predict(x, verbose=0) > half",
        "write out", kinds=("set-threshold",),
    ),
    Refusal(
        "a softmax that makes a tensor of an array",
        f"{DATA}{SOFTMAX}model.compile(loss={STRING})\np = ops.softmax(model.predict(x, verbose=0))", "makes a tensor", kinds=("drop-call",),
    ),
)  # fmt: skip
