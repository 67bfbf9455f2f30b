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
