"""Dumps: the packets of streams, written to files as they come.

The ending of a file's name says what it becomes: ``.jsonl`` (`text_files.JsonlDump`), a ``.csv`` table
(`text_files.CsvDump`), or pictures in an ``.npz`` or as ``.png`` (`pictures`).
"""

from graphkit.jobs._dumps.dump import Dump
from graphkit.jobs._dumps.opening import check_dumps, open_dumps

__all__ = ["Dump", "check_dumps", "open_dumps"]
