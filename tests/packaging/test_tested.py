"""Every module is named by a test, or the table says which test shows what it does."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
TESTS: Final = ROOT / "tests"
SOURCES: Final = (ROOT / "graphkit", ROOT / "calculators" / "graphkit_calculators")

SHOWN_BY: Final = {
    "graphkit_calculators/test_index.py": [
        "calculators/graphkit_calculators/_summaries.py",
    ],
    "conformance/test_cycles.py": [
        "graphkit/config/_checking/ordering.py",
    ],
    "conformance/test_executors.py": [
        "graphkit/_runtime/switch_interval.py",
    ],
    "conformance/test_forks.py": [
        "graphkit/_process/forks.py",
    ],
    "conformance/test_lifecycle.py": [
        "graphkit/_runtime/constant_nodes.py",
        "graphkit/_runtime/lifecycle.py",
    ],
    "graphkit/app/cli/test_run.py": [
        "graphkit/app/cli/run_line.py",
    ],
    "graphkit/insight/test_explain.py": [
        "graphkit/graph/_current_run.py",
    ],
    "graphkit/compat/test_drawing.py": [
        "graphkit/compat/mediapipe/framework/formats/location_data_pb2.py",
    ],
    "graphkit/compat/test_errors.py": [
        "graphkit/compat/_messages.py",
    ],
    "graphkit/compat/test_solutions.py": [
        "graphkit/compat/mediapipe/python/solutions/pose_connections.py",
    ],
    "graphkit/config/_checking/test_planning.py": [
        "graphkit/config/_model.py",
    ],
    "graphkit/config/_text/test_reader.py": [
        "graphkit/config/_text/unknown_fields.py",
    ],
    "graphkit/formats/test_face_mesh.py": [
        "graphkit/formats/_skeletons.py",
    ],
    "graphkit/formats/test_landmarks.py": [
        "graphkit/formats/_tables.py",
    ],
    "graphkit/jobs/test_iteration.py": [
        "graphkit/jobs/_dataframes.py",
    ],
    "graphkit/formats/test_messages.py": [
        "graphkit/formats/_sequence.py",
    ],
    "graphkit/framework/test_handlers.py": [
        "graphkit/framework/_handlers/named_stream.py",
    ],
    "graphkit/framework/test_lazy_calculators.py": [
        "graphkit/framework/_deferred_modules.py",
    ],
    "graphkit/gpu/test_context.py": [
        "graphkit/gpu/_forked.py",
    ],
    "graphkit/gpu/test_forks.py": [
        "graphkit/gpu/_host_memory.py",
    ],
    "graphkit/gpu/test_pool.py": [
        "graphkit/gpu/_drawing_state.py",
    ],
    "graphkit/inference/test_passes.py": [
        "graphkit/inference/_importer/passes/builders.py",
        "graphkit/inference/_importer/passes/split_conv.py",
        "graphkit/inference/_model_file.py",
    ],
    "graphkit/jobs/sinks/test_openpose.py": [
        "graphkit/jobs/_sinks/people_sink.py",
    ],
    "graphkit/jobs/sinks/test_naming.py": [
        "graphkit/jobs/_sinks/labelled_file.py",
        "graphkit/jobs/_sinks/text_sink.py",
    ],
    "graphkit/video/test_decode.py": [
        "graphkit/video/_accounts.py",
        "graphkit/video/_avi.py",
        "graphkit/video/_lengths.py",
    ],
    "graphkit/video/test_writer.py": [
        "graphkit/video/_audio.py",
    ],
    "graphkit_calculators/core/test_begin_loop_calculator.py": [
        "calculators/graphkit_calculators/core/begin_loop_calculator.py",
    ],
    "graphkit_calculators/core/test_clip_vector_size_calculator.py": [
        "calculators/graphkit_calculators/core/_family.py",
    ],
    "graphkit_calculators/core/test_end_loop_calculator.py": [
        "calculators/graphkit_calculators/core/end_loop_calculator.py",
    ],
    "graphkit_calculators/core/test_switch_calculators.py": [
        "calculators/graphkit_calculators/core/_channels.py",
        "calculators/graphkit_calculators/core/_switch.py",
    ],
    "graphkit_calculators/core/test_vector_calculators.py": [
        "calculators/graphkit_calculators/core/merge_to_vector_calculator.py",
        "calculators/graphkit_calculators/core/vector_indices_calculator.py",
        "calculators/graphkit_calculators/core/vector_size_calculator.py",
    ],
    "graphkit_calculators/gpu/test_gl_scaler_calculator.py": [
        "calculators/graphkit_calculators/gpu/_video_ports.py",
    ],
    "graphkit_calculators/image/test_gpu_pictures.py": [
        "calculators/graphkit_calculators/image/_cropping_gl.py",
        "calculators/graphkit_calculators/image/_sides.py",
    ],
    "graphkit_calculators/image/test_image_transformation_calculator.py": [
        "calculators/graphkit_calculators/image/_transformation_gl.py",
    ],
    "graphkit_calculators/image/test_mask_calculators.py": [
        "calculators/graphkit_calculators/image/_recolor_gl.py",
    ],
    "graphkit_calculators/tensor/test_tflite_calculators.py": [
        "calculators/graphkit_calculators/tensor/_detection_decoding.py",
    ],
    "graphkit_calculators/util/_annotation_renderer/test_renderer.py": [
        "calculators/graphkit_calculators/util/_annotation_renderer/ovals.py",
    ],
    "graphkit_calculators/util/test_annotation_overlay_gpu.py": [
        "calculators/graphkit_calculators/util/_colors.py",
        "calculators/graphkit_calculators/util/_gpu_overlay.py",
    ],
    "graphkit_calculators/util/test_face_geometry_calculators.py": [
        "calculators/graphkit_calculators/util/_metric_face.py",
    ],
    "graphkit_calculators/util/test_iris_calculators.py": [
        "calculators/graphkit_calculators/util/_iris.py",
    ],
    "graphkit_calculators/util/test_landmarks_to_render_data_calculator.py": [
        "calculators/graphkit_calculators/util/_landmark_connections.py",
    ],
    "graphkit_calculators/util/test_letterbox_removal_calculators.py": [
        "calculators/graphkit_calculators/util/_letterbox.py",
    ],
    "graphkit_calculators/util/test_people_calculators.py": [
        "calculators/graphkit_calculators/util/_id_colors.py",
    ],
    "graphkit_calculators/util/test_projection_calculators.py": [
        "calculators/graphkit_calculators/util/_projection.py",
    ],
    "graphkit_calculators/util/test_smoothing_calculators.py": [
        "calculators/graphkit_calculators/util/_landmark_filters.py",
        "calculators/graphkit_calculators/util/_landmark_kind.py",
        "calculators/graphkit_calculators/util/_multi_landmarks_smoothing.py",
        "calculators/graphkit_calculators/util/_per_id.py",
        "calculators/graphkit_calculators/util/_visibility_smoother.py",
        "calculators/graphkit_calculators/util/multi_landmarks_smoothing_calculator.py",
        "calculators/graphkit_calculators/util/multi_visibility_smoothing_calculator.py",
        "calculators/graphkit_calculators/util/multi_world_landmarks_smoothing_calculator.py",
    ],
    "graphs/test_faces.py": [
        "calculators/graphkit_calculators/tensor/_face_detection_options.py",
    ],
    "graphs/test_gpu_principles.py": [
        "calculators/graphkit_calculators/gpu/gpu_buffer_list_calculators.py",
    ],
    "graphs/test_pose_tracking.py": [
        "calculators/graphkit_calculators/tensor/_pose_detection_options.py",
    ],
}
"""Modules whose names stand in no test: they are parts of what is tested here."""


def _modules() -> Iterator[Path]:
    """Yield every module but the doors, and what another interpreter runs."""
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            if path.name != "__init__.py" and "peer" not in path.parts:
                yield path


def _definitions(path: Path) -> set[str]:
    """Return the module's own name, and those of the classes and functions that it defines."""
    body = ast.parse(path.read_text()).body
    return {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)} | {path.stem}


def test_every_module_is_named_by_a_test() -> None:
    texts = (path.read_text() for path in TESTS.rglob("*.py") if path != Path(__file__))
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    nobody = {str(path.relative_to(ROOT)) for path in _modules() if not _definitions(path) & words}
    assert nobody == {module for modules in SHOWN_BY.values() for module in modules}


def test_the_tests_that_show_them_are_there() -> None:
    assert [test for test in SHOWN_BY if not (TESTS / test).is_file()] == []
