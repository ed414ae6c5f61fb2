"""What the last statement of a network said, as a leaf of its state, and whether the network is halted by it.

At ``/kv/statement``: dag-cbor of ``[number, kind, end_height, digest]``; absent where none was ever shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.state.key_space import STATEMENT_KEY
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

HALT_KIND = "halt"


class ShownStatement(NamedTuple):
    """The statement of this ``number`` (the first is 1), of a ``kind``; ``digest`` is what headers name it by."""

    number: int
    kind: str
    end_height: int
    digest: bytes

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(self))

    def halts(self, height: int) -> bool:
        """Whether the block of a height has no signals but those that show the next statement."""
        return self.kind == HALT_KIND and height > self.end_height


def read_statement(get: Callable[[bytes], bytes | None]) -> ShownStatement | None:
    """The last statement in a state of which ``get`` gives values; None where there was none."""
    value = get(STATEMENT_KEY)
    return None if value is None else ShownStatement(*decode(value))
