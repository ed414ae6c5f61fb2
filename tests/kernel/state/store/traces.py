"""Looks for a text in every file of a folder: whole or in pieces, as it is or written in another way."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE_BYTES = 16
_PIECES = 12


def traces(folder: Path, content: bytes) -> list[str]:
    """Where something of ``content`` is: the file, how it is written, the byte."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found += [
                f"{path.relative_to(folder)}: {name} at {data.index(form)}"
                for name, form in _forms(content)
                if form in data
            ]
    return found


def _forms(content: bytes) -> Iterator[tuple[str, bytes]]:
    step = max(1, (len(content) - _PIECE_BYTES) // _PIECES)
    for at in range(0, max(1, len(content) - _PIECE_BYTES + 1), step):
        piece = content[at : at + _PIECE_BYTES]
        yield "bytes", piece
        yield "hex", piece.hex().encode()
        yield "HEX", piece.hex().upper().encode()
        for shift in range(3):
            # Three places in a group of three bytes; what neighbours leak into is cut off.
            yield "base64", b64encode(piece[shift : shift + _PIECE_BYTES // 3 * 3 - 3])
        for encoding in ("utf-16-le", "utf-16-be", "utf-32-le"):
            yield encoding, piece.decode("latin-1").encode(encoding)
