"""The longest that each reader of what strangers send takes a processor for, at its bound of bytes.

``python -m tests.reader_costs`` prints a row a reader: seconds, bytes, and what the body was made of. No test: times
depend on the machine.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from tests.readers import READERS, Reader


class Longest(NamedTuple):
    """The body that took longest."""

    seconds: float
    size: int
    unit: bytes


def longest(reader: Reader) -> Longest:
    """The worst of a reader's bombs, each read twice for its better time."""
    reader.call(b"[]" if reader.is_json else b"\x80")
    found = Longest(0.0, 0, b"")
    for unit in reader.units():
        for body in reader.bombs(unit):
            found = max(
                found, Longest(min(_seconds(reader, body) for _ in range(2)), len(body), unit)
            )
    return found


def _seconds(reader: Reader, body: bytes) -> float:
    begun = time.process_time()
    reader.call(body)
    return time.process_time() - begun


def main() -> None:
    rows = sorted(((longest(reader), reader.name) for reader in READERS), reverse=True)
    for row, name in rows:
        sys.stdout.write(f"{name:40} {row.seconds:7.4f} s {row.size:10,} bytes  {row.unit!r}\n")


if __name__ == "__main__":
    main()
