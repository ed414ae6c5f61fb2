"""How a network agrees, as far as light clients go by it: read of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.kernel.block import VERSION_CHANGING
from focusmesh.kernel.consensus import TrustTerms

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.state import Parameters


@dataclass(frozen=True)
class LightRules:
    """``kind``: ``"solo"`` (signatures of proposers), else how validators decide, which is the same to who follows.

    Epochs have ``epoch_blocks`` blocks at most; with headers of version 1 so many exactly, the first after block 0.
    """

    kind: str = "solo"
    epoch_blocks: int = 1
    terms: TrustTerms = field(default_factory=TrustTerms)

    @classmethod
    def of(cls, parameters: Parameters, trusting: int = 0) -> LightRules:
        """Of a network's parameters. ``trusting``: validators are relied on for no more ms than that; 0 for as said."""
        agreement = parameters.agreement
        if agreement is None or agreement.kind == "solo":
            return cls()
        shorter = min(trusting or agreement.trusting_ms, agreement.trusting_ms)
        return cls(
            agreement.kind, agreement.epoch_blocks, TrustTerms(shorter, agreement.unbonding_ms)
        )

    @property
    def has_decisions(self) -> bool:
        """Whether blocks are final by decisions of validators."""
        return self.kind != "solo"

    def epoch_of(self, header: Header) -> int:
        """The epoch whose validators decided a block; 0 that of block 0 alone, which nobody votes on."""
        if header.version >= VERSION_CHANGING:
            return header.epoch
        return -(-header.height // self.epoch_blocks)
