"""What one liar does with batches, its own or those that its cut names, stops nobody and costs a bounded room."""

from __future__ import annotations

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import BatchPool, Cut, SignalBatch, Tip, Vote
from focusmesh.kernel.consensus.lanes.batches import NO_BATCH, hold_slot
from focusmesh.kernel.consensus.lanes.lanes import KEPT_MAX, OPEN_MAX
from focusmesh.kernel.consensus.lanes.mempool import SOUGHT_MAX
from focusmesh.kernel.consensus.quorum import Ballot
from focusmesh.protocol.codec import decode, encode
from tests.kernel.consensus.pools import PoolNet
from tests.kernel.consensus.scheduling import NETWORK, key

LIAR = 3


def made(number: int, previous: bytes, *signals: bytes) -> SignalBatch:
    return SignalBatch(key(LIAR).public, number, previous, (), signals)


def named(batch: SignalBatch) -> bytes:
    return batch.digest(NETWORK, 0)


def signed(batch: SignalBatch) -> Vote:
    slot = hold_slot(NETWORK, 0, batch.author, batch.number)
    return Vote.sign(Ballot(slot, named(batch)), key(LIAR))


def notice(batch: SignalBatch, signature: bytes) -> bytes:
    return encode(["batch", batch.to_bytes(), signature, b"", b""])


def told(pool: BatchPool, batch: SignalBatch) -> list[list[object]]:
    effects = pool.deliver(0, key(LIAR).public, notice(batch, signed(batch).signature))
    return [decode(each.data) for each in effects.notices]


def junk(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_a_batch_is_signed_though_a_vote_for_it_came_before() -> None:
    """A tally does not look at a vote twice, and who has the batch would hand on what others refuse."""
    (pool, *_) = PoolNet((1,) * 4, seed=1).pools
    batch = made(1, NO_BATCH, b"one")
    vote = signed(batch)
    parts = ["hold", batch.author, 1, vote.ballot.value, vote.signature]
    pool.deliver(0, batch.author, encode(parts))  # type: ignore[arg-type]
    with pytest.raises(ProofError, match="not signed"):
        pool.deliver(0, batch.author, notice(batch, bytes(64)))
    assert pool.cut() == ()
    told(pool, batch)
    assert pool.cut() == (Tip(batch.author, 1, named(batch)),)


def test_a_cut_of_nothing_keeps_no_author_from_its_lane() -> None:
    net = PoolNet((1,) * 4, seed=1)
    cut = [Tip(author, OPEN_MAX, junk(9)) for author in net.pools[0].authors]
    for number in range(3):
        net.act(number, net.pools[number].want(0, cut))
        net.add(number, b"of %d" % number)
    net.run(200)
    assert len(net.pools[0].cut()) == 3


def test_what_the_last_cut_names_is_asked_for_before_what_a_liar_made_up() -> None:
    (pool, *_) = PoolNet((1,) * 4, seed=1).pools
    for number in range(2, OPEN_MAX, 2):
        told(pool, made(number, junk(number)))
    pool.want(0, [Tip(author, OPEN_MAX, junk(1_000)) for author in pool.authors])
    asked = pool.want(0, [Tip(key(1).public, 1, junk(5_000))])
    (sought,) = (decode(each.data) for each in asked.notices)
    assert sought[0] == "seek"
    assert sought[1][0] == junk(5_000)
    assert len(sought[1]) == SOUGHT_MAX


def test_what_comes_before_a_batch_is_asked_for_at_once() -> None:
    (pool, *_) = PoolNet((1,) * 4, seed=1).pools
    assert told(pool, made(2, junk(7))) == [["seek", [junk(7)]]]


def test_a_chain_that_joins_nothing_is_bad_and_its_batches_are_let_go() -> None:
    (pool, *_) = PoolNet((1,) * 4, seed=1).pools
    liar = key(LIAR).public
    pool.release_cut([Tip(liar, 1, junk(1))])
    for fork in range(2, 2 * KEPT_MAX // OPEN_MAX + 2):
        chain, previous = [], junk(fork)
        for number in range(2, OPEN_MAX + 1):
            chain.append(made(number, previous, b"%d" % fork))
            previous = named(chain[-1])
        tip = Tip(liar, OPEN_MAX, previous)
        pool.want(0, [tip])
        for batch in reversed(chain):
            told(pool, batch)
        assert pool.is_here([tip])
        assert not pool.follows([tip], [])
        assert len(pool._lanes.lane(liar).batches) <= KEPT_MAX
    right = made(2, junk(1), b"right")
    pool.want(0, [Tip(liar, 2, named(right))])
    told(pool, right)
    assert pool.cut() == (Tip(liar, 2, named(right)),)


def test_who_does_not_know_what_is_in_blocks_signs_no_batch() -> None:
    """Its pledges of batches that are in blocks are gone: it would sign their numbers again."""
    net = PoolNet((1,) * 4, seed=1)
    pool = net.pools[0]
    pool.rests = True
    told(pool, made(1, NO_BATCH))
    assert pool.add(0, [b"one"]).notices == ()
    assert told(pool, made(1, NO_BATCH)) == []
    pool.release_cut([Tip(key(0).public, 4, junk(4))])
    (batch,) = (decode(each.data) for each in pool.add(0, [b"two"]).notices)
    assert SignalBatch.from_bytes(batch[1]).number == 5


@pytest.mark.parametrize(
    "tip",
    [
        [key(0).public, -5, b""],
        [key(0).public, 0, bytes(32)],
        [key(0).public, 1, bytes(31)],
        [b"", 1, bytes(32)],
        [key(0).public, 1 << 63, bytes(32)],
    ],
)
def test_a_cut_names_batches(tip: list[object]) -> None:
    with pytest.raises(ProofError):
        Cut.from_bytes(encode([[tip], b""]))  # type: ignore[list-item]
