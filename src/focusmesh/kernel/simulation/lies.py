"""What a false peer says: blocks that are right but for one thing, signals that had their turn, bytes without sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import FocusmeshError
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain, read_signed_headers
from focusmesh.kernel.state import TABLES, MemoryStore
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import SIGNAL_DOMAIN, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random
    from typing import Any

    from focusmesh.kernel.block import Block
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import SignedSignal


class Impostor:
    """Signs as somebody else, with a key of its own."""

    def __init__(self, public: bytes, key: SigningKey) -> None:
        self.public = public
        self._key = key

    def sign(self, domain: bytes, digest: bytes) -> bytes:
        """A signature that is another's."""
        return self._key.sign(domain, digest)


def copy_store(store: Store) -> MemoryStore:
    """Another store with the same records."""
    copy = MemoryStore()
    with store.read() as reader, copy.write() as writer:
        for table in TABLES:
            writer.put_many(table, list(reader.scan(table)))
    return copy


def impostors_block(
    store: Store, registry: Registry, signals: list[SignedSignal], key: SigningKey
) -> Block | None:
    """The block that may come next, carried out and right in everything but its signature; None where there is none."""
    chain = Chain(copy_store(store), registry)
    impostor: Any = Impostor(chain.proposers[0], key)
    try:
        return chain.propose(signals, chain.tip.time + 1, impostor, {}).block
    except FocusmeshError:
        return None


def flip_bit(content: bytes, random: Random) -> bytes:
    """The same with one bit changed."""
    changed = bytearray(content or b"\0")
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def touched_packet(packet: Packet, random: Random) -> Packet:
    """A signal with one bit changed, or with a content that is not its own."""
    if random.random() < 0.3:
        return Packet(packet.wire, (*packet.contents, b"a content of nobody"))
    return Packet(flip_bit(packet.wire, random), packet.contents)


def forged_packet(packet: Packet, key: SigningKey, ahead: int) -> Packet:
    """A signal that may come ``ahead`` ones after another of its neuron, signed by somebody else."""
    signal = parse(packet.wire).signal
    body = msgspec.structs.replace(signal, nonce=signal.nonce + ahead).encode()
    return Packet(key.sign(SIGNAL_DOMAIN, digest(body)) + body, packet.contents)


def signals_of(packets: list[Packet]) -> list[SignedSignal]:
    """Those that claim no content: a block has them without anything beside it."""
    return [parse(packet.wire) for packet in packets if not packet.contents]


def false_headers(chain: Chain, first: int, random: Random) -> list[bytes]:
    """True headers from ``first`` on, the last of them touched in one field, in its signature, or anywhere."""
    signed = read_signed_headers(chain, first, min(first + 3, chain.height))
    frames = [each.encode() for each in signed]
    if not frames:
        return [random.randbytes(random.randrange(400))]
    header, proof, rotation, *more = decode(frames[-1])
    decided, parameters = (*more, b"", b"")[:2]
    lies: tuple[Callable[[], list[Any]], ...] = (
        lambda: [header, flip_bit(proof, random), rotation, *more],
        lambda: [_change_field(header, random), proof, rotation, *more],
        lambda: [header, proof, random.randbytes(40), *more],
    )
    if decided:
        lies = (*lies, lambda: [header, proof, rotation, flip_bit(decided, random), *more[1:]])
    if parameters:
        lies = (*lies, lambda: [header, proof, rotation, decided, flip_bit(parameters, random)])
    frames[-1] = (
        encode(random.choice(lies)()) if random.random() < 0.8 else flip_bit(frames[-1], random)
    )
    return frames


def _change_field(header: bytes, random: Random) -> bytes:
    """A header with one field that is another."""
    fields = decode(header)
    names = [name for name, value in fields.items() if type(value) in (int, bytes)]
    name = random.choice(names)
    value = fields[name]
    fields[name] = value + 1 if type(value) is int else random.randbytes(len(value))
    return encode(fields)
