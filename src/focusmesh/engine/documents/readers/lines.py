"""Lines of a file, none of which is held beyond a bound."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from focusmesh.engine.importers import file_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers import Reading

LINE_BYTES_MAX = 1 << 24
_BLOCK_BYTES = 1 << 20


def lines_of(file: Path, reading: Reading) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers from 1; one longer than ``LINE_BYTES_MAX`` is refused. Raises FileError."""
    number = 0
    with file_errors(file), file.open("rb") as opened:
        while line := opened.readline(LINE_BYTES_MAX + 1):
            number += 1
            reading.line_count += 1
            if len(line) > LINE_BYTES_MAX:
                _skip_line(opened, line)
                reading.refuse(number, f"the line is longer than {LINE_BYTES_MAX} bytes", str(file))
            else:
                yield number, line


def _skip_line(opened: IO[bytes], begun: bytes) -> None:
    while begun and not begun.endswith(b"\n"):
        begun = opened.readline(_BLOCK_BYTES)
