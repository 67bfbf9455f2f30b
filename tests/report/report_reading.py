"""Reads what a reader of a page or a panel sees."""

from __future__ import annotations

from html.parser import HTMLParser


class _Words(HTMLParser):
    """Collects the text that a browser shows."""

    def __init__(self):
        super().__init__()
        self.text = ""

    def handle_data(self, data):
        self.text += data


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def words_of(page):
    reader = _Words()
    reader.feed(page)
    return " ".join(reader.text.split())


def switch(box):
    """Return the buttons that choose the panel's view."""
    return next(each for each in walk(box) if type(each).__name__ == "ToggleButtons")


def views(box):
    """Return what each view of the panel says of the pair that it shows."""
    said = {}
    for name in switch(box).options:
        switch(box).value = name
        said[name] = " ".join(words_of(each.value) for each in walk(box) if type(each).__name__ == "HTML")
    return said


def named(box, description, kind=None):
    """Return the control with this description, or the slider beside it."""
    (number,) = (each for each in walk(box) if getattr(each, "description", "") == description and hasattr(each, "max"))
    if kind is not None:
        return number
    (pair,) = (each.children for each in walk(box) if number in getattr(each, "children", ()))
    (slider,) = (each for each in pair if each is not number)
    return slider


def pressed(box, label):
    """Press a button, or the one of a row of buttons that bears this label."""
    for each in walk(box):
        if getattr(each, "description", "") == label and hasattr(each, "click"):
            each.click()
            return
        labels = getattr(each, "_options_labels", ())
        if label in labels and type(each).__name__ == "ToggleButtons":
            each.index = labels.index(label)
            return
    raise AssertionError(f"there is no button {label!r}")
