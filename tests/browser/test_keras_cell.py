"""A first user's cell in a real JupyterLab: digits, Keras, `%%checkloss`; the panel shows and changes the pair."""

from __future__ import annotations

import pytest
from keras_cells import LOAD, TWO_MODELS
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(300)


def test_a_real_cell_shows_report_and_panel_and_the_selector_changes_the_pair(notebook):
    page = notebook(LOAD, TWO_MODELS)
    page.run(0)
    output = page.run(1)
    expect(output).to_contain_text("done training")
    expect(output).to_contain_text("LM101")
    expect(output).to_contain_text("cell line 8")
    selector = output.locator(".widget-dropdown select")
    expect(selector).to_be_visible()
    expect(selector.locator("option")).to_have_count(2)
    panel = output.locator(".jupyter-widgets.widget-vbox").first
    expect(panel).to_contain_text("from_logits=False")
    expect(panel).to_contain_text("the first 256 rows passed to fit")
    picture = panel.locator("svg[role=img]")
    wrong = picture.get_attribute("aria-label")
    selector.select_option(index=1)
    expect(panel).to_contain_text("from_logits=True")
    expect(panel).not_to_contain_text("from_logits=False")
    assert picture.get_attribute("aria-label") != wrong


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
