"""Threads are read without stopping or ending the process."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

from logit_magic.stacks import Call, main_stack, may_be_busy, stacks

# what the collector finds asks the interpreter for the lock under which frames are made
GARBAGE = """
import gc, sys, threading
sys.path.insert(0, {root!r})
from logit_magic.stacks import main_stack, stacks

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
    read, own = stacks(), main_stack()
print("read", len(read) > 0 and own[-1].function == "<module>", gc.isenabled())
"""
# threads that call and return, make generators and end while they are read
BUSY = """
import sys, threading, time
sys.path.insert(0, {root!r})
sys.setswitchinterval(1e-6)
from logit_magic.stacks import stacks

over = threading.Event()

def down(n):
    return sum(down(n - 1) for _ in range(2)) if n else sys._getframe().f_lineno

def works():
    while not over.is_set():
        down(6)

def starts():
    while not over.is_set():
        thread = threading.Thread(target=down, args=(4,))
        thread.start()
        thread.join()

threads = [threading.Thread(target=target) for target in (works, works, starts)]
[thread.start() for thread in threads]
time.sleep(0.1)
reads = [stacks() for _ in range(200)]
over.set()
[thread.join() for thread in threads]
seen = sum(any(call.function == "down" for calls in read.values() for call in calls) for read in reads)
print("read", len(reads) == 200, seen > 5)
"""


@pytest.mark.parametrize("code", [GARBAGE, BUSY], ids=["garbage that asks for the interpreter's lock", "busy threads"])
def test_reading_stops_nothing_and_ends_nothing(pytestconfig: pytest.Config, code: str) -> None:
    """In a process of its own: a lock that is waited for by whom it holds leaves no timer to fire."""
    run = subprocess.run(
        [sys.executable, "-c", code.format(root=str(pytestconfig.rootpath))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stdout.split() == ["read", "True", "True"], run.stderr


def test_each_thread_has_its_own_calls_innermost_first() -> None:
    """Told by young threads: others may have begun a hundred in this process."""
    begun, go = threading.Event(), threading.Event()
    found: dict[int, list[Call]] = {}

    def waits() -> None:
        begun.set()
        go.wait(60)

    def reads() -> None:
        found.update(stacks())

    waiting, reading = threading.Thread(target=waits), threading.Thread(target=reads)
    waiting.start()
    begun.wait(60)
    reading.start()
    reading.join()
    go.set()
    waiting.join()
    names = [call.function for call in found[waiting.ident or 0]]
    assert "waits" in names and names.index("wait") < names.index("waits") < names.index("run")
    (own,) = [call for call in found[reading.ident or 0] if call.function == "reads"]
    assert own.file == __file__


def test_the_main_thread_is_found_however_many_are_younger() -> None:
    go = threading.Event()
    many = [threading.Thread(target=go.wait, args=(60,)) for _ in range(120)]
    for thread in many:
        thread.start()
    found: list[Call] = []
    asking = threading.Thread(target=lambda: found.extend(main_stack()))
    asking.start()
    asking.join()
    assert len(stacks()) == 100
    go.set()
    for thread in many:
        thread.join()
    assert "test_the_main_thread_is_found_however_many_are_younger" in [call.function for call in found]


def test_a_collector_at_rest_is_left_at_rest() -> None:
    gc.disable()
    try:
        main_stack()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_threads_that_serve_a_kernel_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()

    def waits() -> None:
        go.wait(60)

    serving = threading.Thread(target=waits)
    waits.__module__ = "ipykernel.iostream"
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    serving.start()
    try:
        monkeypatch.setattr(
            threading, "enumerate", lambda alive=threading.enumerate: [t for t in alive() if t not in others]
        )
        assert not may_be_busy()
        for runs_users_code in ("ipykernel.subshell", "asyncio.base_events", "IPython.lib.backgroundjobs", "__main__"):
            waits.__module__ = runs_users_code
            assert may_be_busy(), runs_users_code
    finally:
        go.set()
        serving.join()
