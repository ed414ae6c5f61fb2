"""The clock of a network that can change: which epoch the next block is of, and when that epoch began.

A leaf at ``/kv/epoch``, dag-cbor of ``[number, first_height, first_time]``. It is written with the genesis and at each
end of an epoch, so an epoch that ends by time renumbers nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.key_space import EPOCH_KEY
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.state.accounts.parameters import Parameters


class EpochStart(NamedTuple):
    """An epoch, the height of its first block, and the time of the block before that one."""

    number: int
    first_height: int
    first_time: int

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(self))

    @classmethod
    def decode(cls, value: bytes) -> EpochStart:
        """The epoch in a leaf's value, which came out of the state."""
        return cls(*decode(value))

    def ends_with(self, height: int, time: int, parameters: Parameters) -> bool:
        """Whether the block of ``height`` and ``time`` is the last one of this epoch, by length or by time.

        Raises ParameterError where the network cannot change.
        """
        agreement = parameters.agreement
        is_full = agreement is not None and height - self.first_height + 1 >= agreement.epoch_blocks
        return is_full or time - self.first_time >= parameters.required_changes.epoch_ms

    def next(self, height: int, time: int) -> EpochStart:
        """The epoch after this one, which ends with the block of ``height`` and ``time``."""
        return EpochStart(self.number + 1, height + 1, time)


def read_epoch(get: Callable[[bytes], bytes | None]) -> EpochStart | None:
    """The epoch of the next block in a state of which ``get`` gives values; None where the network cannot change."""
    value = get(EPOCH_KEY)
    return None if value is None else EpochStart.decode(value)
