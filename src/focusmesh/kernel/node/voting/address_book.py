"""Where validators are: each signs by which transport key and address it is reached, and nodes hand that around.

A validator's key and the key of its node's transport are two: whoever sees the one has to be told of the other by a
signature of the validator. What a node tells is the address that its operator told it to tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from focusmesh.errors import CodecError, NetworkError
from focusmesh.ids import digest
from focusmesh.kernel.node.wire import ADDRESS_CHARACTERS_MAX, Height
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip import Contact
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.protocol.identity import SigningKey

CARD_DOMAIN = b"focusmesh/voter-card/1\0"
CARD_BYTES_MAX = 1_024
CARDS_A_VALIDATOR = 4
"""Nodes of one validator that are known of: two of them at a time is a fault that others have to see."""
_Key = Annotated[bytes, msgspec.Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
_Signature = Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]
_Address = Annotated[str, msgspec.Meta(max_length=ADDRESS_CHARACTERS_MAX, pattern=r"^[!-~]*\Z")]


class ValidatorCard(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``validator`` votes from the node with the key ``transport`` at ``address``; the highest ``number`` is newest."""

    validator: _Key
    transport: _Key
    address: _Address
    number: Height
    signature: _Signature

    @classmethod
    def sign(cls, network: bytes, contact: Contact, number: int, key: SigningKey) -> ValidatorCard:
        """The card of who has ``key``."""
        said = _said(network, key.public, contact.key, contact.address, number)
        signature = key.sign(CARD_DOMAIN, said)
        return cls(key.public, contact.key, contact.address, number, signature)

    def encode(self) -> bytes:
        """Canonical."""
        return encode(list(msgspec.structs.astuple(self)))

    @classmethod
    def decode(cls, data: bytes, network: bytes) -> ValidatorCard:
        """Raises NetworkError: ``"form"``, ``"card"`` where the validator did not sign it."""
        try:
            fields: Any = decode(data, bytes_max=CARD_BYTES_MAX)
            card = msgspec.convert(fields, cls, builtin_types=(bytes,), strict=True)
        except (CodecError, msgspec.ValidationError, TypeError, ValueError) as error:
            raise NetworkError("form", f"this is not a card of a validator: {error}") from error
        said = _said(network, card.validator, card.transport, card.address, card.number)
        if not verify(card.validator, CARD_DOMAIN, said, card.signature):
            raise NetworkError(
                "card", f"a card of validator {card.validator.hex()} is not signed by it"
            )
        return card


class AddressBook:
    """The newest card of each node of each validator in ``validators``; others are not kept."""

    def __init__(self, network: bytes) -> None:
        self._network = network
        self._validators: tuple[bytes, ...] = ()
        self._cards: dict[bytes, dict[bytes, ValidatorCard]] = {}

    @property
    def validators(self) -> tuple[bytes, ...]:
        """Whose cards are kept."""
        return self._validators

    def expect(self, validators: Collection[bytes]) -> None:
        """Whose cards are kept from now on."""
        self._validators = tuple(validators)
        self._cards = {key: self._cards[key] for key in self._validators if key in self._cards}

    def add(self, data: bytes) -> bool:
        """Whether the card says something new. Raises NetworkError as ``ValidatorCard.decode``."""
        card = ValidatorCard.decode(data, self._network)
        if card.validator not in self._validators:
            return False
        nodes = self._cards.setdefault(card.validator, {})
        known = nodes.get(card.transport)
        if known is not None and known.number >= card.number:
            return False
        nodes.pop(card.transport, None)
        nodes[card.transport] = card
        while len(nodes) > CARDS_A_VALIDATOR:
            del nodes[min(nodes, key=lambda each: nodes[each].number)]
        return card.transport in nodes

    def all(self) -> list[bytes]:
        """As they travel."""
        return [card.encode() for nodes in self._cards.values() for card in nodes.values()]

    def contacts(self) -> list[Contact]:
        """Where validators are."""
        return [
            Contact(card.transport, card.address)
            for nodes in self._cards.values()
            for card in nodes.values()
        ]

    def nodes_of(self, validator: bytes) -> list[bytes]:
        """Transport keys of a validator's nodes."""
        return list(self._cards.get(validator, ()))

    def validator_at(self, transport: bytes) -> bytes | None:
        """Whose node has a transport key."""
        return next(iter(self.validators_at(transport)), None)

    def validators_at(self, transport: bytes) -> list[bytes]:
        """All who say that theirs is the node with a transport key: a validator may lie about that of another."""
        return [validator for validator, nodes in self._cards.items() if transport in nodes]


def _said(network: bytes, validator: bytes, transport: bytes, address: str, number: int) -> bytes:
    return digest(encode([network, validator, transport, address, number]))
