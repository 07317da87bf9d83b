"""Makes ops/: a tiny .tflite for each form of each operation, and what LiteRT computes with it.

By hand: `python tests/data/inference/make_models.py`, with ai-edge-litert, tflite and numpy installed.
Every NAME.tflite has a NAME.npz with the inputs `in_0`, ... and LiteRT's outputs `out_0`, ...; those without are
models that the importer has to refuse, or whose operations LiteRT does not have.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from flatbuffers import flexbuffers

sys.path.insert(0, str(Path(__file__).parent))
from builder import Csr, ModelBuilder

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "ops"
SAME, VALID = 0, 1
NONE, RELU, RELU_N1, RELU6, SIGN_BIT = 0, 1, 2, 3, 5
MODELS: dict[str, Callable[[ModelBuilder], tuple[int, ...]]] = {}
Builder = ModelBuilder


def model(function: Callable[[ModelBuilder], Any]) -> Callable[[ModelBuilder], Any]:
    """Register a model under the function's name; the function returns the output or outputs."""
    MODELS[function.__name__] = function
    return function


def weights(*shape: int) -> np.ndarray:
    """Return weights that differ from place to place and are the same on every machine."""
    return np.random.default_rng(sum(shape)).uniform(-1, 1, shape).astype(np.float32)


def conv(
    m: Builder,
    x: int,
    channels: int,
    kernel: int,
    *,
    stride: int = 1,
    act: int = NONE,
    padding: int = SAME,
    dilation: int = 1,
    name: str = "CONV_2D",
    groups: int = 1,
    multiplier: int = 1,
) -> int:
    """Add a convolution."""
    _, height, width, depth = m.tensors[x].shape
    reach = (kernel - 1) * dilation + 1
    out = [-(-s // stride) if padding == SAME else (s - reach) // stride + 1 for s in (height, width)]
    depthwise = name.startswith("DEPTHWISE")
    shape = (1, kernel, kernel, channels) if depthwise else (channels, kernel, kernel, depth // groups)
    inputs = [x, m.const(weights(*shape)), m.const(weights(channels))]
    options: dict[str, Any] = {
        "Padding": padding,
        "StrideH": stride,
        "StrideW": stride,
        "FusedActivationFunction": act,
        "DilationHFactor": dilation,
        "DilationWFactor": dilation,
    }
    if depthwise:
        options["DepthMultiplier"] = multiplier
    return m.op(
        name, inputs, (1, *out, channels), "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions", **options
    )


def depthwise(m: Builder, x: int, kernel: int, multiplier: int = 1, **options: Any) -> int:
    """Add a depthwise convolution."""
    channels = m.tensors[x].shape[3] * multiplier
    return conv(m, x, channels, kernel, name="DEPTHWISE_CONV_2D", multiplier=multiplier, **options)


def binary(m: Builder, name: str, left: int, right: int, act: int = NONE) -> int:
    """Add an arithmetic operation."""
    shape = np.broadcast_shapes(m.tensors[left].shape, m.tensors[right].shape)
    return m.op(name, [left, right], shape, f"{name.title()}Options", FusedActivationFunction=act)


def prelu(m: Builder, x: int) -> int:
    """Add a PRELU with slopes below 0, between 0 and 1, 1, and above 1."""
    channels = m.tensors[x].shape[3]
    slopes = np.resize(np.array([0.25, 1.5, -0.5, 1.0, 2.0, 0.0], np.float32), (1, 1, channels))
    return m.op("PRELU", [x, m.const(slopes)], m.tensors[x].shape)


def pool(m: Builder, name: str, x: int, kernel: int, stride: int, padding: int) -> int:
    """Add a pooling."""
    _, height, width, channels = m.tensors[x].shape
    out = [-(-s // stride) if padding == SAME else (s - kernel) // stride + 1 for s in (height, width)]
    return m.op(
        name,
        [x],
        (1, *out, channels),
        "Pool2DOptions",
        Padding=padding,
        StrideH=stride,
        StrideW=stride,
        FilterHeight=kernel,
        FilterWidth=kernel,
    )


def pad(m: Builder, x: int, amounts: list[list[int]], name: str = "PAD", *more: int, **options: Any) -> int:
    """Add a padding."""
    shape = tuple(s + sum(a) for s, a in zip(m.tensors[x].shape, amounts, strict=True))
    kind = {"PAD": "PadOptions", "PADV2": "PadV2Options", "MIRROR_PAD": "MirrorPadOptions"}[name]
    return m.op(name, [x, m.const(amounts, np.int32), *more], shape, kind, **options)


def resize(m: Builder, x: int, height: int, width: int, **options: Any) -> int:
    """Add a bilinear resizing."""
    size = m.const([height, width], np.int32)
    channels = m.tensors[x].shape[3]
    return m.op("RESIZE_BILINEAR", [x, size], (1, height, width, channels), "ResizeBilinearOptions", **options)


def reshape(m: Builder, x: int, *shape: int) -> int:
    """Add a reshape."""
    return m.op("RESHAPE", [x, m.const(shape, np.int32)], shape, "ReshapeOptions", NewShape=list(shape))


def mean(m: Builder, x: int, axes: list[int], shape: tuple[int, ...], keep: bool) -> int:
    """Add a MEAN."""
    return m.op("MEAN", [x, m.const(axes, np.int32)], shape, "ReducerOptions", KeepDims=keep)


def concat(m: Builder, values: list[int], axis: int) -> int:
    """Add a concatenation."""
    shape = list(m.tensors[values[0]].shape)
    shape[axis] = sum(m.tensors[v].shape[axis] for v in values)
    return m.op("CONCATENATION", values, tuple(shape), "ConcatenationOptions", Axis=axis)


def strided_slice(
    m: Builder, x: int, begin: list[int], end: list[int], strides: list[int], shape: tuple[int, ...], **masks: int
) -> int:
    """Add a strided slice."""
    numbers = [m.const(part, np.int32) for part in (begin, end, strides)]
    return m.op("STRIDED_SLICE", [x, *numbers], shape, "StridedSliceOptions", **masks)


@model
def conv_same_stride2_odd(m: Builder) -> int:
    return conv(m, m.input(1, 7, 6, 3), 5, 3, stride=2, act=RELU6)


@model
def conv_same_stride2_even_kernel5(m: Builder) -> int:
    return conv(m, m.input(1, 8, 8, 3), 4, 5, stride=2, act=RELU)


@model
def conv_valid(m: Builder) -> int:
    return conv(m, m.input(1, 6, 5, 2), 3, 2, padding=VALID, act=RELU_N1)


@model
def conv_dilated(m: Builder) -> int:
    return conv(m, m.input(1, 9, 9, 2), 3, 3, dilation=2, act=RELU)


@model
def conv_grouped(m: Builder) -> int:
    return conv(m, m.input(1, 4, 4, 4), 6, 3, groups=2)


@model
def conv_single_channel(m: Builder) -> int:
    return conv(m, conv(m, m.input(1, 8, 8, 3), 16, 3, act=RELU), 1, 3)


@model
def depthwise_same_stride2(m: Builder) -> int:
    return depthwise(m, m.input(1, 8, 7, 6), 5, stride=2, act=RELU6)


@model
def depthwise_multiplier2(m: Builder) -> int:
    return depthwise(m, m.input(1, 5, 5, 3), 3, multiplier=2)


@model
def transposed_conv_bias_same(m: Builder) -> int:
    x = m.input(1, 4, 5, 3)
    options = np.array([1, 2, 2], np.int32).tobytes()
    inputs = [x, m.const(weights(2, 2, 2, 3)), m.const(weights(2))]
    return m.op("Convolution2DTransposeBias", inputs, (1, 8, 9, 2), custom=options)


@model
def fully_connected_from_image(m: Builder) -> int:
    x = m.input(1, 2, 3, 4)
    inputs = [conv(m, x, 4, 1), m.const(weights(5, 24)), m.const(weights(5))]
    return m.op("FULLY_CONNECTED", inputs, (1, 5), "FullyConnectedOptions", FusedActivationFunction=RELU)


@model
def fully_connected_keeps_dims(m: Builder) -> int:
    inputs = [m.input(1, 3, 4), m.const(weights(2, 4)), -1]
    return m.op("FULLY_CONNECTED", inputs, (1, 3, 2), "FullyConnectedOptions", KeepNumDims=True)


@model
def add_relu6_residual(m: Builder) -> int:
    x = conv(m, m.input(1, 6, 6, 3), 8, 3)
    y = binary(m, "ADD", x, conv(m, depthwise(m, x, 3, act=RELU6), 8, 1), act=RELU6)
    return conv(m, y, 16, 1)


@model
def add_vector_constant(m: Builder) -> int:
    return binary(m, "ADD", m.input(1, 3, 4, 5), m.const(weights(5)), act=RELU)


@model
def sub_matrix_constant(m: Builder) -> int:
    return binary(m, "SUB", m.input(1, 3, 4, 5), m.const(weights(4, 5)))


@model
def mul_computed_vector(m: Builder) -> int:
    x = m.input(1, 3, 4, 5)
    return binary(m, "MUL", x, reshape(m, mean(m, x, [1, 2], (1, 5), False), 5))


@model
def mul_squeeze_and_excite(m: Builder) -> int:
    x = conv(m, m.input(1, 8, 8, 3), 16, 3, act=RELU)
    gate = m.op("LOGISTIC", [conv(m, pool(m, "AVERAGE_POOL_2D", x, 8, 8, VALID), 16, 1)], (1, 1, 1, 16))
    return binary(m, "MUL", x, gate)


@model
def div_images(m: Builder) -> int:
    x = m.input(1, 3, 4, 5)
    return binary(m, "DIV", x, binary(m, "ADD", x, m.const([2.0])))


@model
def activations(m: Builder) -> tuple[int, ...]:
    x = binary(m, "SUB", m.input(1, 2, 3, 4), m.const([0.5]))
    x = binary(m, "MUL", x, m.const([16.0]))
    names = ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH")
    return (
        *(m.op(name, [x], (1, 2, 3, 4)) for name in names),
        m.op("HARD_SWISH", [x], (1, 2, 3, 4), "HardSwishOptions"),
    )


@model
def prelu_alone(m: Builder) -> int:
    return prelu(m, binary(m, "SUB", m.input(1, 4, 4, 6), m.const([0.5])))


@model
def prelu_on_vectors(m: Builder) -> int:
    x = binary(m, "SUB", m.input(1, 3, 4), m.const([0.5]))
    return m.op("PRELU", [x, m.const([[0.5, -1.0, 2.0, 1.0]])], (1, 3, 4))


@model
def prelu_blocks(m: Builder) -> tuple[int, ...]:
    """Residual blocks, a pooled and channel-padded shortcut, two branches added: every way a sign can go."""
    x = prelu(m, conv(m, m.input(1, 16, 16, 3), 16, 3, stride=2))
    x = prelu(m, binary(m, "ADD", x, conv(m, depthwise(m, x, 3), 16, 1)))
    short = pad(m, pool(m, "MAX_POOL_2D", x, 2, 2, SAME), [[0, 0], [0, 0], [0, 0], [0, 16]])
    deep = prelu(m, binary(m, "ADD", short, conv(m, depthwise(m, x, 3, stride=2), 32, 1)))
    up = prelu(m, conv(m, resize(m, deep, 8, 8, HalfPixelCenters=True), 16, 1))
    merged = binary(m, "ADD", x, up)
    heads = [reshape(m, conv(m, merged, 3, 1), 1, 64, 3), reshape(m, conv(m, deep, 6, 1), 1, 32, 3)]
    return concat(m, heads, 1), deep, mean(m, merged, [1, 2], (1, 16), False)


@model
def prelu_plus_one_channel(m: Builder) -> int:
    x = prelu(m, conv(m, m.input(1, 6, 6, 3), 16, 3))
    return binary(m, "ADD", x, conv(m, x, 1, 1))


@model
def pools(m: Builder) -> tuple[int, ...]:
    x = binary(m, "SUB", m.input(1, 7, 6, 3), m.const([0.5]))
    return (
        pool(m, "MAX_POOL_2D", x, 2, 2, SAME),
        pool(m, "MAX_POOL_2D", x, 3, 1, VALID),
        pool(m, "AVERAGE_POOL_2D", x, 3, 2, SAME),
        pool(m, "AVERAGE_POOL_2D", x, 3, 2, VALID),
    )


@model
def pad_into_convs(m: Builder) -> tuple[int, ...]:
    x = pad(m, m.input(1, 6, 6, 4), [[0, 0], [1, 2], [0, 1], [0, 0]])
    return conv(m, x, 3, 3, stride=2, padding=VALID), depthwise(m, x, 3, padding=VALID)


@model
def pads(m: Builder) -> tuple[int, ...]:
    x = m.input(1, 4, 5, 3)
    around = [[0, 0], [1, 2], [3, 0], [0, 1]]
    return (
        pad(m, x, around),
        pad(m, x, around, "PADV2", m.const([7.0])),
        pad(m, x, [[0, 0], [1, 2], [3, 0], [0, 0]], "MIRROR_PAD", Mode=0),
        pad(m, x, [[0, 0], [0, 0], [0, 0], [2, 3]]),
    )


@model
def resizes(m: Builder) -> tuple[int, ...]:
    x = m.input(1, 3, 4, 2)
    return (
        resize(m, x, 6, 8, HalfPixelCenters=True),
        resize(m, x, 5, 7, HalfPixelCenters=True),
        resize(m, x, 6, 8),
        resize(m, x, 5, 7),
        resize(m, x, 6, 8, AlignCorners=True),
    )


@model
def reshapes(m: Builder) -> tuple[int, ...]:
    x = m.input(1, 2, 3, 4)
    rows = reshape(m, x, 1, 6, 4)
    return rows, reshape(m, rows, 1, 4, 2, 3), reshape(m, x, 2, 1, 4, 3)


@model
def concatenations(m: Builder) -> tuple[int, ...]:
    x = m.input(1, 2, 3, 4)
    y = binary(m, "SUB", x, m.const([0.5]))
    rows = [reshape(m, v, 1, 6, 4) for v in (x, y)]
    return concat(m, [x, y], 3), concat(m, [x, y], 1), concat(m, [x, y], -1), concat(m, rows, 1)


@model
def means(m: Builder) -> tuple[int, ...]:
    x = m.input(1, 2, 3, 4)
    return (
        mean(m, x, [1, 2], (1, 4), False),
        mean(m, x, [2, 1], (1, 1, 1, 4), True),
        mean(m, x, [3], (1, 2, 3), False),
        mean(m, x, [1], (1, 3, 4), False),
        mean(m, x, [-1], (1, 2, 3, 1), True),
    )


@model
def strided_slices(m: Builder) -> tuple[int, ...]:
    x = m.input(1, 4, 5, 6)
    zero, one = [0, 0, 0, 0], [1, 1, 1, 1]
    return (
        strided_slice(m, x, [0, 1, 0, 2], [1, 4, 5, 6], [1, 2, 3, 2], (1, 2, 2, 2)),
        strided_slice(m, x, zero, [0, 0, 0, 3], one, (1, 4, 5, 3), BeginMask=15, EndMask=7),
        strided_slice(m, x, [0, 0, -1, 0], [1, 4, 0, 6], [1, 1, -2, 1], (1, 4, 3, 6), EndMask=4),
        strided_slice(m, x, [0, 2, 0, -1], [1, 3, 5, 0], one, (1, 5), ShrinkAxisMask=10),
    )


@model
def depth_to_space(m: Builder) -> int:
    return m.op("DEPTH_TO_SPACE", [m.input(1, 2, 3, 12)], (1, 4, 6, 3), "DepthToSpaceOptions", BlockSize=2)


@model
def dequantize_float16(m: Builder) -> int:
    kernel = m.op("DEQUANTIZE", [m.const(weights(3, 1, 1, 2), np.float16)], (3, 1, 1, 2), "DequantizeOptions")
    options = {"Padding": SAME, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    return m.op(
        "CONV_2D", [m.input(1, 3, 3, 2), kernel, m.const(weights(3))], (1, 3, 3, 3), "Conv2DOptions", **options
    )


@model
def dequantize_int8(m: Builder) -> int:
    stored = m.const(np.arange(-12, 12).reshape(1, 2, 3, 4), np.int8, scale=(0.5,), zero=(3,))
    return binary(m, "ADD", m.input(1, 2, 3, 4), m.op("DEQUANTIZE", [stored], (1, 2, 3, 4), "DequantizeOptions"))


@model
def densify_csr(m: Builder) -> int:
    csr = Csr(np.array([1.0, 2.0, 3.0]), [0, 1], [], [("dense", 3), ("csr", [0, 1, 1, 3], [2, 0, 3])])
    dense = m.op("DENSIFY", [m.sparse((3, 4), csr)], (3, 4), "DensifyOptions")
    return binary(m, "ADD", m.input(3, 4), dense)


@model
def densify_blocks(m: Builder) -> int:
    levels = [("dense", 2), ("csr", [0, 1, 2], [1, 0]), ("dense", 2), ("dense", 2)]
    csr = Csr(np.arange(1.0, 9.0), [0, 1, 2, 3], [0, 1], levels)
    dense = m.op("DENSIFY", [m.sparse((4, 4), csr)], (4, 4), "DensifyOptions")
    return binary(m, "ADD", m.input(4, 4), dense)


@model
def narrow_channels(m: Builder) -> tuple[int, ...]:
    """Images of 12 and 6 channels through every operator that can take them wider, and out of it again."""
    x = conv(m, m.input(1, 8, 8, 3), 12, 3, act=RELU)
    x = binary(m, "ADD", x, conv(m, depthwise(m, x, 3, act=RELU6), 12, 1))
    x = pool(m, "MAX_POOL_2D", x, 2, 2, SAME)
    y = resize(m, conv(m, x, 6, 1), 8, 8, HalfPixelCenters=True)
    return conv(m, y, 5, 3), reshape(m, x, 1, 16, 12), conv(m, x, 4, 1)


# What follows has no reference: LiteRT does not know the operations, or the importer has to refuse them.


@model
def custom_landmarks_to_transform_matrix(m: Builder) -> int:
    options = {
        "left_rotation_idx": 0,
        "right_rotation_idx": 3,
        "subset_idxs": [1, 4, 2, 5, 0],
        "target_rotation_radians": 0.25,
        "output_height": 4,
        "output_width": 6,
        "scale_x": 1.5,
        "scale_y": 1.25,
    }
    custom = bytes(flexbuffers.Dumps(options))
    return m.op("Landmarks2TransformMatrix", [m.input(1, 6, 3)], (1, 4, 4), custom=custom, version=2)


@model
def custom_transform_tensor_bilinear(m: Builder) -> int:
    custom = bytes(flexbuffers.Dumps({"output_height": 4, "output_width": 6}))
    inputs = [m.input(1, 5, 7, 2), m.input(1, 4, 4)]
    return m.op("TransformTensorBilinear", inputs, (1, 4, 6, 2), custom=custom, version=2)


@model
def custom_transform_landmarks(m: Builder) -> tuple[int, ...]:
    matrix = m.input(1, 4, 4)
    shapes = [(1, 5, 2), (1, 3, 3)]
    return tuple(m.op("TransformLandmarks", [m.input(*s), matrix], s, version=2) for s in shapes)


@model
def refused_unknown(m: Builder) -> int:
    return m.op("COS", [m.input(1, 2)], (1, 2), "CosOptions")


@model
def refused_unknown_custom(m: Builder) -> int:
    return m.op("MaxUnpooling2D", [m.input(1, 2)], (1, 2))


@model
def refused_version(m: Builder) -> int:
    return m.op("TransformLandmarks", [m.input(1, 5, 2), m.input(1, 4, 4)], (1, 5, 2), version=1)


@model
def refused_symmetric_pad(m: Builder) -> int:
    return pad(m, m.input(1, 4, 5, 3), [[0, 0], [1, 2], [3, 0], [0, 0]], "MIRROR_PAD", Mode=1)


@model
def refused_computed_weights(m: Builder) -> int:
    options = {"Padding": SAME, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    return m.op(
        "CONV_2D", [m.input(1, 3, 3, 2), m.input(3, 1, 1, 2), -1], (1, 3, 3, 3), "Conv2DOptions", **options
    )


@model
def refused_activation(m: Builder) -> int:
    return conv(m, m.input(1, 4, 4, 3), 3, 1, act=SIGN_BIT)


@model
def refused_new_axis(m: Builder) -> int:
    x = m.input(1, 4, 5, 6)
    return strided_slice(m, x, [0], [1], [1], (1, 1, 4, 5, 6), NewAxisMask=1)


def reference(data: bytes) -> dict[str, np.ndarray]:
    """Return seeded inputs and LiteRT's outputs."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    rng = np.random.default_rng(0)
    found = {}
    for i, info in enumerate(interpreter.get_input_details()):
        found[f"in_{i}"] = rng.random(info["shape"], dtype=np.float32)
        interpreter.set_tensor(info["index"], found[f"in_{i}"])
    interpreter.invoke()
    return found | {
        f"out_{i}": interpreter.get_tensor(o["index"]) for i, o in enumerate(interpreter.get_output_details())
    }


def main() -> None:
    """Write every model and its reference."""
    FOLDER.mkdir(exist_ok=True)
    for name, define in MODELS.items():
        builder = ModelBuilder()
        outputs = define(builder)
        data = builder.build(*((outputs,) if isinstance(outputs, int) else outputs))
        (FOLDER / f"{name}.tflite").write_bytes(data)
        if not name.startswith(("refused_", "custom_")):
            np.savez_compressed(FOLDER / f"{name}.npz", **reference(data))


if __name__ == "__main__":
    main()
