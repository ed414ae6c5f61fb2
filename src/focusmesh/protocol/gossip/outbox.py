"""What the cores want done: effects, gathered in order until the driver (or a simulation) takes them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from focusmesh.protocol.gossip.contacts import Contact
    from focusmesh.protocol.gossip.messages import Message

FAULTS = {
    "malformed": "bytes that are not a message of gossip",
    "invalid": "a message that the validation rejects",
    "promise": "an announced message that nobody had",
    "rate": "more of a kind than a peer may send",
    "slow": "does not take what is sent to it",
}
"""What a peer is blamed for."""


class Verdict(Enum):
    """What a validation says of a message."""

    ACCEPT = "accept"
    """Deliver and forward it."""
    IGNORE = "ignore"
    """Neither; nobody's fault: stale, or not to be decided here. It is not asked about again while it is remembered."""
    REJECT = "reject"
    """Neither, and whoever sends it is blamed."""


class Send(NamedTuple):
    """``message`` is to go to ``contact``, which may have to be called first."""

    contact: Contact
    message: Message


class Arrived(NamedTuple):
    """A new message came from ``peer``; it waits for ``GossipCore.settle``."""

    id: bytes
    topic: str
    data: bytes
    peer: bytes


class Blamed(NamedTuple):
    """``peer`` did what FAULTS says under ``fault``."""

    peer: bytes
    fault: str


Effect: TypeAlias = Send | Arrived | Blamed


class Outbox:
    """Effects in the order in which they came to be."""

    def __init__(self) -> None:
        self._effects: list[Effect] = []

    def send(self, contact: Contact, message: Message) -> None:
        self._effects.append(Send(contact, message))

    def deliver(self, effect: Arrived) -> None:
        self._effects.append(effect)

    def blame(self, peer: bytes, fault: str) -> None:
        self._effects.append(Blamed(peer, fault))

    def take(self) -> list[Effect]:
        """What there is, once."""
        effects, self._effects = self._effects, []
        return effects
