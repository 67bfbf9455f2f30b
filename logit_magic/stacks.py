"""What the threads of this process are at."""

from __future__ import annotations

import faulthandler
import re
import tempfile
from typing import NamedTuple

_THREAD = re.compile(r"(?:Current thread|Thread) (0x[0-9a-f]+)")
_CALL = re.compile(r'  File "(.*)", line \S+ in (.*)')


class Call(NamedTuple):
    """A function that is running: the file that its code is from, and its name."""

    file: str
    function: str


def stacks() -> dict[int, list[Call]]:
    """The innermost 100 calls of each thread by its identifier, innermost first.

    Told by what Python writes of a process that has crashed: that is read off the threads at one moment, and makes
    nothing. The frames of `sys._current_frames` are objects, and to make them while another thread runs may stop the
    process for ever (github.com/python/cpython/issues/106883) or end it (issues/111363).
    """
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file=file, all_threads=True)
        file.seek(0)
        lines = file.read().decode("ascii", "replace").splitlines()
    found: dict[int, list[Call]] = {}
    calls: list[Call] = []
    for line in lines:
        if thread := _THREAD.match(line):
            calls = found.setdefault(int(thread[1], 16), [])
        elif call := _CALL.fullmatch(line):
            calls.append(Call(*call.groups()))
    return found
