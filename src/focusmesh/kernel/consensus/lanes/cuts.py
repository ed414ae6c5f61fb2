"""What a block is made of: the newest batches of all lanes, and what its leader adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.lanes.batches import Tip
from focusmesh.kernel.consensus.proposal import data_digest
from focusmesh.kernel.consensus.quorum import NUMBER_MAX, VALUE_BYTES
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES

if TYPE_CHECKING:
    from focusmesh.kernel.consensus.proposal import Proposal


class Cut(NamedTuple):
    """What a block is made of: the tips of all lanes that have any, by rising author, and the node's own data."""

    tips: tuple[Tip, ...]
    data: bytes

    def to_bytes(self) -> bytes:
        """What travels with a proposal."""
        return encode([[list(tip) for tip in self.tips], self.data])

    @classmethod
    def from_bytes(cls, data: bytes) -> Cut:
        """Raises ProofError ``"batch"``."""
        try:
            parts, carried = decode(data)
            tips = tuple(Tip(*part) for part in parts)
            types = {(type(author), type(number), type(digest)) for author, number, digest in tips}
            if type(carried) is not bytes or not types <= {(bytes, int, bytes)}:
                raise CodecError("its parts have wrong types")
            if not all(
                (len(tip.author), len(tip.digest)) == (KEY_BYTES, VALUE_BYTES)
                and 0 < tip.number <= NUMBER_MAX
                for tip in tips
            ):
                raise CodecError("a tip must have a key, a number and a digest")
            authors = [tip.author for tip in tips]
            if authors != sorted(set(authors)):
                raise CodecError("lanes must rise, each once")
            cut = cls(tips, carried)
            if cut.to_bytes() != data:
                # Whoever writes it again would not find what the proposal names.
                raise CodecError("it is not in the canonical encoding")
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("batch", f"these bytes are not a cut: {error}") from error
        return cut


class OpenCut(NamedTuple):
    """The cut of a proposal that is open, by the order and the data of that."""

    number: int
    data: bytes
    tips: tuple[Tip, ...]


def cut_of(proposal: Proposal, data: bytes) -> Cut:
    """What travelled with a proposal. Raises ProofError ``"batch"`` where it did not."""
    if data_digest(data) != proposal.data:
        raise ProofError("batch", "these bytes do not belong to that proposal")
    return Cut.from_bytes(data)
