"""Whether a cell of the user's runs at this moment, beside the panel's callbacks."""

from __future__ import annotations

import threading

from logit_magic.stacks import main_stack


def cell_runs() -> bool:
    """Whether this is called beside a running cell: from another thread, while the main one runs the user's code."""
    if threading.current_thread() is threading.main_thread():
        return False
    return any(call.function == "run_code" and call.file.endswith("interactiveshell.py") for call in main_stack())
