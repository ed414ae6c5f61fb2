"""Messages of gossip as peers send them: what is read is written again to the byte, and a node bears all of it."""

from __future__ import annotations

import random

from focusmesh.errors import CodecError
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.gossip import Arrived, Contact, GossipCore, Verdict
from focusmesh.protocol.gossip.messages import (
    Announce,
    Disconnect,
    ForwardJoin,
    Graft,
    Join,
    Message,
    Neighbour,
    NeighbourAnswer,
    Prune,
    Push,
    Shuffle,
    ShuffleReply,
    decode_message,
    encode_message,
)
from tests.fuzz.target import Structure, Target

_PEERS = [Contact(bytes([number]) * 32, f"[::1]:{number}") for number in range(1, 9)]


def check(data: bytes) -> bool:
    try:
        message = decode_message(data)
    except CodecError:
        return False
    assert encode_message(message) == data
    node = GossipCore(_PEERS[0], random.Random(1).randbytes)
    for peer in _PEERS[1:]:
        node.receive(peer.key, Neighbour(peer.address, urgent=True))
    for peer in (_PEERS[1], _PEERS[-1], _PEERS[1]):
        node.receive(peer.key, message)
        node.tick()
        for effect in node.take():
            if isinstance(effect, Arrived):
                node.settle(effect.id, Verdict.ACCEPT)
    assert len(node.neighbours) <= node.settings.active_size
    assert len(node.known_contacts) <= node.settings.passive_size
    return True


def seeds() -> list[bytes]:
    one, other = _PEERS[2], _PEERS[3]
    messages: list[Message] = [
        Join("[::1]:7777"),
        ForwardJoin(one, 6),
        Neighbour("", urgent=False),
        NeighbourAnswer(True),
        Disconnect(),
        Shuffle(one, (one, other), 6),
        ShuffleReply((other,)),
        Push("block", b"some data", 3),
        Announce(((bytes(32), 1), (b"\1" * 32, 2))),
        Graft(bytes(32), 1),
        Graft(None, 1),
        Prune(),
    ]
    return [encode_message(message) for message in messages]


TARGET = Target(check, seeds, Structure(decode, encode))
