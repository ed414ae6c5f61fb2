"""Pages of zig-zag varints: NumPy for small vectors, compiled loops for large ones; the same bytes, read or refused.

Before each page stands a varint with its length in bytes; a page of zeros has the length 0 and nothing else. Varints
are LEB128 in their shortest form: seven bits a byte, the lowest first, the top bit says that another follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import BlockError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, MassArray, OffsetArray

COMPILED_FROM_VALUES = 1 << 15
"""Below this many values NumPy takes a few milliseconds and nothing is compiled."""

VARINT_BYTES_MAX = 10
_LENGTH_BYTES_MAX = 3
_SEVEN, _LOW, _MORE = np.uint64(7), np.uint8(0x7F), np.uint8(0x80)
_FAULTS = (
    "a page is cut short",
    "a varint is not in its shortest form",
    "a varint is above 64 bits",
    "a page holds another number of values",
    "a page of zeros is written out",
    "there are bytes after the last page",
)


def encode_pages(values: OffsetArray, per_page: int) -> bytes:
    """int64 values, ``per_page`` a page. O(values)."""
    return (_encode_large if len(values) >= COMPILED_FROM_VALUES else _encode)(values, per_page)


def decode_pages(content: bytes, count: int, per_page: int) -> OffsetArray:
    """The ``count`` values of all pages; raises BlockError ("focus-delta") for any but the one form. O(count)."""
    data = np.frombuffer(content, dtype=np.uint8)
    values = np.zeros(count, dtype=np.int64)
    large = count >= COMPILED_FROM_VALUES
    fault = (_decode_large if large else _decode)(data, per_page, values)
    if fault:
        raise BlockError("focus-delta", f"these are not vector differences: {_FAULTS[fault - 1]}")
    return values


def _encode(values: OffsetArray, per_page: int) -> bytes:
    parts = []
    for first in range(0, len(values), per_page):
        page = values[first : first + per_page]
        written = _write(_zigzag(page)) if page.any() else b""
        parts += [_write(np.array([len(written)], dtype=np.uint64)), written]
    return b"".join(parts)


def _zigzag(values: OffsetArray) -> MassArray:
    return (values.astype(np.uint64) << np.uint64(1)) ^ (values >> 63).astype(np.uint64)


def _write(words: MassArray) -> bytes:
    """Varints of ``words`` side by side: one column for each byte that any of them has."""
    columns = [words]
    while columns[-1].any():
        columns.append(columns[-1] >> _SEVEN)
    rest = np.stack(columns[: max(1, len(columns) - 1)], axis=1)
    groups = rest.astype(np.uint8) & _LOW
    groups[:, :-1] |= np.where(rest[:, 1:] > 0, _MORE, np.uint8(0))
    rest[:, 0] = 1
    in_use: ByteArray = groups[rest > 0]
    return in_use.tobytes()


def _decode(data: ByteArray, per_page: int, values: OffsetArray) -> int:
    """Fills ``values``; 0, or one more than the index of the fault."""
    at = 0
    for first in range(0, len(values), per_page):
        held = min(per_page, len(values) - first)
        head = data[at : at + _LENGTH_BYTES_MAX]
        ends = np.flatnonzero(head < _MORE)
        if not len(ends):
            return 1
        fault, lengths = _read(head[: ends[0] + 1], 1)
        if fault:
            return fault
        length = int(lengths[0])
        at += int(ends[0]) + 1
        page = data[at : at + length]
        at += length
        if len(page) < length:
            return 1
        if length:
            fault, words = _read(page, held)
            if fault or not words.any():
                return fault or 5
            values[first : first + held] = _unzigzag(words)
    return 0 if at == len(data) else 6


def _read(data: ByteArray, count: int) -> tuple[int, MassArray]:
    """The ``count`` varints that ``data`` is, after the fault."""
    none, ends = np.zeros(0, dtype=np.uint64), np.flatnonzero(data < _MORE)
    starts = np.append(0, ends + 1)[:-1]
    sizes, last = ends - starts + 1, data[ends]
    if np.any((last == 0) & (sizes > 1)):
        return 2, none
    if np.any((sizes > VARINT_BYTES_MAX) | ((sizes == VARINT_BYTES_MAX) & (last > 1))):
        return 3, none
    if len(ends) != count or ends[-1] != len(data) - 1:
        return 4, none
    place = (np.arange(len(data)) - np.repeat(starts, sizes)).astype(np.uint64)
    groups = (data & _LOW).astype(np.uint64) << (place * _SEVEN)
    return 0, np.add.reduceat(groups, starts, dtype=np.uint64)


def _unzigzag(words: MassArray) -> OffsetArray:
    halved: OffsetArray = (words >> np.uint64(1)).astype(np.int64)
    return halved ^ -(words & np.uint64(1)).astype(np.int64)


def _encode_large(values: OffsetArray, per_page: int) -> bytes:
    from focusmesh.kernel.focus.varints_compiled import encode

    pages = -(-len(values) // per_page)
    room = np.empty(VARINT_BYTES_MAX * len(values) + _LENGTH_BYTES_MAX * pages, dtype=np.uint8)
    return room[: int(encode(values, per_page, room))].tobytes()


def _decode_large(data: ByteArray, per_page: int, values: OffsetArray) -> int:
    from focusmesh.kernel.focus.varints_compiled import decode

    return int(decode(data, per_page, values))
