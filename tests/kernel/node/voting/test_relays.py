"""Who hands notices on can neither speak in another's name, nor have another blamed, nor take what another is owed."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import NetworkError, ProofError
from focusmesh.kernel.consensus import Ballot, BatchedEngine, SignalBatch, Simplex, Vote, end_slot
from focusmesh.kernel.consensus.messages import write
from focusmesh.kernel.node.voting import relays
from focusmesh.kernel.node.voting.relays import AFTER_S, HANDED_BURST, UNREACHED_S, Relays
from focusmesh.protocol.codec import decode, encode
from tests.kernel.consensus.scheduling import NETWORK, PACE, ROOT, key, validator_set

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

VALIDATORS = [key(number).public for number in range(4)]
NODES = [b"node-%d" % number for number in range(4)]
VOTE = encode(["vote", 1])


class Lines:
    """The node of validator 0: who is connected, what it told whom, who was blamed; an engine hears what comes."""

    def __init__(self, here: list[int]) -> None:
        self.here = [NODES[number] for number in here]
        self.told: list[tuple[bytes, list[Any]]] = []
        self.blamed: list[tuple[bytes, str]] = []
        self.heard: list[tuple[bytes, bytes]] = []
        self.refused: list[str] = []
        self.answers: list[Any] = []
        self.refuses: set[bytes] = set()
        self.now = 0.0
        self.transport = SimpleNamespace(key=NODES[0])
        self.on_relay: Callable[[bytes, bytes], Awaitable[None]]
        self.engine = BatchedEngine(NETWORK, validator_set((1,) * 4), ROOT, key(0), pace=PACE)
        self.engine.begin(0)
        peers: Any = self
        self.relays = Relays(peers, _cards(), self.hears)
        self.relays._time = lambda: self.now

    def present(self) -> tuple[bytes, ...]:
        return tuple(self.here)

    async def tell(self, node: bytes, frame: bytes, line: str) -> None:
        assert line == "relays"
        if node in self.refuses:
            raise NetworkError("unknown", "this node does not answer that")
        self.told.append((node, decode(frame)))

    def blame(self, node: bytes, fault: str) -> None:
        self.blamed.append((node, fault))

    def hears(self, validator: bytes, epoch: int, notice: bytes) -> bool:
        self.heard.append((validator, notice))
        try:
            effects = self.engine.deliver(0, validator, notice)
        except ProofError as error:
            self.refused.append(error.code)
            return False
        self.answers += [each for each in effects.notices if each.to is not None]
        return True

    async def look(self, seconds: float = 0.0) -> None:
        """So much later somebody looks who is there."""
        self.now += seconds
        for _ in range(3):
            await asyncio.sleep(0)

    async def hear(self, node: int, *frame: Any) -> None:
        await self.on_relay(NODES[node], encode(list(frame)))
        await self.look()


def _cards() -> Any:
    at = dict(zip(NODES, VALIDATORS, strict=True))
    nodes = {validator: [node] for node, validator in at.items()}
    return SimpleNamespace(
        validators=tuple(VALIDATORS),
        validators_at=lambda node: [at[node]] if node in at else [],
        nodes_of=lambda validator: nodes.get(validator, []),
    )


def play(here: list[int], scene: Callable[[Lines], Awaitable[None]]) -> Lines:
    """A scene at a node that looks around quickly."""

    async def run() -> Lines:
        lines = Lines(here)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(relays, "_LOOK_S", 0.0)
            task = asyncio.get_running_loop().create_task(lines.relays.run())
            await lines.look()
            await scene(lines)
            assert not task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return lines

    return asyncio.run(run())


def test_who_is_gone_for_a_while_is_spoken_to_by_way_of_two_others() -> None:
    async def scene(lines: Lines) -> None:
        lines.relays.say(None, 1, VOTE)
        await lines.look(AFTER_S + 1)
        lines.relays.say(VALIDATORS[1], 1, VOTE)
        await lines.look()
        assert not lines.told
        lines.relays.say(None, 1, VOTE)
        await lines.look()
        lines.relays.say(None, 1, encode(["state", 1, 0, [], []]))
        await lines.look()

    lines = play([1, 2], scene)
    frame = ["hand", [VALIDATORS[3]], 1, VOTE]
    assert lines.told == [(NODES[1], frame), (NODES[2], frame)]


def test_who_cannot_hand_on_is_not_asked_again_for_a_while() -> None:
    async def scene(lines: Lines) -> None:
        await lines.look(AFTER_S + 1)
        await lines.hear(1, "unreached", [VALIDATORS[3], bytes(32)])
        lines.refuses = {NODES[2]}
        for _ in range(3):
            lines.relays.say(None, 1, VOTE)
            await lines.look()
        assert not lines.told
        await lines.look(UNREACHED_S + 1)
        lines.refuses = set()
        lines.relays.say(None, 1, VOTE)
        await lines.look()

    lines = play([1, 2], scene)
    assert {node for node, _ in lines.told} == {NODES[1], NODES[2]}
    assert not lines.blamed


def test_two_of_many_are_asked_and_others_after_a_while() -> None:
    async def scene(lines: Lines) -> None:
        validators = tuple(b"%032d" % number for number in range(6))
        cards = lines.relays._cards = _cards()
        cards.validators, cards.nodes_of = validators, lambda validator: [validator]
        cards.validators_at = lambda node: [node] if node in validators else []
        lines.here = list(validators[:5])
        await lines.look()
        for _ in range(8):
            await lines.look(AFTER_S + 1)
            lines.relays.say(None, 1, VOTE)
            await lines.look()

    lines = play([], scene)
    counted = {node: sum(each == node for each, _ in lines.told) for node, _ in lines.told}
    assert len(counted) == 5
    assert sum(counted.values()) == 16


def test_it_hands_on_once_and_never_further() -> None:
    async def scene(lines: Lines) -> None:
        await lines.hear(1, "hand", [VALIDATORS[2], VALIDATORS[3], VALIDATORS[1]], 1, VOTE)
        await lines.hear(2, "handed", [VALIDATORS[3]], 1, VOTE)

    lines = play([1, 2], scene)
    assert lines.told == [
        (NODES[2], ["handed", [VALIDATORS[1]], 1, VOTE]),
        (NODES[1], ["unreached", [VALIDATORS[3], VALIDATORS[1]]]),
    ]
    assert [validator for validator, _ in lines.heard] == [b""]


def test_one_node_has_so_much_handed_on() -> None:
    async def scene(lines: Lines) -> None:
        large = encode(["batch", bytes(1 << 18)])
        for _ in range(3 * HANDED_BURST >> 18):
            await lines.hear(1, "hand", [VALIDATORS[2]], 1, large)
        await lines.hear(3, "hand", [VALIDATORS[2]], 1, VOTE)
        lines.now += 1.0
        await lines.hear(1, "hand", [VALIDATORS[2]], 1, VOTE)

    lines = play([1, 2, 3], scene)
    sizes = [len(frame[3]) for node, frame in lines.told if node == NODES[2]]
    assert sum(sizes[:-2]) <= HANDED_BURST < sum(sizes[:-2]) + (1 << 19)
    assert sizes[-2:] == [len(VOTE)] * 2
    assert lines.relays.counts["dropped"]
    assert not lines.blamed


FALSE_FRAMES: list[list[Any]] = [
    ["hand", [VALIDATORS[2]], 1, encode(["state", 1, 0, [], []])],
    ["handed", [VALIDATORS[2]], 1, encode(["seek", [bytes(32)]])],
    ["handed", VALIDATORS, 1, b""],
    ["handed", [*VALIDATORS, bytes(32)], 1, VOTE],
    ["hand", [VALIDATORS[2], VALIDATORS[2]], 1, VOTE],
    ["hand", [], 1, VOTE],
    ["hand", [1], 1, VOTE],
    ["hand", [VALIDATORS[2]], b"", VOTE],
    ["hand", [VALIDATORS[2]], 1],
    ["hand", [VALIDATORS[2]], 1, encode(["batch", bytes(1 << 19)])],
    ["unreached", [VALIDATORS[2]], 1],
    ["other", [VALIDATORS[2]], 1, VOTE],
    [],
]


@pytest.mark.parametrize("frame", FALSE_FRAMES)
def test_frames_that_no_node_sends_are_blamed(frame: list[Any]) -> None:
    async def scene(lines: Lines) -> None:
        await lines.hear(1, *frame)

    lines = play([1, 2, 3], scene)
    assert lines.blamed == [(NODES[1], "form")]
    assert not lines.told
    assert not lines.heard


def test_strangers_are_not_read() -> None:
    async def scene(lines: Lines) -> None:
        await lines.on_relay(b"a stranger", b"\xff")
        await lines.on_relay(b"a stranger", encode(["hand", [VALIDATORS[1]], 1, VOTE]))
        await lines.look()

    lines = play([1, 2], scene)
    assert (lines.blamed, lines.told, lines.heard) == ([], [], [])


def _hold(lines: Lines, signer: int) -> bytes:
    """A vote of validator 2 that it has the first batch of validator 1, as somebody signed it."""
    batch = SignalBatch(VALIDATORS[1], 1, bytes(32), (), (b"a signal",))
    ballot = lines.engine.pool._lanes.ballot(batch)
    signature = Vote.sign(ballot, key(signer)).signature
    return encode(["hold", VALIDATORS[1], 1, ballot.value, signature])


def _simplex(lines: Lines) -> Simplex:
    orderer = lines.engine.orderer
    assert isinstance(orderer, Simplex)
    return orderer


def test_nothing_is_said_in_the_name_of_another() -> None:
    async def scene(lines: Lines) -> None:
        known, lane = _simplex(lines).known, lines.engine.pool._lanes.lane(VALIDATORS[1])
        slot = end_slot(NETWORK, 0, 1)

        def vote(name: int, signer: int) -> bytes:
            made = Vote.sign(Ballot(slot, b""), key(signer))
            return write(made._replace(signer=VALIDATORS[name]))

        await lines.hear(1, "handed", [VALIDATORS[2]], 0, vote(2, 1))
        await lines.hear(1, "handed", [VALIDATORS[2]], 0, _hold(lines, 1))
        assert not known.view(1).tally.signers(slot)
        assert not any(tally.evidence or tally._votes for tally in lane.tallies.values())
        assert lines.refused == ["vote", "vote"]
        await lines.hear(1, "handed", [VALIDATORS[3], VALIDATORS[2]], 0, _hold(lines, 2))
        await lines.hear(1, "handed", [VALIDATORS[3]], 0, vote(2, 2))
        assert known.view(1).tally.signers(slot) == (VALIDATORS[2],)
        assert len(lane.tallies[1]._votes) == 1

    lines = play([1], scene)
    assert not lines.blamed
    assert not _simplex(lines).known.evidence


@pytest.mark.parametrize("by_relay", [True, False])
def test_what_another_is_owed_is_not_used_up(by_relay: bool) -> None:
    """A validator's old votes, said again by somebody else, would be answered to it instead of its own questions."""

    async def scene(lines: Lines) -> None:
        simplex = _simplex(lines)
        simplex.known.root = simplex.known.root._replace(round=3)
        simplex.known.current = 4
        old = write(Vote.sign(Ballot(end_slot(NETWORK, 0, 1), b""), key(2)))
        if by_relay:
            await lines.hear(1, "handed", [VALIDATORS[2]], 0, old)
        else:
            lines.hears(VALIDATORS[2], 0, old)
        assert (VALIDATORS[2] in simplex._answered) != by_relay

    assert len(play([1], scene).heard) == 1
