"""From an empty store to the head of a network, by a snapshot of its peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import NetworkError
from focusmesh.ids import digest
from focusmesh.kernel.block import verify_chain
from focusmesh.kernel.node import AtOnce, NetworkJoin
from focusmesh.kernel.state import MemoryStore
from focusmesh.protocol.world import SameProcess
from tests.kernel.block.ledger import KEYS, REGISTRY
from tests.kernel.node.networks import Network

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain
    from focusmesh.protocol.transport import Transport

TEXT = b"a text for those who come later"


def grown(network: Network, blocks: int = 6) -> None:
    """A network whose nodes all have some blocks, links and a content."""
    network.start()
    put = network.signed(KEYS[1], ["put_blob/1", digest(TEXT), len(TEXT)])
    network.nodes[0].users.leave(put, TEXT)
    for number in range(blocks):
        pairs = [(f"a{number}", f"b{each}") for each in range(20)]
        network.nodes[0].users.leave(network.link(KEYS[1], *pairs))
        network.run(0.5)
    network.until(lambda: len(network.tips()) == 1 and network.heights()[0] >= blocks)


async def joined(network: Network, transport: Transport, store: MemoryStore) -> Chain:
    contacts = [node.contact for node in network.nodes]
    joining = NetworkJoin(transport, contacts, network.genesis.network, AtOnce())
    await joining.connect()
    genesis = await joining.genesis()
    return await joining.restore(store, genesis, REGISTRY, SameProcess())


def test_a_stranger_comes_to_the_head_by_a_snapshot() -> None:
    with Network(count=3) as network:
        grown(network)
        store, transport = MemoryStore(), network.sim.transport(b"\x77" * 32)
        chain = network.sim.complete(joined(network, transport, store), 60)
        assert {chain.tip.id} == network.tips()
        with chain.state.at() as view:
            assert view.content(digest(TEXT)) == TEXT
        assert verify_chain(store, REGISTRY).height == chain.height


def test_another_network_is_not_joined() -> None:
    with Network(count=1) as network:
        network.start()
        transport = network.sim.transport(b"\x77" * 32)
        contacts = [network.nodes[0].contact]
        joining = NetworkJoin(transport, contacts, b"\x05" * 32, AtOnce())
        with pytest.raises(NetworkError, match="network"):
            network.sim.complete(joining.connect(), 60)
