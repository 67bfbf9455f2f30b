"""What the threads of this process are at."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import FrameType


def stacks() -> dict[int, list[FrameType]]:
    """The frames of each thread by its identifier, innermost first.

    The collector of garbage rests meanwhile: before Python 3.11.8 and 3.12.2 the interpreter makes frames while it holds
    a lock of its own, and whatever is then collected and asks for that lock (TensorFlow's graphs do) waits for ever,
    with the whole process (github.com/python/cpython/issues/106883).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        inmost = sys._current_frames()
    finally:
        if collects:
            gc.enable()
    return {thread: list(_outwards(frame)) for thread, frame in inmost.items()}


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
