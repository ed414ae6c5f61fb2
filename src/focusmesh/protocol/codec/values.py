"""What canonical dag-cbor can say, and the numbers of its format (RFC 8949 §3, IPLD dag-cbor, DASL)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.protocol.codec.cid import Cid

Value: TypeAlias = (
    "bool | int | float | str | bytes | Cid | Sequence[Value] | Mapping[str, Value] | None"
)

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG = range(7)
"""Major types: the top three bits of an item's first byte; 7 has constants and floats."""

FALSE, TRUE, NULL, FLOAT64 = 0xF4, 0xF5, 0xF6, 0xFB
CID_TAG = 42
CID_HEAD = b"\xd8\x2a"
"""The one canonical head of a link: tag 42."""

ARGUMENT_MAX = 2**64 - 1
