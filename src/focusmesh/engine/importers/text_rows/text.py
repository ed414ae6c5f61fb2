"""What the text formats share: blocks in, rows out, plain at first and compiled once the input proves large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.markup.elements import each_way, note_both_ways
from focusmesh.engine.importers.source import Source
from focusmesh.engine.importers.text_rows.rows import MOST_RECORD_BYTES, plain_rows, too_long
from focusmesh.engine.links import Assembly
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.text_rows.text_large import LargeTextFormat
    from focusmesh.engine.links import Interner, LinkColumns, TextRows

SMALL_BLOCK_BYTES = 1 << 18
LARGE_BLOCK_BYTES = 1 << 21
_PIECE_BYTES = 1 << 18
_SURE_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Opened:
    """A format made ready for one file: its first record lies at byte ``begin``, after ``line_count`` lines.

    ``particles`` holds names that go before those of the file.
    """

    text_format: LargeTextFormat
    begin: int = 0
    line_count: int = 0
    particles: Interner | None = None


def read_text(
    path: Path, reading: Reading, prepare: Callable[[bytes, Reading], Opened]
) -> LinkColumns:
    """Streams ``path`` in blocks; ``prepare`` looks at the first one and says what the format of the file is.

    O(bytes); holds the link columns, the names with their table, and a few blocks.
    """
    with Source(path, reading) as source:
        data = source.head(SMALL_BLOCK_BYTES)
        opened = prepare(data, reading)
        reading.line_count += opened.line_count
        blocks = BlockReader(opened.text_format, reading)
        if opened.particles is not None:
            blocks.assembly.particles = opened.particles
        blocks.expect(data, source.size_bytes)
        data = data[opened.begin :]
        while following := source.read(blocks.size):
            data = blocks.take(data, final=False) + following
            if reading.first is not None and blocks.assembly.link_count >= reading.first:
                data = b""
                break
        blocks.take(data, final=True)
    return _columns(blocks.assembly, reading)


def _columns(assembly: Assembly, reading: Reading) -> LinkColumns:
    """The links; those that a column calls undirected count both ways."""
    both = assembly.take_undirected()
    columns = assembly.columns()
    reading.warn_of(assembly.refusals.warnings())
    reading.note_names(columns.particles.kind)
    if both is None:
        return columns
    note_both_ways(int(np.count_nonzero(both)), reading)
    return each_way(columns, both & (columns.source != columns.target))


class BlockReader:
    """Turns blocks into rows of one assembly and counts lines."""

    def __init__(self, text_format: LargeTextFormat, reading: Reading) -> None:
        self.assembly = Assembly(text_format.layout)
        self._format = text_format
        self._reading = reading
        self._within_long_line = False
        self._compiled = False

    def expect(self, head: bytes, size_bytes: int) -> None:
        """Goes on compiled at once when a file of ``size_bytes`` with such a head clearly has enough lines.

        Of a compressed file this sees too few, and the links read decide later.
        """
        lines = head.count(b"\n") * size_bytes // max(len(head), 1)
        if lines >= _SURE_FACTOR * COMPILED_FROM_LINKS:
            self._compile()

    @property
    def size(self) -> int:
        """Bytes of the next block."""
        return LARGE_BLOCK_BYTES if self._compiled else SMALL_BLOCK_BYTES

    def take(self, data: bytes, final: bool) -> bytes:
        """Takes the complete records of a block; what is left belongs before the next block."""
        begin = self._after_long_line(data)
        for rows, used in self._rows(data[begin:] if begin else data, final):
            self._add(rows)
            begin += used
        rest = data[begin:]
        if len(rest) > MOST_RECORD_BYTES and not final:
            self._reading.refuse(self._reading.line_count + 1, too_long())
            self._reading.line_count += 1
            self._within_long_line = True
            return b""
        if not self._compiled and self.assembly.link_count >= COMPILED_FROM_LINKS:
            self._compile()
        return rest

    def _compile(self) -> None:
        self._compiled = True
        self.assembly.grow()

    def _after_long_line(self, data: bytes) -> int:
        if not self._within_long_line:
            return 0
        newline = data.find(b"\n")
        self._within_long_line = newline < 0
        return len(data) if newline < 0 else newline + 1

    def _rows(self, data: bytes, final: bool) -> Iterator[tuple[TextRows, int]]:
        if not self._compiled:
            yield plain_rows(self._format, data, final)
        elif self._format.separable(data):
            yield from self._rows_at_once(data, final)
        else:
            yield from self._rows_in_turn(data, final)

    def _rows_at_once(self, data: bytes, final: bool) -> Iterator[tuple[TextRows, int]]:
        """Pieces that end with a line each, on all cores."""
        pieces = _pieces(data)
        yield from run(lambda piece: self._compiled_rows(data[slice(*piece)], final), pieces)

    def _rows_in_turn(self, data: bytes, final: bool) -> Iterator[tuple[TextRows, int]]:
        """Compiled up to a record whose quotes do not close, that one plainly, and so on."""
        while data:
            rows, used = self._compiled_rows(data, final)
            if not used:
                rows, used = plain_rows(self._format, data, final, most=1)
            if not used:
                return
            yield rows, used
            data = data[used:]

    def _compiled_rows(self, data: bytes, final: bool) -> tuple[TextRows, int]:
        from focusmesh.engine.importers.text_rows.text_large import compiled_rows

        return compiled_rows(self._format, data, final, self.assembly.particles.all_integers)

    def _add(self, rows: TextRows) -> None:
        for line, reason in sorted(rows.bad):
            self._reading.refuse(self._reading.line_count + line + 1, reason)
        self._reading.line_count += rows.line_count
        self._reading.trimmed_count += rows.trimmed_count
        self.assembly.add(rows)


def _pieces(data: bytes) -> list[tuple[int, int]]:
    """Ranges of ``data`` that end after a newline each, but for the last."""
    ranges, begin = [], 0
    while begin < len(data):
        newline = data.find(b"\n", begin + _PIECE_BYTES)
        end = len(data) if newline < 0 else newline + 1
        ranges.append((begin, end))
        begin = end
    return ranges
