"""import mediapipe, where graphkit stands in for it; in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import sys
import mediapipe as mp
import mediapipe
from mediapipe.python.solutions import hands as by_path
from mediapipe.python.solutions.drawing_utils import DrawingSpec
from mediapipe.framework.formats import landmark_pb2
import mediapipe.python.solutions.pose
assert by_path is mp.solutions.hands
assert DrawingSpec is mp.solutions.drawing_utils.DrawingSpec
assert landmark_pb2.NormalizedLandmark(x=1).x == 1
print(mp.__version__, mp.__name__, sys.argv[1:], __name__)
"""


def _run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def _other_mediapipe(folder: Path, version: str) -> None:
    package = folder / "mediapipe"
    package.mkdir()
    (package / "__init__.py").write_text(f"__version__ = {version!r}\nImage = 'theirs'\n")
    (package / "tasks.py").write_text("here = True\n")
    info = folder / f"mediapipe-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: mediapipe\nVersion: {version}\n")


def test_a_script_runs_unchanged(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    made = _run("-m", "graphkit.compat", "script.py", "--camera", "0", folder=tmp_path)
    assert made.stderr == ""
    assert made.stdout == "0.10.21+graphkit graphkit.compat.mediapipe ['--camera', '0'] __main__\n"


IN_PROCESSES = """
import multiprocessing
import mediapipe as mp

def made(score):
    landmark = mp.framework.formats.landmark_pb2.NormalizedLandmark
    hand = mp.framework.formats.landmark_pb2.NormalizedLandmarkList(landmark=[landmark(x=score)])
    detection = mp.framework.formats.detection_pb2.Detection(score=[score])
    box = detection.location_data.relative_bounding_box
    box.xmin = score
    return hand, detection, box

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (hand, detection, box), = pool.map(made, [0.5])
    print(hand.landmark[0].x, detection.score[0], box.xmin, type(box).__qualname__)
"""


def test_processes_that_a_script_starts_find_mediapipe_and_send_messages(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(IN_PROCESSES)
    made = _run("-m", "graphkit.compat", "script.py", folder=tmp_path)
    assert (made.stderr, made.stdout) == ("", "0.5 0.5 0.5 LocationData.RelativeBoundingBox\n")


def test_what_is_not_imported_yet_is_listed(tmp_path: Path) -> None:
    code = (
        "from graphkit.compat import mediapipe as mp; print('solutions' in dir(mp), 'pose' in dir(mp.solutions))"
    )
    assert _run("-c", code, folder=tmp_path).stdout == "True True\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "usage: python -m graphkit.compat SCRIPT.py", id="nothing"),
        pytest.param(["none.py"], "none.py: there is no such file", id="no file"),
    ],
)
def test_scripts_that_are_none(arguments: list[str], message: str, tmp_path: Path) -> None:
    made = _run("-m", "graphkit.compat", *arguments, folder=tmp_path)
    assert made.returncode == 1
    assert message in made.stderr


def test_importing_changes_nothing(tmp_path: Path) -> None:
    code = "import graphkit.compat, sys; from graphkit.compat import mediapipe; print('mediapipe' in sys.modules)"
    assert _run("-c", code, folder=tmp_path).stdout == "False\n"


def test_beside_a_later_mediapipe(tmp_path: Path) -> None:
    _other_mediapipe(tmp_path, "1.2.0")
    code = (
        "from graphkit.compat import install_as_mediapipe as install; install(); install()\n"
        "import mediapipe as mp, mediapipe.tasks, mediapipe.python.solutions.hands as hands\n"
        "print(mp.__version__, mp.Image, mp.tasks.here, mp.solutions.hands is hands, hands.HandLandmark(1).name)"
    )
    made = _run("-c", code, folder=tmp_path)
    assert made.stderr == ""
    assert made.stdout == "1.2.0 theirs True True THUMB_CMC\n"


def test_beside_one_that_has_it_all(tmp_path: Path) -> None:
    _other_mediapipe(tmp_path, "0.10.21")
    made = _run("-c", "from graphkit.compat import install_as_mediapipe as i; i()", folder=tmp_path)
    assert "mediapipe 0.10.21 is installed, which has this API itself; uninstall it" in made.stderr


def test_what_is_not_there_says_so() -> None:
    from graphkit.compat import mediapipe

    with pytest.raises(AttributeError, match=r"mediapipe 1\.x has them"):
        _ = mediapipe.tasks
    with pytest.raises(AttributeError, match="Objectron is not part of graphkit"):
        _ = mediapipe.solutions.objectron
    with pytest.raises(AttributeError, match="has no attribute 'solution'"):
        _ = mediapipe.solution
