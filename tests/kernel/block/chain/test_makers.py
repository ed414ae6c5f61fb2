"""Who could make each block, asked long after: keys that were rotated, and terms of keys between validators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.ids import digest
from focusmesh.protocol.codec import encode
from tests.kernel.block.chain.test_header_chain import turned
from tests.kernel.block.grown import Grown, back, validators
from tests.kernel.block.ledger import PROPOSER
from tests.kernel.block.voted import VALIDATORS

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain


def check_makers(chain: Chain) -> set[tuple[bytes, ...]]:
    """Those who made each block of keys are told for it, and nobody for a block of validators."""
    found = set()
    for height in range(1, chain.height + 1):
        header, makers = chain.header(height), chain.makers_of(height)
        is_voted = header.engine not in ("", "solo")
        assert bool(makers) != is_voted
        if is_voted:
            assert chain.validator_set_of(height).total
            continue
        assert header.proposer in makers
        assert header.ends_epoch or digest(encode(list(makers))) == header.validators_hash
        found.add(makers)
    return found


def test_keys_that_were_rotated_are_told_as_they_were() -> None:
    chain = turned().chain
    assert len(check_makers(chain)) == 3
    assert chain.makers_of(chain.height + 1) == chain.proposers
    assert chain.makers_of(1) != chain.proposers


def test_keys_and_validators_take_turns() -> None:
    network = Grown()
    network.grow(3)
    assert network.hand_over(validators()) == "ok"
    network.grow(4)
    assert network.chain.makers_of(network.chain.height + 1) == ()
    network.hand_back(back(VALIDATORS[3].public))
    assert network.chain.makers_of(network.chain.height + 1) == (VALIDATORS[3].public,)
    assert check_makers(network.chain) == {(PROPOSER.public,)}
