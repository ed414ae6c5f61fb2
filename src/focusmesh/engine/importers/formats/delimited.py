"""CSV and TSV (RFC 4180 quoting): columns by their names in a header, or by position without one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.compression import inner_name
from focusmesh.engine.importers.edge_data import edge_weight
from focusmesh.engine.importers.file_looks import verify_text_of_links
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.rows import MOST_RECORD_BYTES, Record, RecordFields
from focusmesh.engine.importers.text_rows.table_header import delimiter_of, header_of
from focusmesh.engine.importers.text_rows.text import Opened, read_text
from focusmesh.engine.links import RowLayout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.text_rows.text_large import Spans
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import ByteArray, OffsetArray

_TAB_SUFFIXES = (".tsv", ".tab")
_TITLES = {b",": "comma", b"\t": "tab", b";": "semicolon", b"|": "bar"}
_SAMPLE_RECORDS = 200
_HEAD_BYTES_SURE = 1 << 16
"""A shorter head is a whole file."""
_STRAY_CR = "a CR stands within the line: do all lines end in the same way?"
_BLANKS = (b" ", b"\t")
_BLANK_OR_NONE = (b"", *_BLANKS)
_BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)+")
_SAID_DELIMITER = re.compile(rb'"?sep=([^"\r\n])"?[ \t]*\r?(?:\n|$)')


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a CSV or TSV file, or texts of particles where it has columns of names and texts and no targets.

    The delimiter goes by suffix, or is the first of ``, tab ; |`` that the first line has if that line lacks it; what
    is a header, see table_header. Without one fields 1, 2 and, if there, 3 are source, target and weight. Blanks
    around fields are left out, those inside of quotes stay. Raises InputError for a table of nothing but nodes.
    """
    suffix = PurePath(inner_name(path)[0]).suffix.lower()
    preferred = b"\t" if suffix in _TAB_SUFFIXES else b","
    return read_text(path, reading, lambda head, reading: _open_head(head, reading, preferred))


@dataclass(frozen=True, slots=True)
class Delimited:
    """Records of fields between ``delimiter``, quoted as RFC 4180 says; blanks around a field are no part of it.

    ``edge_data``: the third field is data in braces, up to the end of the line (see edge_data).
    """

    layout: RowLayout
    delimiter: bytes
    edge_data: bool = False

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        begin = 0
        quoted = b'"' in data
        while begin < len(data):
            newline = data.find(b"\n", begin)
            line_end = len(data) if newline < 0 else newline
            end = line_end
            if quoted and data.find(b'"', begin, line_end) >= 0:
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
            lines = 1 + data.count(b"\n", begin, end) if quoted else 1
            yield Record(begin, end, resume, lines)
            begin = resume

    def fields(self, record: bytes) -> RecordFields | str:
        line = record.removesuffix(b"\r")
        if line[:1] in _BLANK_OR_NONE and not line.strip(self._blanks):
            return RecordFields([])
        if self.edge_data:
            return self._with_data(line)
        if b'"' in line:
            return self._split_quoted(line)
        if b"\r" in line:
            return _STRAY_CR
        fields = line.split(self.delimiter)
        if b" " not in line and b"\t" not in line:
            return RecordFields(fields)
        bare = [field.strip(self._blanks) for field in fields]
        return RecordFields(bare, tuple(at for at, field in enumerate(fields) if field != bare[at]))

    def split(self, record: bytes) -> list[str]:
        """The fields of a record as text, none where it has none that can be read."""
        found = self.fields(record)
        values = [] if isinstance(found, str) else found.values
        return [value.decode(errors="replace") for value in values]

    def separable(self, data: bytes) -> bool:
        return b'"' not in data

    def scan(
        self, buffer: ByteArray, final: bool, clean: bool, spans: Spans
    ) -> tuple[int, int, int]:
        from focusmesh.engine.importers.text_rows.text_compiled import split_delimited

        found = split_delimited(
            buffer,
            final,
            clean,
            MOST_RECORD_BYTES,
            self.delimiter[0],
            _slots(self.layout),
            len(self.layout.names),
            spans.starts,
            spans.ends,
            spans.records,
            spans.hard,
        )
        if self.layout.describes:
            # One field has one slot: that of the target.
            spans.starts[:, 0], spans.ends[:, 0] = spans.starts[:, 1], spans.ends[:, 1]
        spans.hard[_rows_with_stray_cr(buffer, spans.records[: found[0], 0])] = True
        if self.edge_data:
            spans.hard[: found[0]] = True
        return found

    @property
    def _blanks(self) -> bytes:
        return b" " if self.delimiter == b"\t" else b" \t"

    def _after_blanks(self, data: bytes, at: int) -> int:
        """Position of the next byte from ``at`` on that is no blank."""
        while (
            at < len(data) and data[at : at + 1] in _BLANKS and data[at : at + 1] != self.delimiter
        ):
            at += 1
        return at

    def _with_data(self, line: bytes) -> RecordFields | str:
        names, brace, data = line.partition(b"{")
        weight = edge_weight((brace + data).rstrip()) if brace else None
        if isinstance(weight, str):
            return weight
        fields = [field.strip(self._blanks) for field in names.split(self.delimiter)]
        return RecordFields(
            (fields[:-1] if brace else fields) + ([] if weight is None else [weight])
        )

    def _quoted_end(self, data: bytes, begin: int) -> int:
        """Where the record ends: at its newline or at the end of the data; −1 when a quote stays open."""
        at = begin
        while True:
            newline = data.find(b"\n", at)
            line_end = len(data) if newline < 0 else newline
            at = self._after_blanks(data, at)
            if data[at : at + 1] != b'"':
                delimiter = data.find(self.delimiter, at, line_end)
                if delimiter < 0:
                    return line_end
                at = delimiter + 1
                continue
            at = _closing_quote(data, at + 1) + 1
            if not at:
                return -1
            at = self._after_blanks(data, at)
            if data[at : at + 1] != self.delimiter:
                newline = data.find(b"\n", at)
                return len(data) if newline < 0 else newline
            at += 1

    def _split_quoted(self, line: bytes) -> RecordFields | str:
        """Fields of a record that has quotes in it, without them."""
        fields: list[bytes] = []
        trimmed: list[int] = []
        at = 0
        while True:
            begin = at
            at = self._after_blanks(line, at)
            if line[at : at + 1] == b'"':
                closing = _closing_quote(line, at + 1)
                if closing < 0:
                    return "a quote is opened and not closed"
                value = line[at + 1 : closing].replace(b'""', b'"')
                end = self._after_blanks(line, closing + 1)
                if end < len(line) and line[end : end + 1] != self.delimiter:
                    return "there is text after a closing quote"
                blanks = at > begin or end > closing + 1
            else:
                end = line.find(self.delimiter, at)
                end = len(line) if end < 0 else end
                value = line[at:end].strip(self._blanks)
                if b"\r" in value:
                    return _STRAY_CR
                blanks = len(value) < end - begin
            if blanks:
                trimmed.append(len(fields))
            fields.append(value)
            if end >= len(line):
                return RecordFields(fields, tuple(trimmed))
            at = end + 1


def _rows_with_stray_cr(buffer: ByteArray, begins: OffsetArray) -> OffsetArray:
    """The rows, which begin at ``begins``, that have a CR without an LF behind it."""
    at = np.flatnonzero(buffer == 13)
    stray = at[buffer[np.minimum(at + 1, len(buffer) - 1)] != 10]
    rows: OffsetArray = np.searchsorted(begins, stray, side="right") - 1
    return rows[rows >= 0]


def _closing_quote(data: bytes, at: int) -> int:
    """Position of the quote that closes a field opened before ``at``, −1 if none; a doubled quote is text."""
    while True:
        quote = data.find(b'"', at)
        if quote < 0 or data[quote + 1 : quote + 2] != b'"':
            return quote
        at = quote + 2


def _slots(layout: RowLayout) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """For each field the column of Spans that takes it: names, weight, time."""
    slots = np.full(layout.most, -1, dtype=np.int64)
    places = (*layout.names, layout.weight, layout.time)
    for slot, place in enumerate(place for place in places if place is not None):
        slots[place] = slot
    return slots


def _open_head(head: bytes, reading: Reading, preferred: bytes) -> Opened:
    """Looks at the first records: what separates fields, what is a header, how decimals are written."""
    verify_text_of_links(head, IMPORTER.name, reading.path)
    begin, line_count, said = _skip_blank_lines(head)
    delimiter = said or delimiter_of(head[begin:], preferred)
    reading.note(_TITLES.get(delimiter, f"{delimiter.decode(errors='replace')!r} between fields"))
    sample = Delimited(RowLayout(), delimiter)
    records = [
        (record, sample.split(head[begin + record.begin : begin + record.end]))
        for record in islice(sample.records(_whole_lines(head[begin:]), True), _SAMPLE_RECORDS)
    ]
    found = header_of([texts for _, texts in records], reading, line_count)
    used = records[: found.used_records]
    begin += used[-1][0].resume if used else 0
    line_count += sum(record.line_count for record, _ in used)
    text_format = Delimited(found.layout, delimiter, found.edge_data)
    return Opened(text_format, begin, line_count)


def _whole_lines(head: bytes) -> bytes:
    """The head without a line at its end that may go on behind it."""
    return head[: head.rfind(b"\n") + 1] or head if len(head) > _HEAD_BYTES_SURE else head


def _skip_blank_lines(head: bytes) -> tuple[int, int, bytes]:
    """Where the first record begins, after how many lines, and the delimiter that a line ``sep=;`` says, if any."""
    found = _BLANK_LINES.match(head)
    begin = found.end() if found else 0
    said = _SAID_DELIMITER.match(head, begin)
    if said:
        begin = said.end()
    return begin, head.count(b"\n", 0, begin), said[1] if said else b""


IMPORTER = Importer(
    name="csv",
    suffixes=(".csv", ".tsv", ".tab"),
    summary="CSV or TSV with columns source, target[, weight, relation, author, time, text], or particle, text",
    read=read,
)
