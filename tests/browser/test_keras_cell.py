"""A first user's cell in a real JupyterLab: digits, Keras, `%%checkloss`; the panel shows, explains and repairs."""

from __future__ import annotations

import re

import pytest
from keras_cells import LOAD, TWO_MODELS
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(300)

STILL = """before = (wrong.optimizer, int(wrong.optimizer.iterations.value))
print("iterations", before[1])"""
AFTER = """print("same optimizer", wrong.optimizer is before[0], int(wrong.optimizer.iterations.value) == before[1])
%checkloss wrong --text --budget 60"""


def press(output, label):
    output.get_by_role("button", name=label, exact=True).click()


def test_a_real_cell_is_shown_explored_repaired_and_put_back(notebook):
    page = notebook(LOAD, TWO_MODELS, STILL, AFTER)
    page.run(0)
    output = page.run(1)
    expect(output).to_contain_text("done training")
    expect(output).to_contain_text("LM101")
    expect(output).to_contain_text("cell line 8")
    selector = output.locator(".widget-dropdown select").first
    expect(selector.locator("option")).to_have_count(2)
    panel = output.locator(".jupyter-widgets.widget-vbox").first
    expect(panel).to_contain_text("from_logits=False")
    expect(panel).to_contain_text("the first 256 rows passed to fit")

    press(output, "Loss curve")
    picture = panel.locator("svg[role=img]")
    expect(picture).to_have_attribute("aria-label", re.compile(r"as configured from .* to .*; if right from"))
    wrong = picture.get_attribute("aria-label")
    selector.select_option(index=1)
    expect(picture).not_to_have_attribute("aria-label", wrong)
    assert "if right" not in picture.get_attribute("aria-label")
    selector.select_option(index=0)

    press(output, "Fix")
    expect(panel).to_contain_text("+              loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)")
    expect(panel.locator("select").last.locator("option")).to_have_count(2)
    page.run(2)
    press(output, "Repair the live model")
    expect(panel).to_contain_text("The live model is repaired")
    told = page.run(3)
    expect(told).to_contain_text("same optimizer True True")
    expect(told).to_contain_text("1 pair checked, it matches")
    press(output, "Undo")
    expect(panel.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.run(3)).to_contain_text("LM101")

    panel.locator("select").last.select_option(index=1)
    expect(panel).to_contain_text("cannot be repaired this way")
    expect(panel.get_by_role("button", name="Repair the live model")).to_be_disabled()
    panel.locator("select").last.select_option(index=0)
    press(output, "copy corrected cell")
    expect(panel.get_by_role("button", name="copied")).to_be_visible()
    source = panel.get_by_label("corrected source").input_value()
    assert page.clipboard() == source
    assert source.replace("(from_logits=True), metrics", "(), metrics", 1) == TWO_MODELS.rstrip(
        "\n"
    ) + "\n" * source.endswith("\n")
    page.append(source)
    again = page.run(4)
    expect(again).to_contain_text("2 pairs checked, all match")
    assert "LM101" not in again.inner_text()


def test_a_clean_cell_is_quiet_and_its_own_output_comes_first(notebook):
    page = notebook(
        LOAD, TWO_MODELS.replace("SparseCategoricalCrossentropy()", "SparseCategoricalCrossentropy(from_logits=True)")
    )
    page.run(0)
    output = page.run(1)
    expect(output).to_contain_text("2 pairs checked, all match")
    text = output.inner_text()
    assert text.index("done training") < text.index("2 pairs checked")
    assert "LM101" not in text
