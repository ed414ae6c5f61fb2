"""Who may make blocks where one key at a time does, for whoever has headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import proved_proposers
from focusmesh.kernel.light.validator_sets import read_proposers
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.state import Parameters


def proposers_bytes(rotation: bytes, state_root: bytes, parameters: Parameters) -> bytes:
    """The keys that may propose after a state, proved under its root. Raises BlockError ("rotation")."""
    return encode(list(proved_proposers(rotation, state_root, parameters)))


def proposers_of(header: Header, validators: bytes) -> tuple[bytes, ...]:
    """``validators``, if the header commits to them. Raises ProofError ("electorate")."""
    if digest(validators) != header.validators_hash:
        raise ProofError("electorate", f"block {header.height} says that others may make it")
    return read_proposers(validators)
