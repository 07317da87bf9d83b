"""TexturePool: textures used again instead of made again, by size and format, and few enough of them.

A size is pooled from its second request on. Every now and then the pool looks back: a size keeps as many textures
as were in use at once since the last look, and one that was not asked for loses all. So a change of size costs two
looks, and no order of sizes makes the pool grow without end.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from graphkit._process.forks import call_in_children
from graphkit.errors import GpuOutOfMemoryError, TextureTooLargeError
from graphkit.gpu._storage import TextureStorage

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphkit.gpu._context import GlContext
    from graphkit.gpu._formats import GpuBufferFormat

MAX_SIZES: Final = 10
MIN_REQUESTS: Final = 2
SCRUB_INTERVAL: Final = 50
SPARE: Final = 1
"""A context that writes while others still read the last texture takes one more than were ever out."""


class _Shelf:
    """The textures of one size and format.

    Attributes:
        free: textures not in use, the one used last at the end.
        in_use: how many are out.
        peak: most that were out at once since the last look.
        requests: since the shelf was made.
    """

    __slots__ = ("free", "in_use", "peak", "requests")

    def __init__(self) -> None:
        self.free: list[TextureStorage] = []
        self.in_use = 0
        self.peak = 0
        self.requests = 0


class TexturePool:
    """Makes, lends and takes back textures.

    Args:
        on_return: called, on any thread and in the collector, when a texture comes back.
    """

    def __init__(self, on_return: Callable[[], None]) -> None:
        self._on_return = on_return
        self._renew_lock()
        call_in_children(self, TexturePool._renew_lock)
        self._returned: deque[TextureStorage] = deque()
        # The collector finalises fences with the buffer that they are found with, but the texture lives on.
        self._lent: set[TextureStorage] = set()
        self._shelves: dict[tuple[int, int, GpuBufferFormat], _Shelf] = {}
        self._requests = 0
        self._live = 0
        self._live_bytes = 0
        self.created = 0

    @property
    def live(self) -> int:
        """How many textures exist, in use or free."""
        with self._lock:
            self._sort_returned()
            return self._live

    @property
    def live_bytes(self) -> int:
        """Their size."""
        with self._lock:
            self._sort_returned()
            return self._live_bytes

    @property
    def in_use(self) -> int:
        """How many are lent."""
        with self._lock:
            self._sort_returned()
            return sum(shelf.in_use for shelf in self._shelves.values())

    def acquire(self, context: GlContext, width: int, height: int, format_: GpuBufferFormat) -> TextureStorage:
        """Return a texture to write, on the thread of *context*.

        Raises:
            TextureTooLargeError: a side is longer than the device allows.
            GpuOutOfMemoryError: even after all free textures were given up.
        """
        limit = context.max_texture_size
        if not (1 <= width <= limit and 1 <= height <= limit):
            raise TextureTooLargeError(width, height, limit)
        with self._lock:
            self._sort_returned()
            storage = self._from_shelf(context, width, height, format_)
            if self._requests % SCRUB_INTERVAL == 0:
                self._scrub()
        storage = storage or self._make(context, width, height, format_)
        with self._lock:
            self._lent.add(storage)
        return storage

    def trim(self) -> None:
        """Give up every free texture."""
        with self._lock:
            self._sort_returned()
            for shelf in self._shelves.values():
                self._drop(shelf, keep=0)

    def _renew_lock(self) -> None:
        """Have a lock that no thread holds, at first and in a forked process."""
        self._lock = threading.Lock()

    def _give_back(self, storage: TextureStorage) -> None:
        # In the collector: the lock may be held by this very thread.
        self._returned.append(storage)
        self._on_return()

    def _sort_returned(self) -> None:
        while self._returned:
            storage = self._returned.popleft()
            self._lent.discard(storage)
            shelf = self._shelf(storage.width, storage.height, storage.format)
            shelf.in_use -= 1
            shelf.free.append(storage)
            if shelf.requests < MIN_REQUESTS:
                self._drop(shelf, keep=0)

    def _shelf(self, width: int, height: int, format_: GpuBufferFormat) -> _Shelf:
        """Return the shelf, as the one that was asked for last."""
        key = (width, height, format_)
        shelf = self._shelves.get(key)
        if shelf is None:
            shelf = self._shelves[key] = _Shelf()
        return shelf

    def _from_shelf(
        self, context: GlContext, width: int, height: int, format_: GpuBufferFormat
    ) -> TextureStorage | None:
        key = (width, height, format_)
        self._requests += 1
        self._shelves[key] = shelf = self._shelves.pop(key, None) or _Shelf()  # asked for last: at the end
        shelf.requests += 1
        shelf.in_use += 1
        shelf.peak = max(shelf.peak, shelf.in_use)
        self._forget_sizes()
        for i in range(len(shelf.free) - 1, -1, -1):
            if shelf.free[i].is_idle(context):
                return shelf.free.pop(i)
        return shelf.free.pop(0) if len(shelf.free) > 1 else None

    def _make(self, context: GlContext, width: int, height: int, format_: GpuBufferFormat) -> TextureStorage:
        try:
            try:
                return self._made(context, width, height, format_)
            except GpuOutOfMemoryError:
                self.trim()
                context.run_pending()
                return self._made(context, width, height, format_)
        except BaseException:
            with self._lock:
                self._shelf(width, height, format_).in_use -= 1
            raise

    def _made(self, context: GlContext, width: int, height: int, format_: GpuBufferFormat) -> TextureStorage:
        storage = TextureStorage(context, width, height, format_, give_back=self._give_back)
        with self._lock:
            self.created += 1
            self._live += 1
            self._live_bytes += width * height * format_.pixel_bytes
            live = f"{self._live} textures of {self._live_bytes / 2**20:.0f} MiB"
        try:
            context.check_errors(f"making a {format_.name} texture of {width}x{height} pixels", live)
        except BaseException:
            with self._lock:
                self._destroy(storage)
            raise
        return storage

    def _scrub(self) -> None:
        for key, shelf in list(self._shelves.items()):
            self._drop(shelf, keep=max(0, shelf.peak + SPARE - shelf.in_use) if shelf.peak else 0)
            if not shelf.peak and not shelf.in_use:
                del self._shelves[key]
            shelf.peak = shelf.in_use

    def _forget_sizes(self) -> None:
        """Empty all shelves but the MAX_SIZES that were asked for last."""
        for key in list(self._shelves)[:-MAX_SIZES]:
            self._drop(self._shelves[key], keep=0)
            if not self._shelves[key].in_use:
                del self._shelves[key]

    def _drop(self, shelf: _Shelf, *, keep: int) -> None:
        while len(shelf.free) > keep:
            self._destroy(shelf.free.pop(0))

    def _destroy(self, storage: TextureStorage) -> None:
        self._live -= 1
        self._live_bytes -= storage.width * storage.height * storage.format.pixel_bytes
        storage.destroy()
