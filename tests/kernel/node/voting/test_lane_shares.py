"""Lanes and cuts of validators where room is short: the heavy come first, and nobody is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.kernel.admission import SHARE_ONE, fair_order
from focusmesh.kernel.block import Body
from focusmesh.kernel.node.pool_shares import PoolStanding
from focusmesh.kernel.node.voting import lane_builder
from focusmesh.kernel.state import ChangeRules, FeeRules, OrderRules, StakingRules
from focusmesh.protocol.packet import Packet
from tests.kernel.block.ledger import KEYS
from tests.kernel.node.voted import VALIDATORS, VotedNetwork
from tests.kernel.node.voting.test_voting_parts import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.admission import RoomClaim
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.state import Account
    from focusmesh.protocol.signal import SignedSignal

HEAVY, LIGHT = KEYS[3], KEYS[2]
CUT_BYTES = 1_600


def weighed(pool: Pool, signed: SignedSignal, weight: int) -> bytes:
    standing = PoolStanding(weight * SHARE_ONE)
    pool.mempool.add(Packet(signed.wire), signed, is_local=True, standing=standing)
    return signed.id


@pytest.mark.parametrize("is_fair", [True, False])
def test_a_lane_with_too_little_room_takes_the_heavy_first(
    monkeypatch: pytest.MonkeyPatch, is_fair: bool
) -> None:
    """Also when the light came first; its twin, an order without weights, does not."""
    pool = Pool()
    light = [weighed(pool, pool.signal(LIGHT, nonce), 1) for nonce in range(8)]
    heavy = [weighed(pool, pool.signal(HEAVY, nonce), 10_000) for nonce in range(4)]
    size = pool.mempool.entries()[0].packet.size_bytes
    monkeypatch.setattr(lane_builder, "LANED_BYTES_MAX", 5 * size)
    if not is_fair:
        monkeypatch.setattr(fair_order, "weight_with_tip", lambda weight, tip: 1)
    due = pool.due()
    assert (set(heavy) <= set(due)) == is_fair
    assert len(due) == 5
    assert pool.due() == [], "the lane is full"
    assert light[0] in due or is_fair


def version_6(**order: Any) -> dict[str, Any]:
    return {
        "version": 6,
        "changes": ChangeRules(),
        "fees": FeeRules(),
        "staking": StakingRules(),
        "order": OrderRules(**order),
    }


def test_validators_decide_cuts_that_have_too_little_room_and_all_signals_come_in() -> None:
    with VotedNetwork(**version_6(cut_bytes=CUT_BYTES)) as network:
        network.begin()
        left = [
            (number % len(VALIDATORS), network.signed(key))
            for number in range(12)
            for key in (*KEYS, *VALIDATORS)
        ]
        for number, signed in left:
            network.leave(number, signed)
        network.until(lambda: not network.waiting(), 120)
        chain = network.machines[0].chain
        assert chain is not None
        sizes = [
            sum(map(len, Body.decode(chain.block(height).body, 1 << 28).signals))
            for height in range(1, chain.height + 1)
        ]
        assert max(sizes) <= CUT_BYTES
        assert sum(size > 0 for size in sizes) >= len(left) * 150 // CUT_BYTES
        results = {code for machine in network.machines for code in machine.letterbox.refused}
        assert not results


def blocks_waited(monkeypatch: pytest.MonkeyPatch, *, is_fair: bool) -> int:
    """Blocks until a heavy neuron's signals are in, which come behind a hundred of light ones."""

    def weight(chain: Chain, neuron: bytes, account: Account) -> int:
        return 10**6 if neuron == HEAVY.public else 1

    monkeypatch.setattr("focusmesh.kernel.admission.cut_order.agreed_weight", weight)
    monkeypatch.setattr("focusmesh.kernel.node.local_signals.known_weight", weight)
    if not is_fair:
        for module in ("admission.cut_order", "node.voting.lane_builder"):
            monkeypatch.setattr(f"focusmesh.kernel.{module}.first_with_room", first_come)
    with VotedNetwork(**version_6(cut_bytes=CUT_BYTES)) as network:
        network.begin()
        for number in range(100):
            network.leave(number % 4, network.signed(VALIDATORS[number % 4]))
        network.run(0.5)
        before = network.height()
        heavy = [network.signed(HEAVY) for _ in range(3)]
        for signed in heavy:
            network.leave(1, signed)
        box = network.machines[1].letterbox
        network.until(lambda: not any(signed.id in box.waiting for signed in heavy), 120)
        return network.height() - before


def first_come(claims: Sequence[RoomClaim], seed: bytes, room: int, rules: OrderRules) -> list[int]:
    """The twin: whoever came first, which are the light here."""
    found, left = [], room
    for at in sorted(range(len(claims)), key=lambda at: (claims[at].weight, claims[at].nonce)):
        if claims[at].size <= left:
            found.append(at)
            left -= claims[at].size
    return sorted(found)


def test_in_a_network_the_heavy_pass_a_flood_of_the_light(monkeypatch: pytest.MonkeyPatch) -> None:
    fair = blocks_waited(monkeypatch, is_fair=True)
    monkeypatch.undo()
    assert 3 * fair <= blocks_waited(monkeypatch, is_fair=False)
