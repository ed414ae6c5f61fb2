"""Signals that a node signs by itself with its validator's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import SignalError
from focusmesh.kernel.node.signal_status import next_nonce
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.signal import Signal, parse, sign

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.node.mempool import Mempool
    from focusmesh.protocol.identity import SigningKey

VALID_BLOCKS = 10_000
"""A signal of a node can stand in so many blocks after it was signed."""


def sign_own(chain: Chain, mempool: Mempool, key: SigningKey, operation: tuple[Any, ...]) -> bytes:
    """Puts a signal of one operation (name, fields) into the pool, behind those of the key that wait there; its id.

    Nothing where the key has no account: it cannot sign then. O(pool).
    """
    try:
        nonce = next_nonce(chain, key.public)
    except SignalError:
        return b""
    waiting = [entry.signed.signal for entry in mempool.entries()]
    taken = {each.nonce for each in waiting if each.neuron == key.public}
    while nonce in taken:
        nonce += 1
    signal = Signal(
        network=chain.network,
        neuron=key.public,
        nonce=nonce,
        expires_height=chain.height + VALID_BLOCKS,
        operations=(operation,),
    )
    packet = Packet(sign(signal, key))
    mempool.add(packet, parse(packet.wire), is_local=False)
    return packet.id
