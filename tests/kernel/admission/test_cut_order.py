"""What a block takes of a cut that has too little room: judges hold it to weights, and to nothing else."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.admission import LinkWeights, first_of_cut
from focusmesh.kernel.block import Body, Grant
from focusmesh.kernel.block.signal_order import order_signals
from focusmesh.kernel.state import FeeRules, OrderRules, StakingRules
from focusmesh.protocol.signal import parse
from tests.kernel.block.changing import ChangingVoted, changing_genesis
from tests.kernel.block.ledger import particle
from tests.kernel.block.voted import BALANCE, VALIDATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Block, Chain, Genesis
    from focusmesh.protocol.signal import SignedSignal

RICH, OTHERS = VALIDATORS[0], VALIDATORS[1:]
ROOM = 1 << 11


def genesis(**order: Any) -> Genesis:
    """Four neurons, one with a thousand times the stake of the others, and room for some nine signals."""
    before = changing_genesis(epoch_blocks=1_000)
    rules = {"fees": FeeRules(), "staking": StakingRules()}
    order = {"cut_bytes": ROOM, "service_reserve": 0, "newcomer_reserve": 0, **order}
    parameters = msgspec.structs.replace(
        before.parameters, version=6, order=OrderRules(**order), **rules
    )
    grants = tuple(
        Grant(key.public, BALANCE, 10**9 if key is RICH else 10**6) for key in VALIDATORS
    )
    return msgspec.structs.replace(before, parameters=parameters, grants=grants)


class Cut(ChangingVoted):
    """A node of such a network, and cuts for its next block."""

    def __init__(self, **order: Any) -> None:
        super().__init__(began=genesis(**order))

    def signals(self, count: int = 4) -> list[SignedSignal]:
        """So many of each neuron."""
        return [self.link(key) for _ in range(count) for key in VALIDATORS]

    def make(self, signals: Sequence[SignedSignal], parent: bytes | None = None) -> Block:
        """The block that a leader makes of a cut."""
        return self.of(signals, first_of_cut, parent)

    def of(
        self, signals: Sequence[SignedSignal], choose: Any, parent: bytes | None = None
    ) -> Block:
        final, key = self.candidates.final, VALIDATORS[0]
        at = final.id if parent is None else parent
        made = self.candidates.make(at, signals, final.time + 1, key, choose=choose)
        assert made.block is not None
        return made.block

    def decided(self, block: Block) -> None:
        self.candidates.decide(block.id, self.decision(block.header))


def carried(block: Block) -> list[SignedSignal]:
    return [parse(wire) for wire in Body.decode(block.body, 1 << 28).signals]


def ids(block: Block) -> set[bytes]:
    return {signed.id for signed in carried(block)}


def other_node(cut: Cut, **order: Any) -> Cut:
    judge = Cut(**order)
    cut.copies(judge)
    return judge


def test_the_heaviest_comes_in_and_all_judges_find_the_same() -> None:
    cut = Cut()
    cut.grow(3)
    signals = cut.signals()
    block = cut.make(signals)
    chosen = ids(block)
    rich = [each.id for each in signals if each.signal.neuron == RICH.public]
    assert set(rich) < chosen
    assert len(chosen) < len(signals)
    Random(1).shuffle(signals)
    judge = other_node(cut)
    judge.candidates.judge(block, cut.candidates.final.id, signals, choose=first_of_cut)
    body = Body.decode(block.body, 1 << 28).signals
    ordered = order_signals(block.header.parent, [each for each in signals if each.id in chosen])
    assert list(body) == [each.wire for each in ordered], "execution has an order of its own"


def test_a_leader_that_takes_others_first_is_refused() -> None:
    cut = Cut()
    signals = cut.signals()
    favoured = [each for each in signals if each.signal.neuron != RICH.public][:9]
    block = cut.of(signals, lambda chain, given: favoured)
    judge, parent = other_node(cut), cut.candidates.final.id
    with pytest.raises(BlockError, match="not those") as refused:
        judge.candidates.judge(block, parent, signals, choose=first_of_cut)
    assert refused.value.code == "signals"
    # Without the rule a leader could say that this was all.
    judge.candidates.judge(block, parent, favoured)


def test_what_could_not_stand_takes_no_room() -> None:
    cut = Cut()
    old = [cut.link(RICH) for _ in range(7)]
    cut.decided(cut.make(old))
    signals = [cut.link(key) for _ in range(2) for key in OTHERS]
    gap = cut.link(RICH), cut.link(RICH)
    stuffed = [*old, gap[1], *signals]
    chosen = first_of_cut(cut.candidates.decided, stuffed)
    assert [each.id for each in chosen] == [each.id for each in signals]


def test_of_two_signals_with_one_nonce_every_node_takes_the_same() -> None:
    cut = Cut()
    twice = [
        cut.signed(RICH, ["link/1", particle(name), particle("to"), b"", 5]) for name in range(2)
    ]
    cut.nonces[RICH.public] = 0
    same = [cut.signed(RICH, ["link/1", particle(n), particle("at"), b"", 5]) for n in range(2)]
    signals = [*twice, *same, *(cut.link(key) for _ in range(4) for key in OTHERS)]
    chosen = first_of_cut(cut.candidates.decided, signals)
    again = first_of_cut(cut.candidates.decided, signals[::-1])
    assert {each.id for each in chosen} == {each.id for each in again}
    nonces = [each.signal.nonce for each in chosen if each.signal.neuron == RICH.public]
    assert len(nonces) == len(set(nonces)) == 2


def test_it_holds_above_blocks_that_nobody_decided_yet() -> None:
    cut = Cut()
    cut.grow(40)
    first = cut.make(cut.signals(1))
    signals = cut.signals()
    second = cut.make(signals, first.id)
    judge, final = other_node(cut), cut.candidates.final.id
    judge.candidates.judge(first, final, carried(first), choose=first_of_cut)
    judge.candidates.judge(second, first.id, signals, choose=first_of_cut)


def test_services_have_a_reserve_in_the_cut() -> None:
    cut = Cut(service_reserve=200)
    poor = OTHERS[0]
    cut.decided(cut.make([cut.link(poor)]))
    service = cut.signed(poor, ["unlink/1", particle(0), particle("to"), b""])
    signals = [*(cut.link(RICH) for _ in range(12)), service]
    assert service in first_of_cut(cut.candidates.decided, signals)
    without = Cut(service_reserve=0)
    without.decided(without.make([without.link(poor)]))
    service = without.signed(poor, ["unlink/1", particle(0), particle("to"), b""])
    signals = [*(without.link(RICH) for _ in range(12)), service]
    assert service not in first_of_cut(without.candidates.decided, signals)


def test_who_cannot_know_the_weights_does_not_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = Cut()

    def late(weights: LinkWeights, chain: Chain) -> None:
        raise BlockError("height", "the state at 0 is not kept")

    monkeypatch.setattr(LinkWeights, "at", late)
    few = cut.signals(1)
    assert first_of_cut(cut.candidates.decided, few) == few
    with pytest.raises(BlockError) as unknown:
        first_of_cut(cut.candidates.decided, [*few, *cut.signals()])
    assert unknown.value.code == "weights"


def test_before_version_6_all_of_a_cut_comes_in() -> None:
    node = ChangingVoted()
    signals = [node.link(key) for _ in range(20) for key in VALIDATORS]
    assert first_of_cut(node.candidates.decided, signals) is signals
