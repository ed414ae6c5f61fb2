"""How a network agrees, as far as light clients go by it: read of its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ParameterError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.consensus import TrustTerms
from focusmesh.kernel.state import Parameters
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header


@dataclass(frozen=True)
class LightRules:
    """``kind``: ``"solo"`` (signatures of proposers), else how voters decide, which is the same to who follows.

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
        """Whether blocks are final by decisions of voters."""
        return self.kind != "solo"

    def epoch_of(self, height: int) -> int:
        """The epoch whose voters decide a block; 0 that of block 0 alone, which nobody votes on."""
        return -(-height // self.epoch_blocks)

    def last_height(self, epoch: int) -> int:
        """The height of the last block of an epoch."""
        return epoch * self.epoch_blocks


def parameters_of(data: bytes, header: Header) -> Parameters:
    """The network's parameters, which ``header`` has the digest of. Raises ProofError ``"parameters"``."""
    if digest(data) != header.params_hash:
        raise ProofError("parameters", "these are not the parameters that the header names")
    try:
        return msgspec.convert(decode(data), Parameters, builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError, ParameterError) as error:
        raise ProofError("parameters", f"these are no parameters: {error}") from error
