"""What nodes say to each other, and its bytes: dag-cbor arrays whose first item is the kind.

Who says it is not in a message: the connection has proved that. Every size is bounded here, so that what is read is
as small as what an honest peer writes.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from focusmesh.errors import CodecError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip.contacts import ADDRESS_BYTES_MAX, Contact

KEY_BYTES = 32
TOPIC_BYTES_MAX = 64
"""The longest topic, in UTF-8."""
DATA_BYTES_MAX = (1 << 20) - (1 << 10)
"""The most that a broadcast carries."""
MESSAGE_BYTES_MAX = DATA_BYTES_MAX + 256
"""The longest message of gossip."""
CONTACTS_MAX = 32
"""The most contacts in an exchange of views."""
WALK_MAX = 16
"""The longest random walk."""
ROUND_MAX = 255
"""Hops are counted up to here."""
ANNOUNCED_MAX = 512
"""The most ids in one announcement."""

_DOMAIN = b"focusmesh/gossip/1\0"


def message_id(topic: str, data: bytes) -> bytes:
    """BLAKE3-256 of a domain, the topic with its length, and the data: equal messages are one. O(bytes)."""
    name = topic.encode()
    return digest(b"".join((_DOMAIN, bytes((len(name),)), name, data)))


class Join(NamedTuple):
    """I am new, and listen at ``address``: be my neighbour, and tell others."""

    address: str


class ForwardJoin(NamedTuple):
    """``contact`` is new; the walk has ``walk`` steps to go."""

    contact: Contact
    walk: int


class Neighbour(NamedTuple):
    """Be my neighbour; ``urgent`` (the paper's high priority) where I have none, or was asked to ask."""

    address: str
    urgent: bool


class NeighbourAnswer(NamedTuple):
    """Whether you are my neighbour now; to Join as well."""

    accepted: bool


class Disconnect(NamedTuple):
    """You are my neighbour no longer."""


class Shuffle(NamedTuple):
    """``origin`` knows these contacts and would like to know others; the walk has ``walk`` steps to go."""

    origin: Contact
    contacts: tuple[Contact, ...]
    walk: int


class ShuffleReply(NamedTuple):
    """Others, for those that you sent."""

    contacts: tuple[Contact, ...]


class Push(NamedTuple):
    """A message itself (the paper's GOSSIP), ``hops`` nodes away from its origin."""

    topic: str
    data: bytes
    hops: int


class Announce(NamedTuple):
    """I have these messages, by id, and hops (IHAVE)."""

    have: tuple[tuple[bytes, int], ...]


class Graft(NamedTuple):
    """Push to me from now on; and send me the message ``id``, unless that is None."""

    id: bytes | None
    hops: int


class Prune(NamedTuple):
    """Announce to me from now on: I get what you push from others, too."""


Message: TypeAlias = (
    Join
    | ForwardJoin
    | Neighbour
    | NeighbourAnswer
    | Disconnect
    | Shuffle
    | ShuffleReply
    | Push
    | Announce
    | Graft
    | Prune
)


def encode_message(message: Message) -> bytes:
    """The one form of a message. O(bytes)."""
    return encode([_NAMES[type(message)], *_plain(message)])


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def decode_message(body: bytes) -> Message:
    """What ``body`` says. Raises CodecError for all that ``encode_message`` would not write within the limits."""
    value = decode(body, bytes_max=MESSAGE_BYTES_MAX, depth_max=3)
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        raise CodecError("a message of gossip is a list that begins with its kind")
    kind = _KINDS.get(value[0])
    if kind is None:
        raise CodecError(f"{value[0][:32]!r} is not a kind of gossip")
    readers = _READERS[kind]
    if len(value) != 1 + len(readers):
        raise CodecError(f"{value[0]!r} has {len(readers)} fields, not {len(value) - 1}")
    message: Message = kind(*(read(item) for read, item in zip(readers, value[1:], strict=True)))
    return message


def _address(value: Any) -> str:
    if not isinstance(value, str) or len(value.encode()) > ADDRESS_BYTES_MAX:
        raise CodecError(f"an address must be text of at most {ADDRESS_BYTES_MAX} bytes")
    return value


def _contact(value: Any) -> Contact:
    if not isinstance(value, list) or len(value) != 2:
        raise CodecError("a contact must be a key and an address")
    return Contact(_bytes(value[0], KEY_BYTES), _address(value[1]))


def _contacts(value: Any) -> tuple[Contact, ...]:
    if not isinstance(value, list) or len(value) > CONTACTS_MAX:
        raise CodecError(f"contacts must be a list of at most {CONTACTS_MAX}")
    return tuple(_contact(item) for item in value)


def _walk(value: Any) -> int:
    return _number(value, WALK_MAX)


def _hops(value: Any) -> int:
    return _number(value, ROUND_MAX)


def _number(value: Any, largest: int) -> int:
    if type(value) is not int or not 0 <= value <= largest:
        raise CodecError(f"a count must be an integer from 0 to {largest}")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise CodecError("a flag must be true or false")
    return value


def _bytes(value: Any, count: int) -> bytes:
    if not isinstance(value, bytes) or len(value) != count:
        raise CodecError(f"{count} bytes are needed here")
    return value


def _topic(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value.encode()) <= TOPIC_BYTES_MAX:
        raise CodecError(f"a topic must be text of 1 to {TOPIC_BYTES_MAX} bytes")
    return value


def _data(value: Any) -> bytes:
    if not isinstance(value, bytes) or len(value) > DATA_BYTES_MAX:
        raise CodecError(f"data are at most {DATA_BYTES_MAX} bytes")
    return value


def _have(value: Any) -> tuple[tuple[bytes, int], ...]:
    if not isinstance(value, list) or not 0 < len(value) <= ANNOUNCED_MAX:
        raise CodecError(f"an announcement has 1 to {ANNOUNCED_MAX} ids")
    return tuple(_read_announcement(item) for item in value)


def _read_announcement(value: Any) -> tuple[bytes, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise CodecError("an announcement has ids with their hops")
    return _bytes(value[0], DIGEST_BYTES), _hops(value[1])


def _read_digest(value: Any) -> bytes | None:
    return None if value is None else _bytes(value, DIGEST_BYTES)


_NAMES: dict[type[Any], str] = {
    Join: "join",
    ForwardJoin: "forward",
    Neighbour: "neighbour",
    NeighbourAnswer: "answer",
    Disconnect: "disconnect",
    Shuffle: "shuffle",
    ShuffleReply: "shuffled",
    Push: "push",
    Announce: "have",
    Graft: "graft",
    Prune: "prune",
}
_KINDS = {name: kind for kind, name in _NAMES.items()}
_READERS: dict[type[Any], tuple[Any, ...]] = {
    Join: (_address,),
    ForwardJoin: (_contact, _walk),
    Neighbour: (_address, _truth),
    NeighbourAnswer: (_truth,),
    Disconnect: (),
    Shuffle: (_contact, _contacts, _walk),
    ShuffleReply: (_contacts,),
    Push: (_topic, _data, _hops),
    Announce: (_have,),
    Graft: (_read_digest, _hops),
    Prune: (),
}
