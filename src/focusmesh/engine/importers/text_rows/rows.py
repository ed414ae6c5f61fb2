"""Rows of a text block: the plain implementation, which is also what a compiled one must agree with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from focusmesh.engine.links import (
    DIRECTIONS,
    RowLayout,
    TextRows,
    Tokens,
    shorten,
    time_of,
    weight_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.support.arrays import ByteArray, OffsetArray

MOST_RECORD_BYTES = 1 << 20
"""A longer line is bad: it bounds what an import holds in memory at a time."""


def columns_of(buffer: ByteArray, starts: OffsetArray, ends: OffsetArray) -> list[Tokens]:
    """Spans of shape (m, names) as the tokens of TextRows: endpoints first, then each label."""
    pair = slice(0, 2)
    places = (pair, *(slice(place, place + 1) for place in range(2, starts.shape[1])))
    return [
        Tokens(
            buffer,
            np.ascontiguousarray(starts[:, place]).reshape(-1),
            np.ascontiguousarray(ends[:, place]).reshape(-1),
        )
        for place in places
    ]


class Record(NamedTuple):
    """``data[begin:end]`` is a record; the next one begins at ``resume``, ``line_count`` lines further on."""

    begin: int
    end: int
    resume: int
    line_count: int


class RecordFields(NamedTuple):
    """The fields of a record, and which of them (from 0) blanks were left out of."""

    values: list[bytes]
    trimmed: tuple[int, ...] = ()


class LinkRecord(NamedTuple):
    """One understood record: names in the order of RowLayout.names; around ``trimmed_count`` of them were blanks."""

    names: list[bytes]
    weight: float | None
    time: int | None
    trimmed_count: int = 0


class TextFormat(Protocol):
    """What tells one text format from another."""

    @property
    def layout(self) -> RowLayout: ...

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        """The complete records of ``data``; ``final`` says that nothing follows it."""

    def fields(self, record: bytes) -> RecordFields | str:
        """The fields of a record, none for a comment or a blank line, or why it has no fields."""


def line_records(data: bytes, final: bool) -> Iterator[Record]:
    """One record a line."""
    begin = 0
    while begin < len(data):
        end = data.find(b"\n", begin)
        if end < 0:
            if final:
                yield Record(begin, len(data), len(data), 1)
            return
        yield Record(begin, end, end + 1, 1)
        begin = end + 1


def too_long() -> str:
    """Why a line is refused unread."""
    return f"the line is longer than {MOST_RECORD_BYTES} bytes"


def understand(text_format: TextFormat, record: bytes) -> LinkRecord | str | None:
    """The link in a record, None if it carries none, or the reason why it is bad."""
    if len(record) > MOST_RECORD_BYTES:
        return too_long()
    fields = text_format.fields(record)
    if isinstance(fields, str):
        return fields
    if not fields.values:
        return None
    return fault_of(record) or _link(fields, text_format.layout)


def plain_rows(
    text_format: TextFormat, data: bytes, final: bool, most: int | None = None
) -> tuple[TextRows, int]:
    """Rows of the complete records of ``data`` (of the first ``most``), and how many bytes they took."""
    links: list[LinkRecord] = []
    bad: list[tuple[int, str]] = []
    used = line = count = 0
    for record in text_format.records(data, final):
        found = understand(text_format, data[record.begin : record.end])
        if isinstance(found, str):
            bad.append((line, found))
        elif found is not None:
            links.append(found)
        used, line, count = record.resume, line + record.line_count, count + 1
        if count == most:
            break
    return _rows(links, text_format.layout, line, bad), used


def _rows(
    links: Sequence[LinkRecord], layout: RowLayout, lines: int, bad: list[tuple[int, str]]
) -> TextRows:
    tokens = Tokens.of([name for link in links for name in link.names])
    shape = (len(links), len(layout.names))
    endpoints, *labels = columns_of(
        tokens.buffer, tokens.starts.reshape(shape), tokens.ends.reshape(shape)
    )
    weights = [1.0 if link.weight is None else link.weight for link in links]
    weighted = any(link.weight is not None for link in links)
    times = [link.time for link in links]
    return TextRows(
        endpoints,
        tuple(labels),
        np.array(weights, dtype=np.float64) if weighted else None,
        None if layout.time is None else np.array(times, dtype=np.int64),
        lines,
        bad,
        sum(link.trimmed_count for link in links),
    )


def fault_of(record: bytes) -> str | None:
    """What makes the bytes of a record unusable."""
    if b"\0" in record:
        return "the line has a NUL byte"
    try:
        record.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start + 1} of the line (0x{record[error.start]:02x}) is not UTF-8"
    return None


def _link(found: RecordFields, layout: RowLayout) -> LinkRecord | str:
    fields = found.values
    if not layout.fewest <= len(fields) <= layout.most:
        span = (
            f"{layout.fewest}"
            if layout.fewest == layout.most
            else f"{layout.fewest} or {layout.most}"
        )
        return f"{len(fields)} field{'s' if len(fields) != 1 else ''} where {span} are expected"
    if not fields[layout.source]:
        return "the source is empty"
    if not fields[layout.target]:
        return "the target is empty"
    weight = time = None
    if layout.weight is not None and layout.weight < len(fields):
        amount = amount_of(fields[layout.weight].decode(), layout)
        if isinstance(amount, str):
            return amount
        weight = amount
    if layout.time is not None:
        moment = time_of(fields[layout.time].decode())
        if isinstance(moment, str):
            return moment
        time = moment
    if layout.direction is not None:
        direction = fields[layout.direction].decode()
        if direction.casefold() not in DIRECTIONS:
            return f"the type {shorten(direction)} is neither Directed nor Undirected"
    trimmed = sum(place in layout.names for place in found.trimmed) if found.trimmed else 0
    return LinkRecord([fields[place] for place in layout.names], weight, time, trimmed)


def amount_of(text: str, layout: RowLayout) -> float | str:
    """The weight that ``text`` says, or why it is none: one mark stands before decimals in the whole of a file."""
    if layout.decimal_comma:
        if "." in text:
            return f"the weight {shorten(text)} has a point, in a file with decimal commas"
        return weight_of(text.replace(",", ".", 1))
    found = weight_of(text)
    if isinstance(found, str) and "," in text:
        return f"{found}; decimals stand after a point, or after a comma in all of a file with semicolons"
    return found
