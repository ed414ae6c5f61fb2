"""What waits in the pool in vain is dropped, what waits for its turn is not, and early signals of peers are bounded."""

from __future__ import annotations

import pytest

from focusmesh.errors import SignalError
from focusmesh.kernel.admission import PEER_LIMITS
from focusmesh.kernel.node import Mempool, MempoolLimits
from focusmesh.kernel.node.pool_review import PoolReview
from focusmesh.protocol.packet import Packet
from tests.kernel.block.ledger import BALANCE, KEYS, Ledger
from tests.kernel.node.networks import Users

ANN, BOB = KEYS[1], KEYS[2]


class Pool:
    """A pool over a chain in memory."""

    def __init__(self, limits: MempoolLimits | None = None) -> None:
        self.ledger, self.users, self.now = Ledger(), Users(), 0
        self.mempool = Mempool(self.users, lambda: self.now, limits or MempoolLimits())
        self.review = PoolReview(self.ledger.chain, self.mempool)

    def add(self, nonce: int, *, is_local: bool = False, expires: int = 200, tip: int = 0) -> bytes:
        link = ["link/1", bytes([nonce + 1]) * 32, b"\xff" * 32, b"", 10]
        signed = self.ledger.signed(ANN, link, nonce=nonce, expires_height=expires, tip=tip)
        if is_local:
            self.users.leave(signed)
        self.mempool.add(Packet(signed.wire), signed, is_local=is_local, nonce=0)
        return signed.id

    def reviewed(self, signal: bytes) -> bool:
        self.review.run()
        return self.mempool.has(signal)


@pytest.mark.parametrize("is_local", [True, False])
def test_a_signal_behind_a_gap_is_dropped_after_two_minutes(is_local: bool) -> None:
    pool = Pool()
    early = pool.add(2, is_local=is_local)
    pool.now = PEER_LIMITS.patience_ms - 1
    assert pool.reviewed(early)
    pool.now += 1
    assert not pool.reviewed(early)
    told = pool.users.refused.get(early)
    assert (told is not None and told.code == "nonce") == is_local


def test_a_signal_whose_predecessors_wait_beside_it_waits_on() -> None:
    pool = Pool()
    names = [pool.add(nonce) for nonce in range(3)]
    pool.now = 10 * PEER_LIMITS.patience_ms
    assert all(pool.reviewed(name) for name in names)


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"expires": 1}, "expired"),
        ({"expires": 1 << 40}, "horizon"),
        ({"tip": BALANCE + 1}, "tip"),
        ({}, None),
    ],
)
def test_what_no_block_will_have_is_dropped_with_the_reason(
    head: dict[str, int], code: str | None
) -> None:
    pool = Pool()
    name = pool.add(0, is_local=True, **head)
    pool.ledger.block(pool.ledger.links(BOB, ("a", "b")))
    pool.ledger.propose(pool.ledger.links(BOB, ("a", "c")))
    assert pool.reviewed(name) == (code is None)
    assert pool.users.refused[name].code == code if code else not pool.users.refused


def test_what_others_brought_into_a_block_is_dropped() -> None:
    pool = Pool()
    name = pool.add(0)
    pool.ledger.propose(pool.ledger.signed(ANN, ["unstake/1", 1], nonce=0))
    assert not pool.reviewed(name)


def test_early_signals_of_peers_are_bounded() -> None:
    pool = Pool(MempoolLimits(early_max=2))
    first = pool.add(5)
    pool.add(6)
    with pytest.raises(SignalError, match="wait for those before them"):
        pool.add(7)
    pool.add(0)
    pool.add(7, is_local=True)
    pool.mempool.remove([first])
    pool.add(9)
    wide = Pool()
    assert all(wide.mempool.has(wide.add(nonce)) for nonce in (5, 6, 7))


def test_all_that_waits_is_looked_at_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.kernel.node.pool_review.SIGNALS_A_RUN", 2)
    pool = Pool()
    names = [pool.add(nonce, expires=1 << 40) for nonce in range(5)]
    for left in (3, 1, 0):
        pool.review.run()
        assert sum(map(pool.mempool.has, names)) == left
