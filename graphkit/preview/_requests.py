"""What browsers ask a preview for: the page, its pictures as one multipart answer, its numbers as events."""

from __future__ import annotations

import json
import logging
import socket
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from graphkit.preview._graph_view import STYLE_SHEET

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphkit.preview._server import PreviewHttpServer

log = logging.getLogger("graphkit.preview")

_PAGES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/preview.css": ("preview.css", "text/css; charset=utf-8"),
    "/preview.js": ("preview.js", "text/javascript; charset=utf-8"),
}
# The page loads nothing from elsewhere, and no other page may show or read anything of this one.
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; connect-src 'self'; script-src 'self'; "
    "style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_BOUNDARY: Final = "graphkit-picture"
# Faster than screens is of no use, and files run as fast as they can.
_PICTURE_SECONDS: Final = 1 / 30
_EVENT_SECONDS: Final = 0.25
# What waits in the kernel for a slow browser is old by the time it arrives, and a dead browser is found by it.
_PICTURE_BUFFER: Final = 256 * 1024
_EVENT_BUFFER: Final = 4 * 1024
_NODES_SECONDS: Final = 1.0
_NODES_BUFFER: Final = 64 * 1024


class PreviewRequest(BaseHTTPRequestHandler):
    """One request, on a thread of its own."""

    server: PreviewHttpServer
    server_version, sys_version = "graphkit", ""
    timeout = 10  # seconds for a browser to take what it is sent at once: a picture, or a line of numbers

    def do_GET(self) -> None:
        """Answer with a page, the pictures or the numbers."""
        self.server.has_asked(self.connection)
        path = self.path.partition("?")[0]
        streams: Mapping[str, tuple[str, Callable[[], None]]] = {
            "/pictures": (f"multipart/x-mixed-replace; boundary={_BOUNDARY}", self._send_pictures),
            "/numbers": ("text/event-stream", self._send_numbers),
            "/nodes": ("text/event-stream", self._send_nodes),
        }
        if not self.server.address.answers_to(self.headers.get("Host")):
            self._refuse_host()
        elif self._is_asked_by_another_site():
            self._send_text(HTTPStatus.FORBIDDEN, "Other sites may link to this preview, but not show it.\n")
        elif path in _PAGES:
            self._send_page(path)
        elif path == "/graph.css":
            self._send(HTTPStatus.OK, "text/css; charset=utf-8", STYLE_SHEET.encode())
        elif path in ("/graph.svg", "/nodes") and self.server.graph_view is None:
            self._send_text(HTTPStatus.NOT_FOUND, "The graph of this run is not known here.\n")
        elif path == "/graph.svg" and self.server.graph_view is not None:
            self._send(HTTPStatus.OK, "image/svg+xml", self.server.graph_view.svg())
        elif path in streams:
            content_type, send = streams[path]
            self._begin(HTTPStatus.OK, content_type)
            if self.command != "HEAD":
                with self.server.streaming():
                    send()
        else:
            self._send_text(HTTPStatus.NOT_FOUND, f"There is nothing at {path} here; the preview is at /.\n")

    do_HEAD = do_GET  # noqa: N815  # the name that http.server looks for

    def _send_page(self, path: str) -> None:
        name, content_type = _PAGES[path]
        self._send(HTTPStatus.OK, content_type, (files(__package__) / "page" / name).read_bytes())

    def _is_asked_by_another_site(self) -> bool:
        """Whether another site's page wants to embed this: it could not read it, but would cost time."""
        foreign = self.headers.get("Sec-Fetch-Site") == "cross-site"
        return foreign and self.headers.get("Sec-Fetch-Mode") != "navigate"

    def _refuse_host(self) -> None:
        self._send_text(
            HTTPStatus.FORBIDDEN,
            f"This preview is not at the host that was asked for ({self.headers.get('Host', 'none')}).\n"
            f"Open {self.server.address.url}, or start it at another HOST:PORT to use another name.\n",
        )

    def _send_text(self, status: HTTPStatus, text: str) -> None:
        self._send(status, "text/plain; charset=utf-8", text.encode())

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self._begin(status, content_type, {"Content-Length": str(len(body))})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _begin(self, status: HTTPStatus, content_type: str, more: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **_HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_pictures(self) -> None:
        """Send the newest picture whenever there is one that this browser has not received, until the run ends."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _PICTURE_BUFFER)
        broadcaster = self.server.broadcaster
        number = 0
        # Chromium shows a part when it has read the head of the next one, so that goes out at once.
        head = f"--{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
        self.wfile.write(head)
        with broadcaster.watching():
            while (picture := broadcaster.next_picture(number)) is not None:
                begin, number = time.monotonic(), picture.number
                self.wfile.write(picture.jpeg() + b"\r\n" + head)
                broadcaster.pause(_PICTURE_SECONDS - (time.monotonic() - begin))

    def _send_numbers(self) -> None:
        """Send the numbers a few times a second until the run has ended, and then once more."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _EVENT_BUFFER)
        broadcaster = self.server.broadcaster
        over = False
        while not over:
            statistics = broadcaster.statistics()
            over = statistics.over
            shown = {**statistics.as_dict(), "graph": self.server.graph_view is not None}
            self.wfile.write(f"data: {json.dumps(shown)}\n\n".encode())
            broadcaster.pause(_EVENT_SECONDS)

    def _send_nodes(self) -> None:
        """Send how the nodes are doing once a second until the run has ended, and then once more."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _NODES_BUFFER)
        broadcaster, view = self.server.broadcaster, self.server.graph_view
        over = False
        for nodes in () if view is None else view.changes():
            shown = {"nodes": nodes, "over": over}
            self.wfile.write(f"data: {json.dumps(shown)}\n\n".encode())
            if over:
                return
            broadcaster.pause(_NODES_SECONDS)
            over = broadcaster.is_over

    def log_message(self, format: str, *args: object) -> None:
        """Log a request."""
        log.debug("preview: %s: %s", self.address_string(), format % args)
