"""Pages of zig-zag varints, with NumPy for small vectors and compiled loops for large ones: the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.errors import BlockError

if TYPE_CHECKING:
    from focusmesh.engine.arrays import ByteArray, MassArray, OffsetArray

VARINT_BYTES_MAX = 10
_SEVEN, _LOW, _MORE = np.uint64(7), np.uint64(0x7F), np.uint8(0x80)


def encode_pages(values: OffsetArray, per_page: int) -> bytes:
    """int64 values, ``per_page`` a page, as delta.py says."""
    parts = []
    for first in range(0, len(values), per_page):
        page = values[first : first + per_page]
        content = _encoded(_zigzag(page)) if page.any() else b""
        parts += [_encoded(np.array([len(content)], dtype=np.uint64)), content]
    return b"".join(parts)


def decode_pages(content: bytes, count: int, per_page: int) -> OffsetArray:
    """The values of all pages; raises BlockError ("focus-delta") for any but the one form."""
    values = np.zeros(count, dtype=np.int64)
    data, at = np.frombuffer(content, dtype=np.uint8), 0
    for first in range(0, count, per_page):
        length, at = _length(content, at)
        held = min(per_page, count - first)
        if length:
            page = _decoded(data[at : at + length], length, held)
            values[first : first + held] = _unzigzag(page)
            _require(bool(page.any()), "a page without differences has a length of its own")
        at += length
    _require(at == len(content), "there are bytes after the last page")
    return values


def _zigzag(values: OffsetArray) -> MassArray:
    return (values.astype(np.uint64) << np.uint64(1)) ^ (values >> 63).astype(np.uint64)


def _unzigzag(words: MassArray) -> OffsetArray:
    halved: OffsetArray = (words >> np.uint64(1)).astype(np.int64)
    return halved ^ -(words & np.uint64(1)).astype(np.int64)


def _encoded(words: MassArray) -> bytes:
    groups, used = [], []
    rest, left = words, np.ones(len(words), dtype=bool)
    while left.any():
        used.append(left)
        groups.append((rest & _LOW).astype(np.uint8))
        rest = rest >> _SEVEN
        left = rest > 0
        groups[-1][left] |= _MORE
    in_use: ByteArray = np.stack(groups, axis=1)[np.stack(used, axis=1)]
    return in_use.tobytes()


def _decoded(data: ByteArray, length: int, held: int) -> MassArray:
    """``held`` words that fill ``data`` exactly."""
    _require(len(data) == length, "a page is cut short")
    ends = np.flatnonzero(data < _MORE)
    _require(len(ends) == held and int(ends[-1]) == length - 1, "a page has another length")
    starts = np.append(0, ends[:-1] + 1)
    sizes = ends - starts + 1
    _require(int(sizes.max()) <= VARINT_BYTES_MAX, "a varint is longer than 64 bits")
    _require(not np.any((data[ends] == 0) & (sizes > 1)), "a varint is not in its shortest form")
    _require(
        not np.any((sizes == VARINT_BYTES_MAX) & (data[ends] > 1)), "a varint is above 64 bits"
    )
    place = np.arange(length) - np.repeat(starts, sizes)
    groups = (data & np.uint8(0x7F)).astype(np.uint64) << (place.astype(np.uint64) * _SEVEN)
    return np.add.reduceat(groups, starts, dtype=np.uint64)


def _length(content: bytes, at: int) -> tuple[int, int]:
    """The length before a page, and where the page begins."""
    value, shift = 0, 0
    while True:
        _require(at < len(content) and shift < 28, "the length of a page is missing or too large")
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            _require(byte > 0 or shift == 7, "a varint is not in its shortest form")
            return value, at


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise BlockError("focus-delta", f"these are no vector differences: {what}")
