"""One real ipykernel, and everything it says about one execute request."""

from __future__ import annotations

import os
import queue
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

PATIENCE = 60  # seconds for one cell, after which the kernel hangs


@dataclass(frozen=True)
class Said:
    """What a kernel said about one request.

    Attributes:
        messages: (type, content) of every iopub message, in order.
        reply: content of the execute_reply.
    """

    messages: tuple[tuple[str, dict[str, Any]], ...]
    reply: dict[str, Any]

    def stream(self, name: str = "stdout") -> str:
        return "".join(
            content["text"] for kind, content in self.messages if kind == "stream" and content["name"] == name
        )

    def contents(self, kind: str) -> list[dict[str, Any]]:
        return [content for k, content in self.messages if k == kind]


class Kernel:
    """A kernel with a history and profile of its own; the backend is that of pytest's environment."""

    def __init__(self, folder: Path) -> None:
        env = {**os.environ, "IPYTHONDIR": str(folder / "ipython"), "TF_CPP_MIN_LOG_LEVEL": "3"}
        env.pop("PYTEST_CURRENT_TEST", None)  # where it is set, ipykernel does not catch what is written past Python
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder), env=env)
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)

    def run(self, code: str, *, late: str = "", cell: str = "", **request: Any) -> Said:
        """Execute; return once the kernel is idle, has replied, and has said `late` on a stream.

        Args:
            code: the cell.
            late: text that a process writes past Python, which arrives when it likes.
            cell: identity of the cell, as a front end tells it.
            request: fields of the execute_request.
        """
        asked = self._ask(code, cell) if cell else self._client.execute(code, allow_stdin=False, **request)
        messages: list[tuple[str, dict[str, Any]]] = []
        end = time.monotonic() + PATIENCE
        idle = False
        while not idle or late not in _text(messages):
            message = self._next(self._client.get_iopub_msg, end, code)
            if message["parent_header"].get("msg_id") == asked:
                messages.append((message["msg_type"], message["content"]))
                idle = idle or message["content"].get("execution_state") == "idle"
        if late:  # before or after the kernel is idle, as the process likes
            messages.sort(key=lambda message: message[1].get("execution_state") == "idle")
        while True:
            reply = self._next(self._client.get_shell_msg, end, code)
            if reply["parent_header"].get("msg_id") == asked:
                return Said(tuple(messages), reply["content"])

    def _ask(self, code: str, cell: str) -> str:
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _next(self, receive: Any, end: float, code: str) -> dict[str, Any]:
        while time.monotonic() < end:
            try:
                return receive(timeout=1)
            except queue.Empty:
                if not self._manager.is_alive():
                    raise AssertionError(f"the kernel died of this cell:\n{code}") from None
        raise AssertionError(f"the kernel says nothing more about this cell:\n{code}")

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


def _text(messages: list[tuple[str, dict[str, Any]]]) -> str:
    return "".join(content["text"] for kind, content in messages if kind == "stream")
