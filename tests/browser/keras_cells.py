"""The cells of a first user: digits, two models, one of them wrong."""

LOAD = "%load_ext logit_magic"
DATA = "from sklearn.datasets import load_digits\nx, y = load_digits(return_X_y=True)"

TWO_MODELS = """%%checkloss --budget 60
import keras
from sklearn.datasets import load_digits
x, y = load_digits(return_X_y=True)
wrong = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(10)])
right = keras.models.clone_model(wrong)
wrong.compile(optimizer="adam",
              loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
right.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
for model in (wrong, right):
    model.fit(x / 16, y, epochs=3, verbose=0)
print("done training")
"""

TWICE = """%%checkloss
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
model.compile("adam", loss=keras.losses.CategoricalFocalCrossentropy(from_logits=True))
history = model.fit(x / 16, keras.utils.to_categorical(y), epochs=10, verbose=0)
"""

ONE_MODEL = """%%checkloss
model = keras.Sequential([
    keras.Input((64,)),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(10),
])
model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
history = model.fit(x / 16, y, epochs=10, verbose=0)
"""

ODD_MODELS = """%%checkloss --budget 60
import keras, numpy as np
generator = np.random.default_rng(0)
x, maps = generator.normal(size=(16, 8)).astype("float32"), generator.normal(size=(4, 6, 6, 3)).astype("float32")
losses = keras.losses
many = keras.Sequential([keras.Input((8,)), keras.layers.Dense(100_000)])
many.compile("sgd", loss="sparse_categorical_crossentropy", run_eagerly=True)
many.fit(x, generator.integers(0, 100_000, 16), verbose=0)
broken = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, bias_initializer=keras.initializers.Constant(np.nan))])
broken.compile("sgd", loss=losses.SparseCategoricalCrossentropy(from_logits=True), run_eagerly=True)
broken.fit(x, generator.integers(0, 4, 16), verbose=0)
pixels = keras.Sequential([keras.Input((6, 6, 3)), keras.layers.Conv2D(5, 1)])
pixels.compile("sgd", loss="sparse_categorical_crossentropy", run_eagerly=True)
pixels.fit(maps, generator.integers(0, 5, (4, 6, 6)), verbose=0)
several = keras.Sequential([keras.Input((8,)), keras.layers.Dense(6, activation="sigmoid")])
several.compile("sgd", loss=losses.BinaryCrossentropy(from_logits=True), run_eagerly=True)
several.fit(x, generator.integers(0, 2, (16, 6)), verbose=0)
"""
