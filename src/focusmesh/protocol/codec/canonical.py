"""``encode`` and ``decode``: one value, one encoding.

libipld does the work where it can, which is nearly always. It is not strict enough alone: it accepts numbers and
lengths in more bytes than they need, and it has one type for a byte string and for a link, so that a 32-byte digest
that happens to look like a CID (``01 55 12 1c …``, one of some 260,000) would be written as a link. Both show in the
bytes: what it decodes is encoded again and compared, and where the bytes have what could be a link, our own reader
and writer work. Those are also what runs where libipld is not installed.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError
from focusmesh.protocol.codec.reading import read
from focusmesh.protocol.codec.writing import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from focusmesh.protocol.codec.values import Value

DEPTH_MAX = 32
"""Arrays and maps within each other, where a caller sets no limit of its own."""

_ZERO_FLOAT = b"\xfb" + bytes(8)
_LINK = re.compile(rb"\xd8\x2a(?:[\x40-\x57]|\x58.|\x59..|\x5a.{4}|\x5b.{8})\x00", re.DOTALL)
"""Tag 42, the head of a byte string and the zero byte of a binary CID: every link begins so."""

_CONTAINERS = {list, dict}


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
        except (ValueError, TypeError, RecursionError):
            return write(value)
        # A zero may have been −0.0, and a link may have been a byte string.
        if _ZERO_FLOAT not in data and not _LINK.search(data):
            return data
    return write(value)


def decode(data: bytes, *, bytes_max: int | None = None, depth_max: int = DEPTH_MAX) -> Any:
    """The value that ``data`` is the canonical encoding of; arrays are lists, links are ``Cid``. O(bytes).

    Raises CodecError for everything else, naming the byte: ``encode(decode(data)) == data`` always holds. At most
    ``bytes_max`` bytes and ``depth_max`` arrays and maps within each other are accepted.
    """
    if bytes_max is not None and len(data) > bytes_max:
        raise CodecError(f"{len(data)} bytes where at most {bytes_max} are allowed")
    quick = _quick()
    if quick is not None and not _LINK.search(data):
        try:
            value = quick.decode(data)
            if quick.encode(value) == data and _fits(value, depth_max):
                return value
        except (ValueError, TypeError, RecursionError):
            pass  # The reader says what is wrong, and where.
    return read(data, depth_max)


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
