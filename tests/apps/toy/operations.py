"""``toy_note/1``: a neuron says something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import Operation
from tests.apps.toy.records import TOY_PREFIX, Leaf, Text, read_leaf

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context


class PutNote(Operation, frozen=True, tag="toy_note/1"):
    """Sets the note of who signed. Fails with ``"toy"`` where the note says that already."""

    text: Text
    times: Annotated[int, msgspec.Meta(ge=1, le=9, description="How often it is meant.")] = 1

    reads: ClassVar[tuple[bytes, ...]] = (TOY_PREFIX,)
    writes: ClassVar[tuple[bytes, ...]] = (TOY_PREFIX,)

    def apply(self, context: Context) -> None:
        """One leaf for each neuron."""
        key = TOY_PREFIX + context.author
        before = context.get(key)
        if before is not None and read_leaf(before).text == self.text:
            raise SignalError("toy", f"the note says {self.text!r} already")
        context.put(key, Leaf(self.text, self.times, context.height).encode())
