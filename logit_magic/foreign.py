"""Read what is not ours: attributes and errors of the user's objects, which may raise, lie or be of any size."""

from __future__ import annotations

import re
import sys
from types import TracebackType
from typing import Any

from logit_magic.limits import OutOfTimeError

OURS_TO_RAISE = (KeyboardInterrupt, OutOfTimeError)  # whoever presses Interrupt, or the time, ends the check
_NAME = 200
_WHERE = re.compile(r"^\{\{function_node .*?\}\} ")  # how a graph's errors start: nothing that a user wrote
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def read(thing: Any, name: str, otherwise: Any = None) -> Any:
    """An attribute; `otherwise` where there is none, or where reading it raises whatever."""
    try:
        return getattr(thing, name, otherwise)
    except OURS_TO_RAISE:
        raise
    except BaseException:
        return otherwise


def name_of(thing: Any) -> str:
    """The name that a model or layer goes by; its class's where it has none that is text."""
    name = read(thing, "name")
    return shortened(name) if type(name) is str and name else class_name(type(thing))


def class_name(cls: type) -> str:
    """The name of a class, past whatever its metaclass says."""
    return str(type.__dict__["__name__"].__get__(cls))


def module_of(cls: type) -> str:
    """The module of a class, past whatever its metaclass says; "" where it has none that is text."""
    module = type.__dict__["__module__"].__get__(cls)
    return module if type(module) is str else ""


def shortened(name: str) -> str:
    """A name without its middle, where it is too long to be carried around."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 2 - 1]}…{name[-_NAME // 2 :]}"


def first_line(error: BaseException, most: int = 160) -> str:
    """The first line of what an error says, cut between words; "" where it cannot say anything."""
    try:
        text = str(error)
    except OURS_TO_RAISE:
        raise
    except BaseException:
        return ""
    line = next(iter(_WHERE.sub("", text[: 8 * most]).strip().splitlines()), "")
    return line if len(line) <= most else f"{line[: most - 1].rpartition(' ')[0] or line[: most - 1]}…"


def said(error: BaseException, most: int = 300) -> str:
    """An error's kind and what it says, on one line: Keras puts the cause below a first line of its own."""
    try:
        text = str(error)[: 8 * most]
    except OURS_TO_RAISE:
        raise
    except BaseException:
        text = ""
    words = " ".join(_COLOUR.sub("", text).split())
    return f"{class_name(type(error))}: {words}"[:most]


def is_theirs(error: BaseException, ours: str) -> bool:
    """Whether the user's own code raised an error, rather than this package or a library.

    Args:
        error: with its traceback.
        ours: folder of this package.
    """
    below: TracebackType | None = error.__traceback__
    name = ""
    while below is not None:
        name, below = below.tb_frame.f_code.co_filename, below.tb_next
    return not name.startswith((ours, sys.prefix, sys.base_prefix, "<frozen", "<string>"))
