"""Find out whether a Keras model's output and its loss agree about logits and probabilities.

`%load_ext logit_magic` in a notebook, then `%%checkloss` on top of a cell. Without a notebook: `check(model)`.
Importing this package imports neither Keras nor a backend nor numpy: every public name is resolved on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from logit_magic.checker import check, check_namespace, last_report
    from logit_magic.facts import Finding, Pair
    from logit_magic.report import MismatchError, Report

__version__ = "0.1.0"

_HOMES = {
    "check": "logit_magic.checker",
    "check_namespace": "logit_magic.checker",
    "last_report": "logit_magic.checker",
    "Finding": "logit_magic.facts",
    "Pair": "logit_magic.facts",
    "MismatchError": "logit_magic.report",
    "Report": "logit_magic.report",
}

__all__ = [
    "Finding",
    "MismatchError",
    "Pair",
    "Report",
    "__version__",
    "check",
    "check_namespace",
    "last_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'logit_magic' has no attribute {name!r}; public names: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext logit_magic`; loading twice is harmless."""
    from logit_magic.notebook import extension

    extension.load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext logit_magic`; leaves no trace."""
    from logit_magic.notebook import extension

    extension.unload(shell)
