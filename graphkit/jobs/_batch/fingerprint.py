"""A fingerprint covers everything besides the clip that decides about its outputs."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import json
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphkit import config
from graphkit._process.requirements import DISTRIBUTION
from graphkit.config._text.parser import tokens_of
from graphkit.errors import FormatError, InputError, ResourceNotFoundError
from graphkit.formats import to_json
from graphkit.framework import Resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from graphkit.config import GraphPlan
    from graphkit.jobs._batch.recipe import Recipe

_OURS: Final = ("graphkit", "graphkit_calculators")
_INSTALLED: Final = ("stdlib", "platstdlib", "purelib", "platlib")
_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides about the outputs of a clip, as hashes.

    Attributes:
        graphkit: its version.
        graph: of the expanded graph with the options of its nodes.
        options: of the settings of the jobs.
        models: of the files that the graph names, models and label maps, by name.
        modules: of the Python files that the calculators come from, but for those of graphkit, by name.
    """

    graphkit: str
    graph: str
    options: str
    models: dict[str, str]
    modules: dict[str, str]

    @property
    def recipe(self) -> str:
        """One hash of them all."""
        return _hash(json.dumps(asdict(self), sort_keys=True).encode())

    def changed_since(self, before: dict[str, Any]) -> list[str]:
        """Return which attributes differ from earlier ones, given as ``asdict`` made them."""
        return [name for name, value in asdict(self).items() if before.get(name) != value]


def fingerprint(recipe: Recipe, plan: GraphPlan) -> Fingerprint:
    """Return the fingerprint of a recipe, whose modules are imported.

    Raises:
        GraphkitError: the graph can no longer be read.
    """
    path = Path(recipe.graph)
    resources = Resources(recipe.roots).beside(path)
    expanded = config.expand(config.parse(path), resources=resources, overrides=recipe.overrides)
    text = config.to_pbtxt(expanded)
    strings = [token[1:-1] for token in tokens_of(text) if token[:1] in ('"', "'")]
    strings += [value for value in recipe.settings.side_packets.values() if isinstance(value, str)]
    modules = [*recipe.load_modules(), *_modules_of(plan)]
    return Fingerprint(
        graphkit=importlib.metadata.version(DISTRIBUTION),
        graph=_hash(text.encode()),
        options=_hash(_options(recipe).encode()),
        models=dict(_files(strings, resources)),
        modules=sources_of(modules),
    )


def sources_of(modules: Iterable[ModuleType]) -> dict[str, str]:
    """Return the hashes of the source files of modules, and of what they import, by the name of the module.

    Packages that are installed, those of Python and those of graphkit count by their versions, not here.
    """
    installed = [Path(sysconfig.get_path(name)).resolve() for name in _INSTALLED]
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        file = Path(getattr(module, "__file__", None) or "").resolve()
        if module.__name__ in found or file.suffix != ".py" or module.__name__.partition(".")[0] in _OURS:
            continue
        if any(folder in file.parents for folder in installed):
            continue
        source = file.read_bytes()
        found[module.__name__] = _hash(source)
        names = set(_imported(source, module.__package__ or ""))
        waiting += [sys.modules[name] for name in names if name in sys.modules]
    return dict(sorted(found.items()))


def _modules_of(plan: GraphPlan) -> Iterator[ModuleType]:
    for node in plan.nodes:
        written = getattr(node.cls, "function", node.cls)
        if written.__module__ in sys.modules:
            yield sys.modules[written.__module__]


def _imported(source: bytes, package: str) -> Iterator[str]:
    """Yield the names of what a source file imports; of ``from a import b``, both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            relative = "." * node.level + (node.module or "")
            name = importlib.util.resolve_name(relative, package) if node.level else relative
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


def _files(strings: Iterable[str], resources: Resources) -> Iterator[tuple[str, str]]:
    """Yield name and hash of each of these strings that names a file."""
    for text in sorted(set(strings)):
        if "." not in text and "/" not in text:
            continue
        try:
            yield text, _hash(resources.read(text))
        except (ResourceNotFoundError, InputError, OSError, ValueError):
            continue  # no file, or none that the graph can read


def _options(recipe: Recipe) -> str:
    settings = recipe.settings
    decisive = {
        "outputs": dict(recipe.patterns()),
        "side_packets": {name: _shown(value) for name, value in settings.side_packets.items()},
        "encoder": asdict(settings.encoder) if settings.output is not None else None,
        "max_frames": settings.limits.max_frames,
        "rate": str(settings.rate),
        "video_track": settings.video_track,
        "provider": recipe.provider,
    }
    return json.dumps(decisive, sort_keys=True)


def _shown(value: Any) -> Any:
    try:
        return to_json(value)
    except FormatError:
        return repr(value)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_LENGTH]
