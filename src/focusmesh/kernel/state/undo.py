"""What it takes to go back by a block: the links that it changed as they were, and the entries that it changed.

A record a block, under its height: dag-cbor of ``[links, rows, entries]``. ``links`` as in links/history.py; ``rows``
is the values of the rows that the block touched, 32 + 88 bytes each (zeros: there was no row), in the order of their
sources; ``entries`` is ``[key, value or null]`` of everything else. 28 bytes a link and 120 a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.state.key_space import ROW_PREFIX
from focusmesh.kernel.state.rows.proof import ROW_VALUE_BYTES
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.state.store import Reader, Writer

_TABLE = "undo"
_NONE = bytes(ROW_VALUE_BYTES)
_KEY_BYTES = 8


@dataclass(frozen=True)
class Undo:
    """The way back over some blocks: ``entries`` as they were before the first, ``links`` block by block."""

    entries: Mapping[bytes, bytes | None]
    links: list[bytes]


def write_undo(
    writer: Writer, height: int, before: Mapping[bytes, bytes | None], links: bytes
) -> None:
    """Keeps what ``height`` changed: entries with the values they had (None: they were not there), and links."""
    rows = sorted(key for key in before if key.startswith(ROW_PREFIX))
    packed = b"".join([key[len(ROW_PREFIX) :] + (before[key] or _NONE) for key in rows])
    rest = [[key, before[key]] for key in sorted(before.keys() - set(rows))]
    writer.put(_TABLE, height.to_bytes(_KEY_BYTES, "big"), encode([links, packed, rest]))


def read_undo(reader: Reader, first: int, last: int) -> Undo:
    """The way back from after ``last`` to before ``first``, both heights of blocks."""
    entries: dict[bytes, bytes | None] = {}
    links = []
    span = (first.to_bytes(_KEY_BYTES, "big"), (last + 1).to_bytes(_KEY_BYTES, "big"))
    for _, record in reader.scan(_TABLE, *span):
        changed, packed, rest = decode(record, items_max=None)
        links.append(changed)
        for key, value in (*_rows(packed), *rest):
            entries.setdefault(key, value)
    return Undo(entries, links)


def forget_undo(writer: Writer, height: int) -> None:
    """Lets go of the way back over ``height`` and every block before it."""
    stop = max(height + 1, 0).to_bytes(_KEY_BYTES, "big")
    writer.delete_many(_TABLE, [key for key, _ in writer.scan(_TABLE, b"", stop)])


def _rows(packed: bytes) -> list[tuple[bytes, bytes | None]]:
    size = DIGEST_BYTES + ROW_VALUE_BYTES
    found: list[tuple[bytes, bytes | None]] = []
    for at in range(0, len(packed), size):
        value = packed[at + DIGEST_BYTES : at + size]
        key = ROW_PREFIX + packed[at : at + DIGEST_BYTES]
        found.append((key, None if value == _NONE else value))
    return found
