"""The private pool: lookups, both notations of options, late files, and life beside another pool."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto

from graphkit import schema
from graphkit.errors import SchemaError


def options_file(name: str, number: int) -> FileDescriptorProto:
    """A file with one options message that extends CalculatorOptions at *number*."""
    file = FileDescriptorProto(
        name=f"test/{name}.proto", package="test", dependency=["mediapipe/framework/calculator.proto"]
    )
    message = file.message_type.add(name=name)
    message.field.add(
        name="value",
        number=1,
        type=FieldDescriptorProto.TYPE_INT32,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    message.extension.add(
        name="ext",
        number=number,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type_name=f".test.{name}",
        extendee=".mediapipe.CalculatorOptions",
    )
    return file


def parse_config(text: str):
    config = schema.message_class("mediapipe.CalculatorGraphConfig")()
    return text_format.Parse(text, config, descriptor_pool=schema.pool())


def test_both_notations_of_options_read_the_same():
    schema.add_file(options_file("BothOptions", 500_000_001))
    config = parse_config("""
        node {
          calculator: "X"
          options { [test.BothOptions.ext] { value: 3 } }
          node_options { [type.googleapis.com/test.BothOptions] { value: 3 } }
        }
    """)
    node = config.node[0]
    unpacked = schema.message_class("test.BothOptions")()
    assert node.node_options[0].Unpack(unpacked)
    assert node.options.Extensions[schema.extension("test.BothOptions.ext")] == unpacked
    assert unpacked.value == 3


def test_config_survives_binary_and_text():
    schema.add_file(options_file("TripOptions", 500_000_002))
    config = parse_config("""
        type: "T"
        input_stream: "in"
        executor { options { [mediapipe.ThreadPoolExecutorOptions.ext] { num_threads: 2 } } }
        node { calculator: "X" node_options { [type.googleapis.com/test.TripOptions] { value: 4 } } }
    """)
    assert type(config).FromString(config.SerializeToString()) == config
    text = text_format.MessageToString(config, descriptor_pool=schema.pool())
    assert "[type.googleapis.com/test.TripOptions]" in text
    assert parse_config(text) == config


@pytest.mark.parametrize(
    ("message", "field", "default"),
    [
        pytest.param(
            "InputStreamHandlerConfig",
            "input_stream_handler",
            "DefaultInputStreamHandler",
            id="input handler",
        ),
        pytest.param(
            "OutputStreamHandlerConfig",
            "output_stream_handler",
            "InOrderOutputStreamHandler",
            id="output handler",
        ),
        pytest.param("FixedSizeInputStreamHandlerOptions", "trigger_queue_size", 2, id="fixed size"),
        pytest.param("RenderAnnotation", "thickness", 1.0, id="thickness"),
    ],
)
def test_proto2_defaults(message, field, default):
    assert getattr(schema.message_class(f"mediapipe.{message}")(), field) == default


def test_any_and_descriptor_are_in_the_pool():
    assert schema.message_class("google.protobuf.Any")().type_url == ""
    assert schema.message_class("google.protobuf.FileDescriptorProto")().name == ""


def test_same_file_again_is_accepted():
    schema.add_file(options_file("TwiceOptions", 500_000_003))
    schema.add_file(options_file("TwiceOptions", 500_000_003))
    assert schema.extension("test.TwiceOptions.ext").number == 500_000_003


def test_taken_name_is_refused():
    schema.add_file(options_file("TakenOptions", 500_000_004))
    other = options_file("TakenOptions", 500_000_005)
    other.name = "test/other.proto"
    with pytest.raises(SchemaError, match=r'cannot register "test/other.proto": .*test\.TakenOptions'):
        schema.add_file(other)


def test_missing_dependency_is_named():
    file = FileDescriptorProto(name="test/lost.proto", dependency=["nowhere.proto"])
    with pytest.raises(SchemaError, match=r'cannot register "test/lost.proto": .*nowhere\.proto'):
        schema.add_file(file)


def taken_number() -> FileDescriptorProto:
    """A file that is refused at its end, when its extensions are entered."""
    return options_file("NumberOptions", 500_000_006)


def late_fault() -> FileDescriptorProto:
    """A file with a message that is refused after the extension of the one before was entered."""
    file = options_file("FaultOptions", 500_000_007)
    file.message_type.add(name="Broken").field.add(
        name="value",
        number=1,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        type_name=".nowhere.Nothing",
    )
    return file


@pytest.mark.parametrize(
    "refused",
    [pytest.param(taken_number, id="number taken"), pytest.param(late_fault, id="fault in a later message")],
)
def test_refused_file_leaves_no_extension_behind(refused):
    """What it leaves points to freed memory, and crashes ``ListFields`` when that is used again."""
    schema.add_file(options_file("OwnerOptions", 500_000_006))
    options = schema.message_class("mediapipe.CalculatorOptions").DESCRIPTOR
    before = len(schema.pool().FindAllExtensions(options))
    with pytest.raises(SchemaError):
        schema.add_file(refused())
    assert len(schema.pool().FindAllExtensions(options)) == before


def test_unknown_message_offers_close_names():
    with pytest.raises(SchemaError, match=r"mediapipe\.NormalizedRct.*Did you mean 'mediapipe\.NormalizedRect'"):
        schema.message_class("mediapipe.NormalizedRct")


def test_unknown_extension_is_named():
    with pytest.raises(SchemaError, match=r'no extension "mediapipe\.Nothing\.ext"'):
        schema.extension("mediapipe.Nothing.ext")


def test_files_may_be_added_from_many_threads():
    files = [options_file(f"Thread{i}Options", 500_001_000 + i) for i in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(schema.add_file, files))
    assert [schema.extension(f"test.Thread{i}Options.ext").number for i in range(16)] == [
        500_001_000 + i for i in range(16)
    ]


def test_default_pool_may_hold_other_messages_of_the_same_names():
    """What importing ``mediapipe`` does: its files go into protobuf's default pool."""
    program = """
from google.protobuf import descriptor_pb2, descriptor_pool
from graphkit import schema
schema.message_class("mediapipe.CalculatorGraphConfig")
file = descriptor_pb2.FileDescriptorProto(name="mediapipe/framework/calculator.proto", package="mediapipe")
file.message_type.add(name="CalculatorGraphConfig")
descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
theirs = descriptor_pool.Default().FindMessageTypeByName("mediapipe.CalculatorGraphConfig")
ours = schema.message_class("mediapipe.CalculatorGraphConfig").DESCRIPTOR
assert len(theirs.fields) == 0 and len(ours.fields) == 20, (len(theirs.fields), len(ours.fields))
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_file_that_was_taken_out_may_come_back_changed():
    def file(field: str) -> FileDescriptorProto:
        made = FileDescriptorProto(name="pooltest/again.proto", package="pooltest", syntax="proto2")
        made.message_type.add(name="Again").field.add(
            name=field, number=1, type=FieldDescriptorProto.TYPE_INT32, label=FieldDescriptorProto.LABEL_OPTIONAL
        )
        return made

    def user() -> FileDescriptorProto:
        made = FileDescriptorProto(name="pooltest/user.proto", package="pooltest", syntax="proto2")
        made.dependency.append("pooltest/again.proto")
        made.message_type.add(name="User")
        return made

    landmarks = schema.message_class("mediapipe.NormalizedLandmarkList")
    schema.add_file(file("before"))
    schema.add_file(user())
    old = schema.message_class("pooltest.Again")(before=3)
    schema.forget_file("pooltest/again.proto")
    with pytest.raises(SchemaError):
        schema.message_class("pooltest.User")
    schema.add_file(file("after"))
    schema.add_file(user())
    assert schema.message_class("pooltest.Again")(after=4).after == 4
    assert old.before == 3
    assert schema.message_class("mediapipe.NormalizedLandmarkList") is landmarks
    assert schema.message_class("mediapipe.CalculatorGraphConfig")().node is not None
    matrix = schema.message_class("mediapipe.MatrixData")(rows=1, cols=1, packed_data=[2.0])
    assert schema.message_class("mediapipe.face_geometry.FaceGeometry")(
        pose_transform_matrix=matrix
    ).IsInitialized()
