"""Compile ``protos/**/*.proto`` into the checked-in descriptor set: ``python -m graphkit.schema._compile``.

Needs ``grpcio-tools``, which brings protoc. Google's own files are left out of the set: the pool
takes them from the installed protobuf.
"""

from __future__ import annotations

import importlib.resources
import tempfile
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from graphkit.errors import SchemaError, StatusCode
from graphkit.schema._pool import DESCRIPTOR_SET

PROTO_ROOT = Path(__file__).with_name("protos")


def compile_protos(root: Path = PROTO_ROOT) -> bytes:
    """Return the serialized ``FileDescriptorSet`` of every ``.proto`` below *root*, dependencies first.

    Raises:
        SchemaError: protoc refused a source; its report is on standard error.
        ImportError: ``grpc_tools`` is not installed.
    """
    from grpc_tools import protoc

    sources = sorted(str(path.relative_to(root)) for path in root.rglob("*.proto"))
    includes = importlib.resources.files("grpc_tools") / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        arguments = ["protoc", f"-I{root}", f"-I{includes}", f"--descriptor_set_out={out}", *sources]
        if protoc.main(arguments) != 0:
            message = f"protoc could not compile the sources below {root}; its report is above."
            raise SchemaError(message, name=str(root), status=StatusCode.INVALID_ARGUMENT)
        return _dependencies_first(out.read_bytes())


def _dependencies_first(serialized: bytes) -> bytes:
    """Return the descriptor set with each file after those it imports, and nothing else changed."""
    files = {file.name: file for file in FileDescriptorSet.FromString(serialized).file}
    ordered = FileDescriptorSet()
    done: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name not in files:
            return
        done.add(name)
        for dependency in files[name].dependency:
            visit(dependency)
        ordered.file.append(files[name])

    for name in sorted(files):
        visit(name)
    return ordered.SerializeToString(deterministic=True)


if __name__ == "__main__":
    DESCRIPTOR_SET.write_bytes(compile_protos())
