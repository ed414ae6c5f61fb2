"""One node's gossip without I/O: HyParView's views, Plumtree's tree, and checks of what strangers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.protocol.gossip.broadcast import Broadcast
from focusmesh.protocol.gossip.contacts import Contact
from focusmesh.protocol.gossip.draws import Chance
from focusmesh.protocol.gossip.membership import Membership
from focusmesh.protocol.gossip.messages import (
    DATA_BYTES_MAX,
    TOPIC_BYTES_MAX,
    Announce,
    Disconnect,
    ForwardJoin,
    Graft,
    Join,
    Neighbour,
    NeighbourAnswer,
    Prune,
    Push,
    Shuffle,
    ShuffleReply,
)
from focusmesh.protocol.gossip.outbox import Outbox
from focusmesh.protocol.gossip.rates import Rates
from focusmesh.protocol.gossip.settings import GossipSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.protocol.gossip.messages import Message
    from focusmesh.protocol.gossip.outbox import Effect, Verdict


class GossipCore:
    """Everything that happens to a node is a call here; ``take`` says what it wants done, in order.

    ``rng(n)`` gives n random bytes; equal calls with equal randomness have equal effects.
    """

    def __init__(
        self, me: Contact, rng: Callable[[int], bytes], settings: GossipSettings | None = None
    ) -> None:
        self.settings = settings or GossipSettings()
        self.settings.verify()
        self._outbox = Outbox()
        self._broadcast = Broadcast(self._outbox, self.settings)
        self._members = Membership(me, Chance(rng), self._outbox, self._broadcast, self.settings)
        self._seconds = 0.0
        self._rates = Rates(self._clock)

    @property
    def neighbours(self) -> tuple[Contact, ...]:
        """Those that messages go to and come from (the active view)."""
        return tuple(self._members.active.values())

    @property
    def known_contacts(self) -> tuple[Contact, ...]:
        """Others that could become neighbours (the passive view)."""
        return tuple(self._members.passive.values())

    @property
    def duplicate_count(self) -> int:
        """Messages that were pushed here once more than needed."""
        return self._broadcast.duplicate_count

    @property
    def eager(self) -> tuple[Contact, ...]:
        """The neighbours that messages are pushed to; the others get announcements."""
        return tuple(self._broadcast.eager.values())

    def take(self) -> list[Effect]:
        """What is to be done, once."""
        return self._outbox.take()

    def join(self, contacts: Iterable[Contact]) -> None:
        """Joins the network that one of ``contacts`` is in."""
        self._members.join(contacts)

    def leave(self) -> None:
        """Tells the neighbours that this node goes."""
        self._members.leave()

    def publish(self, topic: str, data: bytes) -> bytes:
        """Sends a message to all; its id. InputError for an empty or long topic, or too many data."""
        if not 0 < len(topic.encode()) <= TOPIC_BYTES_MAX:
            raise InputError(f"a topic has 1 to {TOPIC_BYTES_MAX} bytes, {topic[:80]!r} has not")
        if len(data) > DATA_BYTES_MAX:
            raise InputError(f"a broadcast has at most {DATA_BYTES_MAX} bytes, not {len(data)}")
        return self._broadcast.publish(topic, data)

    def settle(self, digest: bytes, verdict: Verdict) -> None:
        """What the validation says of the message that ``Arrived`` with this id; once for each."""
        self._broadcast.settle(digest, verdict)

    def blame(self, peer: bytes, fault: str) -> None:
        """Notes what the driver found."""
        self._outbox.blame(peer, fault)

    def lose(self, key: bytes) -> None:
        """The last connection with ``key`` is gone."""
        self._members.lose(key)

    def unreachable(self, key: bytes) -> None:
        """A message could not be sent to ``key``: it could not be called."""
        self._members.unreachable(key)

    def tick(self) -> None:
        """Once every ``settings.tick_ms``."""
        self._seconds += self.settings.tick_ms / 1_000
        self._members.tick()
        self._broadcast.tick()

    def receive(self, peer: bytes, message: Message) -> None:
        """A message from ``peer``, whose key is proved. Never raises."""
        if not self._rates.spend(peer, message):
            if self._rates.is_blamable(message):
                self._outbox.blame(peer, "rate")
            return
        if isinstance(message, Push | Announce | Graft | Prune):
            self._receive_broadcast(peer, message)
        else:
            self._receive_membership(peer, message)

    def _receive_broadcast(self, peer: bytes, message: Push | Announce | Graft | Prune) -> None:
        is_neighbour = peer in self._members.active
        if not is_neighbour:
            # It takes this node for a neighbour, which a lost answer can lead to; or it did when it sent this.
            self._outbox.send(Contact(peer, ""), Disconnect())
        if isinstance(message, Push):
            self._broadcast.receive_push(peer, message)
        elif not is_neighbour:
            return
        elif isinstance(message, Announce):
            self._broadcast.receive_announce(peer, message)
        elif isinstance(message, Graft):
            self._broadcast.receive_graft(peer, message)
        else:
            self._broadcast.make_lazy(peer)

    def _receive_membership(self, peer: bytes, message: Message) -> None:
        members = self._members
        if isinstance(message, Join):
            members.receive_join(peer, message, self._rates.spend_join())
        elif isinstance(message, ForwardJoin):
            members.receive_forward(peer, message)
        elif isinstance(message, Neighbour):
            members.receive_question(peer, message)
        elif isinstance(message, NeighbourAnswer):
            members.receive_answer(peer, message)
        elif isinstance(message, Disconnect):
            members.receive_disconnect(peer)
        elif isinstance(message, Shuffle):
            members.receive_shuffle(peer, message)
        elif isinstance(message, ShuffleReply):
            members.shuffle_replied(peer, message)

    def _clock(self) -> float:
        return self._seconds
