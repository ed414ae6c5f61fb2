"""A proof of fraud as nodes pass it on: with the header that somebody stands by, and those that lead to it.

    [signed header, proof]               against that block
    [signed header, proof, headers]      against one of a run of blocks that are decided together

``headers`` are those of the run before the decided one, oldest first: each is the parent of the next, so that who
decided the last one stands by all of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError
from focusmesh.kernel.block import Header, SignedHeader
from focusmesh.kernel.fraud import FRAUD_BYTES_MAX, fraud_block
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip import DATA_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.protocol.codec import Value


class FraudMessage(NamedTuple):
    """``run`` are headers in a row, the last one that of ``signed``; ``proof`` is against the one at ``at``."""

    signed: SignedHeader
    proof: bytes
    run: tuple[Header, ...]
    at: int

    @property
    def accused_header(self) -> Header:
        """The header of the block that is wrong."""
        return self.run[self.at]

    @classmethod
    def decode(cls, data: bytes) -> FraudMessage:
        """Nothing is verified but the form, and that each header follows the one before.

        Raises BlockError, CodecError, ProofError.
        """
        match decode(data, depth_max=2):
            case [bytes(signed_bytes), bytes(proof)] if len(proof) <= FRAUD_BYTES_MAX:
                before: list[Value] = []
            case [bytes(signed_bytes), bytes(proof), [_, *_] as before] if (
                len(proof) <= FRAUD_BYTES_MAX
            ):
                pass
            case _:
                raise CodecError("this is not a proof of fraud with its header")
        signed = SignedHeader.decode(signed_bytes)
        run = (*map(_header, before), Header.decode(signed.header))
        for parent, header in pairwise(run):
            if (header.parent, header.height) != (parent.id, parent.height + 1):
                raise CodecError("its headers do not follow each other")
        block = fraud_block(proof)
        at = next((at for at, header in enumerate(run) if header.id == block), None)
        if at is None:
            raise CodecError("the proof is against none of its headers")
        return cls(signed, proof, run, at)


def fraud_message(signed: SignedHeader, proof: bytes, before: Sequence[bytes]) -> bytes | None:
    """The bytes of such a message; None where the headers ``before`` are too many to be passed on."""
    parts: list[Value] = [signed.encode(), proof]
    data = encode([*parts, list(before)] if before else parts)
    return data if len(data) <= DATA_BYTES_MAX else None


def _header(data: Value) -> Header:
    if not isinstance(data, bytes):
        raise CodecError("one of the headers of a run is malformed")
    return Header.decode(data)
