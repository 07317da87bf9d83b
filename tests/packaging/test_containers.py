"""The images: what their files name is there, and they hold what graphkit asks for. No engine is needed."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest

from graphkit.app.doctor.gpu import _SOFTWARE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docker"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BUILD_TOOLS = {"gcc", "g++", "build-essential", "python3-dev", "cmake", "git", "npm"}


@dataclass
class Stage:
    """A stage of the Dockerfile: what it starts from, and its instructions in order."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """The arguments of every instruction of this name."""
        return [arguments for name, arguments in self.steps if name == word]


def read_stages(text: str) -> dict[str, Stage]:
    """Return the stages of a Dockerfile by name, without comments, lines that a backslash splits joined."""
    stages: dict[str, Stage] = {}
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, arguments = line.strip().partition(" ")
        if word == "FROM":
            base, _, name = arguments.split()
            stages[name] = Stage(base)
        elif word:
            list(stages.values())[-1].steps.append((word, " ".join(arguments.split())))
    return stages


STAGES = read_stages((FOLDER / "Dockerfile").read_text())
IMAGES = ("cpu", "nvidia")


def lineage(name: str) -> list[Stage]:
    """The stage and those that it starts from."""
    found = []
    while name in STAGES:
        found.append(STAGES[name])
        name = STAGES[name].base
    return found


def in_image(name: str, word: str) -> list[str]:
    """The arguments of an instruction in an image, the oldest stage first."""
    return [arguments for stage in reversed(lineage(name)) for arguments in stage.all(word)]


def environment(name: str) -> dict[str, str]:
    pairs = [pair for arguments in in_image(name, "ENV") for pair in shlex.split(arguments)]
    return dict(pair.split("=", 1) for pair in pairs)


def apt_packages(stages: list[Stage]) -> set[str]:
    """What ``apt-get install`` is given in some stages."""
    calls = [
        call
        for stage in stages
        for run in stage.all("RUN")
        for call in re.findall(r"apt-get install ([^&]*)", run)
    ]
    return {word for call in calls for word in call.split() if not word.startswith("-")}


def copied() -> list[str]:
    """Every file or folder of the repository that a stage copies."""
    words = [arguments.split() for stage in STAGES.values() for arguments in stage.all("COPY")]
    return [name for line in words if not line[0].startswith("--from=") for name in line[:-1]]


def test_the_reader_reads() -> None:
    stages = read_stages("FROM a AS one\n# note\nRUN x \\\n  && y\nFROM one AS two\nUSER me\n")
    assert stages == {"one": Stage("a", [("RUN", "x && y")]), "two": Stage("one", [("USER", "me")])}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_what_doctor_asks_for(image: str) -> None:
    packages = apt_packages(lineage(image))
    assert {"python3", *_SOFTWARE} <= packages
    assert packages & BUILD_TOOLS == set()


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_starts_graphkit_as_a_user(image: str) -> None:
    (start,) = in_image(image, "ENTRYPOINT")
    assert json.loads(start)[0] in PROJECT["project"]["scripts"]
    user = in_image(image, "USER")[-1]
    assert f" {user} " in " ".join(in_image(image, "RUN")) + " "
    assert user != "root"


@pytest.mark.parametrize("image", IMAGES)
def test_the_cache_of_an_image_is_a_folder_that_every_user_may_write_to(image: str) -> None:
    folder = environment(image)["GRAPHKIT_CACHE_DIR"]
    assert f"install -d -m 1777 {folder}" in " ".join(in_image(image, "RUN"))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_copies_the_environment_that_was_built(image: str) -> None:
    (line,) = [line for line in in_image(image, "COPY") if line.startswith("--from=")]
    stage, source, target = line.removeprefix("--from=").split()
    assert source == target
    assert any(f"python3 -m venv {source}" in run for run in in_image(stage, "RUN"))
    assert environment(image)["PATH"].startswith(f"{target}/bin:")
    assert STAGES["base"].base == STAGES["build"].base  # the environment points at the Python of its system


def test_nothing_is_kept_that_only_the_build_needs() -> None:
    assert all("rm -rf /var/lib/apt/lists/*" in run for run in in_image("cpu", "RUN") if "apt-get" in run)
    assert environment("build-cpu")["PIP_NO_CACHE_DIR"] == "1"
    assert "--no-install-recommends" in " ".join(in_image("cpu", "RUN"))


def test_the_extra_of_the_nvidia_image_is_declared() -> None:
    (extra,) = re.findall(r"pip install '\.\[(\w+)\]'", " ".join(in_image("build-nvidia", "RUN")))
    assert extra in PROJECT["project"]["optional-dependencies"]


def test_the_nvidia_image_has_opengl_under_the_names_that_cuda_looks_for() -> None:
    assert {"libgl1", "libopengl0"} <= apt_packages(lineage("nvidia"))
    assert "ln -s libEGL.so.1 /usr/lib/x86_64-linux-gnu/libEGL.so" in " ".join(in_image("nvidia", "RUN"))
    assert all("rm -rf /var/lib/apt/lists/*" in run for run in in_image("nvidia", "RUN") if "apt-get" in run)


def test_the_nvidia_image_asks_for_graphics_and_tells_egl() -> None:
    capabilities = environment("nvidia")["NVIDIA_DRIVER_CAPABILITIES"].split(",")
    assert {"compute", "utility", "graphics", "video"} <= set(capabilities)
    assert "docker/10_nvidia.json /usr/share/glvnd/egl_vendor.d/" in in_image("nvidia", "COPY")
    vendor = json.loads((FOLDER / "10_nvidia.json").read_text())
    assert vendor["ICD"]["library_path"] == "libEGL_nvidia.so.0"


def test_everything_that_a_wheel_is_made_of_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    needed = ["pyproject.toml", PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], *wheel]
    copies = copied()
    assert [
        name for name in needed if not any(name == copy or name.startswith(f"{copy}/") for copy in copies)
    ] == []


def test_what_is_copied_is_there_and_reaches_the_build() -> None:
    rules = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert rules[next(i for i, rule in enumerate(rules) if rule and not rule.startswith("#"))] == "*"
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    assert [name for name in copied() if not any(fnmatch(name, rule) for rule in let_in)] == []
    assert sorted(let_in) == sorted(set(copied()))


def read_yaml(text: str) -> dict[str, object]:
    """Return the mappings of a YAML file in block style; a list is under the key "-", its items as text."""
    root: dict[str, object] = {}
    open_at: list[tuple[int, dict[str, object]]] = [(-1, root)]
    for line in text.splitlines():
        bare = line.split(" #")[0].strip()
        if not bare or bare.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        while open_at[-1][0] >= depth:
            open_at.pop()
        parent = open_at[-1][1]
        if bare.startswith("- "):
            items = parent.setdefault("-", [])
            assert isinstance(items, list)
            items.append(bare[2:].strip('"'))
            continue
        key, _, value = bare.partition(": ") if ": " in bare else (bare.removesuffix(":"), "", "")
        parent[key] = value.strip('"') if value else {}
        if isinstance(parent[key], dict):
            open_at.append((depth, parent[key]))  # type: ignore[arg-type]
    return root


COMPOSE: dict[str, dict] = read_yaml((FOLDER / "compose.yaml").read_text())  # type: ignore[assignment, type-arg]


def test_the_services_are_the_images() -> None:
    cpu, nvidia = COMPOSE["services"]["graphkit"], COMPOSE["services"]["graphkit-nvidia"]
    assert [cpu["build"]["target"], nvidia["build"]["target"]] == list(IMAGES)
    assert nvidia["extends"] == {"service": "graphkit"}
    assert (FOLDER / cpu["build"]["context"] / cpu["build"]["dockerfile"]).samefile(FOLDER / "Dockerfile")
    declared = {name for stage in STAGES.values() for line in stage.all("ARG") for name in [line.split("=")[0]]}
    assert set(cpu["build"]["args"]) == declared


def test_the_services_see_the_folder_and_keep_the_cache() -> None:
    mounts = dict(mount.rsplit(":", 1) for mount in COMPOSE["services"]["graphkit"]["volumes"]["-"])
    assert mounts["${PWD:-.}"] == in_image("cpu", "WORKDIR")[-1]
    assert mounts["cache"] == environment("cpu")["GRAPHKIT_CACHE_DIR"]
    assert list(COMPOSE["volumes"]) == ["cache"]


def test_the_nvidia_service_reserves_a_card_with_graphics() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    (capabilities,) = re.findall(r"capabilities: \[(.*)\]", text)
    assert {"gpu", *environment("nvidia")["NVIDIA_DRIVER_CAPABILITIES"].split(",")} == set(
        capabilities.split(", ")
    )
    devices = COMPOSE["services"]["graphkit-nvidia"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices["-"] == ["driver: nvidia"]


@pytest.fixture
def build_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for what `add_models` calls, an installed graphkit, and its source as working directory."""
    for place in ("installed", "source"):
        module = tmp_path / place / "graphkit" / "framework.py"
        module.parent.mkdir(parents=True)
        (module.parent / "__init__.py").touch()
        module.write_text(f"def graphs_dir(): return {str(tmp_path / place / 'graphs')!r}\n")
        (tmp_path / place / "graphs").mkdir()
    programs = {
        "apt-get": f'echo "$@" >> {tmp_path}/calls',
        "graphkit": f'echo "$@" >> {tmp_path}/calls\n'
        "mkdir -p $GRAPHKIT_CACHE_DIR/models/modules && echo m > $GRAPHKIT_CACHE_DIR/models/modules/x.tflite",
        "python": f'PYTHONPATH={tmp_path}/installed exec {sys.executable} "$@"',
    }
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path / "source")
    return tmp_path


def test_models_are_laid_among_the_graphs_that_are_installed(build_machine: Path) -> None:
    subprocess.run([FOLDER / "add_models", "lite", "heavy"], check=True)
    calls = (build_machine / "calls").read_text().splitlines()
    assert calls == ["install -y --no-install-recommends npm", "models fetch lite heavy"]
    assert (build_machine / "installed" / "graphs" / "modules" / "x.tflite").read_text() == "m\n"
    assert list((build_machine / "source" / "graphs").iterdir()) == []


def test_no_models_install_nothing(build_machine: Path) -> None:
    subprocess.run([FOLDER / "add_models"], check=True)
    assert not (build_machine / "calls").exists()
