"""Where the next page of a listing begins: a short text that belongs to one moment and one question."""

from __future__ import annotations

import base64
import binascii
import struct
from hashlib import blake2b
from typing import NamedTuple

from focusmesh.errors import InputError, ParameterError

LIMIT_MAX = 1_000
"""The most that a page lists."""
NAMES_MAX = 1_000
"""How many particles one question may name."""
_LAYOUT = struct.Struct(">B8s8sqQ")
_VERSION = 1
_NO_HEIGHT = -1


class Cursor(NamedTuple):
    """The first 8 bytes of a root, the fingerprint of a question, a ledger's height, how many were listed."""

    root: bytes
    asked: bytes
    height: int | None
    offset: int

    def write(self) -> str:
        """The text of it."""
        height = _NO_HEIGHT if self.height is None else self.height
        packed = _LAYOUT.pack(_VERSION, self.root, self.asked, height, self.offset)
        return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises ParameterError for what is no cursor."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            raw = base64.b64decode(padded, altchars=b"-_", validate=True)
            version, root, asked, height, offset = _LAYOUT.unpack(raw)
        except (ValueError, binascii.Error, struct.error) as error:
            raise ParameterError(
                f"{text[:80]!r} is not a cursor of a listing", parameter="cursor"
            ) from error
        cursor = cls(root, asked, None if height == _NO_HEIGHT else height, offset)
        if version != _VERSION or cursor.write() != text:
            raise ParameterError(
                f"{text[:80]!r} is not a cursor of this version", parameter="cursor"
            )
        return cursor


class Page(NamedTuple):
    """Which part of a listing is asked for."""

    root: bytes
    asked: bytes
    height: int | None
    offset: int
    limit: int

    @classmethod
    def of(
        cls, question: object, root: str, height: int | None, limit: int, cursor: str | None
    ) -> Page:
        """Raises ParameterError for a limit or a cursor that is none, InputError for one of something else."""
        verify_limit(limit)
        head = bytes.fromhex(root)[:8]
        asked = blake2b(repr(question).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if cursor is None:
            return cls(head, asked, height, 0, limit)
        given = Cursor.read(cursor)
        if given.asked != asked:
            raise InputError("the cursor is of another question; ask from the start")
        if given.root != head:
            raise InputError(
                "the cursor is of another moment, and what is served was edited since; ask from the start"
            )
        return cls(head, asked, height, given.offset, limit)

    @property
    def part(self) -> slice:
        """What is to be listed."""
        return slice(self.offset, self.offset + self.limit)

    def following(self, count: int) -> str | None:
        """The cursor of the next page of a listing of ``count``; None where there is none."""
        behind = self.offset + self.limit
        return (
            Cursor(self.root, self.asked, self.height, behind).write() if behind < count else None
        )


def height_of(cursor: str | None) -> int | None:
    """The height that a cursor belongs to: later pages are of the same moment as the first one."""
    if cursor is None:
        return None
    height, dot, _ = cursor.partition(".")
    if not dot:
        return Cursor.read(cursor).height
    if height and not (height.isascii() and height.isdecimal() and len(height) < 17):
        raise ParameterError(f"{cursor[:80]!r} is not a cursor of a recall")
    return int(height) if height else None


def recall_cursor(cursor: str | None, height: int | None) -> str | None:
    """The engine's cursor of a recall, with the height before it that tells of which moment it is."""
    return None if cursor is None else f"{'' if height is None else height}.{cursor}"


def of_recall(cursor: str | None) -> str | None:
    """The engine's part of ``recall_cursor``; raises ParameterError for the cursor of a listing."""
    if cursor is None:
        return None
    _, dot, own = cursor.partition(".")
    if not dot:
        raise ParameterError(f"{cursor[:80]!r} is not a cursor of a recall")
    return own


def verify_limit(limit: int, name: str = "limit") -> int:
    """Raises ParameterError unless 1 ≤ ``limit`` ≤ 1,000."""
    if not 1 <= limit <= LIMIT_MAX:
        raise ParameterError(f"a page lists 1 ≤ {name} ≤ {LIMIT_MAX:,}, not {limit:,}")
    return limit
