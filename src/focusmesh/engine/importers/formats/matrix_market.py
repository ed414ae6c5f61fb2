"""Matrix Market coordinate files (Boisvert, Pozo, Remington 1996): entry (i, j) is a link from i to j, from 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.markup.elements import each_way
from focusmesh.engine.importers.numbered_particles import numbered_names
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.rows import MOST_RECORD_BYTES, RecordFields, line_records
from focusmesh.engine.importers.text_rows.text import Opened, read_text
from focusmesh.engine.links import IntegerNames, RowLayout, integer_of, shorten
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.text_rows.rows import Record
    from focusmesh.engine.importers.text_rows.text_large import Spans
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import ByteArray

_BANNER = b"%%matrixmarket"
_FIELDS = {"real", "double", "integer", "pattern"}
_SYMMETRIES = {"general", "symmetric", "skew-symmetric"}


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a square coordinate matrix; particles are the integers 1 … n, empty rows included.

    An entry of a symmetric matrix is a link each way. Of a skew-symmetric one the positive side of each entry is the
    link, and the negative sides are one bad line. Raises InputError for dense, complex and Hermitian matrices.
    """
    opened: list[_Matrix] = []

    def prepare(head: bytes, reading: Reading) -> Opened:
        found = _read_head(head, str(path))
        opened.append(found.text_format)
        return Opened(found.text_format, found.begin, found.line_count)

    columns = read_text(path, reading, prepare)
    return _finish(columns, opened[0], reading)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Lines of two numbers and, unless it is a pattern, a value: a text format as the edge list is one."""

    size: int
    entry_count: int
    size_line: int
    words: int
    symmetry: str

    @property
    def layout(self) -> RowLayout:
        return RowLayout(weight=2, fewest=2, most=3)

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        return line_records(data, final)

    def fields(self, record: bytes) -> RecordFields | str:
        words = record.split()
        if not words or words[0][:1] in (b"%", b"#"):
            return RecordFields([])
        if len(words) != self.words:
            return f"{len(words)} field{'s' if len(words) != 1 else ''} where {self.words} are expected"
        for what, word in zip(("row", "column"), words, strict=False):
            number = integer_of(word)
            if number is None or not 1 <= number <= self.size:
                shown = shorten(word.decode(errors="replace"))
                return f"the {what} {shown} is not an integer from 1 to {self.size}"
        if self.symmetry == "skew-symmetric" and words[2][:1] == b"-":
            return RecordFields([words[1], words[0], words[2][1:]])
        return RecordFields(words)

    def separable(self, data: bytes) -> bool:
        return True

    def scan(
        self, buffer: ByteArray, final: bool, clean: bool, spans: Spans
    ) -> tuple[int, int, int]:
        from focusmesh.engine.importers.text_rows.text_compiled import split_words
        from focusmesh.engine.links import read_integers

        starts, ends, hard = spans.starts, spans.ends, spans.hard
        scanned = split_words(
            buffer, final, clean, MOST_RECORD_BYTES, starts, ends, spans.records, hard
        )
        rows = slice(scanned[0])
        hard[rows] |= (starts[rows, 2] < 0) == (self.words == 3)
        for column in (0, 1):
            # A hard row may have no such word: an empty one is left as it is.
            begin = np.where(hard[rows], 0, starts[rows, column])
            end = np.where(hard[rows], 0, ends[rows, column])
            numbers = np.zeros(scanned[0], dtype=np.int64)
            read_integers(buffer, begin, end, numbers, hard[rows])
            hard[rows] |= (numbers < 1) | (numbers > self.size)
        return scanned


@dataclass(frozen=True, slots=True)
class _Head:
    text_format: _Matrix
    begin: int
    line_count: int


def _read_head(head: bytes, where: str) -> _Head:
    """Reads the banner, the comments and the size line."""
    begin = 0
    banner: list[str] = []
    for number, raw in enumerate(head.splitlines(keepends=True), start=1):
        begin += len(raw)
        line = raw.strip()
        if number == 1:
            banner = _banner(line, where)
        elif line and not line.startswith(b"%"):
            matrix = _read_size(line.split(), banner, number, where)
            return _Head(matrix, begin, number)
    raise InputError(
        f"{where}: no size line (rows, columns, entries) in its first {len(head)} bytes"
    )


def _banner(line: bytes, where: str) -> list[str]:
    words = line.decode(errors="replace").lower().split()
    if words[:1] != [_BANNER.decode()] or len(words) != 5 or words[1] != "matrix":
        raise InputError(f"{where}:1: a Matrix Market file begins with '%%MatrixMarket matrix …'")
    if words[2] != "coordinate":
        raise InputError(f"{where}:1: the format {words[2]!r} is not read, only 'coordinate'")
    if words[3] not in _FIELDS:
        raise InputError(f"{where}:1: values of the field {words[3]!r} cannot be weights of links")
    if words[4] not in _SYMMETRIES or words[3:] == ["pattern", "skew-symmetric"]:
        raise InputError(
            f"{where}:1: a {words[3]} matrix that is {words[4]!r} cannot be read as links"
        )
    return words


def _read_size(words: list[bytes], banner: list[str], number: int, where: str) -> _Matrix:
    sizes = [integer_of(word) for word in words]
    numbers = [size for size in sizes if size is not None and size >= 0]
    if len(numbers) != 3 or len(words) != 3:
        shown = shorten(b" ".join(words).decode(errors="replace"))
        raise InputError(f"{where}:{number}: {shown} is no size line: rows, columns, entries")
    rows, columns, entries = numbers
    if rows != columns:
        raise InputError(
            f"{where}:{number}: the matrix is {rows} × {columns}; links need a square one"
        )
    return _Matrix(rows, entries, number, 2 if banner[3] == "pattern" else 3, banner[4])


def _finish(columns: LinkColumns, matrix: _Matrix, reading: Reading) -> LinkColumns:
    """Numbers the particles as the matrix does and mirrors what is symmetric."""
    found = len(columns) + reading.bad_count
    if found != matrix.entry_count:
        fault = f"the size line says {matrix.entry_count} entries, the file has {found}"
        reading.refuse(matrix.size_line, fault)
    if matrix.symmetry == "skew-symmetric" and len(columns):
        fault = (
            f"{len(columns)} entries of the skew-symmetric matrix are negative on their other side"
        )
        reading.refuse(matrix.size_line, fault)
    where = f"{reading.path}:{matrix.size_line}"
    named = columns.particles
    numbers = named.values if isinstance(named, IntegerNames) else np.empty(0, dtype=np.int64)
    index = (numbers - 1).astype(np.uint32)
    numbered = replace(
        columns,
        particles=numbered_names(matrix.size, reading.line_count, where),
        source=index[columns.source],
        target=index[columns.target],
    )
    if matrix.symmetry != "symmetric":
        return numbered
    return each_way(numbered, numbered.source != numbered.target)


IMPORTER = Importer(
    name="matrix-market",
    suffixes=(".mtx",),
    summary="Matrix Market coordinate matrix: entry (i, j) is a link from i to j",
    read=read,
)
