"""Tables of a running graph's streams as pandas.DataFrames."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from graphkit._process.requirements import pip
from graphkit.errors import PackageError
from graphkit.framework import Packet
from graphkit.jobs._sinks.frame_sizes import FrameSizes
from graphkit.jobs._sinks.labels_join import label_of
from graphkit.jobs._sinks.tables import table_for, table_of_payload
from graphkit.jobs._streams import stream_type

if TYPE_CHECKING:
    from graphkit.config import GraphPlan
    from graphkit.jobs._collector import Row
    from graphkit.jobs._streams import Labels


class TableText:
    """The rows of one stream as the lines of a .csv.

    Args:
        plan: of the graph.
        stream: its name.
        labels: the stream that tells whose its things are.
    """

    def __init__(self, plan: GraphPlan, stream: str, labels: Labels | None) -> None:
        self._stream, self._labels = stream, labels
        self._table = table_for(stream_type(plan, stream))
        self._sizes = FrameSizes()
        self._lines: list[str] = []
        if self._table is not None and not self._table.has_landmarks:
            self._labels = None

    def add(self, row: Row) -> None:
        """Add what the stream has in a row; raises FormatError if no table holds it."""
        if hasattr(row.frame, "width"):
            self._sizes.take(Packet(row.frame, row.timestamp))
        payload = row.payloads.get(self._stream)
        if payload is None or (self._table is None and payload == []):
            return
        self._table = table_of_payload(payload) if self._table is None else self._table
        labels = None
        if self._labels is not None:
            labels = [label_of(each) for each in row.payloads.get(self._labels.stream) or ()]
        size = self._sizes.at(row.timestamp)
        self._lines.append(self._table.rows(row.timestamp, payload, size, labels))

    def text(self) -> str:
        """Return all lines, the names of the columns first; "" if they are unknown."""
        if self._table is None:
            return ""
        head = self._table.header(label="" if self._labels is None else self._labels.column)
        return "".join([head, *self._lines])


def dataframe_of(text: str) -> Any:
    """Return a table as a pandas.DataFrame; raises PackageError if pandas is missing."""
    try:
        import pandas as pd
    except ModuleNotFoundError as exc:
        raise PackageError("pandas", "not installed", f"{pip()} install pandas") from exc
    return pd.read_csv(io.StringIO(text)) if text else pd.DataFrame()
