"""Who makes blocks final, as bytes that headers commit to: validators with weights, or the keys that may propose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import VERSION_CHANGING, read_validator_set
from focusmesh.protocol.codec import decode
from focusmesh.protocol.identity import KEY_BYTES

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.light.rules import LightRules

VALIDATORS_BYTES_MAX = 1 << 20


def read_proposers(data: bytes) -> tuple[bytes, ...]:
    """Of the canonical array of keys. Raises ProofError ``"validator_set"``."""
    try:
        keys = decode(data, bytes_max=VALIDATORS_BYTES_MAX)
    except CodecError as error:
        raise ProofError(
            "electorate", f"these bytes are not a list of proposers: {error}"
        ) from error
    if type(keys) is not list or any(
        type(key) is not bytes or len(key) != KEY_BYTES for key in keys
    ):
        raise ProofError("electorate", "proposers must be an array of keys")
    return tuple(keys)


def is_committed(data: bytes, header: Header, rules: LightRules) -> bool:
    """Whether a header commits to these: who decides the next block, or may make this one.

    The last header of an epoch may hand over from one to the other. Raises ProofError ``"validator_set"``.
    """
    if header.version >= VERSION_CHANGING and header.ends_epoch:
        if digest(data) == header.validators_hash:
            return bool(read_proposers(data))
        return read_validator_set(data).digest() == header.validators_hash
    return validators_hash(data, rules) == header.validators_hash


def validators_hash(data: bytes, rules: LightRules) -> bytes:
    """What a header would commit to these by. Raises ProofError ``"validator_set"``."""
    if rules.has_decisions:
        return read_validator_set(data).digest()
    read_proposers(data)
    return digest(data)
