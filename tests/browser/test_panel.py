"""The panel in a real JupyterLab: its controls change values, and the stored report stands without it."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(180)

SHOW = """
import logging; logging.captureWarnings(True)
from dataclasses import replace
from logit_magic.report import Report
from logit_magic.report.show import show
from report_samples import ERROR, MATCH, MISMATCH, UNKNOWN
from study_samples import STUDIED, study

wrong = STUDIED.pairs[0]
right = replace(MATCH, distributions=replace(MATCH.distributions, study=study(12, 40)))
report = Report((right, wrong, UNKNOWN), (replace(ERROR, pair=wrong),))
show(report)
"""
FAILING = """
from logit_magic.report.panel import board
def fail(pair): raise RuntimeError("planted")
board.document.sides = fail
"""
CLOSED = """
from ipywidgets.widgets import widget
print("widgets left:", len(widget._instances))
"""


def press(output, label):
    output.get_by_role("button", name=label, exact=True).click()


def picture(output):
    """Return the live picture's values in words."""
    return output.locator(".widget-html svg[role=img]").get_attribute("aria-label")


def expect_picture(output, words):
    expect(output.locator(".widget-html svg[role=img]")).to_have_attribute("aria-label", re.compile(words))


def pairs(output):
    return output.locator(".widget-dropdown select").first


def type_into(page, field, value):
    field.click()
    field.fill(value)
    page.page.keyboard.press("Enter")


def test_selector_and_views_change_the_values(notebook):
    page = notebook(SHOW)
    output = page.run()
    labels = [label.replace("\xa0", " ") for label in pairs(output).locator("option").all_text_contents()]
    assert [label.split(":")[0] for label in labels] == ["✔ match", "✖ mismatch", "? could not be told"]
    strip = output.locator(".widget-html [role=img] span")
    assert strip.all_text_contents() == ["✔", "✖", "?"]
    assert len({_colour(strip.nth(at), "color") for at in range(3)}) == 3
    panel = output.locator(".jupyter-widgets.widget-vbox").first
    expect(panel).to_contain_text("emits logits")  # it opens on the pair with a finding
    expect(panel).to_contain_text("expects class-probabilities")

    pairs(output).select_option(index=0)
    expect(panel).to_contain_text("expects class-logits")
    expect(panel.get_by_role("button", name="Fix")).to_have_count(0)
    pairs(output).select_option(index=2)
    expect(panel).to_contain_text("call() could not be traced")
    pairs(output).select_option(index=1)
    expect(panel).to_contain_text("The loss clips the scores")

    press(output, "Distributions")
    expect_picture(output, r"^Emitted values in logit\. emitted: median 0.02, 5 % -4.43, 95 % 4.51\.$")
    press(output, "Top class")
    expect_picture(output, r"^Top-class probability.*as configured: median 0.1012.*if right: median 0.9123")
    assert "count" in output.locator(".widget-html svg text").all_text_contents()
    press(output, "cumulative")
    expect(output.locator(".widget-html svg")).to_contain_text("share")
    expect(output.locator(".widget-html svg title").first).to_have_text(re.compile(r"^0 to 0.025: as configured 0"))

    press(output, "Loss curve")
    expect_picture(output, r"as configured from 1\.46\d* to 2\.46\d*; if right from .* to ")
    expect(output.locator(".widget-html svg")).to_contain_text("floor 1.46")
    expect(output.locator(".widget-html svg")).to_contain_text("ceiling 2.46")


def test_a_sample_is_explored(notebook):
    page = notebook(SHOW)
    output = page.run()
    press(output, "Samples")
    expect_picture(output, "row 0")
    sample = output.get_by_role("spinbutton", name="Sample")
    type_into(page, sample, "7")
    expect_picture(output, "row 7")
    press(output, "Worst by loss")
    expect(output.locator(".widget-html").filter(has_text="wrong")).to_be_visible()
    worst = sample.input_value()
    assert worst != "7"
    press(output, "Most confident")
    expect(sample).not_to_have_value(worst)
    expect(output.locator(".widget-html").filter(has_text="right")).to_be_visible()
    sure = sample.input_value()
    press(output, "Random")
    expect(sample).not_to_have_value(sure)

    type_into(page, sample, "3")
    expect_picture(output, "Probability of each class, row 3")
    before = picture(output)
    type_into(page, output.get_by_role("spinbutton", name="Temperature"), "5")
    expect_picture(output, "temperature 5, row 3")
    assert before.split(". ", 1)[1] != picture(output).split(". ", 1)[1]
    press(output, "top-k")
    type_into(page, output.get_by_role("spinbutton", name="top-k"), "2")
    expect_picture(output, "The 2 largest, if right, temperature 5, row 3")
    share = re.compile(r"softmax, then top-k ([\d.e-]+), top-k, then softmax ([\d.e-]+)")
    after, renormalised = zip(*share.findall(picture(output))[:2], strict=True)
    assert sum(map(float, after)) < 0.99 and sum(map(float, renormalised)) == pytest.approx(1.0, abs=1e-3)
    press(output, "Draw")
    press(output, "Draw")
    expect(output.locator(".widget-html table")).to_contain_text("of 3:")
    press(output, "emitted")
    expect_picture(output, "What the model emitted, row 3")

    pairs(output).select_option(index=0)  # 40 classes: the largest 30 and the rest
    press(output, "both readings")
    expect(output.locator(".widget-html svg").get_by_text(re.compile("the other (9|10)")).first).to_be_attached()


def test_everything_works_from_the_keyboard(notebook):
    page = notebook(SHOW)
    output, keys = page.run(), page.page.keyboard
    pairs(output).focus()
    for key in ("Space", "ArrowUp", "Enter"):  # a bare arrow is JupyterLab's own: it goes to the next cell
        keys.press(key)
    expect(output.locator(".widget-html").filter(has_text="class-logits").last).to_be_visible()
    keys.press("Tab")
    for _ in range(6):  # the row of views is what comes next
        if page.page.evaluate("document.activeElement.textContent") == "Samples":
            break
        keys.press("Tab")
    keys.press("Space")
    expect_picture(output, "row 0")
    keys.press("Tab")
    assert page.page.evaluate("document.activeElement.tagName") == "INPUT"
    keys.press("Control+A")
    keys.type("4")
    keys.press("Enter")
    expect_picture(output, "row 4")


def test_a_failing_callback_is_shown_in_the_panel(notebook):
    page = notebook(SHOW, FAILING)
    output = page.run()
    expect(pairs(output)).to_be_visible()
    page.run(1)
    pairs(output).select_option(index=0)
    expect(output).to_contain_text("This did not work (RuntimeError: planted)")


def test_the_stored_report_stands_without_trust_and_without_a_kernel(notebook):
    page = notebook(SHOW)
    expect(pairs(page.run())).to_be_visible()
    stored = page.save()
    exported, _ = HTMLExporter().from_notebook_node(nbformat.read(page.path, 4))
    assert "expects probabilities, but classifier[scores] emits logits" in exported.replace("<code>", "").replace(
        "</code>", ""
    )
    assert exported.count("data:image/svg+xml;base64,") >= 3 and "VBox(" not in exported and "Panel(" not in exported
    (cell,) = stored["cells"]
    cell["source"] += "# changed outside, so its outputs are not trusted"
    output = notebook(nbformat.from_dict(cell)).output()
    expect(output).to_contain_text("LM101 SparseCategoricalCrossentropy() expects probabilities")
    assert "model not found" not in output.inner_text()
    image = output.locator("details img").first
    expect(image).not_to_be_visible()
    output.locator("summary").first.click()
    output.locator("summary").filter(has_text="mismatch").click()
    expect(output.locator("details img:visible").first).to_be_visible()
    shown = output.locator("details[open] details[open] img")
    assert all(each.evaluate("image => image.naturalWidth") > 0 for each in shown.all()) and shown.count() == 3
    assert "as configured from 1.46" in shown.first.get_attribute("alt")


def test_running_a_cell_again_leaves_no_widget_of_its_first_panel(notebook):
    page = notebook(SHOW, CLOSED)
    counts = []
    for _ in range(3):
        expect(pairs(page.run())).to_be_visible()
        counts.append(page.run(1).inner_text())
    assert counts[0] == counts[1] == counts[2] and int(counts[0].split(":")[1]) > 5


def test_the_panel_works_in_notebook_7(notebook):
    page = notebook(SHOW, app="notebooks")
    output = page.run()
    press(output, "Samples")
    expect_picture(output, "row 0")
    type_into(page, output.get_by_role("spinbutton", name="Sample"), "5")
    expect_picture(output, "row 5")
    page.errors.clear()  # Notebook 7 raises a few of its own while it starts; the tests above are in JupyterLab


def test_text_stands_out_from_its_background_on_light_and_on_dark(notebook):
    page = notebook(SHOW)
    output = page.run()
    press(output, "Samples")
    papers = []
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.theme(theme)
        page.page.wait_for_timeout(500)
        papers.append(_colour(page.page.locator(".jp-Notebook").first, "backgroundColor"))
        for view, words in (("both readings", "Probability of"), ("emitted", "What the model emitted")):
            press(output, view)
            expect_picture(output, words)
            for text in output.locator(".widget-html svg text").all():
                assert contrast(_colour(text, "fill"), papers[-1]) > 7
        for inked in (output.locator("b").first, output.locator(".widget-html th").first):
            assert contrast(_colour(inked, "color"), papers[-1]) > 3
    assert contrast(*papers) > 10


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
