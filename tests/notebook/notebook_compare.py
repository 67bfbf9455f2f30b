"""Compares what two kernels said about one cell, less what logit_magic displayed and what no two runs share."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from notebook_kernel import Said

from logit_magic.report import html

_VIEW = "application/vnd.jupyter.widget-view+json"
_ROOT = html.root([]).removesuffix("</div>")  # how the HTML of every report begins
_LINE = re.compile(r"(checkloss: |LM\d{3} )\S")  # one line in place of a report
_NEVER_SAME = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),  # colours
    (re.compile(r"(/tmp/ipykernel_\d+/)?\b\d{6,10}\.py\b"), "cell.py"),  # files of cells: process, hash of the source
    (re.compile(r"/kernel\d+/"), "/kernel/"),  # folders of kernels
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x"),  # addresses of objects
    (re.compile(r"^WARNING: All log messages before absl::InitializeLog.*\n", re.MULTILINE), ""),
    (re.compile(r"^[IWE]\d{4} \d\d:\d\d:[\d.]+ +\d+ \S+\.cc:\d+\] .*\n", re.MULTILINE), ""),  # C++ log
)
_TIMES = (
    (re.compile(r"\d\d:\d\d(<|&lt;)(\d\d:\d\d|\?),[\s\d.?]+(it/s|s/it)"), "00:00<00:00, 0it/s"),  # tqdm
    (re.compile(r"[0-9a-f]{32}"), "id"),  # its widgets; files of ipytest
    (re.compile(r"\b\d+(\.\d+)? s\.$|\b\d+\.\d+s\b"), "0 s"),  # %run -t, pytest
    (re.compile(r"\b\d+(\.\d+)?(s|ms|us)(/(step|epoch))?(?= |$)"), "0s"),  # Keras: 1/1 - 0s - 12ms/step
    (re.compile(r"\b\d+(\.\d+)?(e[+-]\d+)? (min|s|ms|μs|us|µs|ns)\b"), "0 s"),  # %%time, %%timeit
)


def ours(said: Said) -> list[int]:
    """Indices of the messages that are logit_magic's: reports, one-line answers, and the panel with all its widgets."""
    widgets = _widgets_of_panels(said)
    return [
        index
        for index, (kind, content) in enumerate(said.messages)
        if (kind == "display_data" and _is_ours(content["data"], widgets)) or content.get("comm_id") in widgets
    ]


def shown(said: Said) -> list[str]:
    """What logit_magic displayed, as text, without the panel."""
    texts = [said.messages[i][1]["data"].get("text/plain") for i in ours(said) if said.messages[i][0] == "display_data"]
    return [text for text in texts if text]


def differences(checked: Said, plain: Said, *, timed: bool = False) -> list[str]:
    """How a checked run differs from a plain one; empty where it does not.

    Args:
        checked: under `%%checkloss`.
        plain: with a comment in place of that line.
        timed: whether the cell itself prints how long something took.
    """
    mine = set(ours(checked))
    left = _normal([m for i, m in enumerate(checked.messages) if i not in mine], timed)
    right = _normal(list(plain.messages), timed)
    found = [f"checked {a}\n  plain {b}" for a, b in zip(left, right, strict=False) if a != b]
    found += [f"only checked {extra}" for extra in left[len(right) :]]
    found += [f"only plain {extra}" for extra in right[len(left) :]]
    for key in sorted(checked.reply.keys() | plain.reply.keys()):
        a, b = (_cleaned(_without_engine(said.reply.get(key)), timed) for said in (checked, plain))
        if a != b and key != "engine_info":
            found.append(f"reply {key}: checked {a}\n  plain {b}")
    return found


def _is_ours(data: dict[str, Any], widgets: set[str]) -> bool:
    if _VIEW in data:
        return data[_VIEW]["model_id"] in widgets
    if "text/html" in data:
        return set(data) == {"text/plain", "text/html"} and data["text/html"].startswith(_ROOT)
    return set(data) == {"text/plain"} and bool(_LINE.match(data["text/plain"]))


def _widgets_of_panels(said: Said) -> set[str]:
    """Ids of the widgets below every panel: a view with empty text right after a report, as no other library makes."""
    states: dict[str, str] = {}  # as opened, and as updated since: children may be put in later
    for kind, content in said.messages:
        if kind in ("comm_open", "comm_msg") and "state" in content["data"]:
            states[content["comm_id"]] = states.get(content["comm_id"], "") + str(content["data"]["state"])
    displays = [content["data"] for kind, content in said.messages if kind == "display_data"]
    todo = [
        data[_VIEW]["model_id"]
        for before, data in pairwise(displays)
        if _VIEW in data
        and data["text/plain"] == "" == data["text/html"]
        and before.get("text/html", "").startswith(_ROOT)
    ]
    reached: set[str] = set()
    while todo:
        model = todo.pop()
        if model not in reached:
            reached.add(model)
            todo += re.findall(r"IPY_MODEL_(\w+)", states.get(model, ""))
    return reached


def _normal(messages: list[tuple[str, dict[str, Any]]], timed: bool) -> list[tuple[str, Any]]:
    """Without the echo of the source; text of one stream in one piece, however it was cut up on its way."""
    joined: list[tuple[str, Any]] = []
    for kind, content in messages:
        content = {key: value for key, value in content.items() if (kind, key) != ("execute_input", "code")}
        if kind == "stream" and joined and joined[-1][0] == kind and joined[-1][1]["name"] == content["name"]:
            joined[-1] = (kind, {**content, "text": joined[-1][1]["text"] + content["text"]})
        else:
            joined.append((kind, content))
    cleaned = [(kind, _cleaned(content, timed)) for kind, content in joined]
    return [(kind, content) for kind, content in cleaned if kind != "stream" or content["text"]]


def _without_engine(value: Any) -> Any:
    return {k: v for k, v in value.items() if k != "engine_info"} if isinstance(value, dict) else value


def _cleaned(value: Any, timed: bool) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(member, timed) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(member, timed) for member in value]
    if isinstance(value, str):
        for pattern, written in _NEVER_SAME + (_TIMES if timed else ()):
            value = pattern.sub(written, value)
    return value
