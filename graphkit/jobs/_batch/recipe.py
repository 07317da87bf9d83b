"""Recipe: what is done with every clip of a batch."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from graphkit._process.threads import Budget, set_budget
from graphkit.errors import ArgumentError
from graphkit.framework import INFERENCE, InferenceSettings, Resources
from graphkit.framework._importing import import_calculators
from graphkit.graph import CalculatorGraph
from graphkit.jobs._settings import JobSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

_NOT_FOR_MANY = ("progress", "preview", "sinks")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done with every clip of a batch. It can be pickled, so that any process can do it.

    Attributes:
        graph: path of the graph file.
        settings: of each job. ``output`` and the files of ``dumps`` are patterns below the folder of outputs:
            ``{clip}`` stands for the name of a clip without its ending, ``{file}`` for the name with it.
            A batch shows its own progress and has no preview and no further sinks.
        overrides: ``"node.field=value"`` strings for options of expanded nodes.
        modules: names of modules, or paths of .py files, that define calculators.
        roots: where models and subgraphs are looked for first.
        provider: where models run, over what the graph says; "" for that.
        threads: cores that the process of a clip plans for.
        strict: a clip that is damaged or incomplete has failed; else it is done, as far as it can be read.
        folder: the working directory that relative paths and modules are looked for in.

    Raises:
        ArgumentError: the settings ask for what a batch does not have.
    """

    graph: str
    settings: JobSettings = field(default_factory=JobSettings)
    overrides: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    provider: str = ""
    threads: int = 1
    strict: bool = False
    folder: str = field(default_factory=os.getcwd)

    def __post_init__(self) -> None:
        for name in _NOT_FOR_MANY:
            if getattr(self.settings, name):
                raise ArgumentError("a batch has none: its clips run in processes of their own.", parameter=name)

    def patterns(self) -> Iterator[tuple[str, str]]:
        """Yield the stream and the pattern of each output; the stream of the video is "" if the graph tells it."""
        if self.settings.output is not None:
            yield self.settings.output_stream, os.fspath(self.settings.output)
        for stream, pattern in self.settings.dumps.items():
            yield stream, os.fspath(pattern)

    def load_modules(self) -> list[ModuleType]:
        """Import the modules; raises UsageError."""
        return import_calculators(self.modules)

    def load(self) -> CalculatorGraph:
        """Return the graph, with the modules imported; raises what is wrong with either."""
        self.load_modules()
        graph = CalculatorGraph(Path(self.graph), resources=Resources(self.roots), overrides=tuple(self.overrides))
        if self.provider:
            graph.set_service(INFERENCE, InferenceSettings(provider=self.provider))
        return graph

    def settle_in(self) -> None:
        """Make this process one that works for the batch: its folder, its place for modules, its cores."""
        if Path.cwd() != Path(self.folder):
            os.chdir(self.folder)
        if self.modules and self.folder not in sys.path:
            sys.path.insert(0, self.folder)
        set_budget(Budget(cores=self.threads, codec=min(2, self.threads)))
