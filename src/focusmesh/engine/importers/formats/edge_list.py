"""Whitespace edge lists and SNAP text: ``source target [weight]``, with comment lines that begin with # or %.

NetworkX writes ``source target {'weight': 2.5}``; the weight is read out of the braces.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from focusmesh.engine.importers.edge_data import edge_data_keys, edge_weight
from focusmesh.engine.importers.file_looks import verify_text_of_links
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.rows import MOST_RECORD_BYTES, RecordFields, line_records
from focusmesh.engine.importers.text_rows.table_header import (
    heads_integers,
    note_passed_over,
    warn_of_header,
)
from focusmesh.engine.importers.text_rows.text import Opened, read_text
from focusmesh.engine.links import RowLayout, roles_of
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.text_rows.rows import Record
    from focusmesh.engine.importers.text_rows.text_large import Spans
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import ByteArray

_SAMPLE_LINES = 200
_LAYOUT = RowLayout(weight=2, fewest=2, most=3)
_SEPARATORS = {b",": "commas", b";": "semicolons", b"|": "bars"}


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of an edge list; fields are cut at ASCII whitespace.

    A first line that names a source and a target, or words over two integers, is a header. ``columns`` may say which
    key of data in braces is the weight. Raises InputError for other columns, and where commas or semicolons separate.
    """
    return read_text(path, reading, _open_head)


@dataclass(frozen=True, slots=True)
class WordLines:
    """Lines of two or three words, or of two and data in braces, in which ``weight_key`` names the weight."""

    weight_key: str = "weight"

    @property
    def layout(self) -> RowLayout:
        return _LAYOUT

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        return line_records(data, final)

    def fields(self, record: bytes) -> RecordFields | str:
        fields = record.split()
        if fields and fields[0][:1] in (b"#", b"%"):
            return RecordFields([])
        if len(fields) > 2 and fields[2][:1] == b"{":
            return self._with_data(record)
        return RecordFields(fields)

    def _with_data(self, record: bytes) -> RecordFields | str:
        source, target, data = record.split(None, 2)
        weight = edge_weight(data.rstrip(), self.weight_key)
        if isinstance(weight, str):
            return weight
        return RecordFields([source, target] if weight is None else [source, target, weight])

    def separable(self, data: bytes) -> bool:
        return True

    def scan(
        self, buffer: ByteArray, final: bool, clean: bool, spans: Spans
    ) -> tuple[int, int, int]:
        from focusmesh.engine.importers.text_rows.text_compiled import split_words

        return split_words(
            buffer,
            final,
            clean,
            MOST_RECORD_BYTES,
            spans.starts,
            spans.ends,
            spans.records,
            spans.hard,
        )


WORDS = WordLines()


def _open_head(head: bytes, reading: Reading) -> Opened:
    """Looks at the first lines: what separates words, whether there is a header, what stands in braces."""
    verify_text_of_links(head, IMPORTER.name, reading.path)
    others = sorted(set(reading.columns) - {"weight"})
    if others:
        raise InputError(
            f"{reading.path}: an edge list has no column for {others[0]!r}; columns= may name the key of a weight"
        )
    text_format = WordLines(reading.columns.get("weight", "weight"))
    lines, places = _sample(head)
    _verify_separators(lines, reading)
    begin = line_count = 0
    if lines and (used := _header(lines, places[0][1], reading)):
        begin, line_count = places[0]
        reading.note(used)
        lines = lines[1:]
    _note_weights(lines, text_format.weight_key, reading)
    return Opened(text_format, begin, line_count)


def _sample(head: bytes) -> tuple[list[list[bytes]], list[tuple[int, int]]]:
    """Words of the first lines that have any, and where each ends: its byte, and how many lines that are."""
    lines: list[list[bytes]] = []
    places: list[tuple[int, int]] = []
    for number, record in enumerate(line_records(head, final=True), start=1):
        words = head[record.begin : record.end].split(None, 2)
        if words and words[0][:1] not in (b"#", b"%"):
            lines.append(words)
            places.append((record.resume, number))
        if len(lines) == _SAMPLE_LINES:
            break
    return lines, places


def _verify_separators(lines: list[list[bytes]], reading: Reading) -> None:
    for separator, title in _SEPARATORS.items():
        apart = (len(line) == 1 and separator in line[0][1:-1] for line in lines)
        ending = (len(line) > 1 and line[0].endswith(separator) for line in lines)
        if lines and all(a or b for a, b in zip(apart, ending, strict=True)):
            raise InputError(
                f"{reading.path}:1: {title} separate the names, an edge list has blanks: say --format csv on the "
                "command line, format='csv' in Python"
            )


def _header(lines: list[list[bytes]], line: int, reading: Reading) -> str:
    """What to say of a first line that is a header; nothing where it is a link."""
    first, second = [[word.decode(errors="replace") for word in line] for line in [*lines, []][:2]]
    roles = roles_of(first, {}, reading.path)
    if {"source", "target"} <= roles.keys():
        order = [roles["source"], roles["target"], roles.get("weight", 2)]
        if order != [0, 1, 2]:
            raise InputError(
                f"{reading.path}:{line}: the columns are {', '.join(first)}; an edge list has source, target "
                "and weight in this order: separate them with commas and say --format csv"
            )
        return "header"
    if heads_integers(first, second):
        return f"header ({' '.join(first)})"
    rest = [[word.decode(errors="replace") for word in line] for line in lines[1:]]
    warn_of_header(first, rest, line, reading, "begin it with #")
    return ""


def _note_weights(lines: list[list[bytes]], key: str, reading: Reading) -> None:
    data = [line[2].rstrip() for line in lines if len(line) > 2 and line[2][:1] == b"{"]
    if data:
        keys = dict.fromkeys(each for one in islice(data, 20) for each in edge_data_keys(one))
        reading.note(f"weight = {key!r} in braces" if key in keys else f"no {key!r} in braces")
        note_passed_over([each for each in keys if each != key], reading)
    elif any(len(line) > 2 for line in lines):
        reading.note("weight = column 3")


IMPORTER = Importer(
    name="edge-list",
    suffixes=(".txt", ".edges", ".edgelist", ".el", ".wel", ".ncol", ".snap"),
    summary="whitespace edge list or SNAP text: source target [weight], or what NetworkX writes",
    read=read,
)
