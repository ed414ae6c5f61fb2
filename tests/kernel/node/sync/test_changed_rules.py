"""A network of one key changes its rules: who was away, and who comes by a snapshot, goes on from older headers."""

from __future__ import annotations

from focusmesh.kernel.block import read_signed_headers, verify_chain
from focusmesh.kernel.state import ChangeRules, MemoryStore
from focusmesh.kernel.state.votes.transition import (
    CHANGE_PARTICLE,
    CHANGE_PROPERTY,
    transition_value,
)
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY
from tests.kernel.node.networks import Network
from tests.kernel.node.sync.test_join import joined


def linked(network: Network, first: int, count: int) -> None:
    """Some more blocks."""
    for number in range(first, first + count):
        network.nodes[0].users.leave(network.link(KEYS[1], (f"a{number}", "hub")))
        network.run(0.5)


def changed(network: Network) -> None:
    """Three blocks, the change, and three more, while the last node is away."""
    network.start()
    linked(network, 0, 3)
    network.until(lambda: len(network.tips()) == 1 and network.heights()[0] >= 2)
    network.nodes[-1].stop()
    value = transition_value(ChangeRules(heartbeat_ms=3_600_000), REGISTRY.digest, "9.9")
    said = network.signed(PROPOSER, ["set_property/1", CHANGE_PARTICLE, CHANGE_PROPERTY, value])
    network.nodes[0].users.leave(said)
    linked(network, 3, 4)


def test_who_was_away_follows_through_the_change() -> None:
    with Network(count=3) as network:
        changed(network)
        away = network.nodes[-1]
        assert away.replica.chain.tip.version == 1
        away.start(network.nodes[:1])
        network.until(lambda: len(network.tips()) == 1)
        chain = away.replica.chain
        assert chain.tip.version == 2
        assert chain.parameters.can_change
        assert not any(node.replica.peers.faults for node in network.nodes)
        shown = list(read_signed_headers(chain, 0, chain.height))
        assert shown == list(read_signed_headers(network.nodes[0].replica.chain, 0, chain.height))
        assert sum(bool(each.parameters) for each in shown) == 1


def test_a_stranger_joins_by_a_snapshot_of_the_changed_network() -> None:
    with Network(count=3) as network:
        changed(network)
        store, transport = MemoryStore(), network.sim.transport(b"\x77" * 32)
        chain = network.sim.complete(joined(network, transport, store), 60)
        assert chain.tip.version == 2
        assert chain.parameters == network.nodes[0].replica.chain.parameters
        assert verify_chain(store, REGISTRY).height == chain.height
