"""The race in a real JupyterLab: two curves and figures that change, a Stop, and nothing left when the cell runs again."""

from __future__ import annotations

import re

import pytest
from keras_cells import DATA, LOAD, ONE_MODEL
from looking import THEMES, colour, contrast, faint, field, panel_of, press, said, slide
from looking import live as picture
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(300)

LONG = "from logit_magic.race import runner; runner.LONGEST = 1e9"
BEFORE = "weights = model.get_weights(); optimizer = model.optimizer; taken = int(optimizer.iterations.value)"
AFTER = """import gc, threading
from ipywidgets.widgets import widget
names = [thread.name for thread in threading.enumerate()]
print("same", all((a == b).all() for a, b in zip(weights, model.get_weights())), model.optimizer is optimizer, int(optimizer.iterations.value) == taken)
print("racing", "logit_magic race" in names)"""
LEFT = "print('widgets', len(widget._instances), 'racing', runner.current() is not None)"


def start(output, steps):
    press(output, "Race")
    field(output, "Steps").fill(steps)
    field(output, "Steps").press("Enter")
    press(output, "Start")


def test_curves_and_figures_change_until_it_is_stopped(notebook):
    page = notebook(LOAD, f"import keras\n{DATA}\n{LONG}", ONE_MODEL, BEFORE, AFTER)
    page.run(0), page.run(1)
    output = page.run(2)
    expect(output).to_contain_text("LM101")
    page.run(3)
    press(output, "Race")
    expect(output).to_contain_text("the first 256 rows passed to fit")
    expect(output.get_by_role("button", name="Stop", exact=True)).to_be_disabled()
    start(output, "2000")
    words = re.compile(
        r"After \d+ of 2,000 steps: as configured loss .*, accuracy .* %; if right loss .*, accuracy .* %"
    )
    expect(picture(output)).to_have_attribute("aria-label", words, timeout=60_000)
    first = picture(output).get_attribute("aria-label")
    figures = output.locator(".widget-html table").last.inner_text()
    expect(picture(output)).not_to_have_attribute("aria-label", first, timeout=30_000)
    expect(output.locator(".widget-html table").last).not_to_have_text(figures)
    curves = output.locator(".widget-html svg path")
    assert curves.count() == 4 and all("L" in curve.get_attribute("d") for curve in curves.all())
    assert len({curve.get_attribute("stroke") for curve in curves.all()}) == 2
    expect(output.locator(".widget-label").filter(has_text="left")).to_have_text(
        re.compile(r"step [\d,]+ of 2,000, .* left")
    )
    share = re.compile(r"width: (\d*[1-9]\d*|0\.\d*[1-9])[\d.]*%")
    expect(output.locator(".progress-bar")).to_have_attribute("style", share)
    press(output, "Stop")
    expect(output).to_contain_text(
        re.compile(r"Stopped after [\d,]+ steps: accuracy [\d.]+ % as configured, [\d.]+ % if right")
    )
    expect(output.get_by_role("button", name="Stop", exact=True)).to_be_disabled()
    told = page.run(4)
    expect(told).to_contain_text("same True True True")
    expect(told).to_contain_text("racing False")


def test_it_goes_on_while_another_cell_runs_and_ends_when_its_cell_runs_again(notebook):
    busy = "import time\nbegan = runner.current().progress.step\nwhile runner.current().progress.step < began + 20: time.sleep(0.01)\nprint('went on')"
    page = notebook(LOAD, f"import keras\nfrom ipywidgets.widgets import widget\n{DATA}\n{LONG}", ONE_MODEL, busy, LEFT)
    page.run(0), page.run(1)
    counts = []
    for again in (True, False):
        output = page.run(2)
        expect(output.get_by_role("button", name="Race", exact=True)).to_be_visible()
        counts.append(said(page.run(4)))
        if again:
            start(output, "2000")
            expect(picture(output)).to_be_visible(timeout=60_000)
            expect(page.run(3)).to_contain_text("went on")
            assert "racing True" in said(page.run(4))
    assert counts[0] == counts[1] and "racing False" in counts[1]


def test_it_starts_again_with_as_many_steps_as_its_slider_says_and_is_read_on_dark(notebook):
    page = notebook(LOAD, f"import keras\n{DATA}\n{LONG}", ONE_MODEL)
    page.run(0), page.run(1)
    output = page.run(2)
    start(output, "10")
    expect(output).to_contain_text("After 10 steps: accuracy", timeout=60_000)
    slide(output, "Steps", 0.08)
    expect(field(output, "Steps")).not_to_have_value("10")
    steps = int(field(output, "Steps").input_value())
    assert 100 < steps < 250
    press(output, "Start again")
    expect(output).to_contain_text(f"After {steps} steps: accuracy", timeout=60_000)
    expect(output.locator(".widget-label").filter(has_text=re.compile(r"^step "))).to_have_text(
        f"step {steps} of {steps}"
    )
    page.theme(THEMES[1])
    assert contrast(colour(page.page.locator(".jp-Notebook").first, "backgroundColor"), (255, 255, 255)) > 10
    assert faint(picture(output), least=7) == [] and faint(panel_of(output)) == []
