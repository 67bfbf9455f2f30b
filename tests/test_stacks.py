"""Frames of threads are read without stopping the process."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

from logit_magic.stacks import stacks

# what the collector finds asks the interpreter for the lock under which frames are made
GARBAGE = """
import gc, sys, threading
sys.path.insert(0, {root!r})
from logit_magic.stacks import stacks

class Starts:
    def __init__(self):
        self.cycle = self
    def __del__(self):
        threading.Thread(target=int).start()

gc.set_threshold(1)
for _ in range(300):
    gc.disable()
    Starts(), [[] for _ in range(20)]
    gc.enable()
    read = stacks()
print("read", len(read) > 0, gc.isenabled())
"""


def test_garbage_that_asks_for_the_interpreters_lock_stops_nothing(pytestconfig: pytest.Config) -> None:
    """Where the collector runs inside, the process holds the lock that it waits for, and no timer of its own fires."""
    code = GARBAGE.format(root=str(pytestconfig.rootpath))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.stdout.split() == ["read", "True", "True"], run.stderr


def test_a_collector_at_rest_is_left_at_rest() -> None:
    gc.disable()
    try:
        stacks()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_each_thread_has_its_own_frames_innermost_first() -> None:
    begun, go = threading.Event(), threading.Event()

    def waits() -> None:
        begun.set()
        go.wait(60)

    thread = threading.Thread(target=waits)
    thread.start()
    begun.wait(60)
    found = stacks()
    go.set()
    thread.join()
    names = [frame.f_code.co_name for frame in found[thread.ident or 0]]
    assert "waits" in names and names.index("wait") < names.index("waits") < names.index("run")
    assert any(
        frame.f_code.co_name == "test_each_thread_has_its_own_frames_innermost_first"
        for frame in found[threading.get_ident()]
    )
