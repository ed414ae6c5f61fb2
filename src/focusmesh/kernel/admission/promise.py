"""A node's promise of a block for a signal: signed, checked offline, and either kept or broken by the chain alone.

    promise    [body, signature]    body: canonical dag-cbor of a map; signature: Ed25519 under ``PROMISE_DOMAIN``

**What is promised.** Once the block of height ``by`` is there, the signal's turn is not open any more: the signal is in
a block, or another one of its neuron took its nonce, or the neuron could not pay its tip, or has no account now.

**What breaks it.** In the state of block ``by`` the account of the neuron stands at exactly the ``nonce`` of the signal
and has at least its ``tip``: then no block has the signal, and the next one could have had it. The header of block
``by`` and a proof of that account at its state root show it to anybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from focusmesh.kernel.state import Account
    from focusmesh.protocol.identity import SigningKey
    from focusmesh.protocol.signal import Signal

PROMISE_DOMAIN = b"focusmesh/promise/1\0"
PROMISE_BYTES_MAX = 1_024
PROMISE_BLOCKS = 256
"""A node promises a block within so many, or by when the signal expires if that is sooner."""
KEPT, BROKEN, OPEN = "kept", "broken", "open"


class Promise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a node said. ``height`` is that of its last block when it did, ``by`` that of the block that judges it.

    ``node`` is the public key that peers know it by; ``nonce`` and ``tip`` are those of the signal.
    """

    network: bytes
    signal: bytes
    neuron: bytes
    nonce: int
    tip: int
    height: int
    by: int
    node: bytes

    @classmethod
    def of(cls, signal: Signal, name: bytes, height: int, node: bytes) -> Promise:
        """The promise of a node at ``height`` for a signal of the id ``name``."""
        return cls(
            network=signal.network,
            signal=name,
            neuron=signal.neuron,
            nonce=signal.nonce,
            tip=signal.tip,
            height=height,
            by=min(signal.expires_height, height + PROMISE_BLOCKS),
            node=node,
        )

    def sign(self, key: SigningKey) -> bytes:
        """The promise with the signature of its node. Raises ProofError ``"promise"`` for another key."""
        if key.public != self.node:
            raise _wrong(f"the key of {key.public.hex()} cannot sign for node {self.node.hex()}")
        body = encode(msgspec.to_builtins(self, builtin_types=(bytes,)))
        return encode([body, key.sign(PROMISE_DOMAIN, digest(body))])

    def outcome(self, height: int, account: Account | None) -> str:
        """``"kept"`` or ``"broken"`` by the account of its neuron in the state of block ``by``, which has ``height``.

        Before that block it is ``"open"``. A promise that is not broken counts as kept, whoever took the nonce.
        Raises ProofError ``"promise"`` for a later block: the neuron's turn may have come after it was due.
        """
        if height < self.by:
            return OPEN
        if height > self.by:
            raise _wrong(f"it is judged by the state of block {self.by}, not by that of {height}")
        return BROKEN if self.is_due(account) else KEPT

    def is_due(self, account: Account | None) -> bool:
        """Whether the signal could be the next one of its neuron, whose account is as given, and is in no block."""
        return account is not None and account.nonce == self.nonce and account.balance >= self.tip


def verify_promise(data: bytes, node: bytes | None = None) -> Promise:
    """The promise in ``data``, whose form and signature hold; with ``node``, it is that node's. No network, O(bytes).

    Raises ProofError ``"promise"``.
    """
    if len(data) > PROMISE_BYTES_MAX:
        raise _wrong(f"{len(data)} bytes; a promise has {PROMISE_BYTES_MAX} at most")
    try:
        body, signature = decode(data, depth_max=1)
        fields = decode(body, depth_max=1)
        promise = msgspec.convert(fields, Promise, builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError, TypeError, ValueError) as error:
        raise _wrong(f"{len(data)} bytes that are not a promise: {error}") from error
    _check_fields(promise)
    is_signed = (
        type(signature) is bytes
        and len(signature) == SIGNATURE_BYTES
        and verify(promise.node, PROMISE_DOMAIN, digest(body), signature)
    )
    if not is_signed:
        raise _wrong(f"it is not signed by the node that it names, {promise.node.hex()}")
    if node is not None and promise.node != node:
        raise _wrong(f"it is one of node {promise.node.hex()}, not of {node.hex()}")
    return promise


def _check_fields(promise: Promise) -> None:
    sizes = {
        "network": DIGEST_BYTES,
        "signal": DIGEST_BYTES,
        "neuron": KEY_BYTES,
        "node": KEY_BYTES,
    }
    for name, size in sizes.items():
        if len(getattr(promise, name)) != size:
            raise _wrong(f"its {name} is not {size} bytes")
    numbers: dict[str, Any] = {
        name: getattr(promise, name) for name in ("nonce", "tip", "height", "by")
    }
    for name, number in numbers.items():
        if not 0 <= number <= AMOUNT_MAX:
            raise _wrong(f"its {name} is not an integer from 0 to 2⁶³ − 1")


def _wrong(reason: str) -> ProofError:
    return ProofError("promise", f"this promise does not hold: {reason}")
