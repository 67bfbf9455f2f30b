"""Versions of everything that matters, for a bug report."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

from logit_magic import backends

_PACKAGES = ("logit-magic", "ipython", "ipykernel", "ipywidgets", "numpy", "keras", "tf_keras", *backends.NAMES)


def about() -> str:
    """One line per package: version, and whether this process has imported it."""
    lines = [f"Python {platform.python_version()} on {platform.platform()}"]
    for name in _PACKAGES:
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            version = "not installed"
        module = {"ipython": "IPython", "logit-magic": "logit_magic"}.get(name, name)
        lines.append(f"{name} {version}{', imported' if module in sys.modules else ''}")
    lines.append(f"Keras backend: {backends.name() or 'Keras is not imported'}")
    return "\n".join(lines)
