"""Where signals stand in a chain: what became of those of a block, and what a neuron's next one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.kernel.block import Body
from focusmesh.kernel.runtime import no_account
from focusmesh.kernel.session import Placed
from focusmesh.kernel.state import read_account
from focusmesh.protocol.identity import SIGNATURE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.block import Block, Chain

BLOCK_BYTES = 1 << 26
"""About how much goes into one block, where more is to be sent."""


def next_nonce(chain: Chain, neuron: bytes) -> int:
    """The nonce that the chain expects; raises SignalError where the neuron has no account."""
    account = read_account(chain.state.get, neuron)
    if account is not None:
        return account.nonce
    raise no_account(chain.state.get, neuron)


def outcomes(block: Block, bytes_max: int) -> Iterator[Placed]:
    """What became of every signal of a block."""
    return placed_in(block, Body.decode(block.body, bytes_max))


def placed_in(block: Block, body: Body) -> Iterator[Placed]:
    """The same, where its body was read."""
    for wire, outcome in zip(body.signals, body.results, strict=True):
        signal = digest(wire[SIGNATURE_BYTES:])
        yield Placed(signal, block.header.height, outcome.code, outcome.fee)


def portion_bytes(chain: Chain) -> int:
    """How much goes into one block of a chain."""
    return min(BLOCK_BYTES, chain.portion_bytes)
