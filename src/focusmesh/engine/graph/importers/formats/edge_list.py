"""Whitespace edge lists and SNAP text: ``source target [weight]``, with comment lines that begin with # or %."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.graph.importers.registry import Importer
from focusmesh.engine.graph.importers.rows import MOST_RECORD_BYTES, Layout, line_records
from focusmesh.engine.graph.importers.text import Opened, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.arrays import ByteArray
    from focusmesh.engine.graph.importers.reading import Reading
    from focusmesh.engine.graph.importers.rows import Record
    from focusmesh.engine.graph.importers.text_large import Spans
    from focusmesh.engine.graph.links import LinkColumns


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of an edge list; fields are cut at ASCII whitespace."""
    return read_text(path, reading, lambda head, reading: Opened(WORDS))


class Words:
    """Lines of two or three words."""

    layout = Layout(weight=2, fewest=2, most=3)

    def records(self, data: bytes, final: bool) -> Iterator[Record]:
        return line_records(data, final)

    def fields(self, record: bytes) -> list[bytes] | str:
        fields = record.split()
        return [] if fields and fields[0][:1] in (b"#", b"%") else fields

    def separable(self, data: bytes) -> bool:
        return True

    def scan(
        self, buffer: ByteArray, final: bool, clean: bool, spans: Spans
    ) -> tuple[int, int, int]:
        from focusmesh.engine.graph.importers.text_compiled import split_words

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


WORDS = Words()

IMPORTER = Importer(
    name="edge-list",
    suffixes=(".txt", ".edges", ".edgelist", ".el", ".wel", ".snap"),
    summary="whitespace edge list or SNAP text: source target [weight]",
    read=read,
)
