"""Connections for gossip alone, over any transport: one a peer, dialled or accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import NetworkError
from focusmesh.protocol.gossip import MESSAGE_BYTES_MAX
from focusmesh.protocol.transport import RequestLimits, Requests, Tasks, Teller, listens

if TYPE_CHECKING:
    from focusmesh.protocol.gossip import Contact, Gossip
    from focusmesh.protocol.transport import Connection, Transport

NAME = "gossip/1"


class PlainLinks:
    """What a node's peers do for gossip, and nothing else. ``serve`` runs until it is cancelled."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.gossip: Gossip | None = None
        self._tellers: dict[bytes, list[Teller]] = {}
        self._tasks = Tasks()
        self._requests = Requests(
            {NAME: listens(self._heard)}, limits=RequestLimits(), blame=lambda key, fault: None
        )

    async def reach(self, contact: Contact) -> None:
        if self._tellers.get(contact.key):
            return
        if not contact.address:
            raise NetworkError("unreachable", f"no address of {contact.key.hex()}")
        self._take(await self.transport.connect(contact.key, contact.address))

    async def tell(self, key: bytes, body: bytes) -> None:
        tellers = self._tellers.get(key)
        if not tellers:
            raise NetworkError("closed", f"no connection with {key.hex()}")
        assert len(body) <= MESSAGE_BYTES_MAX
        # The newest is what the peer knows of, too; an older one may be a dial that it has given up since.
        await tellers[-1].tell(body)

    async def serve(self) -> None:
        await self._tasks.run(self._accept())

    async def _accept(self) -> None:
        while True:
            self._take(await self.transport.accept())

    def _take(self, connection: Connection) -> None:
        teller = Teller(connection, NAME)
        self._tellers.setdefault(connection.peer_key, []).append(teller)
        self._tasks.start(self._attend(connection, teller))

    async def _attend(self, connection: Connection, teller: Teller) -> None:
        await self._requests.serve(connection)
        left = self._tellers[connection.peer_key]
        left.remove(teller)
        if not left and self.gossip is not None:
            self.gossip.lose(connection.peer_key)

    async def _heard(self, key: bytes, data: bytes) -> None:
        assert self.gossip is not None
        await self.gossip.hear(key, data)
