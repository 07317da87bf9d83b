"""Which tensors a model can read where they lie. The lending itself: tests/graphkit/gpu/test_cuda_interop.py."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from graphkit.formats import Tensor
from graphkit.gpu import GpuBufferFormat, GpuTensor
from graphkit.inference import TensorInfo
from graphkit_calculators.tensor._cuda_io import Leases

F32, F16 = np.dtype(np.float32), np.dtype(np.float16)


class Borrowed:
    pointer, device_type = 4096, "cuda"

    def __init__(self) -> None:
        self.given_back = 0

    def give_back(self) -> None:
        self.given_back += 1


def gpu_tensor(lease: Borrowed | None, format_: GpuBufferFormat = GpuBufferFormat.RGBA8) -> GpuTensor:
    group = SimpleNamespace(cuda=SimpleNamespace(borrow=lambda *arguments: lease))
    picture: Any = SimpleNamespace(group=group, format=format_, width=64, height=48)
    return GpuTensor(picture, np.zeros(256, np.float32))


@pytest.mark.parametrize(
    ("info", "lent"),
    [
        pytest.param(TensorInfo("x", (1, 48, 64, 3), F32, channels_first=True), True, id="a .tflite"),
        pytest.param(TensorInfo("x", (1, 3, 48, 64), F32), True, id="an .onnx of planes"),
        pytest.param(TensorInfo("x", (1, 48, 64, 3), F32), False, id="an .onnx of pixels"),
        pytest.param(TensorInfo("x", (1, 48, 48, 3), F32, channels_first=True), False, id="another size"),
        pytest.param(TensorInfo("x", (1, 48, 64, 3), F16, channels_first=True), False, id="another type"),
        pytest.param(TensorInfo("x", (None, 3, 48, 64), F32), True, id="an open size"),
        pytest.param(TensorInfo("x", (None, None, None, None), F32), True, id="all sizes open"),
        pytest.param(TensorInfo("x", (None, 48, 64, 3), F32), False, id="pixels with an open size"),
    ],
)
def test_a_model_is_lent_what_it_reads_as_it_lies(info: TensorInfo, lent: bool) -> None:
    lease = Borrowed()
    with Leases([info], {0: gpu_tensor(lease)}, 0) as leases:
        assert bool(leases) is lent
    assert lease.given_back == lent


def test_gray_and_color_are_told_apart() -> None:
    info = TensorInfo("x", (1, 48, 64, 1), F32, channels_first=True)
    assert Leases([info], {0: gpu_tensor(Borrowed(), GpuBufferFormat.R8)}, 0)
    assert not Leases([info], {0: gpu_tensor(Borrowed())}, 0)


def test_inputs_in_memory_go_beside_those_that_are_lent() -> None:
    image = TensorInfo("image", (1, 3, 48, 64), F32)
    number = TensorInfo("number", (1,), F32)
    given: dict[int, Tensor] = {0: gpu_tensor(Borrowed()), 1: Tensor(np.ones(1, np.float32))}
    seen: list[Any] = []
    session: Any = SimpleNamespace(run=lambda arrays: seen.append(arrays) or ["result"])
    with Leases([image, number], given, 2) as leases:
        found = leases.run(session, lambda tensors, lent: [lent[0], tensors[1].data], given)
    assert found == ["result"]
    ((device, memory),) = seen
    assert (device.pointer, device.shape, device.device, device.device_type) == (4096, (1, 3, 48, 64), 2, "cuda")
    assert memory.tolist() == [1]


def test_where_nothing_is_lent_there_is_nothing() -> None:
    info = TensorInfo("x", (1, 3, 48, 64), F32)
    with Leases([info], {0: gpu_tensor(None)}, 0) as leases:
        assert not leases
