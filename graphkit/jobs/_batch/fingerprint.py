"""A fingerprint covers everything besides the clip that decides about its outputs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphkit import config
from graphkit.config._text.parser import tokens_of
from graphkit.errors import FormatError, InputError, ResourceNotFoundError
from graphkit.formats import to_json
from graphkit.framework import Resources
from graphkit.jobs._batch.code import own_version, short_hash, sources_of, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from graphkit.config import GraphPlan
    from graphkit.jobs._batch.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What decides about the outputs of a clip, as hashes.

    Attributes:
        graphkit: its version, and a hash of its code if that is not installed from a wheel.
        graph: of the expanded graph with the options of its nodes.
        options: of the settings of the jobs.
        models: of the files that the graph names, models and label maps, by name.
        modules: of the Python files that the calculators come from, and of what those import, by name.
        packages: versions of the installed packages that are among those, by name.
    """

    graphkit: str
    graph: str
    options: str
    models: dict[str, str]
    modules: dict[str, str]
    packages: dict[str, str]

    @property
    def recipe(self) -> str:
        """One hash of them all."""
        return short_hash(json.dumps(asdict(self), sort_keys=True).encode())

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
    sources = sources_of([*recipe.load_modules(), *_modules_of(plan)])
    return Fingerprint(
        graphkit=own_version(),
        graph=short_hash(text.encode()),
        options=short_hash(_options(recipe).encode()),
        models=dict(_files(strings, resources)),
        modules=sources.files,
        packages=versions_of(sources.packages),
    )


def _modules_of(plan: GraphPlan) -> Iterator[ModuleType]:
    for node in plan.nodes:
        written = getattr(node.cls, "function", node.cls)
        if written.__module__ in sys.modules:
            yield sys.modules[written.__module__]


def _files(strings: Iterable[str], resources: Resources) -> Iterator[tuple[str, str]]:
    """Yield name and hash of each of these strings that names a file."""
    for text in sorted(set(strings)):
        if "." not in text and "/" not in text:
            continue
        try:
            yield text, short_hash(resources.read(text))
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
