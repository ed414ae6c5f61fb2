"""``rotate_key/1``: another key signs for what a neuron has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.errors import SignalError
from focusmesh.ids import digest
from focusmesh.kernel.runtime.operation import Digest, Operation
from focusmesh.kernel.state import ACCOUNT_PREFIX, KEY_PREFIX, changed
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SIGNATURE_BYTES, verify
from focusmesh.protocol.signal import AMOUNT_MAX

if TYPE_CHECKING:
    from focusmesh.kernel.runtime.context import Context

ROTATION_DOMAIN = b"focusmesh/rotate/1\0"


def rotation_digest(network: bytes, old: bytes, new: bytes) -> bytes:
    """What the new key signs, under ``ROTATION_DOMAIN``, to say that it takes over from the old one."""
    return digest(encode([network, old, new]))


class RotateKey(Operation, frozen=True, tag="rotate_key/1"):
    """Moves account, stake and authorship to a new key, which has signed that it takes them; the old one is over.

    The new key has signed nothing yet and owns no stake; a balance that it was sent is added. Links and what else
    stands under the author's name stay as they are: the account remembers the first key, under which they stand.
    Fails with ``"key"``.
    """

    new: Digest
    signature: Annotated[
        bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)
    ]

    reads: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, KEY_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, KEY_PREFIX)
    closes: ClassVar[bool] = True

    def bandwidth(self) -> int:
        """None: a key that may be stolen is not kept for want of bandwidth."""
        return 0

    def apply(self, context: Context) -> None:
        """Two leaves say who holds the keys now: that of the old key and that of the first one."""
        self._check(context)
        old = context.account()
        sent = context.account(self.new)
        moved = changed(
            old,
            balance=old.balance + sent.balance,
            burned=min(old.burned + sent.burned, AMOUNT_MAX),
            nonce=0,
            origin=context.author,
        )
        context.put_account(moved, self.new)
        context.put_account(None)
        leaf = self.new + context.author
        context.put(KEY_PREFIX + context.neuron, leaf)
        context.put(KEY_PREFIX + context.author, leaf)

    def _check(self, context: Context) -> None:
        account = context.account(self.new)
        if self.new == context.neuron or context.holder(self.new) != self.new:
            raise SignalError("key", f"{self.new.hex()} was a key before: rotate to a fresh one")
        if account.nonce or account.stake or account.origin:
            raise SignalError("key", f"{self.new.hex()} is in use: rotate to a fresh key")
        accepted = rotation_digest(context.circumstance.network, context.neuron, self.new)
        if not verify(self.new, ROTATION_DOMAIN, accepted, self.signature):
            raise SignalError("key", f"{self.new.hex()} has not signed that it takes over")
