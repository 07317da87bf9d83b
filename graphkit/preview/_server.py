"""PreviewServer: the preview of a run, from a bound port to the last thread gone."""

from __future__ import annotations

import errno
import logging
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Final

from graphkit._process.closing import Closing
from graphkit._process.sleepers import Sleepers
from graphkit.errors import PreviewError
from graphkit.preview._address import Address
from graphkit.preview._broadcaster import FrameBroadcaster
from graphkit.preview._graph_view import GraphView
from graphkit.preview._requests import PreviewRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from graphkit.config import GraphPlan
    from graphkit.framework import Packet
    from graphkit.insight import Profile

log = logging.getLogger("graphkit.preview")

_FAREWELL_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.05
_MOST_CONNECTIONS: Final = 64  # a page takes two, and a few more while it loads
_REQUEST_SECONDS: Final = 10.0


class PreviewHttpServer(ThreadingHTTPServer):
    """Answers each request on a thread of its own, and can be ended with all of them.

    Args:
        address: to listen on.
        broadcaster: what is shown.

    Attributes:
        address: with the port that was taken.
        broadcaster: as given.
        graph_view: the graph of the run, None if it is not known.
    """

    request_seconds = _REQUEST_SECONDS  # for the whole request, however slowly it comes
    daemon_threads = False  # such threads would be forgotten; these are waited for
    request_queue_size = _MOST_CONNECTIONS  # while the graph computes, a page waits here, not a second for a retry

    def __init__(self, address: Address, broadcaster: FrameBroadcaster) -> None:
        family, _, _, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        self.broadcaster = broadcaster
        self.graph_view: GraphView | None = None
        self._connections: set[socket.socket] = set()
        self._asking: dict[socket.socket, float] = {}  # until when; the one that began first comes first
        self._streams = 0
        self._turned_away = 0
        self._lock = threading.Lock()
        self._streams_end = Sleepers(self._lock)
        super().__init__(place[:2], PreviewRequest)  # type: ignore[arg-type]
        self.address = Address(address.host, self.server_address[1])

    def server_bind(self) -> None:
        """Bind, without asking a name server for this machine's name as the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether there is room for one more; a connection without a request makes room for later ones."""
        room = len(self._connections) < _MOST_CONNECTIONS or self._cut_who_asks_longest()
        if not room:
            self._turned_away += 1
            log.log(
                logging.WARNING if self._turned_away == 1 else logging.DEBUG,
                "preview: %s was turned away: there are %d connections already.",
                client_address[0],
                _MOST_CONNECTIONS,
            )
        return room

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a request on a new thread."""
        with self._lock:  # not on that thread: `hang_up` may come before it has begun
            self._connections.add(request)
            self._asking[request] = time.monotonic() + self.request_seconds
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection and close it."""
        with self._lock:
            self._connections.discard(request)
            self._asking.pop(request, None)
        super().shutdown_request(request)

    def has_asked(self, request: socket.socket) -> None:
        """Note that a request has come whole."""
        with self._lock:
            self._asking.pop(request, None)

    def service_actions(self) -> None:
        """Cut the connections whose request does not come to an end; called many times a second."""
        now = time.monotonic()
        with self._lock:
            late = [request for request, until in self._asking.items() if until < now]
        for request in late:
            self._cut(request)

    def _cut_who_asks_longest(self) -> bool:
        with self._lock:
            longest = next(iter(self._asking), None)
        if longest is not None:
            self._cut(longest)
        return longest is not None

    def _cut(self, request: socket.socket) -> None:
        """Make the thread of a connection end."""
        with self._lock:
            self._asking.pop(request, None)
            with suppress(OSError):  # closed by the other side already
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong with a request; a browser that went away is nothing unusual."""
        usual = isinstance(sys.exception(), (ConnectionError, TimeoutError))
        level = logging.DEBUG if usual else logging.WARNING
        log.log(level, "preview: a request of %s failed.", client_address[0], exc_info=True)

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """While the block runs, an answer is on its way that has an end worth waiting for."""
        with self._lock:
            self._streams += 1
        try:
            yield
        finally:
            with self._lock:
                self._streams -= 1
                self._streams_end.wake()

    def hang_up(self, timeout_seconds: float) -> None:
        """Give the answers on their way so many seconds, then cut all connections."""
        self._streams_end.wait_for(lambda: not self._streams, timeout_seconds)
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # closed by the other side already
                    connection.shutdown(socket.SHUT_RDWR)


class PreviewServer(Closing):
    """A page that shows the pictures of a run as they are made, its frame rate and what was dropped.

    The port is bound at once. The run is never held up: a browser that is slow gets fewer pictures, and while
    none looks nothing is compressed. Given to a job, it gets all of this from the job::

        with PreviewServer(Address("127.0.0.1", 0)) as preview:
            print(preview.url)
            video_job(graph, None, JobSettings(preview=preview)).run()

    Args:
        address: to listen on; by default only this machine reaches it.

    Attributes:
        broadcaster: what is shown.

    Raises:
        PreviewError: the port is taken or not allowed, or the host is not of this machine.
    """

    def __init__(self, address: Address | None = None) -> None:
        address = address or Address()
        self.broadcaster = FrameBroadcaster()
        try:
            self._server = PreviewHttpServer(address, self.broadcaster)
        except (OSError, UnicodeError) as error:  # the latter for names that cannot be asked for
            raise _refusal(address, error) from error
        if not ip_address(str(self._server.server_address[0])).is_loopback:
            log.warning(
                "the preview listens on %s, port %d: whoever reaches this machine can watch.",
                address.host,
                self._server.server_address[1],
            )
        self._closed = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="graphkit-preview", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """What a browser on this machine opens."""
        return self._server.address.url

    def take(self, packet: Packet[Any]) -> None:
        """Show the image of a packet (ImageFrame, Image or GpuBuffer)."""
        self.broadcaster.take(packet.payload)

    def show_graph(self, plan: GraphPlan, profile: Profile) -> None:
        """Show a graph beside the pictures, with what *profile* sees of its nodes."""
        self._server.graph_view = GraphView(plan, profile)

    def dropped(self, frames: int) -> None:
        """Tell how many pictures of live input were dropped so far."""
        self.broadcaster.dropped(frames)

    def end(self, *, stopped: bool = False, failure: BaseException | None = None) -> None:
        """Tell the page that nothing more will come; it keeps showing the last picture.

        Args:
            stopped: the run was stopped before its input ended.
            failure: what ended it.
        """
        if failure is not None:
            self.broadcaster.end("failed", str(failure) or type(failure).__name__)
        else:
            self.broadcaster.end("stopped" if stopped else "finished")

    def close(self) -> None:
        """Tell the browsers that the run has ended, disconnect them and free the port; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.end(stopped=True)
        self._server.shutdown()
        self._server.hang_up(_FAREWELL_SECONDS)
        self._server.server_close()
        self._thread.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell the page what ended the block, if no job has told it, and close."""
        if isinstance(error, Exception):
            self.end(failure=error)
        super().__exit__(kind, error, trace)


def _refusal(address: Address, error: OSError | UnicodeError) -> PreviewError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return PreviewError(
            f"port {address.port} of {address.host} is taken by another program. Choose another, or 0 for any "
            "that is free: {preview}.",
            remedies=("preview",),
        )
    if number == errno.EACCES:
        return PreviewError(
            f"port {address.port} is not allowed for this user. Choose one above 1023: {{preview}}.",
            remedies=("preview",),
        )
    if isinstance(error, socket.gaierror | UnicodeError) or number == errno.EADDRNOTAVAIL:
        return PreviewError(
            f'the preview cannot listen on "{address.host}": it is no name or address of this machine. '
            "Use 127.0.0.1 for this machine only, 0.0.0.0 for its whole network."
        )
    return PreviewError(f"the preview cannot listen on {address.host}:{address.port}: {error.strerror or error}.")
