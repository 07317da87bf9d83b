"""Commands that install what is missing, as they work on this machine when they are pasted."""

from __future__ import annotations

import importlib.metadata
import json
import shlex
import shutil
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from graphkit._process.requirements import DISTRIBUTION, pip
from graphkit._process.system import is_root

_APT_LISTS: Final = Path("/var/lib/apt/lists")


def apt_install(*packages: str) -> str:
    """Return the command that installs packages of Debian and Ubuntu; their names, if there is no apt-get."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        return f"install {names} (so they are called on Debian and Ubuntu)"
    sudo = "" if is_root() else "sudo "
    # Images of containers come without lists, and nothing can be installed before there are any.
    update = "" if any(_APT_LISTS.glob("*_Packages*")) else f"{sudo}apt-get update && "
    return f"{update}{sudo}apt-get install {names}"


def reinstall_graphkit() -> str:
    """Return the command that installs graphkit again from where it came, or says where that was."""
    origin = _origin()
    url = str(origin.get("url", ""))
    path = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
    if path is not None and not path.exists():
        return f"install graphkit again; it came from {path}, which is gone"
    again = f"{pip()} install --force-reinstall --no-deps"
    if path is not None:
        editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
        return f"{again} {editable}{shlex.quote(str(path))}"
    if "vcs_info" in origin:
        source = f"{origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
        return f"{again} {shlex.quote(source)}"
    if url:
        return f"{again} {shlex.quote(url)}"
    return "install graphkit again, from where you had it"


def _origin() -> dict[str, Any]:
    """Return what pip noted of where graphkit came from; empty if it noted nothing."""
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return {}
    return dict(json.loads(text)) if text else {}
