"""Versions of everything that matters, for a bug report."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

from logit_magic import backends

_PACKAGES = {  # name on the index -> name of its module
    "logit-magic": "logit_magic", "ipython": "IPython", "ipykernel": "ipykernel", "ipywidgets": "ipywidgets",
    "jupyterlab": "jupyterlab", "notebook": "notebook", "numpy": "numpy", "keras": "keras", "tf_keras": "tf_keras",
    "keras_hub": "keras_hub", "optax": "optax", **{name: name for name in backends.NAMES},
}  # fmt: skip


def about(shell: object = None) -> str:
    """One line per package: version, and whether this process has imported it.

    Args:
        shell: in which the question was asked; its class tells a kernel from a terminal.
    """
    lines = [f"Python {platform.python_version()} on {platform.platform()}"]
    for name, module in _PACKAGES.items():
        lines.append(f"{name} {_version(name, module)}{', imported' if module in sys.modules else ''}")
    lines.append(f"Keras backend: {backends.name() or 'Keras is not imported'}")
    lines.append(f"Shell: {type(shell).__module__}.{type(shell).__name__}" if shell is not None else "Shell: none")
    return "\n".join(lines)


def _version(name: str, module: str) -> str:
    """Of what runs, where it is imported: it may be installed under another name, such as tensorflow-cpu."""
    running = getattr(sys.modules.get(module), "__version__", None)
    if isinstance(running, str):
        return running
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
