"""``set_property/1``: what a neuron says of a particle besides links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime.operation import BANDWIDTH_BYTES, Digest, Operation
from focusmesh.kernel.state import PROPERTY_PREFIX

if TYPE_CHECKING:
    from focusmesh.kernel.runtime.context import Context
    from focusmesh.kernel.state import Parameters

NAME_BYTES_MAX = 64
VALUE_BYTES_MAX = 4_096


class SetProperty(Operation, frozen=True, tag="set_property/1"):
    """Gives a particle a named value under the neuron's own name; an empty value takes it away.

    Fails with ``"absent"`` where there is none to take away.
    """

    particle: Digest
    property_name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_BYTES_MAX)]
    value: Annotated[bytes, msgspec.Meta(max_length=VALUE_BYTES_MAX)]

    reads: ClassVar[tuple[bytes, ...]] = (PROPERTY_PREFIX,)
    writes: ClassVar[tuple[bytes, ...]] = (PROPERTY_PREFIX,)

    def validate(self, parameters: Parameters) -> None:
        """Refuses names of more than 64 bytes."""
        size_bytes = len(self.property_name.encode())
        if size_bytes > NAME_BYTES_MAX:
            raise SignalError(
                "size", f"a property's name has at most {NAME_BYTES_MAX} bytes, not {size_bytes}"
            )

    def bandwidth(self) -> int:
        """One unit for every started 256 bytes, and one for the leaf."""
        return 1 + -(-len(self.value) // BANDWIDTH_BYTES)

    def apply(self, context: Context) -> None:
        """The leaf's key names particle, author and property."""
        key = PROPERTY_PREFIX + self.particle + context.author + self.property_name.encode()
        if self.value:
            context.lock_deposit(key, len(key) + len(self.value))
            context.put(key, self.value)
        elif context.get(key) is None:
            message = f"{self.particle.hex()} has no property {self.property_name!r} of this neuron"
            raise SignalError("absent", message)
        else:
            context.return_deposit(key)
            context.delete(key)
