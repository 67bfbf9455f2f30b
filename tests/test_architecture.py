"""Who may import whom: the table of the house, and a planted violation that proves that it bites."""

from __future__ import annotations

import ast
from pathlib import Path

import logit_magic

ROOT = Path(logit_magic.__file__).parent

# part of the package -> parts it may import; facts and rules stand at the bottom
ALLOWED: dict[str, set[str]] = {
    "__init__": {"checker", "facts", "report", "notebook"},
    "facts": set(),
    "kerases": set(),
    "structure": set(),
    "backends": {"kerases"},
    "limits": set(),
    "choices": {"rules"},
    "quiet": set(),
    "stacks": set(),
    "foreign": {"limits"},
    "scope": {"kerases", "limits", "quiet", "stacks"},
    "rules": {"facts"},
    "explore": set(),
    "report": {"facts", "explore", "fix", "race", "stacks"},
    "emission": {"structure", "facts", "foreign", "kerases", "backends", "scope"},
    "expectation": {"facts", "kerases", "backends", "scope", "foreign", "limits", "quiet"},
    "discovery": {"structure", "facts", "kerases", "backends", "emission", "foreign"},
    "measure": {
        "structure",
        "facts",
        "explore",
        "kerases",
        "backends",
        "scope",
        "discovery",
        "emission",
        "expectation",
        "foreign",
    },
    "fix": {"structure", "facts", "foreign", "kerases", "expectation", "discovery"},
    "race": {
        "structure",
        "facts",
        "kerases",
        "backends",
        "scope",
        "discovery",
        "emission",
        "expectation",
        "measure",
        "fix",
        "foreign",
        "quiet",
    },
    "reading": {"structure", "facts", "kerases", "discovery", "emission", "expectation", "fix", "foreign"},
    "repeats": {"facts"},
    "silence": {"facts", "rules", "discovery", "fix"},
    "verdicts": {"facts", "rules", "backends", "discovery", "foreign", "limits"},
    "measuring": {
        "facts",
        "rules",
        "discovery",
        "emission",
        "measure",
        "verdicts",
        "foreign",
        "limits",
        "choices",
    },
    "updated": {"facts", "kerases", "rules", "backends", "discovery", "emission", "measure", "verdicts"},
    "checker": {
        "updated",
        "structure",
        "facts",
        "kerases",
        "rules",
        "report",
        "backends",
        "discovery",
        "emission",
        "expectation",
        "measure",
        "measuring",
        "verdicts",
        "fix",
        "silence",
        "repeats",
        "foreign",
        "limits",
        "choices",
        "quiet",
    },
    "notebook": {
        "facts",
        "rules",
        "report",
        "backends",
        "discovery",
        "measure",
        "checker",
        "repeats",
        "fix",
        "race",
        "reading",
        "foreign",
        "choices",
        "limits",
        "quiet",
    },
}
# module -> the only files (relative to the package) that may import it
ONLY_IN: dict[str, set[str]] = {
    "tensorflow": {"backends/on_tensorflow.py"},
    "jax": {"backends/on_jax.py"},
    "torch": {"backends/on_torch.py"},
    "keras": set(),
    "ipywidgets": {"report/panel/"},
    "matplotlib": {"report/figure.py"},
    "IPython": {"__init__.py", "report/show.py", "report/panel/", "notebook/", "fix/source.py"},
    "numpy": {"measure/", "explore/", "emission/graph.py", "emission/values.py", "expectation/", "race/", "backends/"},
}
KERAS_INTERNALS = {"fix/live.py", "scope.py", "emission/graph.py", "emission/model.py", "emission/inputs.py"}


def imports(source: str) -> list[str]:
    """Every module that a source imports, wherever in the file the statement stands, but for type checking alone."""
    found: list[str] = []
    tree = ast.parse(source)
    typing_only = {
        id(n)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "TYPE_CHECKING" in ast.dump(branch.test)
        for n in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def violations(path: str, source: str) -> list[str]:
    """What a file of the package imports although the tables forbid it."""
    part = path.split("/")[0].removesuffix(".py")
    wrong = []
    for name in imports(source):
        top = name.split(".")[0]
        if top == "logit_magic":
            other = [*name.split("."), ""][1]
            if other in ALLOWED and other != part and other not in ALLOWED[part]:
                wrong.append(f"{path} imports {name}")
        elif top in ONLY_IN and not any(path == p or (p.endswith("/") and path.startswith(p)) for p in ONLY_IN[top]):
            wrong.append(f"{path} imports {name}")
    reads = any(isinstance(n, ast.Attribute) and n.attr in _INTERNALS for n in ast.walk(ast.parse(source)))
    if reads and path not in KERAS_INTERNALS:
        wrong.append(f"{path} reads Keras internals")
    return wrong


_INTERNALS = {
    "_inbound_nodes",
    "_outbound_nodes",
    "_keras_history",
    "_functional",
    "_outputs_struct",
    "_flatten_layers",
    "_compile_config",
}


def sources() -> dict[str, str]:
    return {
        str(p.relative_to(ROOT)).replace("\\", "/"): p.read_text(encoding="utf-8") for p in sorted(ROOT.rglob("*.py"))
    }


def test_every_part_is_in_the_table() -> None:
    assert {path.split("/")[0].removesuffix(".py") for path in sources()} == set(ALLOWED)


def test_nobody_imports_what_is_not_theirs() -> None:
    assert [wrong for path, source in sources().items() for wrong in violations(path, source)] == []


def test_the_table_has_no_cycles() -> None:
    left = {part: set(others) for part, others in ALLOWED.items()}
    while left:
        free = [part for part, others in left.items() if not others & set(left)]
        assert free, f"a cycle among {sorted(left)}"
        for part in free:
            del left[part]


def test_planted_violations_are_found() -> None:
    assert violations("rules/lm101.py", "import keras") == ["rules/lm101.py imports keras"]
    assert violations("rules/lm101.py", "def f():\n    from logit_magic.emission import graph")
    assert violations("report/text.py", "from logit_magic.checker import run")
    assert violations("measure/sample.py", "import tensorflow as tf")
    assert violations("checker.py", "def f(op):\n    return op._inbound_nodes")
    assert violations("backends/on_torch.py", "import torch") == []


def test_files_can_be_read_in_one_sitting() -> None:
    assert {path: n for path, source in sources().items() if (n := source.count("\n")) > 350} == {}


def test_every_module_says_its_one_job_first() -> None:
    assert [path for path, source in sources().items() if not ast.get_docstring(ast.parse(source))] == []
