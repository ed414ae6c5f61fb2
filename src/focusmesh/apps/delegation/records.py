"""Fields that operations and questions on delegated stake share: what each says of itself on every face."""

from __future__ import annotations

from typing import Annotated

import msgspec

from focusmesh.kernel.runtime import Amount, Digest

ValidatorKey = Annotated[
    Digest,
    msgspec.Meta(
        description="Of the validator: a public key.",
        examples=["07" * 32],
        extra={"is": "neuron"},
    ),
]
TargetKey = Annotated[
    Digest,
    msgspec.Meta(
        description="Of the validator that has it from then on: a public key.",
        examples=["08" * 32],
        extra={"is": "neuron"},
    ),
]
NeuronKey = Annotated[
    Digest,
    msgspec.Meta(
        description="Of the neuron that delegated: a public key.",
        examples=["09" * 32],
        extra={"is": "neuron"},
    ),
]
StakeAmount = Annotated[Amount, msgspec.Meta(description="In base units.")]
