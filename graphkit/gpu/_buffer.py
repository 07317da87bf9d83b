"""GpuBuffer: a picture that may be on the GPU, in memory, or both. What flows between GPU calculators."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from graphkit.errors import FormatError, GpuError, GpuReleasedError
from graphkit.formats import ImageFrame, register_type
from graphkit.gpu._formats import GpuBufferFormat, format_for_image
from graphkit.gpu._storage import framebuffer_of
from graphkit.gpu._transfers import frame_of, pixels_for_upload, read_back, upload

if TYPE_CHECKING:
    from types import TracebackType

    import moderngl

    from graphkit.formats import Pixels
    from graphkit.gpu._context import GlContext
    from graphkit.gpu._share_group import ShareGroup
    from graphkit.gpu._storage import GpuStorage

_RELEASED: Final = "this GpuBuffer was released; keep a reference, or read it, before release()"


class GpuBuffer:
    """An opaque picture with top-left origin: row 0 of its array is row 0 of its texture; nothing ever flips.

    It has two views, a texture and an array. Each is made from the other when it is first asked for, and
    kept; drawing into the texture drops the array. Made by ``GlCalculatorHelper`` and ``GpuResources.upload``.
    The pixels go back to their pool when the last reference is dropped, or on ``release()``.

    Attributes:
        width: pixels per row.
        height: rows.
        format: of the pixels.
    """

    __slots__ = (
        "__weakref__", "_array", "_frame", "_group", "_lock", "_released", "_storage", "format", "height", "width",
    )  # fmt: skip

    def __init__(
        self,
        group: ShareGroup,
        width: int,
        height: int,
        format_: GpuBufferFormat,
        *,
        storage: GpuStorage | None = None,
        frame: ImageFrame | None = None,
    ) -> None:
        self._group = group
        self.width, self.height, self.format = width, height, format_
        self._storage = storage
        self._frame = frame
        self._array: Pixels | None = None
        self._released = False
        self._lock = threading.Lock()  # taken on GL threads only, which never wait for each other

    @classmethod
    def allocate(
        cls, context: GlContext, group: ShareGroup, width: int, height: int, format_: GpuBufferFormat
    ) -> GpuBuffer:
        """Return a buffer to draw into, on the thread of *context*."""
        return cls(group, width, height, format_, storage=group.make_storage(context, width, height, format_))

    @classmethod
    def from_image_frame(cls, group: ShareGroup, frame: ImageFrame) -> GpuBuffer:
        """Return a buffer of *frame*'s pixels, uploaded when a texture is first asked for; raises FormatError."""
        if not isinstance(frame, ImageFrame):
            raise FormatError(
                f"a GpuBuffer is made of an ImageFrame, found {type(frame).__name__}; wrap an array as "
                "ImageFrame(array) first."
            )
        return cls(group, frame.width, frame.height, format_for_image(frame.format), frame=frame)

    # -- the view of calculators that draw --------------------------------------------------------------

    def reading(self, context: GlContext) -> moderngl.Texture:
        """Return the texture view, uploaded if need be and safe to read; then call ``read_done``.

        On the thread of *context*.

        Raises:
            GpuReleasedError: the buffer was released.
            GpuError: *context* belongs to other resources than the buffer.
        """
        self._check(context)
        with self._lock:
            if self._storage is None:
                self._storage = self._uploaded(context)
        return self._storage.reading(context)

    def read_done(self, context: GlContext) -> None:
        """Note that *context* has issued its reads."""
        if self._storage is not None:
            self._storage.read_done(context)

    def writing(self, context: GlContext) -> moderngl.Texture:
        """Return the texture view to draw into, other views dropped; then call ``written``."""
        self._check(context)
        if self._storage is None:
            self._storage = self._group.make_storage(context, self.width, self.height, self.format)
        self._array = self._frame = None
        return self._storage.writing(context)

    def written(self, context: GlContext) -> None:
        """Note that *context* has issued its drawing."""
        if self._storage is not None:
            self._storage.written(context)

    # -- the view of other code -------------------------------------------------------------------------

    def array(self) -> Pixels:
        """Return the pixels in memory, read-only, read back at most once: (H, W) or (H, W, C). Any thread."""
        if self._array is None:
            if self._released:
                raise GpuReleasedError(_RELEASED)
            if self._frame is not None:
                pixels = pixels_for_upload(self._frame, self._group.memory)
                pixels.setflags(write=False)
                self._array = pixels
            else:
                self._group.run(self._read)
        array = self._array
        assert array is not None
        return array

    def image_frame(self) -> ImageFrame:
        """Return the pixels as a frame; RGBA if the buffer was made of RGB. Any thread.

        Raises:
            FormatError: no image format fits the buffer's.
        """
        return frame_of(self.array(), self.format)

    @property
    def group(self) -> ShareGroup:
        """The contexts that can read it."""
        return self._group

    @property
    def is_on_gpu(self) -> bool:
        """Whether a texture view exists."""
        return self._storage is not None

    @property
    def is_in_memory(self) -> bool:
        """Whether reading the pixels costs no transfer."""
        return self._array is not None or self._frame is not None

    def release(self) -> None:
        """Free the pixels now instead of with the last reference; arrays already returned stay valid."""
        self._released = True
        storage, self._storage = self._storage, None
        self._array = self._frame = None
        if storage is not None:
            storage.release()

    def _check(self, context: GlContext) -> None:
        context.check_thread("a GpuBuffer's texture")
        if self._released:
            raise GpuReleasedError(_RELEASED)
        if not self._group.owns(context):
            raise GpuError(
                f'{self} belongs to other GPU resources than context "{context.name}"; lend both graphs the same '
                "ones with set_service(GPU_SERVICE, resources)."
            )

    def _uploaded(self, context: GlContext) -> GpuStorage:
        pixels = self.array()
        storage = self._group.make_storage(context, self.width, self.height, self.format)
        try:
            upload(context, storage.writing(context), self.format, pixels, self._group.transfers)
            context.check_errors(f"uploading {self}")
        except BaseException:
            storage.release()
            raise
        storage.written(context)
        return storage

    def _read(self, context: GlContext) -> None:
        with self._lock:
            if self._array is not None:
                return
            if self._storage is None:
                raise GpuReleasedError(_RELEASED)
            try:
                framebuffer = framebuffer_of(context, self._storage.reading(context))
                pixels = read_back(context, framebuffer, self.format, self._group.memory, self._group.transfers)
                context.check_errors(f"reading {self} back")
            except BaseException:
                self._storage.read_done(context)
                raise
            with context.same_fence(reached=True):  # OpenGL has waited for all of it
                self._storage.read_done(context)
            pixels.setflags(write=False)
            self._array = pixels

    def __enter__(self) -> GpuBuffer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        storage = getattr(self, "_storage", None)
        if storage is not None:
            storage.release()

    def __repr__(self) -> str:
        return f"GpuBuffer({self.width}x{self.height}, {self.format.name})"

    def _repr_png_(self) -> bytes | None:
        return self.image_frame()._repr_png_()


register_type("mediapipe::GpuBuffer", GpuBuffer)
