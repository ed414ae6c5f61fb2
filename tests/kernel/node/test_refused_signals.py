"""Signals that no block can have make no block: whoever leaves them, whoever batches them, whoever leads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.kernel.block import Candidates
from focusmesh.kernel.consensus import BatchedEngine, Simplex
from focusmesh.kernel.consensus.batched import CROWDED
from focusmesh.kernel.consensus.lanes.lanes import OPEN_MAX
from focusmesh.kernel.node.voting.proposals import Proposals
from focusmesh.protocol.packet import Packet
from tests.kernel.block.ledger import KEYS, particle
from tests.kernel.node.networks import Network
from tests.kernel.node.voted import VALIDATORS, VotedNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.kernel.node.voting.engine_run import EngineRun

KINDS = ("quorum", "snowman")
REFUSED: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "operation": (["unheard/1", b"a"], {}),
    "malformed": (["link/1", particle(1), particle(2), b"", 0], {}),
    "self-link": (["link/1", particle(1), particle(1), b"", 5], {}),
    "expired": (["link/1", particle(1), particle(2), b"", 5], {"expires_height": 0}),
    "content": (["put_blob/1", particle(9), 5], {}),
    "tip": (["link/1", particle(1), particle(2), b"", 5], {"tip": 1 << 40}),
}
"""By the code of its refusal: an operation, and what the head says."""


def run_of(network: VotedNetwork, number: int) -> EngineRun:
    """The engine of a validator."""
    agreeing: Any = network.replica(number).agreeing
    run: EngineRun = agreeing._run
    return run


def engine_of(network: VotedNetwork, number: int) -> BatchedEngine:
    engine = run_of(network, number).engine
    assert isinstance(engine, BatchedEngine)
    return engine


def batch(network: VotedNetwork, number: int, *packets: bytes) -> None:
    """A validator puts into its lane what it likes."""
    run, engine = run_of(network, number), engine_of(network, number)
    within(network, number, lambda: run.take(engine.add(run.now, packets)))


def within(network: VotedNetwork, number: int, act: Callable[[], None]) -> None:
    """Something happens in the process of a machine."""
    process = network.machines[number].process
    assert process is not None
    process.call_soon(act)


def garbage(network: VotedNetwork, count: int, first: int = 0) -> list[bytes]:
    """Packets of a neuron whose turn never comes: only a state can tell."""
    nonces = range(first + 1_000, first + 1_000 + count)
    return [Packet(network.signed(KEYS[3], nonce=nonce).wire).encode() for nonce in nonces]


def waiting(network: VotedNetwork, number: int) -> int:
    """Batches of all lanes that are in no block, as a validator sees it."""
    return len(engine_of(network, number).pool.waiting())


@pytest.mark.parametrize("code", REFUSED)
def test_one_proposer_makes_no_block_of_what_it_refuses(code: str) -> None:
    operation, head = REFUSED[code]
    with Network(count=2) as network:
        network.start()
        network.run(1)
        signed = network.signed(KEYS[1], operation, **head, nonce=0)
        users = network.nodes[0].users
        for _ in range(20):
            users.leave(signed)
            network.run(0.2)
        assert network.heights() == [0, 0]
        assert users.refused[signed.id].code == code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["operation", "content", "tip"])
def test_validators_make_no_block_of_what_they_refuse(code: str, kind: str) -> None:
    operation, head = REFUSED[code]
    with VotedNetwork(kind) as network:
        network.begin()
        signed = network.signed(KEYS[1], operation, **head, nonce=0)
        for number in range(20):
            network.leave(number % 4, signed)
            network.run(0.2)
        network.run(5)
        assert network.heights() == [0] * 4
        assert network.machines[0].letterbox.refused[signed.id] == code
        assert not any(waiting(network, number) for number in range(4)), "no lane has it"
        network.leave(1, network.signed(KEYS[2]))
        network.until(lambda: not network.waiting() and min(network.heights()) == 1)


LEADERS_OFF, VALIDATORS_OFF = "leaders make blocks of nothing", "validators vote for them"


def switch_off(patch: pytest.MonkeyPatch, defence: str) -> None:
    """Takes a defence away from all nodes."""
    if defence == VALIDATORS_OFF:

        async def wanted(moving: Proposals, inquiry: Any) -> bool:
            return True

        patch.setattr(Proposals, "_is_wanted", wanted)
        return
    make = Candidates.make

    def made(here: Candidates, *args: Any, empty: bool = True, **more: Any) -> Any:
        return make(here, *args, **more)

    patch.setattr(
        BatchedEngine, "_has_news", lambda engine: bool(engine.pool.waiting(engine._root))
    )
    patch.setattr(Candidates, "make", made)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "off", [(), (LEADERS_OFF,), (VALIDATORS_OFF,), (LEADERS_OFF, VALIDATORS_OFF)]
)
def test_a_validator_that_batches_garbage_gets_no_block(
    off: tuple[str, ...], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaders make none of it, and nobody votes for one: each of the two is enough."""
    for defence in off:
        switch_off(monkeypatch, defence)
    with VotedNetwork(kind) as network:
        network.begin()
        for number in range(8):
            batch(network, 3, *garbage(network, 2, 2 * number))
            network.run(0.5)
        if len(off) == 2:
            assert network.height() > 0
            return
        assert network.heights() == [0] * 4
        assert waiting(network, 0) == 8
        network.leave(1, network.signed(KEYS[2]))
        network.until(lambda: not network.waiting() and min(network.heights()) > 0)
        assert waiting(network, 0) == 0, "the next block passed them"


@pytest.mark.parametrize("kind", KINDS)
def test_one_leader_that_makes_blocks_of_nothing_gets_none_and_stops_nobody(kind: str) -> None:
    with VotedNetwork(kind) as network:
        network.begin()
        liar: Any = network.replica(3).agreeing
        candidates = liar.candidates
        make = candidates.make
        candidates.make = lambda *args, empty=True, **more: make(*args, **more)
        engine = engine_of(network, 3)
        engine._has_news = lambda: bool(engine.pool.waiting(engine._root))  # type: ignore[method-assign]
        batch(network, 3, *garbage(network, 3))
        network.run(8)
        assert network.heights() == [0] * 4
        for number in range(3):
            network.leave(number % 3, network.signed(KEYS[2]))
            network.until(lambda: not network.waiting())


def test_garbage_of_one_author_is_bounded_and_costs_others_no_place() -> None:
    """Its lane is full; a block that goes on there comes in a turn of its own, one for CROWDED batches at most."""
    with VotedNetwork() as network:
        network.begin()
        sent = 3 * OPEN_MAX
        for number in range(sent):
            batch(network, 3, *garbage(network, 1, number))
            network.run(0.05)
            assert all(waiting(network, at) <= OPEN_MAX for at in range(4))
        network.run(30)
        assert network.height() <= sent // CROWDED
        author = VALIDATORS[3].public
        for height in range(1, network.height() + 1):
            chain = network.machines[0].chain
            assert chain is not None
            assert chain.header(height).proposer == author, "no other leader makes one"
        network.leave(1, network.signed(KEYS[2]))
        network.until(lambda: not network.waiting())


def _part(network: VotedNetwork) -> None:
    """Two of four say that the time of the first round is out: its motion is notarised, and not decided."""
    simplex = engine_of(network, 0).orderer
    assert isinstance(simplex, Simplex)
    leader = simplex.known.view(simplex.round).leader
    for number in [at for at, key in enumerate(VALIDATORS) if key.public != leader][:2]:
        within(network, number, partial(_time_out, network, number))


def _time_out(network: VotedNetwork, number: int) -> None:
    run, engine = run_of(network, number), engine_of(network, number)
    assert isinstance(engine.orderer, Simplex)
    engine.orderer._time_out()
    run.take(engine.rouse(run.now))


@pytest.mark.parametrize("helps", [True, False])
def test_a_block_that_not_all_finalise_is_decided_without_another_signal(
    helps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block without signals helps there: nobody else comes, and the user waits."""
    if not helps:
        monkeypatch.setattr(Proposals, "_may_be_empty", lambda *args: False)
    with VotedNetwork(seed=2) as network:
        network.begin()
        signed = network.signed(KEYS[2])
        batch(network, 0, Packet(signed.wire).encode())
        _part(network)
        network.run(30)
        assert (network.height() > 0) is helps
        if helps:
            assert network.height() <= 2
