"""``encode`` and ``decode``: one value, one encoding.

libipld does the work where it can, which is nearly always, but not alone: it reads numbers and lengths in more bytes
than they need, and it has one type for byte strings and links, so that it writes byte strings that could be CIDs as
links (one 32-byte digest in 2,600 could: ``01 55 12 1c …``). So what it reads is written again and compared; the
links that it makes up are taken back; and where data holds what could be a link, our own reader and writer decide.
Those are also what runs where libipld is not installed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError
from focusmesh.protocol.codec.items import ITEMS_MAX, check_items
from focusmesh.protocol.codec.reader import read
from focusmesh.protocol.codec.values import BYTES
from focusmesh.protocol.codec.writer import head, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from focusmesh.protocol.codec.values import Value

DEPTH_MAX = 32
"""Arrays and maps within each other, where a caller sets no limit of its own."""

_ZERO_FLOAT = b"\xfb" + bytes(8)
_LINK = re.compile(rb"\xd8\x2a([\x41-\x57]|\x58.|\x59..|\x5a.{4}|\x5b.{8})\x00", re.DOTALL)
"""Tag 42, the head of a byte string and the zero byte of a binary CID: every link begins so."""

_CONTAINERS = {list, dict}

_SPARSE_BYTES = 512
"""Bytes an item from which on our own reader is as quick, which copies what it reads once and not four times."""


class Quick(NamedTuple):
    """libipld's two functions."""

    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


def encode(value: Value) -> bytes:
    """The canonical bytes of ``value``. O(bytes).

    Raises CodecError for what has none: other types, integers outside of −2⁶⁴ … 2⁶⁴ − 1, NaN, infinities and
    −0.0, keys that are not text, text that is not Unicode.
    """
    quick = _quick()
    if quick is not None:
        try:
            data = quick.encode(value)
            plain = _without_links(data)
            # What looked like a link may have stood within a byte string, which is broken now; and libipld writes
            # −0.0 as 0.0.
            if _ZERO_FLOAT not in data and (plain == data or quick.decode(plain) == value):
                return plain
        except (ValueError, TypeError, RecursionError):
            pass  # The writer says what has no encoding, and writes what libipld could not.
    return write(value)


def decode(
    data: bytes,
    *,
    bytes_max: int | None = None,
    depth_max: int = DEPTH_MAX,
    items_max: int | None = ITEMS_MAX,
) -> Any:
    """The value that ``data`` is the canonical encoding of; arrays are lists, links are ``Cid``. O(bytes).

    Raises CodecError for everything else, naming the byte: ``encode(decode(data)) == data`` always holds. At most
    ``bytes_max`` bytes, ``items_max`` items (array elements, keys, values) and ``depth_max`` arrays and maps within
    each other are accepted. Items are counted before an object is made, so that memory stays below four times the
    bytes and 100 bytes an item; ItemCountError says that there are more. ``items_max`` of None is for bytes that this
    process itself wrote, or whose digest it knew before.
    """
    if bytes_max is not None and len(data) > bytes_max:
        raise CodecError(f"{len(data)} bytes where at most {bytes_max} are allowed")
    # No item is shorter than a byte.
    if items_max is not None and len(data) > items_max:
        count = check_items(data, items_max)
        if count * _SPARSE_BYTES < len(data):
            return read(data, depth_max)
    quick = _quick()
    if quick is not None and not _LINK.search(data):
        try:
            value = quick.decode(data)
            again = quick.encode(value)
            if data in (again, _without_links(again)) and _fits(value, depth_max):
                return value
        except (ValueError, TypeError, RecursionError):
            pass  # The reader says what is wrong, and where.
    return read(data, depth_max)


def _without_links(data: bytes) -> bytes:
    """``data`` with a byte string in place of each link, as it was before libipld put tag and zero byte before it."""
    return _LINK.sub(_byte_string_head, data)


def _byte_string_head(link: re.Match[bytes]) -> bytes:
    found = link[1]
    length = int.from_bytes(found[1:], "big") if len(found) > 1 else found[0] & 31
    return head(BYTES, length - 1) if length else link[0]


def _fits(value: Any, depth_max: int) -> bool:
    """Whether no more than ``depth_max`` arrays and maps are within each other."""
    level = [value] if type(value) in _CONTAINERS else []
    while level and depth_max:
        depth_max -= 1
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) in _CONTAINERS
        ]
    return not level


@cache
def _quick() -> Quick | None:
    try:
        import libipld
    except ModuleNotFoundError:
        return None
    return Quick(libipld.decode_dag_cbor, libipld.encode_dag_cbor)
