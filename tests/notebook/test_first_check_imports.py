"""The first check of a kernel imports nothing that the cell had not imported, beyond numpy, the widgets and IPython's own."""

from __future__ import annotations

import pytest

OWN = {"logit_magic"}
WIDGETS = {"ipywidgets", "widgetsnbextension", "jupyterlab_widgets", "comm"}
OF_IPYTHON = {"executing", "asttokens"}  # what IPython's own tracebacks are made with, and installed with it
CELL = """
model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
model.compile("sgd", "sparse_categorical_crossentropy")
model.fit(keras.ops.ones((8, 3)), keras.ops.ones((8,)), verbose=0)
p = model.predict(keras.ops.ones((8, 3)), verbose=0)
"""
NEW = """
_new = sorted({n.partition('.')[0] for n in set(sys.modules) - _before} - set(sys.stdlib_module_names))
print(_new)
"""


@pytest.mark.parametrize(
    ("line", "more"),
    [("%%checkloss", WIDGETS), ("%%checkloss --text", set()), ("%%checkloss --fix --text", set())],
)
def test_a_first_check_imports_nothing_of_its_own(start_kernel, line, more) -> None:
    kernel = start_kernel()
    kernel.run(f"import sys\nimport keras{CELL}%load_ext logit_magic")
    kernel.run("_before = set(sys.modules)")
    said = kernel.run(f"{line}{CELL}")
    assert said.reply["status"] == "ok"
    imported = set(eval(kernel.run(NEW).stream()))
    assert imported >= OWN, "the test can see an import"
    assert imported - OWN - OF_IPYTHON - {"numpy"} <= more
