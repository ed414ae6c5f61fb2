"""Text whose lines have any number of words: blocks of whole lines, cut into words, plainly or by a kernel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.source import LINE_BYTES_MAX, Source
from focusmesh.engine.importers.text_rows.rows import fault_of
from focusmesh.engine.links import integer_of, weight_of
from focusmesh.engine.support.parallel import COMPILED_FROM_LINKS
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.support.arrays import BoolArray, FloatArray, OffsetArray

_BLOCK_BYTES = 1 << 20
_WORD = re.compile(rb"[^ \t-\r]+")


@dataclass(frozen=True, slots=True)
class WordBlock:
    """Whole lines: word ``i`` is ``data[starts[i]:ends[i]]``, line ``k`` has ``counts[k]`` of them (−1: a comment).

    The first line is line ``first_line`` of the file. ``large`` asks for compiled code.
    """

    data: bytes
    starts: OffsetArray
    ends: OffsetArray
    counts: OffsetArray
    first_line: int
    large: bool

    @property
    def lines(self) -> OffsetArray:
        """For each word its line (from 0 within the block)."""
        found: OffsetArray = np.repeat(np.arange(len(self.counts)), np.maximum(self.counts, 0))
        return found

    @property
    def places(self) -> OffsetArray:
        """For each word its place (from 0) in its line."""
        counts = np.maximum(self.counts, 0)
        first: OffsetArray = np.repeat(np.cumsum(counts) - counts, counts)
        found: OffsetArray = np.arange(len(self.starts)) - first
        return found

    def words_of(self, lines: Iterable[int]) -> Iterator[list[bytes]]:
        """The words of some lines of the block."""
        counts = np.maximum(self.counts, 0)
        last = np.cumsum(counts)
        for line in lines:
            words = slice(last[line] - counts[line], last[line])
            spans = zip(self.starts[words].tolist(), self.ends[words].tolist(), strict=True)
            yield [self.data[start:end] for start, end in spans]

    def integers(self, words: OffsetArray) -> tuple[OffsetArray, BoolArray]:
        """Values of some words, and which are no canonical integers of 64 bits."""
        starts, ends = self.starts[words], self.ends[words]
        values = np.zeros(len(words), dtype=np.int64)
        bad = np.zeros(len(words), dtype=np.bool_)
        if self.large:
            from focusmesh.engine.links import read_integers

            read_integers(np.frombuffer(self.data, dtype=np.uint8), starts, ends, values, bad)
            return values, bad
        for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            value = integer_of(self.data[start:end])
            bad[row] = value is None
            values[row] = value or 0
        return values, bad

    def weights(self, words: OffsetArray) -> tuple[FloatArray, BoolArray]:
        """Amounts of some words, and which are none."""
        starts, ends = self.starts[words], self.ends[words]
        values = np.zeros(len(words), dtype=np.float64)
        bad = np.zeros(len(words), dtype=np.bool_)
        left = list(range(len(words)))
        if self.large:
            from focusmesh.engine.importers.text_rows.text_compiled import (
                POINT,
                READ,
                read_decimals,
            )

            states = np.empty(len(words), dtype=np.uint8)
            buffer = np.frombuffer(self.data, dtype=np.uint8)
            read_decimals(buffer, starts, ends, values, states, POINT)
            left = np.flatnonzero(states != READ).tolist()
        for row in left:
            found = weight_of(self.data[starts[row] : ends[row]].decode(errors="replace"))
            bad[row] = isinstance(found, str)
            values[row] = 0.0 if isinstance(found, str) else found
        return values, bad

    def faults(self) -> dict[int, str]:
        """Lines (from 0) whose bytes cannot be used, and why; comments count too."""
        if fault_of(self.data) is None:
            return {}
        lines = enumerate(self.data.split(b"\n"))
        return {line: fault for line, text in lines if (fault := fault_of(text))}


def word_blocks(path: Path, reading: Reading, comments: bytes) -> Iterator[WordBlock]:
    """Streams the lines of ``path`` and counts them; a line that begins with one of ``comments`` has no words.

    Compiled once the words so far are as many as COMPILED_FROM_LINKS. Raises InputError for a line over 64 MiB.
    """
    word_count = 0

    def too_long(_: bytes) -> NoReturn:
        raise InputError(
            f"{path}:{reading.line_count + 1}: the line is longer than {LINE_BYTES_MAX} bytes"
        )

    with Source(path, reading) as source:
        for data in source.line_blocks(_BLOCK_BYTES, too_long):
            large = word_count >= COMPILED_FROM_LINKS
            block = (_split_compiled if large else _plain)(data, comments, reading.line_count + 1)
            reading.line_count += len(block.counts)
            word_count += len(block.starts)
            yield block


def _plain(data: bytes, comments: bytes, first_line: int) -> WordBlock:
    starts: list[int] = []
    ends: list[int] = []
    counts: list[int] = []
    begin = 0
    for line in data.removesuffix(b"\n").split(b"\n"):
        spans = [found.span() for found in _WORD.finditer(line)]
        comment = bool(spans) and line[spans[0][0]] in comments
        counts.append(-1 if comment else len(spans))
        if not comment:
            starts += [begin + start for start, _ in spans]
            ends += [begin + end for _, end in spans]
        begin += len(line) + 1
    return WordBlock(data, _offsets(starts), _offsets(ends), _offsets(counts), first_line, False)


def _split_compiled(data: bytes, comments: bytes, first_line: int) -> WordBlock:
    from focusmesh.engine.importers.text_rows.words_compiled import split_lines

    buffer = np.frombuffer(data, dtype=np.uint8)
    starts = np.empty(len(data) // 2 + 1, dtype=np.int64)
    ends = np.empty(len(data) // 2 + 1, dtype=np.int64)
    counts = np.empty(data.count(b"\n") + 1, dtype=np.int64)
    marks = np.frombuffer((comments * 2)[:2], dtype=np.uint8)
    words, lines = split_lines(buffer, marks, starts, ends, counts)
    return WordBlock(data, starts[:words], ends[:words], counts[:lines], first_line, True)


def _offsets(values: list[int]) -> OffsetArray:
    return np.array(values, dtype=np.int64)
