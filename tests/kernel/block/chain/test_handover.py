"""A ledger of one key grows into a network of validators with its id and history, and goes back."""

from __future__ import annotations

import pytest

from focusmesh.kernel.block import verify_chain
from tests.kernel.block.grown import REGISTRY, Grown, back, validators
from tests.kernel.block.voted import BOND, STAKE, VALIDATORS


def grown(kind: str = "quorum") -> Grown:
    """After three blocks of one key, its hand-over, and three of the validators."""
    network = Grown()
    network.grow(3)
    assert network.hand_over(validators(kind)) == "ok"
    network.grow(4)
    return network


@pytest.mark.parametrize("kind", ["quorum", "snowman"])
def test_a_solo_ledger_grows_into_four_validators_and_back(kind: str) -> None:
    network = Grown()
    network.grow(3)
    name = network.chain.network
    assert network.hand_over(validators(kind)) == "ok"
    last = network.chain.tip
    assert (last.engine, last.epoch, last.ends_epoch) == ("solo", 1, True)
    assert network.chain.validator_set is not None
    assert last.validators_hash == network.chain.validator_set.digest()
    assert set(network.chain.proposers) == {key.public for key in VALIDATORS}
    network.grow(4)
    assert (network.chain.tip.engine, network.chain.tip.epoch) == (kind, 3)
    given = network.hand_back(back())
    assert (given.header.engine, given.header.ends_epoch) == (kind, True)
    assert network.chain.validator_set is None
    network.grow(2)
    assert network.chain.tip.engine == "solo"
    epochs = [network.chain.header(height).epoch for height in range(1, network.chain.height + 1)]
    assert epochs == sorted(epochs)
    assert network.chain.network == name
    assert verify_chain(network.store, REGISTRY).height == network.chain.height
