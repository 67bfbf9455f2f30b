"""Threads may be quiet at the same time, in any order: each is while it is, and streams, handlers and filters are put back."""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from logit_magic.quiet import quiet, quiet_in_background

STEPS = [steps for steps in itertools.permutations(("+a", "-a", "+b", "-b")) if steps.index("+a") < steps.index("-a")]
ORDERS = [steps for steps in STEPS if steps.index("+b") < steps.index("-b")]


class Worker:
    """A thread that does one thing after the other, when it is told to."""

    def __init__(self) -> None:
        self._todo: list = []
        self._told, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while True:
            self._told.acquire()
            todo = self._todo.pop()
            if todo is None:
                return
            todo()
            self._done.release()

    def do(self, todo) -> None:
        self._todo.append(todo)
        self._told.release()
        assert self._done.acquire(timeout=30)

    def end(self) -> None:
        self._todo.append(None)
        self._told.release()
        self._thread.join(30)


@contextlib.contextmanager
def listening() -> Iterator[io.StringIO]:
    """What is printed and logged inside, by whomever."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    logging.getLogger().addHandler(handler)
    with contextlib.redirect_stdout(out):
        yield out
    logging.getLogger().removeHandler(handler)


def _says(name: str) -> None:
    print(name)
    logging.warning(name.upper())


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_two_threads(order: tuple[str, ...]) -> None:
    with listening() as heard:
        _run(order, heard)


def _run(order: tuple[str, ...], heard: io.StringIO) -> None:
    workers = {name: Worker() for name in "ab"}
    held = {name: quiet() for name in "ab"}
    filters = warnings.filters
    before = sys.stdout, sys.stderr, list(filters)
    within: set[str] = set()
    for step in order:
        name = step[1]
        if step[0] == "+":
            workers[name].do(held[name].__enter__)
            within.add(name)
        else:
            workers[name].do(lambda leaving=held[name]: leaving.__exit__(None, None, None))
            within.discard(name)
        heard.truncate(0)
        heard.seek(0)
        for other, worker in workers.items():
            worker.do(lambda said=other: _says(said))
        _says("main")
        loud = [w for w in ("a", "b", "main") if w not in within]
        assert heard.getvalue().split() == [said for w in loud for said in (w, w.upper())], step
        assert (sys.stdout is before[0]) == (not within)
    for worker in workers.values():
        worker.end()
    assert (sys.stdout, sys.stderr, list(warnings.filters)) == before and warnings.filters is filters


def test_a_stream_put_back_late_is_unwrapped_by_the_next() -> None:
    captured = io.StringIO()
    with listening() as heard:
        with quiet():
            standing, sys.stdout = sys.stdout, captured  # as a cell in another thread does that captures its output
            with quiet():
                print("dropped")
        sys.stdout = standing
        print("passed on")
        with quiet():
            pass
        assert sys.stdout is heard
    assert heard.getvalue() == "passed on\n" and captured.getvalue() == ""


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_a_thread_in_the_background(order: tuple[str, ...]) -> None:
    held = {"a": quiet(), "b": quiet_in_background()}
    before = list(warnings.filters)
    for step in order:
        _ = held[step[1]].__enter__() if step[0] == "+" else held[step[1]].__exit__(None, None, None)
    assert list(warnings.filters) == before
