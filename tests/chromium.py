"""A page in headless Chromium, driven over the pipe of its remote debugging protocol.

Nothing but Chromium is needed: messages are JSON, each ends with a zero byte.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

FOUND: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
_SECONDS: Final = 30
_FLAGS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
_WITH_PIPES: Final = (
    "import fcntl, os, sys; high = [fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]];"
    "os.dup2(high[0], 3); os.dup2(high[1], 4); os.execvp(sys.argv[3], sys.argv[3:])"
)
"""Chromium reads commands from descriptor 3 and writes answers to descriptor 4."""


@contextlib.contextmanager
def opened(url: str, profile: Path, size: tuple[int, int] = (1400, 900)) -> Iterator[Page]:
    """Show *url* while the block runs; *profile* is an empty folder."""
    commands_out, commands = os.pipe()
    answers, answers_in = os.pipe()
    command = [FOUND, *_FLAGS, f"--user-data-dir={profile}", "--window-size={},{}".format(*size), "about:blank"]
    with subprocess.Popen(
        [sys.executable, "-c", _WITH_PIPES, str(commands_out), str(answers_in), *command],
        pass_fds=(commands_out, answers_in), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        os.close(commands_out)
        os.close(answers_in)
        with os.fdopen(commands, "wb", buffering=0) as to, os.fdopen(answers, "rb") as back:
            try:
                yield Page(to, back, url)
            finally:
                process.terminate()


class Page:
    """One page.

    Args:
        commands: to Chromium.
        answers: from it.
        url: what it shows.

    Attributes:
        complaints: what the page's console has of errors, refused content included.
    """

    def __init__(self, commands: BinaryIO, answers: BinaryIO, url: str) -> None:
        self._commands, self._answers, self._session, self._number = commands, answers, "", 0
        self._read = b""
        self.complaints: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")
        self._ask("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """Return what a JavaScript expression gives."""
        found = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until a JavaScript expression is true; return it."""
        ends = time.monotonic() + _SECONDS
        while not (found := self.value(expression)):
            assert time.monotonic() < ends, f"never came true: {expression}; {self.complaints}"
            self.value("new Promise(done => setTimeout(done, 20))")
        return found

    def screenshot(self, path: Path) -> None:
        """Write what is to be seen as a .png."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot")["data"]))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        assert "error" not in answer, answer["error"]
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            more = os.read(self._answers.fileno(), 1 << 16)
            assert more, "Chromium has ended"
            self._read += more
        line, _, self._read = self._read.partition(b"\0")
        found: dict[str, Any] = json.loads(line)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        kind, facts = event.get("method"), event.get("params", {})
        if kind == "Log.entryAdded" and facts["entry"]["level"] == "error":
            self.complaints.append(facts["entry"]["text"])
        elif kind == "Runtime.exceptionThrown":
            self.complaints.append(facts["exceptionDetails"]["text"])
        elif kind == "Runtime.consoleAPICalled" and facts["type"] == "error":
            self.complaints.append(str(facts["args"]))
