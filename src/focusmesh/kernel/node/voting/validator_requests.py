"""What validators ask each other besides what they say: addresses, bodies of open blocks, cuts of decided ones."""

from __future__ import annotations

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Annotated

import msgspec

from focusmesh.errors import BlockError, NetworkError, PeerError
from focusmesh.kernel.block import check_data_root
from focusmesh.kernel.consensus import data_digest
from focusmesh.kernel.node.voting.address_book import CARD_BYTES_MAX
from focusmesh.kernel.node.wire import Digest, chunks, gather_parts, read
from focusmesh.protocol.transport import answers, ask_one

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from focusmesh.kernel.block import Block
    from focusmesh.kernel.node.peers import Peers
    from focusmesh.kernel.node.voting.address_book import AddressBook
    from focusmesh.kernel.state import Parameters
    from focusmesh.protocol.codec import Value
    from focusmesh.protocol.transport import Connection, RequestHandler

MOVED_BYTES_MAX = 1 << 17
"""More than what travels with a proposal."""
_Cards = Annotated[
    list[Annotated[bytes, msgspec.Meta(max_length=CARD_BYTES_MAX)]],
    msgspec.Meta(max_length=1 << 12),
]


class ValidatorRequests:
    """Answers ``voters``, ``proposal`` and ``cut``, and asks them of validators' nodes.

    ``body(id)`` and ``moved(digest)`` give what is here.
    """

    def __init__(
        self,
        peers: Peers,
        cards: AddressBook,
        parameters: Parameters,
        body: Callable[[bytes], bytes | None],
        moved: Callable[[bytes], bytes | None],
    ) -> None:
        self._peers, self._cards, self._parameters = peers, cards, parameters
        self._body, self._moved = body, moved

    def handlers(self) -> dict[str, RequestHandler]:
        """By name."""
        return {
            "voters": answers(self._give_cards, cost=2),
            "motion": answers(self._give_body, cost=8),
            "cut": answers(self._give_moved, cost=4),
        }

    async def greet(self, connection: Connection) -> None:
        """Asks a peer where validators are. Raises NetworkError."""
        for card in read(await ask_one(connection, "voters", None), _Cards, "cards of validators"):
            self._cards.add(card)

    async def body_of(self, proposer: bytes, block: Block) -> bytes:
        """The body that a header names. Raises NetworkError where nobody has it now."""
        for peer in self._askable(proposer):
            most = self._parameters.block_bytes_max
            body = await self._ask(peer, "motion", block.header.id, most)
            if body is not None:
                with suppress(BlockError):
                    check_data_root(block.header, body, self._parameters)
                    return body
        raise NetworkError(
            "unavailable", f"no validator has the body of block {block.header.height} now"
        )

    async def proposal_data(self, name: bytes) -> bytes | None:
        """What travelled with a decided proposal, by its digest; None where nobody has it now."""
        for peer in self._askable(None):
            data = await self._ask(peer, "cut", name, MOVED_BYTES_MAX)
            if data is not None and data_digest(data) == name:
                return data
        return None

    async def _ask(self, peer: bytes, question: str, name: bytes, bytes_max: int) -> bytes | None:
        try:
            async with aclosing(self._peers.ask(peer, question, name)) as found:
                return (await gather_parts(found, bytes_max)).get(0)
        except (NetworkError, PeerError):
            return None

    def _askable(self, first: bytes | None) -> Sequence[bytes]:
        """Validators' nodes that are connected, those of one of them first."""
        here = [key for key in self._peers.present() if self._cards.validator_at(key) is not None]
        return sorted(here, key=lambda key: self._cards.validator_at(key) != first)

    async def _give_cards(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        yield list(self._cards.all())

    async def _give_body(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        found = self._body(read(body, Digest, "a question for a body"))
        for chunk in chunks(0, found) if found is not None else ():
            yield chunk

    async def _give_moved(self, peer: bytes, body: Value) -> AsyncIterator[Value]:
        found = self._moved(read(body, Digest, "a question for a cut"))
        for chunk in chunks(0, found) if found is not None else ():
            yield chunk
