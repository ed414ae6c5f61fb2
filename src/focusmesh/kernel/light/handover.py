"""The block by which one key hands a ledger over to validators, for whoever has headers alone.

Such a header is signed by the key, ends its epoch, and names validators who vote next in the place of keys. It is final
with the first decision of those validators behind it, which says that more than two thirds of them go on from it. What
the key signs after it proves itself to be wrong: the two headers, and the proof of who decides from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import BlockError, CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    VERSION_CHANGING,
    Header,
    SignedHeader,
    check_proof,
    proved_parameters,
)
from focusmesh.kernel.state import SOLO, Parameters
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Sequence

STRAY_BYTES_MAX = 1 << 19
_MARK = "stray"


def hands_over(header: Header, makers: bytes) -> bool:
    """Whether a header that one of the keys in ``makers`` made names others than keys for the next block."""
    is_last = header.version >= VERSION_CHANGING and header.engine == SOLO and header.ends_epoch
    return is_last and header.validators_hash != digest(makers)


class StrayBlock(NamedTuple):
    """A block that a key signed though it had handed over: ``handover`` and ``stray`` are signed headers.

    ``parameters``: the proof of what holds behind the hand-over, under its state root.
    """

    handover: bytes
    parameters: bytes
    stray: bytes

    def verify(self, network: bytes) -> Header:
        """The header of the stray block. Raises ProofError ("fork") where it proves nothing, BlockError for no header.

        Two blocks of one height are enough. Else the key handed over with epoch e: what it signs in an epoch up to
        e + 1 at a later height cannot be, for validators decide epoch e + 1.
        """
        given, stray = (SignedHeader.decode(each) for each in (self.handover, self.stray))
        last, header = Header.decode(given.header), Header.decode(stray.header)
        is_other = header.height == last.height and header.id != last.id
        for holds, what in (
            ({last.network, header.network} == {network}, "it is of another network"),
            (last.engine == SOLO, "the first block is one of validators"),
            (is_other or self._hands_over(last), "the first block hands nothing over"),
            (last.proposer == header.proposer, "two keys signed"),
            (header.engine == SOLO, "the second block is one of validators"),
            (
                is_other or (header.height > last.height and header.epoch <= last.epoch + 1),
                "the key may have made the second block before, or after it was given the blocks again",
            ),
        ):
            if not holds:
                raise ProofError("fork", f"this proves nothing against a key: {what}")
        for each, signed in ((last, given), (header, stray)):
            check_proof(each, signed.proof)
        return header

    def _hands_over(self, last: Header) -> bool:
        data = proved_parameters(self.parameters, last.state_root)
        return last.ends_epoch and Parameters.decode(data).agreement is not None

    def encode(self) -> bytes:
        """A dag-cbor array, which no ``Fork`` is."""
        return encode([_MARK, *self])

    @classmethod
    def decode(cls, data: bytes) -> StrayBlock:
        """What ``encode`` wrote; it is still to be verified. Raises ProofError ("fork")."""
        try:
            mark, *parts = decode(data, bytes_max=STRAY_BYTES_MAX)
            if mark != _MARK or [type(part) for part in parts] != [bytes] * 3:
                raise CodecError("three parts of bytes are expected behind the mark")
            return cls(*parts)
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("fork", f"these bytes show no stray block: {error}") from error


def find_stray_block(
    handover: SignedHeader, behind: SignedHeader, others: Sequence[SignedHeader]
) -> StrayBlock | None:
    """A proof against the key that made ``handover``, out of ``others``; None where none of them is one.

    ``behind`` is the header after the hand-over, which has the proof of who decides.
    """
    network = Header.decode(handover.header).network
    for each in others:
        found = StrayBlock(handover.encode(), behind.parameters, each.encode())
        try:
            found.verify(network)
        except (BlockError, ProofError):
            continue
        return found
    return None


def no_maker(last: Header, header: Header) -> BlockError:
    """Why no key makes a block behind one that hands over."""
    return BlockError(
        "engine",
        f"block {last.height} hands over to validators: no key makes block {header.height} after it",
    )
