"""What a reader does with a panel, and what can be read: presses, slides, types, and measures how text stands out."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Locator, expect

THEMES = ("JupyterLab Light", "JupyterLab Dark")

# every visible piece of text with its ink, and with the paper that it stands on, both as sRGB with opacity worked in
_INKS = """root => {
    const numbers = colour => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const paper = element => {
        for (let at = element; at; at = at.parentElement) {
            const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
            if (a > 0.99) return [r, g, b];
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of root.querySelectorAll('*')) {
        const words = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join(' ').trim();
        const box = element.getBoundingClientRect();
        if (!words || !box.width || element.closest('style,title,option,:disabled')) continue;
        const style = getComputedStyle(element), under = paper(element);
        let [r, g, b, a = 1] = numbers(element.closest('svg') ? style.fill : style.color);
        for (let at = element; at && at !== root; at = at.parentElement) a *= Number(getComputedStyle(at).opacity);
        const ink = [r, g, b].map((part, n) => a * part + (1 - a) * under[n]);
        found.push([words, ink, under]);
    }
    return found;
}"""


def press(output: Locator, label: str) -> None:
    output.get_by_role("button", name=label, exact=True).click()


def panel_of(output: Locator) -> Locator:
    return output.locator(".logit-magic")


def live(output: Locator) -> Locator:
    """Return the live picture."""
    return output.locator(".widget-html svg[role=img]")


def picture(output: Locator) -> str:
    """Return the live picture's values in words."""
    return live(output).get_attribute("aria-label") or ""


def expect_picture(output: Locator, words: str, **more: Any) -> None:
    expect(live(output)).to_have_attribute("aria-label", re.compile(words), **more)


def pairs(output: Locator) -> Locator:
    return output.locator(".widget-dropdown select").first


def field(output: Locator, label: str) -> Locator:
    return output.get_by_role("spinbutton", name=label)


def type_into(page: Any, box: Locator, value: str) -> None:
    box.click()
    box.fill(value)
    page.page.keyboard.press("Enter")


def said(output: Locator) -> str:
    """Return what a cell printed, once it is there."""
    expect(output).to_contain_text(re.compile(r"\S"))
    return output.inner_text()


def slide(output: Locator, label: str, part: float) -> None:
    """Press on the slider beside the field of this label, `part` of its way along."""
    both = output.locator(".widget-hbox").filter(has=output.page.get_by_role("spinbutton", name=label)).last
    track = both.locator(".noUi-target")
    box = track.bounding_box()
    assert box is not None
    track.click(position={"x": part * box["width"], "y": box["height"] / 2})


def colour(locator: Locator, name: str) -> tuple[float, ...]:
    written = locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)
    return tuple(float(part) for part in re.findall(r"[\d.]+", written)[:3])


def faint(region: Locator, least: float = 3.0) -> list[tuple[str, float]]:
    """Return the words in a region that stand out from their paper by less than `least`, and by how much."""
    inks, until = region.evaluate(_INKS), time.monotonic() + 30.0
    while not inks and time.monotonic() < until:  # it is being drawn anew
        region.page.wait_for_timeout(100)
        inks = region.evaluate(_INKS)
    assert inks, "there is nothing to read"
    told = ((words, contrast(ink, paper)) for words, ink, paper in inks)
    return [(words, round(ratio, 2)) for words, ratio in told if ratio < least]


def contrast(ink: Any, paper: Any) -> float:
    """Return the contrast ratio of two sRGB colours, 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Any) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
