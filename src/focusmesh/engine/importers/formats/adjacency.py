"""Adjacency lists: a particle and those that it links to, one particle a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.text_rows.words import word_blocks
from focusmesh.engine.links import DictInterner, LinkColumns, Tokens, join_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.text_rows.words import WordBlock
    from focusmesh.engine.links import Interner
    from focusmesh.engine.support.arrays import IndexArray, OffsetArray


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of an adjacency list, as they stand: from the first word of a line to each of the others.

    A word alone is a particle without links of its own.
    """
    interner: Interner = DictInterner()
    sources: list[IndexArray] = []
    targets: list[IndexArray] = []
    for block in word_blocks(path, reading, b"#%"):
        if block.large:
            interner = compiled_from(interner)
        words = good_words(block, reading)
        found = interner.add(tokens_of(block, words))
        heads = block.places[words] > 0
        first = np.maximum.accumulate(np.where(heads, 0, np.arange(len(words))))
        sources.append(found[first][heads])
        targets.append(found[heads])
    return LinkColumns(
        interner.names(), join_arrays(sources, np.uint32), join_arrays(targets, np.uint32)
    )


def compiled_from(interner: Interner) -> Interner:
    """The compiled interner that goes on where a plain one ended."""
    if not isinstance(interner, DictInterner):
        return interner
    from focusmesh.engine.links import TableInterner

    return TableInterner.following(interner)


def tokens_of(block: WordBlock, words: OffsetArray) -> Tokens:
    """Some words of a block as names."""
    buffer = np.frombuffer(block.data, dtype=np.uint8)
    return Tokens(buffer, block.starts[words], block.ends[words])


def good_words(block: WordBlock, reading: Reading, file: str | None = None) -> OffsetArray:
    """The words of lines that can be used; refuses the other lines."""
    bad = np.zeros(len(block.counts), dtype=np.bool_)
    for line, fault in block.faults().items():
        if block.counts[line] > 0:
            reading.refuse(block.first_line + line, fault, file)
            bad[line] = True
    return np.flatnonzero(~bad[block.lines])


IMPORTER = Importer(
    name="adjacency",
    suffixes=(".adj", ".adjlist"),
    summary="adjacency list: a particle and those that it links to, one particle a line",
    read=read,
)
