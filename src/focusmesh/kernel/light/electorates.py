"""Who makes blocks final, as bytes that headers commit to: voters with their weights, or the keys that may propose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import read_electorate
from focusmesh.protocol.codec import decode
from focusmesh.protocol.identity import KEY_BYTES

if TYPE_CHECKING:
    from focusmesh.kernel.light.rules import LightRules

VOTERS_BYTES_MAX = 1 << 20


def read_proposers(data: bytes) -> tuple[bytes, ...]:
    """Of the canonical array of keys. Raises ProofError ``"electorate"``."""
    try:
        keys = decode(data, bytes_max=VOTERS_BYTES_MAX)
    except CodecError as error:
        raise ProofError("electorate", f"these bytes name no proposers: {error}") from error
    if type(keys) is not list or any(
        type(key) is not bytes or len(key) != KEY_BYTES for key in keys
    ):
        raise ProofError("electorate", "proposers are an array of keys")
    return tuple(keys)


def voters_hash(data: bytes, rules: LightRules) -> bytes:
    """What a header would commit to these by. Raises ProofError ``"electorate"``."""
    if rules.has_decisions:
        return read_electorate(data).digest()
    read_proposers(data)
    return digest(data)
