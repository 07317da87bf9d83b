"""GpuResources: the GPU as graphs borrow it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, TypeVar

from graphkit._process.closing import Closing
from graphkit.errors import GpuError
from graphkit.gpu import _egl as egl_layer
from graphkit.gpu._buffer import GpuBuffer
from graphkit.gpu._cuda_interop import CudaInterop
from graphkit.gpu._devices import take_device
from graphkit.gpu._egl import EglDisplay
from graphkit.gpu._forked import is_forked, refuse_after_fork
from graphkit.gpu._share_group import ShareGroup

if TYPE_CHECKING:
    from collections.abc import Callable

    import moderngl

    from graphkit.formats import ImageFrame
    from graphkit.gpu._context import GlContext
    from graphkit.gpu._formats import GpuBufferFormat
    from graphkit.gpu._pool import TexturePool
    from graphkit.gpu._storage import GpuStorage
    from graphkit.gpu._transfers import Transfers

R = TypeVar("R")


class GpuResources(Closing):
    """A device, its contexts and what they share. Close it, or use it in a ``with``.

    A graph finds its own (see ``graphkit.gpu._service``) if the program lends it none::

        with GpuResources.create() as gpu:
            graph.set_service(GPU_SERVICE, gpu)

    Args:
        group: the contexts.
        device_name: what EGL calls the device, for people.
    """

    def __init__(self, group: ShareGroup, device_name: str) -> None:
        self.group = group
        self._device_name = device_name

    @classmethod
    def create(
        cls,
        device: str | None = None,
        *,
        make_storage: Callable[[GlContext, int, int, GpuBufferFormat], GpuStorage] | None = None,
    ) -> GpuResources:
        """Return resources on a device; see ``graphkit.gpu._devices`` for how to name one.

        Args:
            device: which; None for the environment's choice or the best.
            make_storage: the storage of GpuBuffers; None for pooled textures.

        Raises:
            NoEglError, NoGpuDeviceError: nothing to run on.
            GpuError: this process was forked from one that uses the GPU.
        """
        refuse_after_fork()
        taken = take_device(
            lambda display: ShareGroup.started(display, CudaInterop(), make_storage=make_storage), device
        )
        return cls(taken.drawing, taken.device.name)

    @classmethod
    def sharing(cls, context: moderngl.Context) -> GpuResources:
        """Return resources that see the textures of a moderngl context of the program, and it theirs.

        Call it on the context's thread. The context must be an EGL one (``backend="egl"``), and its program must
        leave fences of its own around what it shares.

        Raises:
            GpuError: the context is not an EGL context.
        """
        with context:
            found = EglDisplay.current(egl_layer.library(), "the program's display")
        if found is None:
            raise GpuError(
                "the moderngl context is not an EGL context, so no other context can share its textures; make it "
                'with moderngl.create_context(standalone=True, backend="egl").'
            )
        display, handle = found
        return cls(ShareGroup(display, CudaInterop(), handle), str(context.info["GL_RENDERER"]))

    @property
    def device_name(self) -> str:
        """The renderer by OpenGL's name, which says more than EGL's, once there is a context."""
        drawing = next(iter(self.group.contexts), None)
        if drawing is None:
            return self._device_name
        return f"software, {drawing.renderer}" if drawing.software else drawing.renderer

    @property
    def pool(self) -> TexturePool:
        """The textures."""
        return self.group.pool

    @property
    def transfers(self) -> Transfers:
        """What crossed between memory and GPU."""
        return self.group.transfers

    def context(self, name: str = "") -> GlContext:
        """Return the context called *name*, made if need be; "" for the shared one."""
        return self.group.context(name)

    def run(self, function: Callable[[GlContext], R]) -> R:
        """Call *function* with a context, on its thread, and return its value.

        Raises:
            GlCallError, GpuOutOfMemoryError, GlContextLostError: OpenGL has refused one of its calls.
        """
        return self.group.run(lambda context: context.checked("the program's drawing", function, context))

    def upload(self, frame: ImageFrame) -> GpuBuffer:
        """Return *frame* as a GpuBuffer; the upload happens when its texture is first used."""
        return GpuBuffer.from_image_frame(self.group, frame)

    def close(self) -> None:
        """End the contexts; if GpuBuffers are alive, when the last of them is gone."""
        self.group.close()

    def __del__(self) -> None:
        group = getattr(self, "group", None)
        if group is not None and group.is_open and not is_forked():
            warnings.warn(f"unclosed {self}", ResourceWarning, source=self, stacklevel=1)
            group.begin_close()

    def __repr__(self) -> str:
        return f"GpuResources({self.device_name})"
