"""Rows of a text block: the plain implementation, which is also what a compiled one must agree with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from focusmesh.engine.graph.importers.values import time_of, weight_of
from focusmesh.engine.graph.interning import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.arrays import ByteArray, FloatArray, OffsetArray

MOST_RECORD_BYTES = 1 << 20
"""A longer line is bad: it bounds what an import holds in memory at a time."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which field (from 0) of a record plays which role, and how many fields a record may have.

    A weight column may lie past ``fewest``: such a record without it has weight 1. ``names`` are the fields that hold
    names: source, target, then relation, author and text where there are any. Where source and target are one field,
    a record is no link: it describes that particle.
    """

    source: int = 0
    target: int = 1
    weight: int | None = None
    relation: int | None = None
    author: int | None = None
    time: int | None = None
    text: int | None = None
    fewest: int = 2
    most: int = 2
    names: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        labels = (self.relation, self.author, self.text)
        places = (self.source, self.target, *(place for place in labels if place is not None))
        object.__setattr__(self, "names", places)

    @property
    def describes(self) -> bool:
        """Whether records describe particles."""
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class Rows:
    """``m`` good records of a block and the bad ones.

    ``endpoints`` are source and target of each record by turns (2m tokens), ``labels`` the tokens of the other columns
    of Layout.names. ``weight`` is None where no record has one. ``bad`` holds (line, reason), lines counted from 0
    within the block, which has ``line_count`` of them.
    """

    endpoints: Tokens
    labels: tuple[Tokens, ...]
    weight: FloatArray | None
    time: OffsetArray | None
    line_count: int
    bad: list[tuple[int, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.endpoints) // 2


def columns_of(buffer: ByteArray, starts: OffsetArray, ends: OffsetArray) -> list[Tokens]:
    """Spans of shape (m, names) as the tokens of Rows: endpoints first, then each label."""
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


class Link(NamedTuple):
    """One understood record: names in the order of Layout.names."""

    names: list[bytes]
    weight: float | None
    time: int | None


class TextFormat(Protocol):
    """What tells one text format from another."""

    @property
    def layout(self) -> Layout: ...

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        """The complete records of ``data``; ``final`` says that nothing follows it."""

    def fields(self, record: bytes) -> list[bytes] | str:
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


def understand(text_format: TextFormat, record: bytes) -> Link | str | None:
    """The link in a record, None if it carries none, or the reason why it is bad."""
    if len(record) > MOST_RECORD_BYTES:
        return too_long()
    fields = text_format.fields(record)
    if not fields:
        return None
    if isinstance(fields, str):
        return fields
    return fault_of(record) or _link(fields, text_format.layout)


def plain_rows(
    text_format: TextFormat, data: bytes, final: bool, most: int | None = None
) -> tuple[Rows, int]:
    """Rows of the complete records of ``data`` (of the first ``most``), and how many bytes they took."""
    links: list[Link] = []
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


def _rows(links: Sequence[Link], layout: Layout, lines: int, bad: list[tuple[int, str]]) -> Rows:
    tokens = Tokens.of([name for link in links for name in link.names])
    shape = (len(links), len(layout.names))
    endpoints, *labels = columns_of(
        tokens.buffer, tokens.starts.reshape(shape), tokens.ends.reshape(shape)
    )
    weights = [1.0 if link.weight is None else link.weight for link in links]
    weighted = any(link.weight is not None for link in links)
    times = [link.time for link in links]
    return Rows(
        endpoints,
        tuple(labels),
        np.array(weights, dtype=np.float64) if weighted else None,
        None if layout.time is None else np.array(times, dtype=np.int64),
        lines,
        bad,
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


def _link(fields: list[bytes], layout: Layout) -> Link | str:
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
        found = weight_of(fields[layout.weight].decode())
        if isinstance(found, str):
            return found
        weight = found
    if layout.time is not None:
        moment = time_of(fields[layout.time].decode())
        if isinstance(moment, str):
            return moment
        time = moment
    return Link([fields[place] for place in layout.names], weight, time)
