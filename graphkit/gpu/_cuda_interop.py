"""CudaInterop: tensors go from OpenGL to a model on the same NVIDIA GPU without a copy through memory.

Each share group has one. It says whether that can be done here; the first failure ends it for the group, with a
line in the log, and tensors are read back from then on. ``GRAPHKIT_CUDA_INTEROP=0`` switches it off.

It draws in a context of its own, so that waiting for CUDA keeps no calculator from drawing.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack
from math import prod
from typing import TYPE_CHECKING, Final, TypeAlias

from graphkit._process.forks import call_in_children
from graphkit.errors import CudaError, CudaUnavailableError, GpuError
from graphkit.gpu._cuda import CudaRuntime
from graphkit.gpu._gl_texture import GlTexture
from graphkit.gpu._tensor_buffer import WHOLE, TensorBuffer, TensorShader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphkit.gpu._context import GlContext
    from graphkit.gpu._lending import TensorRow
    from graphkit.gpu._share_group import ShareGroup

logger = logging.getLogger("graphkit.gpu")

ENVIRONMENT: Final = "GRAPHKIT_CUDA_INTEROP"
CONTEXT: Final = "cuda interop"
_NEEDED: Final = 430
_MOST_FREE: Final = 8

Filled: TypeAlias = tuple[TensorBuffer, int]
"""A buffer and its address for CUDA."""


def runtime_for(context: GlContext) -> CudaRuntime:
    """Return CUDA's runtime if it can read buffers of *context*.

    Raises:
        CudaUnavailableError: it cannot; the message says why.
    """
    if os.environ.get(ENVIRONMENT) == "0":
        raise CudaUnavailableError(f"{ENVIRONMENT}=0 switches it off")
    vendor, version = context.run(lambda: (str(context.gl.info["GL_VENDOR"]), int(context.gl.version_code)))
    if "NVIDIA" not in vendor:
        raise CudaUnavailableError(f"OpenGL is not NVIDIA's but that of {vendor}")
    if version < _NEEDED:
        raise CudaUnavailableError(f"OpenGL {version // 100}.{version // 10 % 10} has no compute shaders; 4.3 has")
    return CudaRuntime.load()


def _has_a_card(context: GlContext) -> bool:
    """Return whether tensors could go to CUDA if something was not missing, or switched off."""
    from graphkit.inference import cuda_fault

    if os.environ.get(ENVIRONMENT) == "0":
        return False
    return "NVIDIA" in context.run(lambda: str(context.gl.info["GL_VENDOR"])) or cuda_fault() is None


class CudaLink:
    """What is needed to fill tensors for CUDA. On the thread of *context*.

    Args:
        context: draws.
        runtime: CUDA.

    Attributes:
        devices: CUDA's numbers of the devices that the context draws on.
        device_type: what ONNX Runtime calls their memory.

    Raises:
        GpuError: CUDA or OpenGL refused.
    """

    def __init__(self, context: GlContext, runtime: CudaRuntime) -> None:
        self.context, self._runtime = context, runtime
        self.device_type = runtime.device_type
        self.devices = runtime.gl_devices()
        if not self.devices:
            raise CudaUnavailableError("OpenGL draws on no device that CUDA may use")
        runtime.set_device(self.devices[0])
        self._shaders = {WHOLE: TensorShader(context, WHOLE)}
        self._stream = runtime.stream()
        self._free: list[TensorBuffer] = []

    def fill(self, rows: Sequence[TensorRow]) -> Filled:
        """Return a buffer with the tensor of *rows* and its address for CUDA; then call ``take_back``."""
        buffer = self._taken(4 * sum(prod(row.stored_shape) for row in rows))
        reads = ExitStack()
        try:
            try:
                for index, row in enumerate(rows):
                    source = GlTexture(self.context, row.picture, writes=False)
                    reads.callback(source.release)
                    self._shader(row).run(source.texture, buffer.gl, row, index)
            finally:
                with self.context.same_fence():
                    reads.close()
                    filled = self.context.fence()
            self.context.check_errors("filling a tensor")
            filled.wait_on_cpu(self.context)  # so that CUDA need not wait, with the lock held
            return buffer, buffer.map(self._stream)
        except BaseException:
            buffer.release()
            raise

    def take_back(self, buffer: TensorBuffer) -> None:
        """Let the next tensor have *buffer*; raises CudaError."""
        buffer.unmap(self._stream)
        self._free.append(buffer)
        if len(self._free) > _MOST_FREE:
            self._free.pop(0).release()

    def release(self) -> None:
        """Free everything; raises CudaError."""
        free, self._free = self._free, []
        for buffer in free:
            buffer.release()
        for shader in self._shaders.values():
            shader.release()
        self._runtime.destroy_stream(self._stream)

    def _shader(self, row: TensorRow) -> TensorShader:
        sampling = WHOLE if row.cut is None else row.cut.sampling
        shader = self._shaders.get(sampling)
        if shader is None:
            shader = self._shaders[sampling] = TensorShader(self.context, sampling)
        return shader

    def _taken(self, size: int) -> TensorBuffer:
        for i in range(len(self._free) - 1, -1, -1):
            if self._free[i].size == size:
                return self._free.pop(i)
        return TensorBuffer(self.context, self._runtime, size)


class CudaLease:
    """A tensor lent to CUDA, until ``give_back``.

    Attributes:
        device_type: what ONNX Runtime calls the memory.
        device: CUDA's number of the device.
        pointer: address of the float32 values there.
    """

    __slots__ = ("_buffer", "_interop", "_link", "_rows", "device", "device_type", "pointer")

    def __init__(
        self, interop: CudaInterop, link: CudaLink, rows: Sequence[TensorRow], device: int, filled: Filled
    ) -> None:
        self._interop, self._link, self._rows = interop, link, rows
        self._buffer, self.pointer = filled
        self.device_type, self.device = link.device_type, device

    def give_back(self) -> None:
        """Return the memory; CUDA's work with it is done. Waits for nothing."""
        self._link.context.post(self._take_back)

    def refuse(self, reason: str) -> None:
        """Say that CUDA could not use it: nothing more is lent."""
        self._interop.give_up(reason)

    def _take_back(self) -> None:
        try:
            self._link.take_back(self._buffer)
        except CudaError as exc:
            self._interop.give_up(str(exc))


class CudaInterop:
    """Lends the tensors of one share group to CUDA.

    Args:
        load: returns CUDA's runtime for a context, or raises CudaUnavailableError.
    """

    def __init__(self, load: Callable[[GlContext], CudaRuntime] = runtime_for) -> None:
        self._load = load
        self._renew_lock()
        call_in_children(self, CudaInterop._renew_lock)
        self._link: CudaLink | None = None
        self._fault: str | None = None

    def _renew_lock(self) -> None:
        """Have a lock that no thread holds, at first and in a forked process."""
        self._lock = threading.Lock()

    @property
    def fault(self) -> str | None:
        """Why nothing is lent; None if tensors are lent, or none was asked for yet."""
        return self._fault

    @property
    def is_ready(self) -> bool:
        """Whether tensors on CUDA were asked for, and can be lent."""
        return self._link is not None and self._fault is None

    def device(self, group: ShareGroup) -> int | None:
        """Return CUDA's number of the device that *group* draws on, None if CUDA cannot read it; any thread."""
        link = self._link if self.is_usable(group) else None
        return None if link is None else link.devices[0]

    def is_usable(self, group: ShareGroup) -> bool:
        """Return whether CUDA can read what *group* draws; found out once, on any thread."""
        if self._link is None and self._fault is None:
            group.run(lambda context: self._set_up_once(group, context))
        return self._fault is None

    def borrow(self, rows: Sequence[TensorRow], device: int) -> CudaLease | None:
        """Return the tensor of *rows* for CUDA's *device*, None if that cannot be; any thread.

        Args:
            rows: of one share group and one stored shape; they lie one after the other.
            device: CUDA's number.
        """
        if not self.is_usable(rows[0].picture.group) or self._link is None:
            return None
        link = self._link
        if device not in link.devices:
            drawn = ", ".join(map(str, link.devices))
            self.give_up(
                f"the model runs on cuda:{device}, OpenGL draws on cuda:{drawn}; loading the model with "
                f"device={link.devices[0]}, or drawing with GRAPHKIT_GPU_DEVICE=cuda:{device}, puts both on one"
            )
            return None
        try:
            filled = link.context.run(link.fill, rows)
        except GpuError as exc:
            self.give_up(str(exc))
            return None
        return CudaLease(self, link, rows, device, filled)

    def give_up(self, reason: str) -> None:
        """Lend nothing more; the first *reason* goes to the log."""
        with self._lock:
            if self._fault is not None:
                return
            self._fault = reason
        logger.warning("tensors go from OpenGL to CUDA through memory from now on: %s", reason)

    def close(self) -> None:
        """Release everything before the context ends; nothing more is lent. Waits for nothing."""
        link, self._link = self._link, None
        self._fault = self._fault or "the GPU resources are closed"
        if link is not None:
            link.context.post(link.release)

    def _set_up_once(self, group: ShareGroup, context: GlContext) -> None:
        """Take the lock on a GL thread: those wait for none of the others, only for the new one."""
        with self._lock:
            if self._link is None and self._fault is None:
                self._set_up(group, context)

    def _set_up(self, group: ShareGroup, asking: GlContext) -> None:
        try:
            runtime = self._load(asking)
            context = group.context(CONTEXT)
            self._link = context.run(CudaLink, context, runtime)
        except CudaUnavailableError as exc:
            self._fault = str(exc)
            level = logging.WARNING if _has_a_card(asking) else logging.INFO
            logger.log(level, "tensors go from OpenGL to models through memory: %s", exc)
        except GpuError as exc:
            self._fault = str(exc)
            logger.warning("tensors go from OpenGL to CUDA through memory: %s", exc)
        else:
            logger.info("tensors go from OpenGL to CUDA without a copy through memory")
