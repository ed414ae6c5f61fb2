"""CSV and TSV (RFC 4180 quoting): columns by their names in a header, or by position without one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.graph.importers.registry import COMPRESSIONS, Importer
from focusmesh.engine.graph.importers.roles import describing_roles, required_roles, roles_of
from focusmesh.engine.graph.importers.rows import MOST_RECORD_BYTES, Layout, Record
from focusmesh.engine.graph.importers.text import Opened, read_text
from focusmesh.engine.graph.interning import integer_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.arrays import ByteArray
    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.importers.text_large import Spans
    from focusmesh.engine.graph.links import LinkColumns

_TAB_SUFFIXES = (".tsv", ".tab")
_OTHER_DELIMITERS = (b",", b"\t", b";", b"|")


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a CSV or TSV file, or texts of particles where it has columns of names and texts and no targets.

    The delimiter goes by suffix, or is the first of ``, tab ; |`` that the first line has if that line lacks it. The
    first record is a header when columns= is given, when it names a source and a target (or a text), or when it has no
    number and the next record starts with two integers; otherwise fields 1, 2 and, if there, 3 are source, target and
    weight.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    preferred = b"\t" if suffixes[-1:] and suffixes[-1] in _TAB_SUFFIXES else b","
    return read_text(path, reading, lambda head, reading: _opened(head, reading, preferred))


@dataclass(frozen=True, slots=True)
class Delimited:
    """Records of fields between ``delimiter``, quoted as RFC 4180 says."""

    layout: Layout
    delimiter: bytes

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        begin = 0
        while begin < len(data):
            newline = data.find(b"\n", begin)
            line_end = len(data) if newline < 0 else newline
            end = line_end
            if data.find(b'"', begin, line_end) >= 0:
                end = self._quoted_end(data, begin)
                too_long = (len(data) if end < 0 else end) - begin > MOST_RECORD_BYTES
                if end < 0 or (end == len(data) and not final) or too_long:
                    if not (final or too_long):
                        return
                    if end < 0 or (too_long and end > line_end):
                        end = line_end
            if end == len(data) and not final:
                return
            resume = min(end + 1, len(data))
            yield Record(begin, end, resume, 1 + data.count(b"\n", begin, end))
            begin = resume

    def fields(self, record: bytes) -> list[bytes] | str:
        line = record.removesuffix(b"\r")
        if not line:
            return []
        return self._unquoted(line) if b'"' in line else line.split(self.delimiter)

    def separable(self, data: bytes) -> bool:
        return b'"' not in data

    def scan(
        self, buffer: ByteArray, final: bool, clean: bool, spans: Spans
    ) -> tuple[int, int, int]:
        from focusmesh.engine.graph.importers.text_compiled import split_delimited

        found = split_delimited(
            buffer,
            final,
            clean,
            MOST_RECORD_BYTES,
            self.delimiter[0],
            _slots(self.layout),
            spans.starts,
            spans.ends,
            spans.records,
            spans.hard,
        )
        if self.layout.describes:
            # One field has one slot: that of the target.
            spans.starts[:, 0], spans.ends[:, 0] = spans.starts[:, 1], spans.ends[:, 1]
        return found

    def _quoted_end(self, data: bytes, begin: int) -> int:
        """Where the record ends: at its newline or at the end of the data; −1 when a quote stays open."""
        at = begin
        while True:
            newline = data.find(b"\n", at)
            line_end = len(data) if newline < 0 else newline
            if data[at : at + 1] != b'"':
                delimiter = data.find(self.delimiter, at, line_end)
                if delimiter < 0:
                    return line_end
                at = delimiter + 1
                continue
            at = _closing_quote(data, at + 1) + 1
            if not at:
                return -1
            if data[at : at + 1] != self.delimiter:
                newline = data.find(b"\n", at)
                return len(data) if newline < 0 else newline
            at += 1

    def _unquoted(self, line: bytes) -> list[bytes] | str:
        """Fields of a record that has quotes in it, without them."""
        fields: list[bytes] = []
        at = 0
        while True:
            if line[at : at + 1] == b'"':
                closing = _closing_quote(line, at + 1)
                if closing < 0:
                    return "a quote is opened and not closed"
                fields.append(line[at + 1 : closing].replace(b'""', b'"'))
                at = closing + 1
                if at < len(line) and line[at : at + 1] != self.delimiter:
                    return "there is text after a closing quote"
            else:
                end = line.find(self.delimiter, at)
                end = len(line) if end < 0 else end
                fields.append(line[at:end])
                at = end
            if at >= len(line):
                return fields
            at += 1


def _closing_quote(data: bytes, at: int) -> int:
    """Position of the quote that closes a field opened before ``at``, −1 if none; a doubled quote is text."""
    while True:
        quote = data.find(b'"', at)
        if quote < 0 or data[quote + 1 : quote + 2] != b'"':
            return quote
        at = quote + 2


def _slots(layout: Layout) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each field the column of Spans that takes it: names, weight, time."""
    slots = np.full(layout.most, -1, dtype=np.int64)
    places = (*layout.names, layout.weight, layout.time)
    for slot, place in enumerate(place for place in places if place is not None):
        slots[place] = slot
    return slots


def _opened(head: bytes, reading: Reading, preferred: bytes) -> Opened:
    """Looks at the first two records."""
    first_line = head[: head.find(b"\n")] if b"\n" in head else head
    others = (delimiter for delimiter in _OTHER_DELIMITERS if delimiter in first_line)
    delimiter = preferred if preferred in first_line else next(others, preferred)
    sample = Delimited(Layout(), delimiter)
    records = list(islice(sample.records(head, final=True), 2))
    texts = [_texts(sample.fields(head[record.begin : record.end])) for record in records]
    first, second = [*texts, [], []][:2]
    where = f"{reading.path} (header in line 1)"
    if reading.columns:
        layout = _layout(first, required_roles(first, reading.columns, where))
    elif {"source", "target"} <= roles_of(first, {}, where).keys():
        layout = _layout(first, roles_of(first, {}, where))
    elif (described := describing_roles(first, {}, where)) is not None:
        layout = _layout(first, described)
    else:
        layout = _by_position(first)
        if not _heads_integers(first, second):
            return Opened(Delimited(layout, delimiter))
    used = records[0] if records else Record(0, 0, 0, 0)
    return Opened(Delimited(layout, delimiter), used.resume, used.line_count)


def _texts(fields: list[bytes] | str) -> list[str]:
    return [] if isinstance(fields, str) else [field.decode(errors="replace") for field in fields]


def _layout(names: list[str], roles: dict[str, int]) -> Layout:
    return Layout(
        source=roles["source"],
        target=roles.get("target", roles["source"]),
        weight=roles.get("weight"),
        relation=roles.get("relation"),
        author=roles.get("author"),
        time=roles.get("time"),
        text=roles.get("text"),
        fewest=len(names),
        most=len(names),
    )


def _by_position(first: list[str]) -> Layout:
    count = max(len(first), 2)
    return Layout(weight=2 if count > 2 else None, fewest=count, most=count)


def _heads_integers(first: list[str], second: list[str]) -> bool:
    """Whether ``first`` can only be a header: no number in it, two integers under it."""
    return (
        len(second) >= 2
        and all(integer_of(text.encode()) is not None for text in second[:2])
        and not any(text.strip().lstrip("+-.")[:1].isdecimal() for text in first)
    )


IMPORTER = Importer(
    name="csv",
    suffixes=(".csv", ".tsv", ".tab"),
    summary="CSV or TSV with columns source, target[, weight, relation, author, time, text], or particle, text",
    read=read,
)
