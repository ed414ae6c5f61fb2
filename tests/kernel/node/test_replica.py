"""Networks of replicas: blocks and signals reach everybody, whoever was away comes back, words reach who asked."""

from __future__ import annotations

from focusmesh.ids import digest
from focusmesh.kernel.block import verify_chain
from focusmesh.protocol.signal import parse
from tests.kernel.block.ledger import KEYS, REGISTRY, particle
from tests.kernel.node.networks import Network


def test_a_signal_left_anywhere_is_in_a_block_everywhere() -> None:
    with Network() as network:
        network.start()
        network.run(3)
        signed = network.link(KEYS[1], ("a", "b"))
        network.nodes[3].users.leave(signed)
        network.until(lambda: network.heights() == [1, 1, 1, 1], 2)
        assert len(network.tips()) == 1
        assert network.nodes[3].users.placed == [signed.id]


def test_equal_seeds_give_equal_runs() -> None:
    def trace() -> bytes:
        with Network(seed=5) as network:
            network.start()
            for number in range(4):
                network.nodes[number].users.leave(network.link(KEYS[1], ("a", f"b{number}")))
                network.run(1)
            assert len(network.tips()) == 1
            return bytes(network.sim.trace)

    assert trace() == trace()


def test_who_was_killed_comes_back_and_who_comes_late_catches_up() -> None:
    with Network(count=3) as network:
        first, second, third = network.nodes
        first.start([], makes_blocks=True)
        second.start([first])
        network.run(2)
        second.stop()
        for number in range(40):
            first.users.leave(network.link(KEYS[1], ("a", f"b{number}")))
            network.run(0.2)
        assert first.replica.chain.height > 30
        second.start([first])
        third.start([second])
        network.until(lambda: len(set(network.heights())) == 1, 20)
        assert len(network.tips()) == 1
        assert verify_chain(third.store, REGISTRY).height == first.replica.chain.height


def test_the_maker_of_blocks_may_be_away() -> None:
    with Network(count=3) as network:
        network.start()
        network.run(3)
        network.nodes[0].stop()
        signals = [network.link(KEYS[1], ("a", number)) for number in range(5)]
        for signed in signals:
            network.nodes[2].users.leave(signed)
        network.run(20)
        assert network.nodes[1].replica.chain.height == 0
        network.nodes[0].start([], makes_blocks=True)
        network.until(lambda: len(network.nodes[2].users.placed) == 5, 60)
        assert set(network.nodes[2].users.placed) == {signed.id for signed in signals}


def test_contents_travel_with_their_signals_and_their_blocks() -> None:
    text = b"a text that is more than a particle"
    with Network(count=4) as network:
        network.start()
        network.run(2)
        late = network.nodes[3]
        late.stop()
        signed = network.signed(KEYS[1], ["put_blob/1", digest(text), len(text)])
        network.nodes[1].users.leave(signed, text)
        network.until(lambda: network.nodes[1].users.placed == [signed.id], 5)
        late.start([network.nodes[2]])
        network.until(lambda: len(set(network.heights())) == 1 and late.replica.chain.height > 0)
        for node in network.nodes:
            with node.replica.chain.state.at() as view:
                assert view.content(digest(text)) == text


def test_a_forgotten_content_leaves_every_node_and_what_waits() -> None:
    text = b"not for ever"
    with Network(count=3) as network:
        network.start()
        network.run(2)
        put = network.signed(KEYS[1], ["put_blob/1", digest(text), len(text)])
        network.nodes[1].users.leave(put, text)
        network.until(lambda: network.heights() == [1, 1, 1], 5)
        # An early one that carries the same text waits on another machine.
        early = network.signed(
            KEYS[2], ["put_blob/1", digest(text), len(text)], nonce=network.nonces[KEYS[2]] + 1
        )
        network.nodes[2].users.leave(early, text)
        network.run(2)
        network.nodes[1].users.leave(network.signed(KEYS[1], ["forget/1", digest(text), b""]))
        network.until(lambda: network.heights() == [2, 2, 2], 5)
        for node in network.nodes:
            with node.replica.chain.state.at() as view:
                assert view.content(digest(text)) is None
            assert not node.replica.mempool.contents([digest(text)])
        assert not network.nodes[2].users.waiting


def test_users_of_a_node_that_follows_hear_why_a_signal_cannot_be() -> None:
    with Network(count=2) as network:
        network.start()
        network.run(2)
        users = network.nodes[1].users
        users.leave(network.link(KEYS[1], ("a", "b")))
        network.until(lambda: network.heights() == [1, 1], 5)
        unknown = network.signed(KEYS[1], ["nothing/1", 5])
        stale = network.signed(KEYS[2], ["link/1", particle(1), particle(2), b"", 10], nonce=0)
        wordless = network.signed(KEYS[1], ["put_blob/1", digest(b"x"), 1], nonce=1)
        network.nodes[0].users.leave(stale)
        network.until(lambda: network.heights() == [2, 2], 5)
        for signed in (unknown, stale, wordless):
            users.leave(signed)
        forged = parse(bytes(64) + network.link(KEYS[3], ("c", "d")).wire[64:])
        users.leave(forged)
        network.until(lambda: not users.waiting, 20)
        codes = {signal: error.code for signal, error in users.refused.items()}
        assert codes[unknown.id] == "operation"
        assert codes[wordless.id] == "content"
        assert codes[forged.id] == "signature"
        assert users.placed.count(stale.id) == 1


def test_a_node_that_reaches_nobody_says_why() -> None:
    with Network(count=2) as network:
        network.nodes[1].start([network.nodes[0]])
        network.run(20)
        assert "no peer is reached" in network.nodes[1].replica.status().trouble
        network.nodes[0].start([], makes_blocks=True)
        network.run(30)
        assert not network.nodes[1].replica.status().trouble
