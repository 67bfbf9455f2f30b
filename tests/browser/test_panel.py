"""The panel in a real JupyterLab: its controls change values, and the stored report stands without it."""

from __future__ import annotations

import re

import nbformat
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)

SHOW = """
from dataclasses import replace
from logit_magic.facts import *
from logit_magic.report import Report
from logit_magic.report.show import show

def pair(name, verdict, low, high, loss):
    edges = tuple(low + (high - low) * at / 4 for at in range(5))
    middle = (low + high) / 2
    series = Series("emitted", (1, 5, 7, 2), (low, low, low, middle, high, high, high))
    values = Histogram("values", f"Values of {name}", "logit", edges, (series,))
    sums = replace(values, key="row-sums", title=f"Row sums of {name}")
    sample = SampleNote("the first 15 rows passed to fit", 15, has_labels=True)
    return Pair(
        name, 0, "CategoricalCrossentropy()", "logits", "class-probabilities", verdict, "compiled", None,
        Emission("logits"), Expectation("class-probabilities"),
        distributions=Distributions((values, sums), None, loss, 0.25, None, sample),
    )

pairs = (pair("first", "mismatch", -3.0, 5.0, 2.5), pair("second", "match", 10.0, 90.0, 0.75))
finding = Finding("LM101", "logits-into-probability-loss", "error", "first emits logits.", pair=pairs[0])
report = Report(pairs, (finding,))
show(report)
"""
FAILING = """
from logit_magic.report import panel
def fail(pair): raise RuntimeError("planted")
panel.document.sides = fail
"""


def chart(output):
    """Return the live chart's values in words."""
    return output.locator(".widget-html svg[role=img]").get_attribute("aria-label")


def test_the_selectors_change_the_values(notebook):
    page = notebook(SHOW)
    output = page.run()
    pairs = output.locator(".widget-dropdown select")
    numbers = output.locator(".widget-html table").last
    expect(numbers).to_contain_text("2.5")
    labels = [label.replace("\xa0", " ") for label in pairs.locator("option").all_text_contents()]
    assert labels == [
        "✖ mismatch: first[0] ↔ CategoricalCrossentropy()",
        "✔ match: second[0] ↔ CategoricalCrossentropy()",
    ]
    assert chart(output) == "Values of first in logit. emitted: median 1, 5 % -3, 95 % 5."

    pairs.select_option(index=1)
    expect(numbers).to_contain_text("0.75")
    assert chart(output) == "Values of second in logit. emitted: median 50, 5 % 10, 95 % 90."
    ticks = output.locator(".widget-html svg text").all_text_contents()
    assert {"count", "20", "80"} <= set(ticks) and "-2" not in ticks

    output.get_by_role("button", name="Row sums of second").click()
    expect(output.locator(".widget-html svg")).to_contain_text("Row sums of second")
    output.get_by_role("button", name="cumulative").click()
    expect(output.locator(".widget-html svg")).to_contain_text("share")


def test_the_selector_works_from_the_keyboard(notebook):
    page = notebook(SHOW)
    output = page.run()
    output.locator(".widget-dropdown select").focus()
    for key in ("Space", "ArrowDown", "Enter"):  # a bare arrow is JupyterLab's own: it goes to the next cell
        page.page.keyboard.press(key)
    expect(output.locator(".widget-html").filter(has_text="second[0]")).to_be_visible()
    output.get_by_role("button", name="cumulative").focus()
    page.page.keyboard.press("Space")
    expect(output.locator(".widget-html svg")).to_contain_text("share")


def test_a_failing_callback_is_shown_in_the_panel(notebook):
    page = notebook(SHOW, FAILING)
    output = page.run()
    expect(output.locator(".widget-dropdown select")).to_be_visible()
    page.run(1)
    output.locator(".widget-dropdown select").select_option(index=1)
    expect(output).to_contain_text("This view could not be drawn (RuntimeError: planted)")


def test_the_stored_report_stands_without_trust_and_without_a_kernel(notebook):
    page = notebook(SHOW)
    expect(page.run().locator(".widget-dropdown select")).to_be_visible()
    (cell,) = page.save()["cells"]
    cell["source"] += "# changed outside, so its outputs are not trusted"
    output = notebook(nbformat.from_dict(cell)).output()
    expect(output).to_contain_text("LM101 first emits logits.")
    assert "model not found" not in output.inner_text()
    picture = output.locator("details img").first
    expect(picture).not_to_be_visible()
    output.locator("summary").first.click()
    output.locator("summary").nth(1).click()
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 0
    assert picture.get_attribute("alt") == "Values of first in logit. emitted: median 1, 5 % -3, 95 % 5."


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_stands_out_from_its_background(notebook, theme):
    page = notebook(SHOW)
    output = page.run()
    expect(output.locator(".widget-dropdown select")).to_be_visible()
    page.theme(theme)
    page.page.wait_for_timeout(500)
    background = _colour(page.page.locator(".jp-Notebook").first, "backgroundColor")
    for inked in (
        output.locator(".widget-html b").first,
        output.locator(".widget-html li, .widget-html th").first,
    ):
        assert contrast(_colour(inked, "color"), background) > 3
    assert contrast(_colour(output.locator(".widget-html svg text").first, "fill"), background) > 7


def test_contrast_tells_black_from_grey():
    assert contrast((0, 0, 0), (255, 255, 255)) == 21
    assert contrast((119, 119, 119), (128, 128, 128)) < 1.5


def test_a_request_to_the_outside_is_seen(notebook):
    page = notebook("1")
    page.page.evaluate("fetch('https://example.org/x').catch(() => 0)")
    assert page.external == ["https://example.org/x"]
    page.external.clear()


def contrast(ink, paper):
    """Return the contrast ratio of two sRGB colours, 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour):
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _colour(locator, name):
    written = locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)
    return tuple(float(part) for part in re.findall(r"[\d.]+", written)[:3])
