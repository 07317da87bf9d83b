"""What tests of several parts share: an npm that packs what the test gives it."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from graphkit.models import Model, NpmPackage
from graphkit.resources import ROOT_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = NpmPackage("@someone/models", "1.2.3")


@dataclass
class Npm:
    """A program called npm, alone on the PATH. It writes down how it was called."""

    folder: Path

    def model(self, content: bytes, name: str = "small") -> Model:
        """A model with this content, of this npm's package."""
        digest = hashlib.sha256(content).hexdigest()
        return Model(f"modules/some/{name}.tflite", digest, len(content), _PACKAGE)

    def packs(self, **files: bytes) -> None:
        """Let npm pack models of these names."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(f"package/{name}.tflite")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        self.leaves(made.getvalue())

    def leaves(self, content: bytes) -> None:
        """Let npm leave a tarball of these bytes in its working directory."""
        source = self.folder / "packed"
        source.write_bytes(content)
        self.does(f"import shutil; shutil.copy({str(source)!r}, 'someone-models-1.2.3.tgz')")

    def does(self, code: str) -> None:
        """Let npm run Python code."""
        program = self.folder / "npm"
        note = f"import sys; open({str(self.folder / 'calls')!r}, 'a').write(' '.join(sys.argv[1:3]) + '\\n')"
        program.write_text(f"#!{sys.executable}\n{note}\n{code}\n")
        program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """The first two arguments of every call so far."""
        file = self.folder / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder, not made yet, for a process that works in an empty folder."""
    monkeypatch.setenv("GRAPHKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "cache"


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    """An npm that fails until it is told what to do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    made = Npm(folder)
    made.does("sys.exit('npm was not told what to do')")
    return made
