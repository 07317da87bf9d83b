"""Places in an author's own files: where a calculator stands, and which of its lines raised."""

from __future__ import annotations

import inspect
import traceback
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any, Final

_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})
_OURS: Final = ("graphkit", "graphkit_calculators")


def place_of(definition: Any) -> str:
    """Return ``file:line`` of a class or function, its module if the line is unknown."""
    written = getattr(definition, "function", definition)
    try:
        return f"{inspect.getfile(written)}:{inspect.getsourcelines(written)[1]}"
    except (TypeError, OSError):  # typed in, or without its source
        codes = (_code_of(each) for each in (written, *getattr(written, "__dict__", {}).values()))
        first = next((code for code in codes if code is not None), None)
        return str(getattr(written, "__module__", "")) if first is None else _place(first)


def place_of_call(cls: type[Any], phase: str) -> str:
    """Return ``file:line`` of what a calculator runs in *phase*, "" for calculators that come with graphkit."""
    if _is_ours(cls.__module__):
        return ""
    call = cls.__dict__.get("function") or getattr(cls, phase, None)
    code = _code_of(call)
    inherited = code is None or _is_ours(getattr(call, "__module__", ""))
    return place_of(cls) if inherited or code is None else _place(code)


def _code_of(call: Any) -> CodeType | None:
    code = getattr(inspect.unwrap(call), "__code__", None) if callable(call) else None
    return code if isinstance(code, CodeType) else None


def _place(code: CodeType) -> str:
    return f"{code.co_filename}:{code.co_firstlineno}"


def raised_at(error: BaseException) -> str:
    """Return ``file:line`` of the author's code in which *error* was raised, "" if none of it was at work.

    Of the calls that were under way the innermost counts that is neither graphkit's nor Python's own. Those of
    installed packages are libraries, unless the outermost is one: then the author's code is installed.
    """
    calls = [(frame.f_globals.get("__name__", ""), frame.f_code.co_filename, line) for frame, line in _walk(error)]
    authors = [(name, file, line) for name, file, line in calls if not (_is_ours(name) or _is_standard(file))]
    own = [call for call in authors if not _INSTALLED.intersection(Path(call[1]).parts)]
    own = own or [call for call in authors if _package(call[0]) == _package(authors[0][0])]
    return f"{own[-1][1]}:{own[-1][2]}" if own else ""


def _walk(error: BaseException) -> list[tuple[Any, int]]:
    return list(traceback.walk_tb(error.__traceback__))


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_ours(module: str) -> bool:
    return _package(module) in _OURS


@cache
def _standard_folders() -> tuple[str, ...]:
    import sysconfig  # it reads how Python was built, which takes as long as a dozen modules

    return (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))


def _is_standard(file: str) -> bool:
    if file.startswith(("<frozen", "<__array_function__")):
        return True
    return file.startswith(_standard_folders()) and not _INSTALLED.intersection(Path(file).parts)
