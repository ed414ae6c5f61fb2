"""A vote for a wrong block: a proposal and what a validator signed for it, beside the proof that the block is wrong.

Nobody honest signs the notarise or the move slot for a block that it has not carried out. So it does not matter whether
the block was decided, or whether anybody knows its parent: a vote for a block after a wrong one is false as well. A
finalise vote proves nothing, because whoever sees a quorum's notarisation signs it without looking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, CodecError, ProofError
from focusmesh.kernel.availability import BadEncoding, Roots
from focusmesh.kernel.block import Header, parameters_bytes, read_parameters
from focusmesh.kernel.consensus import (
    MOVE,
    NOTARISE,
    Ballot,
    Proposal,
    Slot,
    SlotName,
    Vote,
    epoch_of_number,
)
from focusmesh.kernel.fraud.verification import verify_fraud
from focusmesh.protocol.codec import from_bytes, to_bytes

if TYPE_CHECKING:
    from focusmesh.kernel.state import Parameters

FOCUS, ENCODING = "focus", "encoding"
"""What is wrong with the block: its focus breaks a rule, or a line of its square is coded badly."""
WRONG_BLOCK_BYTES_MAX = 1 << 18
"""No evidence is longer. Bad encoding of squares of more than 64 shares along a side does not fit."""


class WrongBlock(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A vote of ``signer`` for ``proposal``, whose block ``header`` is, and the ``proof`` that this is wrong.

    ``epoch``, ``round`` and ``step`` are those of the slot. For FOCUS ``beside`` is the parent's header, and
    ``parameters`` are those that the header names, empty where they still hold; for ENCODING ``beside`` are the roots
    of the square.
    """

    kind: str
    epoch: int
    round: int
    step: str
    signer: bytes
    signature: bytes
    proposal: tuple[int, int, int, bytes, bytes, bytes]
    header: bytes
    beside: bytes
    parameters: bytes
    proof: bytes

    @classmethod
    def of(
        cls, kind: str, vote: Vote, proposal: Proposal, header: Header, beside: bytes, proof: bytes
    ) -> WrongBlock:
        """Evidence against who voted, by the parameters that hold when it is shown."""
        _, epoch, round_, step = vote.ballot.slot
        signed, shown = (vote.signer, vote.signature), (header.encode(), beside, b"", proof)
        return cls(kind, epoch, round_, step, *signed, proposal[:], *shown)

    def encode(self) -> bytes:
        """Canonical bytes: a dag-cbor array."""
        return to_bytes(self)

    @classmethod
    def decode(cls, data: bytes) -> WrongBlock:
        """Raises ProofError ("evidence") for anything but canonical bytes of one."""
        try:
            return from_bytes(data, cls, WRONG_BLOCK_BYTES_MAX)
        except CodecError as error:
            raise _none(f"they are no vote for a wrong block: {error}") from error

    def verify(self, network: bytes, parameters: Parameters) -> int:
        """The epoch in which ``signer`` voted for a wrong block of ``network``; ``parameters`` hold now.

        Raises ProofError ("evidence") where that is not shown. First what is cheap. O(bytes).
        """
        proposal = Proposal.of(list(self.proposal))
        header = self._header(network, proposal)
        ballot = Ballot(Slot(network, self.epoch, self.round, self.step), proposal.digest(network))
        if not Vote(ballot, self.signer, self.signature).holds():
            raise _none("the vote is not signed by its validator")
        try:
            if self.kind == FOCUS:
                held = self.parameters or parameters_bytes(parameters)
                parent, rules = Header.decode(self.beside), read_parameters(held, header)
                verify_fraud(self.proof, header, parent, rules)
            elif self.kind == ENCODING:
                roots = Roots.decode(self.beside)
                roots.verify(header.data_root)
                BadEncoding.decode(self.proof).verify(roots)
            else:
                raise _none(f"nothing is called {self.kind!r}")
        except (ProofError, BlockError) as error:
            raise _none(str(error)) from error
        return epoch_of_number(self.epoch)

    def _header(self, network: bytes, proposal: Proposal) -> Header:
        """The header of the block that was voted for. Raises ProofError where it is of something else."""
        try:
            header, step = Header.decode(self.header), SlotName.read(self.step).step
        except (BlockError, ProofError) as error:
            raise _none(str(error)) from error
        for holds, what in (
            (
                step in (NOTARISE, MOVE),
                "only a proposal, and a vote to notarise it, say that a block is right",
            ),
            (header.network == network, "the block is of another network"),
            (proposal.epoch == self.epoch, "the proposal is of another epoch"),
            (proposal.subject == header.id, "the proposal names another block"),
        ):
            if not holds:
                raise _none(what)
        return header


def _none(why: str) -> ProofError:
    return ProofError("evidence", f"these bytes are not evidence: {why}")
