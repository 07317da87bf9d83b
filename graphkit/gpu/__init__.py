"""The GPU through OpenGL: contexts and their threads, GpuBuffer, and what calculators draw with.

moderngl and EGL are loaded when the first context is made, not when this package is imported.
"""

from graphkit.gpu.buffer import GpuBuffer
from graphkit.gpu.context import GlContext
from graphkit.gpu.devices import GpuDevice, list_devices
from graphkit.gpu.fence import Fence
from graphkit.gpu.formats import GpuBufferFormat
from graphkit.gpu.gl_simple_calculator import GlSimpleCalculator
from graphkit.gpu.gl_texture import GlTexture
from graphkit.gpu.helper import GlCalculatorHelper
from graphkit.gpu.program import FullFrameProgram, compile_program
from graphkit.gpu.resources import GpuResources
from graphkit.gpu.service import GPU_SERVICE, GlContextOptions
from graphkit.gpu.storage import GpuStorage
from graphkit.gpu.transfers import Transfers

__all__ = [
    "FullFrameProgram",
    "Fence",
    "GPU_SERVICE",
    "GlCalculatorHelper",
    "GlContext",
    "GlContextOptions",
    "GlSimpleCalculator",
    "GlTexture",
    "GpuBuffer",
    "GpuBufferFormat",
    "GpuDevice",
    "GpuResources",
    "GpuStorage",
    "Transfers",
    "compile_program",
    "list_devices",
]
