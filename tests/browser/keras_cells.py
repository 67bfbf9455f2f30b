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
