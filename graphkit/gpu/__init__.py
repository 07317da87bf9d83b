"""The GPU through OpenGL: contexts and their threads, GpuBuffer, and what calculators draw with.

moderngl and EGL are loaded when the first context is made, not when this package is imported.
"""

from graphkit.gpu._buffer import GpuBuffer
from graphkit.gpu._context import GlContext
from graphkit.gpu._devices import GpuDevice, list_devices
from graphkit.gpu._egl import Egl, EglDisplay, EglFault
from graphkit.gpu._fence import Fence
from graphkit.gpu._formats import GpuBufferFormat
from graphkit.gpu._gl_simple_calculator import GlSimpleCalculator
from graphkit.gpu._gl_texture import GlTexture
from graphkit.gpu._gpu_tensor import GpuTensor
from graphkit.gpu._helper import GlCalculatorHelper
from graphkit.gpu._lending import Lease, TensorCut, TensorLender, TensorRow
from graphkit.gpu._planes import read_planes
from graphkit.gpu._pool import TexturePool
from graphkit.gpu._program import FullFrameProgram, compile_program
from graphkit.gpu._raw_gl import RawGl
from graphkit.gpu._resources import GpuResources
from graphkit.gpu._service import GPU_SERVICE, GlContextOptions
from graphkit.gpu._share_group import ShareGroup
from graphkit.gpu._storage import GpuStorage, TextureStorage
from graphkit.gpu._transfers import Transfers
from graphkit.gpu._work import GpuWork

__all__ = [
    "FullFrameProgram",
    "Egl",
    "EglDisplay",
    "EglFault",
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
    "GpuTensor",
    "GpuWork",
    "Lease",
    "RawGl",
    "ShareGroup",
    "TensorCut",
    "TensorLender",
    "TensorRow",
    "TexturePool",
    "TextureStorage",
    "Transfers",
    "compile_program",
    "list_devices",
    "read_planes",
]
