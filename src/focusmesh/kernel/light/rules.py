"""How a network agrees, as far as light clients go by it: read of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from focusmesh.kernel.consensus import TrustTerms

if TYPE_CHECKING:
    from focusmesh.kernel.state import Parameters


@dataclass(frozen=True)
class LightRules:
    """``kind``: ``"solo"`` (signatures of proposers), else how validators decide, which is the same to who follows.

    Epoch 1 has the first ``epoch_blocks`` after block 0.
    """

    kind: str = "solo"
    epoch_blocks: int = 1
    terms: TrustTerms = field(default_factory=TrustTerms)

    @classmethod
    def of(cls, parameters: Parameters) -> LightRules:
        """Of a network's parameters."""
        agreement = parameters.agreement
        if agreement is None or agreement.kind == "solo":
            return cls()
        terms = TrustTerms(agreement.trusting_ms, agreement.unbonding_ms)
        return cls(agreement.kind, agreement.epoch_blocks, terms)

    @property
    def has_decisions(self) -> bool:
        """Whether blocks are final by decisions of validators."""
        return self.kind != "solo"

    def epoch_of(self, height: int) -> int:
        """The epoch whose validators decide a block; 0 that of block 0 alone, which nobody votes on."""
        return -(-height // self.epoch_blocks)

    def last_height(self, epoch: int) -> int:
        """The height of the last block of an epoch."""
        return epoch * self.epoch_blocks
