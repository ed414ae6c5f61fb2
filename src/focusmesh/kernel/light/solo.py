"""Who may make blocks where one key at a time does, for whoever has headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import check_proof, proved_proposers
from focusmesh.kernel.light.validator_sets import read_proposers
from focusmesh.protocol.codec import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def check_signed(header: Header, proof: bytes, able: Sequence[bytes]) -> None:
    """Raises BlockError: "proposer" where none of the keys ``able`` made the header, "proof" where it did not sign."""
    if header.proposer not in able:
        allowed = ", ".join(key.hex() for key in able)
        raise BlockError(
            "proposer",
            f"{header.proposer.hex()} may not make block {header.height}: {allowed} may",
        )
    check_proof(header, proof)
