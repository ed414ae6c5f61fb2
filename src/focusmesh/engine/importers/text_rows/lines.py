"""Lines of text files for the formats that read them one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.source import Source
from focusmesh.engine.importers.text_rows.rows import MOST_RECORD_BYTES, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

_BLOCK_BYTES = 1 << 20


def text_lines(path: Path, reading: Reading) -> Iterator[tuple[int, str | None]]:
    """Each line with its number (from 1), without its end; None for one that was refused.

    Refused is what is not UTF-8 and what is longer than 1 MiB. Counts the lines. Streams.
    """
    where = str(path)
    for number, line in enumerate(_raw_lines(path, reading), start=1):
        reading.line_count += 1
        text = None
        if len(line) > MOST_RECORD_BYTES:
            reading.refuse(number, too_long(), where)
        else:
            try:
                text = line.decode().removesuffix("\r")
            except UnicodeDecodeError as error:
                byte = f"byte {error.start + 1} of the line (0x{line[error.start]:02x})"
                reading.refuse(number, f"{byte} is not UTF-8", where)
        yield number, text


def _raw_lines(path: Path, reading: Reading) -> Iterator[bytes]:
    with Source(path, reading) as source:
        rest = source.head(_BLOCK_BYTES)
        while following := source.read(_BLOCK_BYTES):
            *lines, rest = rest.split(b"\n")
            yield from lines
            rest = rest[: MOST_RECORD_BYTES + 1] + following
        *lines, rest = rest.split(b"\n")
        yield from lines
        if rest:
            yield rest
