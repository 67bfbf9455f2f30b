"""Cells that once hurt: by what the user's code did to the check, or the check to the cell; and what hangs is cut off."""

from __future__ import annotations

import contextlib
import gc
import signal
import subprocess
import sys
import threading
import time

import pytest

from logit_magic import limits
from tests.hostile.pieces import HANGS
from tests.hostile.running import Ran, Runs, same, stray

SUBCLASSED = """
class M(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = layers.Dense(3)
    def call(self, x): return act({call!r}, lambda: self.head(x))
model = M()
_ = model(X4)
model.compile(loss='categorical_crossentropy'){after}
armed[0] = True
42"""
ACTIVATED = """
i = keras.Input((4,))
model = keras.Model(i, layers.Dense(3, activation=lambda z: act({call!r}, lambda: ops.softmax(z)))(i))
model.compile(loss='categorical_crossentropy')
armed[0] = True
42"""
LOSS = """
tiny.compile(loss={loss})
model = tiny
armed[0] = True
42"""
FIT = """
class Lazy:
    shape = (6, 4)
    def __len__(self): return 6
    def __getitem__(self, at):
        print("read", at)
        sys.exit(3)
tiny.compile(loss='categorical_crossentropy')
model = tiny
try:
    model.fit(Lazy(), {y}, verbose=0)
except BaseException as error:
    print(type(error).__name__)"""
UNHASHABLE = """
class C:
    def __call__(self, y, z): return ops.mean(ops.square(y - z), -1)
    def __hash__(self): raise LookupError("hash")
    def __eq__(self, other): raise LookupError("eq")
tiny.compile(loss=C())
model = tiny
42"""


def calling(kind: str) -> str:
    return SUBCLASSED.format(call=kind, after="")


ROWS = {
    "a call that exits": (calling("exit"), "code of its own raised SystemExit"),
    "a call that raises no Exception": (calling("quits"), "code of its own raised Quits"),
    "a call that is interrupted": (calling("interrupt"), "the check was interrupted"),
    "an error without a text": (ACTIVATED.format(call="quits"), "code of its own raised Quits: q"),
    "an error whose text raises": (LOSS.format(loss="lambda y, z: act('mute', lambda: z)"), "it raised Mute"),
    "an activation that prints, logs, warns and displays": (ACTIVATED.format(call="shout"), "1 pair checked, it matches"),
    "a call that warns in the cell's name": (calling("shout"), "LM101"),
    "a call that returns ten million letters": (calling("long"), "LM901"),
    "a call that returns one number": (calling("scalar"), "LM901"),
    "a loss that exits": (LOSS.format(loss="lambda y, z: act('exit', lambda: z)"), "it raised SystemExit"),
    "a loss that does not hash": (UNHASHABLE, "1 pair checked, it matches"),
    "a property `compiled` that raises": (
        SUBCLASSED.format(call="none", after="\nM.compiled = property(lambda s: act('mute', lambda: True), lambda s, v: None)"),
        "LM901",
    ),
    "a key of the namespace that is no text": (f"globals()[7] = tiny{LOSS.format(loss=repr('mse'))}", "1 pair checked, it matches"),
    "an object whose __dict__ raises": (f"junk = [Junk()]{LOSS.format(loss=repr('mse'))}", "1 pair checked, it matches"),
    "an object whose __class__ raises": (
        f"junk = Junk()\nX, Y = X4, Y3{LOSS.format(loss=repr('categorical_crossentropy'))}",
        "arrays X and Y",
    ),
    "data that print and exit when they are read": (FIT.format(y="Y3"), "LM101"),
    "labels that do": (FIT.format(y="Lazy()"), "LM101"),
}  # fmt: skip


def stands(runs: Runs, cell: str, options: str = "") -> Ran:
    """The run under `%%checkloss`; it and the one under `--watch` are as the plain run is."""
    plain = runs.plainly(cell)
    assert plain.success
    for watching in (True, False):
        ran = runs.watched(cell) if watching else runs.checked(cell, options)
        assert same(plain, ran) and stray(plain, ran, watching=watching) == ""
    return ran


@pytest.mark.parametrize("name", ROWS)
def test_the_cell_stands_and_the_check_says_so(name: str, runs: Runs) -> None:
    cell, said = ROWS[name]
    checked = stands(runs, cell)
    assert said in " ".join(checked.out.split())


HANGING = {
    "call": (SUBCLASSED.format(call="{}", after=""), "the time was up"),
    "activation": (ACTIVATED, "the time was up"),
    "loss": (LOSS.format(loss="lambda y, z: act({call!r}, lambda: z)"), "had not returned"),
    "compiled": (
        SUBCLASSED.format(call="none", after="\nM.compiled = property(lambda s: act({call!r}, lambda: True), lambda s, v: None)"),
        "does not return when it is looked at",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("where", "kind"),
    # a loss is tried out in a thread of its own, which cannot be ended against its will
    [(where, kind) for where in HANGING for kind in HANGS if (where, kind) != ("loss", "immortal")],
)
def test_what_hangs_is_cut_off(where: str, kind: str, runs: Runs) -> None:
    """Each would hang for ten minutes, which is longer than a test may take."""
    cell, said = HANGING[where]
    cell = cell.replace("'{}'", repr(kind)).replace("{call!r}", repr(kind))
    checked = stands(runs, cell, " --budget 0.2")
    assert said in " ".join(checked.out.split())


def test_the_comparison_sees_a_difference(runs: Runs) -> None:
    one, other = runs.plainly("a = 1\nprint('x')"), runs.plainly("b = 1\nprint('x')\nprint('y')")
    assert (
        not same(one, other) and not same(one, runs.plainly("a = 1.0")) and not same(one, runs.plainly("a = 1; 1 / 0"))
    )
    assert "'y" in stray(one, other, watching=False) and stray(one, other, watching=True) == "y"


def spin() -> None:
    end = time.monotonic() + 600
    while time.monotonic() < end:
        pass


def test_a_thread_is_cut_off_as_well() -> None:
    ended = []

    def work() -> None:
        try:
            with limits.until(time.monotonic() + 0.05):
                spin()
        except limits.OutOfTimeError:
            ended.append("cut off")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    assert ended == ["cut off"]


PROFILED = """
import sys, threading, time
from logit_magic import limits

def work(seconds):
    try:
        with limits.until(time.monotonic() + seconds):
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                pass
    except limits.OutOfTimeError:
        pass

for seconds in (60, 0.05):
    thread = threading.Thread(target=work, args=(seconds,))
    thread.start()
    thread.join()
seen = []
sys.setprofile(lambda frame, event, argument: seen.append(event))
work(60)
sys.setprofile(None)
print("profiled", len(seen) > 3)
"""


def test_a_profiler_goes_on_working_after_a_limit_in_a_thread() -> None:
    """Python 3.11 hangs in it if an exception asked for in a thread was taken back instead of raised."""
    ran = subprocess.run([sys.executable, "-c", PROFILED], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "profiled True\n"


def _watchdogs() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "logit_magic watchdog"}


def test_limits_that_end_as_the_time_is_up_leave_nothing_behind() -> None:
    """Many ends of many lengths, so that some fall just where a limit is being called off."""
    strays: list[BaseException] = []
    before = _watchdogs()  # of losses that sleep in a thread of their own

    def work() -> None:
        try:
            for length in range(200):
                with contextlib.suppress(limits.OutOfTimeError), limits.until(time.monotonic() + 0.002):
                    end = time.monotonic() + length * 2e-5
                    while time.monotonic() < end:
                        pass
            end = time.monotonic() + 3 * limits._AGAIN
            while time.monotonic() < end:
                pass
            assert limits.left() == float("inf")
        except BaseException as error:
            strays.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    assert strays == []
    assert _watchdogs() - before == set()


def test_a_limit_in_a_thread_ends_although_callbacks_swallow_what_is_raised() -> None:
    """The garbage collector's callbacks, of which JAX has one, lose what is raised in them."""
    ended = []

    def lose(phase: str, info: dict) -> None:
        [None for _ in range(3)]

    def work() -> None:
        for _ in range(30):
            with contextlib.suppress(limits.OutOfTimeError), limits.until(time.monotonic() + 0.002):
                while True:
                    [[] for _ in range(9)]
        ended.append("ended")

    threshold, unraisable = gc.get_threshold(), sys.unraisablehook
    gc.callbacks.append(lose)
    gc.set_threshold(1)
    sys.unraisablehook = lambda *_: None
    try:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        thread.join(120)
    finally:
        gc.callbacks.remove(lose)
        gc.set_threshold(*threshold)
        sys.unraisablehook = unraisable
    assert ended == ["ended"]


def test_the_users_own_alarm_is_heard_and_stays() -> None:
    heard = []
    before = signal.signal(signal.SIGALRM, ours := lambda *_: heard.append("alarm"))
    try:
        with pytest.raises(limits.OutOfTimeError), limits.until(time.monotonic() + 0.1):
            signal.raise_signal(signal.SIGALRM)
            spin()
        assert heard == ["alarm"] and signal.getsignal(signal.SIGALRM) is ours
    finally:
        signal.signal(signal.SIGALRM, before)


def test_what_puts_things_back_is_not_cut_off() -> None:
    done = []
    with pytest.raises(limits.OutOfTimeError), limits.until(time.monotonic() + 0.05):
        with limits.shielded():
            time.sleep(0.3)
            done.append("put back")
        spin()
    assert done == ["put back"]
