"""Where the next page of an answer begins: a short text that belongs to one graph and one question."""

from __future__ import annotations

import base64
import binascii
import struct
from hashlib import blake2b

from focusmesh.errors import InputError, ParameterError

_LAYOUT = struct.Struct(">B8s8sI")
_VERSION = 1


def fingerprint(asked: object) -> bytes:
    """8 bytes that tell one question with its options from another."""
    return blake2b(repr(asked).encode("utf-8", "surrogatepass"), digest_size=8).digest()


def write_cursor(root: str, question: bytes, offset: int) -> str:
    """The cursor of a graph's root, a fingerprint, and how many items were listed."""
    packed = _LAYOUT.pack(_VERSION, _beginning(root), question, offset)
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def read(cursor: str, root: str, question: bytes) -> int:
    """How many items were listed before.

    Raises ParameterError for what is no cursor, InputError for that of another graph or another question.
    """
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, known, asked, offset = _LAYOUT.unpack(packed)
    except (TypeError, ValueError, binascii.Error, struct.error) as error:
        raise ParameterError(f"{cursor!r} is not a cursor of a recall") from error
    if version != _VERSION:
        raise ParameterError(f"{cursor!r} is a cursor of another version of focusmesh")
    if known != _beginning(root):
        raise InputError(
            f"the cursor is of the graph with root {known.hex()}…, and this one has {root[:16]}…: "
            "it was edited since, or is another one; ask from the start"
        )
    if asked != question:
        raise InputError(
            "the cursor is of another question, or of other options than k, budget_tokens and tokens; "
            "ask from the start"
        )
    return int(offset)


def _beginning(root: str) -> bytes:
    """8 bytes of a root, which begins with hexadecimal digits."""
    return bytes.fromhex(root[:16])
