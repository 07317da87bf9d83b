"""The checked-in descriptor set is what protoc makes of the sources, and what MediaPipe has."""

from __future__ import annotations

import os
import subprocess

import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet

from graphkit.schema._pool import DESCRIPTOR_SET

FILES = FileDescriptorSet.FromString(DESCRIPTOR_SET.read_bytes()).file

# Prints, for each file name on standard input, its descriptor in hexadecimal.
DUMP = """
import importlib, sys
for name in sys.stdin.read().split():
    module = importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    print(module.DESCRIPTOR.serialized_pb.hex())
"""


def without_cosmetics(file: FileDescriptorProto) -> FileDescriptorProto:
    """The file less what leaves parsing alone: language options, JSON names, the order of imports."""
    plain = FileDescriptorProto()
    plain.CopyFrom(file)
    plain.ClearField("options")
    plain.ClearField("public_dependency")
    imports = sorted(plain.dependency)
    del plain.dependency[:]
    plain.dependency.extend(imports)
    for message in plain.message_type:
        drop_json_names(message)
    return plain


def drop_json_names(message: DescriptorProto) -> None:
    for field in (*message.field, *message.extension):
        field.ClearField("json_name")
    for nested in message.nested_type:
        drop_json_names(nested)


def test_checked_in_set_is_up_to_date():
    pytest.importorskip("grpc_tools", reason="rebuilding the descriptor set needs grpcio-tools")
    from graphkit.schema._compile import compile_protos

    rebuilt = FileDescriptorSet.FromString(compile_protos()).file
    assert [file.name for file in rebuilt] == [file.name for file in FILES]
    for fresh, checked_in in zip(rebuilt, FILES, strict=True):
        assert fresh == checked_in, f"{fresh.name}: run python -m graphkit.schema._compile"


def test_compile_reports_a_broken_source(tmp_path):
    pytest.importorskip("grpc_tools", reason="compiling needs grpcio-tools")
    from graphkit.errors import SchemaError
    from graphkit.schema._compile import compile_protos

    (tmp_path / "broken.proto").write_text('syntax = "proto2"; message {')
    with pytest.raises(SchemaError, match="protoc could not compile the sources below"):
        compile_protos(tmp_path)


def test_files_come_after_what_they_import():
    seen = {"google/protobuf/any.proto"}
    for file in FILES:
        assert set(file.dependency) <= seen, file.name
        seen.add(file.name)


def test_descriptors_equal_mediapipes():
    peer = os.environ.get("GRAPHKIT_PEER_PYTHON")
    if not peer:
        pytest.skip("GRAPHKIT_PEER_PYTHON names no interpreter that has mediapipe")
    names = [file.name for file in FILES]
    out = subprocess.run([peer, "-c", DUMP], input="\n".join(names), capture_output=True, text=True, check=True)
    theirs = [FileDescriptorProto.FromString(bytes.fromhex(line)) for line in out.stdout.split()]
    assert len(theirs) == len(names)
    for ours, their in zip(FILES, theirs, strict=True):
        assert without_cosmetics(ours) == without_cosmetics(their), ours.name
