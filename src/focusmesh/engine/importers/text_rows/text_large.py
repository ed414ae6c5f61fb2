"""Rows of a large text block: compiled kernels for what is plain, the plain implementation for the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from focusmesh.engine.importers.text_rows import text_compiled as compiled
from focusmesh.engine.importers.text_rows.rows import LinkRecord, TextFormat, columns_of, understand
from focusmesh.engine.links import DIRECTIONS, TextRows, integers_of, read_integers

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray, FloatArray, OffsetArray


@dataclass(frozen=True, slots=True)
class Spans:
    """Room for the records of a block.

    ``starts``, ``ends`` (int64, shape (m, columns)): the names in the order of RowLayout.names, then the weight, then
    the time, where the layout has them. ``records`` (int64, shape (m, 4)): begin, end, line and how many names were
    trimmed. ``hard`` (bool).
    """

    starts: OffsetArray
    ends: OffsetArray
    records: OffsetArray
    hard: BoolArray

    @staticmethod
    def room(count: int, columns: int) -> Spans:
        shape = (count, columns)
        return Spans(
            np.empty(shape, dtype=np.int64),
            np.empty(shape, dtype=np.int64),
            np.empty((count, 4), dtype=np.int64),
            np.empty(count, dtype=np.bool_),
        )

    def first(self, count: int) -> Spans:
        """The first ``count`` rows."""
        return Spans(
            self.starts[:count], self.ends[:count], self.records[:count], self.hard[:count]
        )


class LargeTextFormat(TextFormat, Protocol):
    """A text format that also has a compiled splitter."""

    def scan(
        self, buffer: ByteArray, final: bool, clean: bool, spans: Spans
    ) -> tuple[int, int, int]:
        """Fills ``spans``: (rows, bytes used, lines)."""

    def separable(self, data: bytes) -> bool:
        """Whether every newline of ``data`` ends a record, so that it may be cut there."""


def compiled_rows(
    text_format: LargeTextFormat, data: bytes, final: bool, integers: bool
) -> tuple[TextRows, int]:
    """As plain_rows, for all records but a last one whose quotes do not close.

    ``integers`` asks to read sources and targets as integers too, should all of them be that.
    """
    layout = text_format.layout
    names = len(layout.names)
    columns = names + (layout.weight is not None) + (layout.time is not None)
    buffer = np.frombuffer(data, dtype=np.uint8)
    room = Spans.room(data.count(b"\n") + 2, columns)
    count, used, lines = text_format.scan(buffer, final, _is_clean(data), room)
    spans = room.first(count)
    weight, time = None, None
    if layout.weight is not None:
        weight = _weights(data, buffer, spans, names, layout.decimal_comma)
    if layout.time is not None:
        time = _times(buffer, spans, columns - 1)
    if layout.direction is not None:
        _verify_directions(buffer, spans, names - 1)
    table = _Table(buffer, spans.starts[:, :names], spans.ends[:, :names], weight, time)
    bad: list[tuple[int, str]] = []
    trimmed = int(spans.records[:, 3].sum(where=~spans.hard))
    if spans.hard.any():
        table, bad, more = _resolve(text_format, data, table, spans)
        trimmed += more
    return table.rows(integers, lines, bad, trimmed), used


@dataclass(frozen=True, slots=True)
class _Table:
    """TextRows with their names still side by side."""

    buffer: ByteArray
    starts: OffsetArray
    ends: OffsetArray
    weight: FloatArray | None
    time: OffsetArray | None

    def rows(
        self, integers: bool, lines: int, bad: list[tuple[int, str]], trimmed: int
    ) -> TextRows:
        endpoints, *labels = columns_of(self.buffer, self.starts, self.ends)
        if integers:
            values = integers_of(endpoints.buffer, endpoints.starts, endpoints.ends)
            if len(values) == len(endpoints):
                endpoints = replace(endpoints, integers=values)
        return TextRows(endpoints, tuple(labels), self.weight, self.time, lines, bad, trimmed)


def _is_clean(data: bytes) -> bool:
    """Whether ``data`` is UTF-8 without NUL; a record cut at its end makes no difference in the end."""
    if b"\0" in data:
        return False
    if data.isascii():
        return True
    try:
        str(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _weights(
    data: bytes, buffer: ByteArray, spans: Spans, column: int, decimal_comma: bool
) -> FloatArray | None:
    """Weights of the rows, None where no row has one; marks rows that are hard."""
    starts = np.ascontiguousarray(spans.starts[:, column])
    ends = np.ascontiguousarray(spans.ends[:, column])
    starts[spans.hard] = -1
    values = np.empty(len(starts), dtype=np.float64)
    states = np.empty(len(starts), dtype=np.uint8)
    point = compiled.COMMA if decimal_comma else compiled.POINT
    found, left = compiled.read_decimals(buffer, starts, ends, values, states, point)
    if left:
        spans.hard[states == compiled.HARD] = True
        for row in np.flatnonzero(states == compiled.LONG).tolist():
            values[row] = float(data[starts[row] : ends[row]].replace(b",", b"."))
    return values if found else None


def _times(buffer: ByteArray, spans: Spans, column: int) -> OffsetArray:
    """Times of the rows; marks rows that are hard."""
    starts = np.ascontiguousarray(spans.starts[:, column])
    ends = np.ascontiguousarray(spans.ends[:, column])
    times = np.zeros(len(starts), dtype=np.int64)
    ends[spans.hard] = starts[spans.hard]
    read_integers(buffer, starts, ends, times, spans.hard)
    return times


def _verify_directions(buffer: ByteArray, spans: Spans, column: int) -> None:
    """Marks rows as hard that say anything but a direction."""
    starts, ends = spans.starts[:, column], spans.ends[:, column]
    known = spans.hard.copy()
    for word in DIRECTIONS:
        rows = np.flatnonzero(~known & (ends - starts == len(word)))
        # Letters differ by this bit from those in the other case.
        said = buffer[starts[rows, None] + np.arange(len(word))] | 0x20
        known[rows] = np.all(said == np.frombuffer(word.encode(), dtype=np.uint8), axis=1)
    spans.hard[~known] = True


def _resolve(
    text_format: TextFormat, data: bytes, table: _Table, spans: Spans
) -> tuple[_Table, list[tuple[int, str]], int]:
    """The table with its hard rows understood by the plain implementation; the bad ones, taken out; names trimmed."""
    keep = np.ones(len(spans.hard), dtype=np.bool_)
    bad: list[tuple[int, str]] = []
    links: dict[int, LinkRecord] = {}
    for row in np.flatnonzero(spans.hard).tolist():
        begin, stop, line, _ = spans.records[row].tolist()
        found = understand(text_format, data[begin:stop])
        if isinstance(found, LinkRecord):
            links[row] = found
            continue
        keep[row] = False
        if found is not None:
            bad.append((line, found))
    trimmed = sum(link.trimmed_count for link in links.values())
    return _keep_rows(_fill(table, data, links), keep), bad, trimmed


def _fill(table: _Table, data: bytes, links: dict[int, LinkRecord]) -> _Table:
    """The table with ``links`` in their rows; their names follow ``data`` in its buffer."""
    weight = table.weight
    if weight is None and any(link.weight is not None for link in links.values()):
        weight = np.ones(len(table.starts), dtype=np.float64)
    end = len(data)
    for row, link in links.items():
        for place, name in enumerate(link.names):
            table.starts[row, place] = end
            end += len(name)
            table.ends[row, place] = end
        if weight is not None:
            weight[row] = 1.0 if link.weight is None else link.weight
        if table.time is not None and link.time is not None:
            table.time[row] = link.time
    extra = (name for link in links.values() for name in link.names)
    buffer = np.frombuffer(b"".join((data, *extra)), dtype=np.uint8)
    return replace(table, buffer=buffer, weight=weight)


def _keep_rows(table: _Table, keep: BoolArray) -> _Table:
    return replace(
        table,
        starts=table.starts[keep],
        ends=table.ends[keep],
        weight=None if table.weight is None else table.weight[keep],
        time=None if table.time is None else table.time[keep],
    )
