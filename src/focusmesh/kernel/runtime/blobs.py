"""``put_blob/1`` and ``forget/1``: content that particles stand for, and its end.

A signal names content by digest and size; the bytes travel beside it and are kept beside the state. What was signed,
ordered and hashed therefore never holds them, and forgetting leaves every digest, block and proof as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

import msgspec

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime.links import take_back
from focusmesh.kernel.runtime.operation import BANDWIDTH_BYTES, Amount, Digest, Operation
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    BLOB_PREFIX,
    FORGOTTEN_PREFIX,
    ROW_PREFIX,
)
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.signal import OPERATIONS_MAX

if TYPE_CHECKING:
    from focusmesh.kernel.runtime.context import Context
    from focusmesh.kernel.state import Parameters


class Claim(NamedTuple):
    """The leaf of content: its size, its first publisher (none once that one left), and how many ``others`` publish it.

    The dag-cbor of ``[size_bytes, publisher, height]``, with ``others`` behind where there are any.
    """

    size_bytes: int
    publisher: bytes
    height: int
    others: int = 0

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(self) if self.others else list(self[:3]))

    @classmethod
    def decode(cls, value: bytes) -> Claim:
        """The claim in a leaf's value, which came out of the state."""
        return cls(*decode(value))


LINK_BYTES = 96
"""source ‖ target ‖ relation (zeros for none)."""


class PutBlob(Operation, frozen=True, tag="put_blob/1"):
    """Claims content by digest and size, in bytes; where the bytes came along they are kept.

    Content that is there already stays its first publisher's, and this does nothing, unless deposits are locked by the
    byte: then each publisher locks its own, and content stays until the last one forgets it. It fails for want of a
    deposit alone: a state cannot tell a false size from a true one, so whoever makes a block holds sizes against the
    bytes.
    """

    digest: Digest
    size_bytes: Amount

    reads: ClassVar[tuple[bytes, ...]] = (BLOB_PREFIX, FORGOTTEN_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (BLOB_PREFIX, FORGOTTEN_PREFIX)

    def validate(self, parameters: Parameters) -> None:
        """Refuses more than ``blob_bytes_max`` bytes."""
        if self.size_bytes > parameters.blob_bytes_max:
            raise SignalError(
                "size",
                f"the content has {self.size_bytes} bytes, more than the {parameters.blob_bytes_max} that are allowed",
            )

    def bandwidth(self) -> int:
        """One unit for every started 256 bytes, and one for the leaf."""
        return 1 + -(-self.size_bytes // BANDWIDTH_BYTES)

    def contents(self) -> tuple[tuple[bytes, int], ...]:
        """The one that it claims."""
        return ((self.digest, self.size_bytes),)

    def apply(self, context: Context) -> None:
        """The claim is state, the content is not."""
        key = BLOB_PREFIX + self.digest
        known = context.get(key)
        if known is not None:
            if context.has_deposits:
                _join_publishers(context, key, Claim.decode(known))
        else:
            context.lock_deposit(key, self.size_bytes)
            context.put(key, Claim(self.size_bytes, context.author, context.height).encode())
            if context.get(FORGOTTEN_PREFIX + self.digest) is not None:
                context.delete(FORGOTTEN_PREFIX + self.digest)
        content = context.content_came(self.digest)
        if content is not None and len(content) == self.size_bytes:
            context.put_content(self.digest, content)


class Forget(Operation, frozen=True, tag="forget/1"):
    """Removes content that the neuron published, and takes back its own links of that particle which are listed.

    ``link_keys``: any number of source ‖ target ‖ relation, the particle at one end of each. Fails with ``"absent"``
    where there is no such content or link, with ``"owner"`` where someone else published it.
    """

    particle: Digest
    link_keys: Annotated[bytes, msgspec.Meta(max_length=LINK_BYTES * OPERATIONS_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (BLOB_PREFIX, ROW_PREFIX, ACCOUNT_PREFIX)
    writes: ClassVar[tuple[bytes, ...]] = (
        BLOB_PREFIX,
        FORGOTTEN_PREFIX,
        ROW_PREFIX,
        ACCOUNT_PREFIX,
    )

    def validate(self, parameters: Parameters) -> None:
        """Refuses lists that are not of whole links of this particle."""
        if len(self.link_keys) % LINK_BYTES:
            raise SignalError("malformed", f"links to forget come in {LINK_BYTES} bytes each")
        for source, target, _ in self.links():
            if self.particle not in (source, target):
                message = f"one of the links has {self.particle.hex()} at neither end"
                raise SignalError("malformed", message)

    def bandwidth(self) -> int:
        """One unit, and one for every link."""
        return 1 + len(self.link_keys) // LINK_BYTES

    def links(self) -> list[tuple[bytes, bytes, bytes]]:
        """The links as (source, target, relation)."""
        return [
            (
                self.link_keys[at : at + 32],
                self.link_keys[at + 32 : at + 64],
                self.link_keys[at + 64 : at + 96],
            )
            for at in range(0, len(self.link_keys), LINK_BYTES)
        ]

    def apply(self, context: Context) -> None:
        """The leaf of the claim makes room for one that says when and by whom it was forgotten."""
        key = BLOB_PREFIX + self.particle
        known = context.get(key)
        if known is None:
            raise SignalError("absent", f"there is no content of {self.particle.hex()} to forget")
        left = _leave_publishers(context, key, Claim.decode(known))
        if left is not None:
            context.put(key, left.encode())
        else:
            context.delete(key)
            context.put(FORGOTTEN_PREFIX + self.particle, encode([context.author, context.height]))
            context.drop_content(self.particle)
        if self.link_keys:
            take_back(context, self.links())


def _join_publishers(context: Context, key: bytes, claim: Claim) -> None:
    """One publisher more of content that is there: it locks a deposit of its own."""
    if claim.publisher == context.author or context.has_deposit(key):
        return
    context.lock_deposit(key, claim.size_bytes)
    if context.has_deposit(key):
        context.put(key, claim._replace(others=claim.others + 1).encode())


def _leave_publishers(context: Context, key: bytes, claim: Claim) -> Claim | None:
    """The claim without the author, whose deposit comes back; None where nobody else publishes the content.

    Raises SignalError ``"owner"`` where the author does not.
    """
    if claim.publisher == context.author:
        left = claim._replace(publisher=b"")
    elif claim.others and context.has_deposit(key):
        left = claim._replace(others=claim.others - 1)
    else:
        particle = key.removeprefix(BLOB_PREFIX).hex()
        raise SignalError("owner", f"{particle} was published by another neuron")
    context.return_deposit(key)
    return left if left.publisher or left.others else None
