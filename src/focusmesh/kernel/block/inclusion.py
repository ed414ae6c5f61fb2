"""What became of signals that were proposed for a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.errors import SignalError
    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.runtime import Result


@dataclass(frozen=True)
class Inclusion:
    """What came of signals that were proposed. ``block`` is None where none of them can be in one.

    ``results`` are those of the signals in the block, by id; ``refused`` says of the others why. ``seconds`` tells
    what each stage took.
    """

    block: Block | None
    results: dict[bytes, Result]
    refused: dict[bytes, SignalError]
    seconds: dict[str, float] = field(default_factory=dict, compare=False)
