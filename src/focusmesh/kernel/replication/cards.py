"""Where voters are: each signs by which transport key and address it is reached, and nodes hand that around.

A voter's key and the key of its node's transport are two: whoever sees the one has to be told of the other by a
signature of the voter. What a node tells is the address that its operator told it to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from focusmesh.errors import CodecError, NetworkError
from focusmesh.ids import digest
from focusmesh.kernel.replication.wire import ADDRESS_CHARACTERS_MAX, Height
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.protocol.identity import SigningKey

CARD_DOMAIN = b"focusmesh/voter-card/1\0"
CARD_BYTES_MAX = 1_024
CARDS_A_VOTER = 4
"""Nodes of one voter that are known of: two of them at a time is a fault that others have to see."""
_Key = Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
_Signature = Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
_Address = Annotated[str, msgspec.Meta(max_length=ADDRESS_CHARACTERS_MAX, pattern=r"^[!-~]*\Z")]


class VoterCard(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``voter`` votes from the node with the key ``transport`` at ``address``; the highest ``number`` is the newest."""

    voter: _Key
    transport: _Key
    address: _Address
    number: Height
    signature: _Signature

    @classmethod
    def signed(cls, network: bytes, contact: Contact, number: int, key: SigningKey) -> VoterCard:
        """The card of who has ``key``."""
        said = _said(network, key.public, contact.key, contact.address, number)
        signature = key.sign(CARD_DOMAIN, said)
        return cls(key.public, contact.key, contact.address, number, signature)

    def encode(self) -> bytes:
        """Canonical."""
        return encode(list(msgspec.structs.astuple(self)))

    @classmethod
    def decode(cls, data: bytes, network: bytes) -> VoterCard:
        """Raises NetworkError: ``"form"``, ``"card"`` where the voter did not sign it."""
        try:
            fields: Any = decode(data, bytes_max=CARD_BYTES_MAX)
            card = msgspec.convert(fields, cls, builtin_types=(bytes,), strict=True)
        except (CodecError, msgspec.ValidationError, TypeError, ValueError) as error:
            raise NetworkError("form", f"this is no card of a voter: {error}") from error
        said = _said(network, card.voter, card.transport, card.address, card.number)
        if not verify(card.voter, CARD_DOMAIN, said, card.signature):
            raise NetworkError("card", f"a card of voter {card.voter.hex()} is not signed by it")
        return card


class Cards:
    """The newest card of each node of each voter in ``voters``; others are not kept."""

    def __init__(self, network: bytes) -> None:
        self._network = network
        self._voters: tuple[bytes, ...] = ()
        self._cards: dict[bytes, dict[bytes, VoterCard]] = {}

    @property
    def voters(self) -> tuple[bytes, ...]:
        """Whose cards are kept."""
        return self._voters

    def expect(self, voters: Collection[bytes]) -> None:
        """Whose cards are kept from now on."""
        self._voters = tuple(voters)
        self._cards = {key: self._cards[key] for key in self._voters if key in self._cards}

    def add(self, data: bytes) -> bool:
        """Whether the card says something new. Raises NetworkError as ``VoterCard.decode``."""
        card = VoterCard.decode(data, self._network)
        if card.voter not in self._voters:
            return False
        nodes = self._cards.setdefault(card.voter, {})
        known = nodes.get(card.transport)
        if known is not None and known.number >= card.number:
            return False
        nodes.pop(card.transport, None)
        nodes[card.transport] = card
        while len(nodes) > CARDS_A_VOTER:
            del nodes[min(nodes, key=lambda each: nodes[each].number)]
        return card.transport in nodes

    def all(self) -> list[bytes]:
        """As they travel."""
        return [card.encode() for nodes in self._cards.values() for card in nodes.values()]

    def contacts(self) -> list[Contact]:
        """Where voters are."""
        return [
            Contact(card.transport, card.address)
            for nodes in self._cards.values()
            for card in nodes.values()
        ]

    def nodes_of(self, voter: bytes) -> list[bytes]:
        """Transport keys of a voter's nodes."""
        return list(self._cards.get(voter, ()))

    def voter_at(self, transport: bytes) -> bytes | None:
        """Whose node has a transport key."""
        return next(iter(self.voters_at(transport)), None)

    def voters_at(self, transport: bytes) -> list[bytes]:
        """All who say that theirs is the node with a transport key: a voter may lie about that of another."""
        return [voter for voter, nodes in self._cards.items() if transport in nodes]


def _said(network: bytes, voter: bytes, transport: bytes, address: str, number: int) -> bytes:
    return digest(encode([network, voter, transport, address, number]))
