"""Whether bytes that were compressed are worth reading: what comes of them takes a few times their size, not more.

A hundred bytes of Brotli can hold a hundred million empty arrays, of which each takes 64 bytes when it is read. So the
form of what a stranger sends is looked at before: byte strings that are long enough, outcomes and nothing else.
"""

from __future__ import annotations

import re

from focusmesh.errors import BlockError
from focusmesh.protocol.identity import SIGNATURE_BYTES

_PAIR = 0x82
_ARRAY_HEADS = {0x98: 1, 0x99: 2, 0x9A: 4}
_BYTES_HEADS = {0x58: 1, 0x59: 2, 0x5A: 4}
_SHORT_ARRAY, _SHORT_BYTES, _LONGEST_SHORT = 0x80, 0x40, 23
_INTEGER = rb"(?:[\x00-\x17]|\x18.|\x19.{2}|\x1a.{4}|\x1b.{8})"
_CODE = rb"(?:[\x60-\x77]|\x78[\x18-\x40])[a-z0-9-]{0,64}"
_OUTCOMES = re.compile(rb"(?:\x82" + _CODE + _INTEGER + rb")*+", re.S)
"""Arrays of a code and a fee. That a code is as long as its head says is left to who reads it.

No byte can be read in two ways, so that what does not match is known at its first wrong byte.
"""


def check_carried(content: bytes) -> None:
    """Raises BlockError ("body") unless these are signals, each longer than a signature, and as many outcomes.

    O(signals); whether they are canonical dag-cbor is not looked at.
    """
    try:
        if content[0] != _PAIR:
            raise _no_body("it is not two arrays")
        at, signals = _read_head(content, 1, _SHORT_ARRAY, _ARRAY_HEADS)
        for _ in range(signals):
            at, length = _read_head(content, at, _SHORT_BYTES, _BYTES_HEADS)
            if length <= SIGNATURE_BYTES:
                raise _no_body(f"a signal before byte {at} is shorter than its signature")
            at += length
        at, outcomes = _read_head(content, at, _SHORT_ARRAY, _ARRAY_HEADS)
    except IndexError as error:
        raise _no_body("it ends within its signals") from error
    if outcomes != signals:
        raise BlockError("body", f"{signals} signals have {outcomes} outcomes")
    if not _OUTCOMES.fullmatch(content, at):
        raise _no_body(f"from byte {at} on there are not outcomes alone")


def _read_head(content: bytes, at: int, short: int, heads: dict[int, int]) -> tuple[int, int]:
    """Where what an item holds begins, and the number in its head."""
    first = content[at]
    if short <= first <= short + _LONGEST_SHORT:
        return at + 1, first - short
    width = heads.get(first)
    if width is None:
        raise _no_body(f"byte {at} begins no such item")
    return at + 1 + width, int.from_bytes(content[at + 1 : at + 1 + width], "big")


def _no_body(reason: str) -> BlockError:
    return BlockError("body", f"this is not a body: {reason}")
