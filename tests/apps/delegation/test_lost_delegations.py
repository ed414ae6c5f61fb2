"""What a delegator has left where slashes took everything: its place, and room for other validators."""

from __future__ import annotations

from focusmesh.kernel.state import read_delegation, validators_of
from tests.apps.delegation.network import ANN, EVE, FAY, Staking
from tests.apps.validators.paying import twice


def test_a_delegation_that_lost_everything_can_be_let_go() -> None:
    node = Staking()
    assert node.code(EVE, "delegate/1", ANN.public, 1) == "ok"
    node.end_epoch_at(node.chain.tip.time + 1)
    evidence = twice(ANN, node.chain.network, node.chain.epoch)
    assert node.code(FAY, "accuse/1", evidence) == "ok"
    assert node.code(EVE, "undelegate/1", ANN.public, 1) == "delegation"
    assert read_delegation(node.chain.state.get, ANN.public, EVE.public) is not None
    assert node.code(EVE, "claim/1", ANN.public) == "ok"
    assert read_delegation(node.chain.state.get, ANN.public, EVE.public) is None
    assert validators_of(node.chain.state.get, EVE.public) == ()
    assert node.code(EVE, "claim/1", ANN.public) == "nothing"


def test_a_claim_of_nothing_changes_nothing() -> None:
    node = Staking()
    assert node.code(EVE, "claim/1", ANN.public) == "nothing"
    assert node.code(EVE, "delegate/1", ANN.public, 1) == "ok"
    assert node.code(EVE, "claim/1", ANN.public) == "nothing"
    assert read_delegation(node.chain.state.get, ANN.public, EVE.public) is not None
