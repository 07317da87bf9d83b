"""FullFrameProgram: a fragment shader run once for every pixel of a picture."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Final

from graphkit.errors import ArgumentError, ShaderCompileError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    import moderngl

    from graphkit.gpu._context import GlContext

_VERSION: Final = "#version 330 core\n#line 1\n"
# Mesa writes "0:12(5): error", NVIDIA "0(12) : error", Intel and AMD "ERROR: 0:12:".
_LINE: Final = re.compile(r"\b\d+[:(](\d+)")
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_UNIFORM: Final = re.compile(r"\buniform\b([^;{]*);")
_NAME: Final = re.compile(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=.*)?\Z", re.DOTALL)


@cache
def shader_source(name: str) -> str:
    """Return the text of a shader that comes with graphkit, such as ``full_frame.vert``."""
    return (files("graphkit.gpu") / "shaders" / f"{name}.glsl").read_text(encoding="utf-8")


def compile_program(context: GlContext, name: str, fragment: str, vertex: str | None = None) -> moderngl.Program:
    """Compile a program, on the context's thread.

    Args:
        context: to compile in.
        name: of the shader, for messages.
        fragment: source of the fragment shader; ``#version 330 core`` is put before it if it names none.
        vertex: source of the vertex shader, for another than the full frame.

    Raises:
        ShaderCompileError: with the line at fault.
    """
    import moderngl

    fragment = dedent(fragment).lstrip("\n")
    vertex = shader_source("full_frame.vert") if vertex is None else dedent(vertex).lstrip("\n")
    try:
        return context.gl.program(vertex_shader=_versioned(vertex), fragment_shader=_versioned(fragment))
    except moderngl.Error as exc:
        log = str(exc)
        at_fault = vertex if "\nvertex_shader" in log else fragment
        found = _LINE.search(log)
        raise ShaderCompileError(name, at_fault, log, int(found[1]) if found else 0) from exc


def _versioned(source: str) -> str:
    return source if source.startswith("#version") else _VERSION + source


def _uniforms(source: str) -> Iterator[str]:
    """Yield the names of the uniforms that a shader declares, used or not."""
    for declaration in _UNIFORM.findall(_COMMENT.sub("", source)):
        for part in re.sub(r"\([^()]*\)", "", declaration).split(","):
            if found := _NAME.search(part.strip()):
                yield found[1]


class FullFrameProgram:
    """A compiled fragment shader and what it takes to run it over a whole picture.

    The shader reads ``in vec2 sample_coordinate`` (0..1 from the top left) and writes one ``out vec4``. Make,
    use and release it on the context's thread; drawing elsewhere raises WrongThreadError.

    Args:
        context: to compile in.
        fragment: source of the fragment shader, see ``compile_program``.
        name: of the shader, for messages.

    Raises:
        ShaderCompileError: with the line at fault.
    """

    def __init__(self, context: GlContext, fragment: str, *, name: str = "fragment shader") -> None:
        self._context, self._name = context, name
        self.program = compile_program(context, name, fragment)
        self._declared = frozenset(_uniforms(fragment))
        self._vertices = context.gl.vertex_array(self.program, [])

    def set(self, **uniforms: Any) -> None:
        """Set uniforms by name; one that the shader declares but does not use is left out, as OpenGL does.

        Raises:
            ArgumentError: the shader declares no such uniform.
        """
        self._context.check_thread(self._name)
        for name in uniforms:
            if name not in self._declared and name not in self.program:
                known = ", ".join(sorted(self._declared)) or "none"
                close = did_you_mean(name, self._declared)
                raise ArgumentError(f'{self._name} has no uniform "{name}"; it declares: {known}.{close}')
        self.offer(**uniforms)

    def offer(self, **uniforms: Any) -> None:
        """Set those of the uniforms that the shader uses."""
        self._context.check_thread(self._name)
        for name, value in uniforms.items():
            if name in self.program:
                self.program[name] = value

    def render(self) -> None:
        """Draw over the whole bound framebuffer."""
        self._context.check_thread(self._name)
        self._context.work.passes += 1
        self._vertices.render(vertices=3)

    def release(self) -> None:
        """Free it."""
        self._vertices.release()
        self.program.release()
