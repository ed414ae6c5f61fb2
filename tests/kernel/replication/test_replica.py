"""Networks of replicas: blocks and signals reach everybody, whoever was away comes back."""

from __future__ import annotations

from tests.kernel.block.ledger import KEYS
from tests.kernel.replication.networks import Network


def test_a_signal_left_anywhere_is_in_a_block_everywhere() -> None:
    with Network() as network:
        network.start()
        network.run(3)
        signed = network.link(KEYS[1], ("a", "b"))
        network.nodes[3].users.leave(signed)
        network.until(lambda: network.heights() == [1, 1, 1, 1], 10)
        assert len(network.tips()) == 1
        assert network.nodes[3].users.placed == [signed.id]
