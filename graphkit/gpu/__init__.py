"""The GPU through OpenGL: contexts and their threads, GpuBuffer, and what calculators draw with.

Nothing here is imported until a graph or a program asks for it, and moderngl not before a context is made.
"""
