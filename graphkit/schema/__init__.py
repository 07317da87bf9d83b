"""The protobuf messages graphkit reads and writes, in a descriptor pool of their own.

The messages have MediaPipe's names, fields and numbers, so that its text and binary files read
unchanged. Because the pool is private, a program may import ``mediapipe`` beside graphkit. The
``.proto`` sources are in ``protos/``; `graphkit.schema._compile` turns them into the descriptor set
that is loaded here. Options of calculators are not among them: their descriptors are derived from
Python classes and added by `add_file`.
"""

from graphkit.schema._pool import add_file, extension, forget_file, message_class, pool

__all__ = ["add_file", "extension", "forget_file", "message_class", "pool"]
