"""`%%checkloss --fix` in a real kernel: the corrected cell comes back in the reply, and runs clean."""

from __future__ import annotations

import pytest

CELL = (
    "%%checkloss --fix --text\nmodel = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dense(5)])  # Füße\n"
    "model.compile('adam',\n              loss='sparse_categorical_crossentropy')"
)
RIGHT = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"


@pytest.fixture(scope="module")
def kernel(start_kernel):
    kernel = start_kernel()
    assert kernel.run("import keras\n%load_ext logit_magic").reply["status"] == "ok"
    return kernel


def shown(said) -> str:
    return "\n".join(c["data"]["text/plain"] for c in said.contents("display_data"))


def test_the_cell_is_replaced_in_the_reply_and_confirms_itself(kernel) -> None:
    said = kernel.run(CELL)
    (payload,) = said.reply["payload"]
    expected = CELL.replace("'sparse_categorical_crossentropy'", RIGHT).replace(" --fix", "")
    assert payload == {"source": "set_next_input", "text": expected, "replace": True}
    assert "LM101" in shown(said) and "stands in place of the cell" in shown(said)
    again = kernel.run(payload["text"])
    assert again.reply["status"] == "ok" and again.reply["payload"] == []
    assert shown(again) == "1 pair checked, it matches."


def test_nothing_to_fix_is_one_quiet_line(kernel) -> None:
    said = kernel.run(CELL.replace("'sparse_categorical_crossentropy'", RIGHT))
    assert said.reply["payload"] == []
    assert shown(said).splitlines() == ["1 pair checked, it matches.", "--fix: there is nothing to fix."]


def test_the_earlier_cell_that_makes_the_loss_is_named_and_this_one_stays(kernel) -> None:
    made = kernel.run("%time z = 1\nce = keras.losses.SparseCategoricalCrossentropy()").reply["execution_count"]
    said = kernel.run(CELL.replace("'sparse_categorical_crossentropy'", "ce"))
    assert said.reply["payload"] == []
    text = " ".join(shown(said).split())
    assert f"the cell stays as it is. Not changed: LM101 is to be put right in cell In[{made}]" in text
    assert f"+++ In[{made}], corrected" in text and f"+ce = {RIGHT}" in text


def test_what_cannot_be_located_is_said_and_this_cell_stays(kernel) -> None:
    cell = CELL.replace("'sparse_categorical_crossentropy'", "vars(keras.losses)['SparseCategoricalCrossentropy']()")
    cell = cell.replace("keras.layers.Dense(5)", "*[keras.layers.Dense(5)]")
    said = kernel.run(cell)
    assert said.reply["payload"] == [] and "the cell stays as it is. Not changed: LM101, since" in " ".join(
        shown(said).split()
    )


def test_a_later_line_offers_the_edit_too(kernel) -> None:
    kernel.run(CELL.replace("%%checkloss --fix --text\n", ""))
    said = kernel.run("%checkloss --text model")
    assert f"loss={RIGHT}" in shown(said)
