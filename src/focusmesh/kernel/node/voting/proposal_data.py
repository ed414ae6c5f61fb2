"""What travels with a proposal of a block, and what a cut brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import Block, signals_root
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.node.voting.packet_reader import Carried
    from focusmesh.protocol.signal import SignedSignal


class Moved(NamedTuple):
    """What travels with a proposal, read."""

    block: Block
    has_body: bool

    @classmethod
    def read(cls, data: bytes) -> Moved:
        """Raises BlockError, ProofError ``"motion"``."""
        try:
            header, proof, body = decode(data, depth_max=1)
            if {type(header), type(proof)} != {bytes} or type(body) not in (bytes, type(None)):
                raise CodecError("its parts have wrong types")
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("motion", f"this proposal does not carry a block: {error}") from error
        return cls(Block.decode(header, proof, body or b""), body is not None)


def is_empty(block: Block) -> bool:
    """Whether a block says that it has no signal."""
    return block.header.signals_root == signals_root([])


def split_carried(carried: Sequence[Carried]) -> tuple[list[SignedSignal], dict[bytes, bytes]]:
    """Signals, and their contents by digest."""
    contents = {digest(each): each for one in carried for each in one.contents}
    return [each.signed for each in carried], contents
