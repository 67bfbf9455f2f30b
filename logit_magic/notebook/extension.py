"""Put the magics and hooks into a shell, and take them out again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from logit_magic.notebook.cell_line import as_comment
from logit_magic.notebook.magics import MISPLACED, CheckLossMagics, misplaced
from logit_magic.notebook.session import Session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_sessions: WeakKeyDictionary[InteractiveShell, Session] = WeakKeyDictionary()


def load(shell: InteractiveShell) -> None:
    """Register `%checkloss` and `%%checkloss`; a shell that has them is left as it is."""
    if shell in _sessions:
        return
    session = Session(shell)
    _sessions[shell] = session
    shell.register_magics(CheckLossMagics(shell, session))
    shell.register_magic_function(misplaced, "line", MISPLACED)
    shell.input_transformer_manager.cleanup_transforms.append(as_comment)
    shell.events.register("pre_run_cell", session.pre_run_cell)
    shell.events.register("post_run_cell", session.post_run_cell)


def unload(shell: InteractiveShell) -> None:
    """Undo all of `load`; harmless where nothing was loaded."""
    session = _sessions.pop(shell, None)
    if session is None:
        return
    session.close()
    runner = sys.modules.get("logit_magic.race.runner")
    if runner is not None:
        runner.stop_all()
    shell.events.unregister("pre_run_cell", session.pre_run_cell)
    shell.events.unregister("post_run_cell", session.post_run_cell)
    transforms = shell.input_transformer_manager.cleanup_transforms
    if as_comment in transforms:
        transforms.remove(as_comment)
    manager = shell.magics_manager
    for kind in ("line", "cell"):
        manager.magics[kind].pop("checkloss", None)
    manager.magics["line"].pop(MISPLACED, None)
    magics = manager.registry.pop(CheckLossMagics.__name__, None)
    if magics in shell.configurables:  # where every Magics object enters itself
        shell.configurables.remove(magics)
