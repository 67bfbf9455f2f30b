"""What the threads of this process are at."""

from __future__ import annotations

import faulthandler
import gc
import re
import sys
import tempfile
import threading
from typing import NamedTuple

_THREAD = re.compile(r"(?:Current thread|Thread) (0x[0-9a-f]+)")
_CALL = re.compile(r'  File "(.*)", line \S+ in (.*)')
# threads of these serve a kernel, and run no code of its user but in a subshell
_SERVING = ("IPython.core.", "debugpy.", "ipykernel.", "logit_magic.", "tqdm.", "zmq.")
_SUBSHELL = "ipykernel.subshell"


class Call(NamedTuple):
    """A function that is running: the file that its code is from, and its name."""

    file: str
    function: str


def may_be_busy() -> bool:
    """Whether there is another thread in which code of the user's may be running: mostly there is none to be read."""
    return any(_runs_users_code(thread) for thread in threading.enumerate() if thread is not threading.current_thread())


def _runs_users_code(thread: threading.Thread) -> bool:
    if isinstance(thread, threading._DummyThread):
        return False  # not begun in Python
    modules = type(thread).__module__, str(getattr(getattr(thread, "_target", None), "__module__", ""))
    return _SUBSHELL in modules or not any(module.startswith(_SERVING) for module in modules)


def stacks() -> dict[int, list[Call]]:
    """The innermost 100 calls of each of the 100 youngest threads by its identifier, innermost first.

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


def main_stack() -> list[Call]:
    """The calls of the main thread, innermost first, by their frames: the oldest thread may not be among the youngest.

    The collector of garbage rests while frames are made, so that the process does not stop. Seldom to be asked for: at a
    press of a button, not while a check runs.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        frame = sys._current_frames().get(threading.main_thread().ident or 0)
    finally:
        if collects:
            gc.enable()
    calls = []
    while frame is not None:
        calls.append(Call(frame.f_code.co_filename, frame.f_code.co_name))
        frame = frame.f_back
    return calls
