"""Contents that are recognised in any file by any piece of them."""

from __future__ import annotations

import re
from random import Random

_MARK = b"\xf5a content\xf5"
_NAME_BYTES = 4
_PIECE_BYTES = 128
_FOUND = re.compile(re.escape(_MARK) + b"(.{%d})" % _NAME_BYTES, re.DOTALL)


def marked(name: int, size: int) -> bytes:
    """A content of at least ``size`` bytes that says its name in every piece."""
    random = Random(name)
    head = _MARK + name.to_bytes(_NAME_BYTES, "big")
    pieces = range(0, size, _PIECE_BYTES)
    return b"".join(head + random.randbytes(_PIECE_BYTES - len(head)) for _ in pieces)


def names_in(data: bytes) -> set[int]:
    """The names of all contents of which a piece is in ``data``."""
    return {int.from_bytes(name, "big") for name in _FOUND.findall(data)}
