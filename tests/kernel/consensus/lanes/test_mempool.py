"""Batches: what was voted for outlives crashes, everybody reads one order from a cut, liars are named."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import BatchPool, Equivocation, SignalBatch, Tip, Vote, in_order
from focusmesh.kernel.consensus.lanes.batches import BATCH_BYTES_MAX, NO_BATCH
from focusmesh.kernel.consensus.lanes.lanes import OPEN_MAX
from focusmesh.protocol.codec import decode, encode
from tests.kernel.consensus.pools import PoolNet, certified, cut_number
from tests.kernel.consensus.scheduling import NETWORK, holds, key, validator_set

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.consensus import VoteRecord


def rank(author: bytes) -> int:
    return author[0]


@pytest.mark.parametrize("weights", [(1,) * 4, (1,) * 7, (5, 3, 3, 2, 1, 1)])
def test_all_signals_come_into_one_order_over_a_lossy_net(weights: Sequence[int]) -> None:
    net = PoolNet(weights, seed=1, lost=0.2)
    sent = []
    for step in range(30):
        number = step % len(weights)
        signals = [b"%d of %d" % (each, step) for each in range(3)]
        sent += signals
        net.add(number, *signals)
        net.run(10)
    net.run(4_000)
    cuts = {pool.cut() for pool in net.pools}
    assert len(cuts) == 1
    (cut,) = cuts
    assert all(pool.follows(cut, ()) for pool in net.pools)
    lanes = [net.pools[0]._lanes.lane(author) for author in net.pools[0].authors]
    assert {lane.certified_tip() for lane in lanes} == set(cut), "what waits long is certified"
    orders = [pool.signals(cut, rank) for pool in net.pools]
    assert all(order == orders[0] for order in orders)
    assert sorted(orders[0]) == sorted(sent)
    for pool in net.pools:
        pool.release_cut(cut)
        assert pool.cut() == cut
        assert pool.signals(cut, rank) == []
        assert pool.kept_records() == ()
    net.add(0, b"later")
    net.run(1_000)
    assert {cut_number(pool.cut(), 0) for pool in net.pools} == {cut_number(cut, 0) + 1}
    assert not net.evidence


@pytest.mark.parametrize("way", ["certified", "voted for"])
def test_what_was_voted_for_outlives_the_crash_of_everybody(way: str) -> None:
    net = PoolNet((1,) * 4, seed=2)
    net.add(0, b"one")
    net.run(50 if way == "voted for" else 500)
    (tip,) = net.pools[0].cut()
    if way == "voted for":
        assert [len(disk) for disk in net.disks] == [1, 0, 0, 0], "nobody votes for what is new"
        for disk, pool in zip(net.disks[:3], net.pools[:3], strict=True):
            disk.extend(pool.record_vote((tip,)))
            assert pool.record_vote((tip,)) == ()
    weight = sum(
        any(tip.digest == batch_digest(vote_record) for vote_record in disk) for disk in net.disks
    )
    assert weight >= net.validator_set.quorum
    net.pools = [net.made(number) for number in range(4)]
    net.down.add(0)  # The author never comes back.
    for number in (1, 2, 3):
        net.act(number, net.pools[number].want(net.now, (tip,)))
    net.run(2_000)
    assert all(net.pools[number].follows((tip,), ()) for number in (1, 2, 3))


def batch_digest(vote_record: VoteRecord) -> bytes:
    return SignalBatch.from_bytes(decode(vote_record.data)[0]).digest(NETWORK, 0)


def test_a_batch_waits_with_everybody_once() -> None:
    net = PoolNet((1,) * 4, seed=5)
    net.add(0, b"one", b"two")
    net.run(200)
    found = [[batch.signals for batch in pool.waiting().values()] for pool in net.pools]
    assert found == [[(b"one", b"two")]] * 4
    net.run(2_000)
    assert [len(pool.waiting()) for pool in net.pools] == [1] * 4, "what is said again is not new"


def test_who_has_less_than_a_quorum_certifies_nothing() -> None:
    net = PoolNet((1,) * 4, seed=3)
    net.down |= {2, 3}
    net.add(0, b"one")
    net.run(1_000)
    assert certified(net, 0) == [0, 0, 0, 0]
    net.down.clear()
    net.run(1_000)
    assert certified(net, 0) == [1, 1, 1, 1]


def test_what_is_decided_soon_costs_no_votes() -> None:
    net = PoolNet((1,) * 4, seed=3)
    said: list[str] = []
    for number in range(30):
        net.add(0, b"signal %d" % number)
        net.run(for_ms=30)
        said += [str(decode(data)[0]) for *_, data in net._events]
        cut = net.pools[1].cut()
        assert cut_number(cut, 0) == number + 1
        for pool in net.pools:
            pool.release_cut(cut)
    assert not said
    assert [len(disk) for disk in net.disks] == [30, 0, 0, 0]
    net.run(for_ms=1_000)
    assert not net._events
    assert all(pool.deadline is None for pool in net.pools)


def test_a_lane_that_forks_goes_on_where_blocks_do() -> None:
    """Of two batches of one number the pools have either; a leader's cut names one, and all ask for that."""
    net = PoolNet((1,) * 4, seed=4)
    twin = net.made(0)
    net.down.add(0)
    for made, others in ((net.pools[0], (1,)), (twin, (2, 3))):
        effects = made.add(0, [b"either" if made is twin else b"or"])
        for other in others:
            net.send(key(0).public, other, effects.notices[0].data)
    net.run(50)
    cut, rival = net.pools[1].cut(), net.pools[2].cut()
    assert cut != rival
    assert not net.pools[1].follows(cut, rival), "it is no successor of the other"
    for number in (2, 3):
        assert not net.pools[number].follows(cut, ())
        net.act(number, net.pools[number].want(net.now, cut))
    net.run(50)
    for number in (1, 2, 3):
        pool = net.pools[number]
        assert pool.follows(cut, ())
        assert pool.signals(cut, rank) == [b"or"]
        net.disks[number].extend(pool.record_vote(cut))
        again = net.made(number)
        assert again.follows(cut, ()), "it is kept beside what came first"
        pool.release_cut(cut)
        assert pool.cut() == cut
        assert not pool.follows(rival, ())


def test_an_author_of_two_batches_of_one_number_gets_one_certificate_and_is_named() -> None:
    net = PoolNet((1,) * 4, seed=4)
    twin = net.made(0)
    net.act(0, net.pools[0].add(0, [b"one"]))
    for notice in twin.add(0, [b"other"]).notices:
        for other in (2, 3):
            net.send(key(0).public, other, notice.data)
    net.run(2_000)
    assert {proof.verify(net.validator_set) for proof in net.evidence} == {key(0).public}
    tips = {tip for pool in net.pools[1:] for tip in pool.cut()}
    assert len(tips) <= 1


def test_a_crash_between_vote_and_notice_votes_for_nothing_else() -> None:
    net = PoolNet((1,) * 4, seed=5)
    effects = net.pools[0].add(0, [b"one"])
    net.disks[0].extend(effects.vote_records)
    net.pools[0] = net.made(0)
    net.add(0, b"other")
    net.run(1_000)
    assert [pool.signals(pool.cut(), rank) for pool in net.pools] == [[b"one", b"other"]] * 4
    assert not net.evidence


@pytest.mark.parametrize(
    "parts",
    [
        ["batch"],
        ["batch", b"", b"", b"", b""],
        ["hold", key(0).public, 1, b"", bytes(64)],
        ["hold", b"", 1, bytes(32), bytes(64)],
        ["held", key(0).public, 1, b""],
        ["held", key(9).public, 1, b""],
        ["seek", 1],
        ["sing"],
        [1],
        [],
    ],
)
def test_what_nobody_honest_says_is_refused(parts: list[object]) -> None:
    pool = PoolNet((1,) * 4, seed=6).pools[0]
    with pytest.raises(ProofError):
        pool.deliver(0, key(1).public, encode(parts))  # type: ignore[arg-type]


def test_a_batch_has_its_limits() -> None:
    author = key(0).public
    right = SignalBatch(author, 1, NO_BATCH, (), (b"one",))
    assert SignalBatch.from_bytes(right.to_bytes()) == right
    for wrong in (
        right._replace(number=0),
        right._replace(number=2),
        right._replace(previous=b"\1" * 32),
        right._replace(others=(b"\2" * 32, b"\1" * 32)),
        right._replace(signals=(bytes(BATCH_BYTES_MAX + 1),)),
    ):
        with pytest.raises(ProofError):
            wrong.digest(NETWORK, 0)


@given(st.integers(0, 1 << 32), st.integers(2, 5))
@settings(max_examples=40, deadline=None)
def test_the_order_keeps_what_was_seen_before_and_else_follows_focus(seed: int, lanes: int) -> None:
    rng = Random(seed)
    found: dict[bytes, SignalBatch] = {}
    tips: dict[int, tuple[int, bytes]] = {}
    for _ in range(12):
        lane = rng.randrange(lanes)
        number, previous = tips.get(lane, (0, NO_BATCH))
        seen = sorted(
            tip for other, (_, tip) in tips.items() if other != lane and rng.random() < 0.4
        )
        batch = SignalBatch(key(lane).public, number + 1, previous, tuple(seen), ())
        digest = batch.digest(NETWORK, 0)
        found[digest], tips[lane] = batch, (number + 1, digest)
    order = in_order(found, rank)
    shuffled = list(found.items())
    rng.shuffle(shuffled)
    assert in_order(dict(shuffled), rank) == order
    assert sorted(order) == sorted(found)
    place = {digest: index for index, digest in enumerate(order)}
    for digest, batch in found.items():
        assert all(
            place[each] < place[digest] for each in (batch.previous, *batch.others) if each in found
        )
    # Whoever could have been next at any place has no higher rank than who was.
    for index, digest in enumerate(order):
        free = [
            each
            for each in order[index:]
            if all(
                place[name] < index
                for name in (found[each].previous, *found[each].others)
                if name in found
            )
        ]
        assert rank(found[digest].author) == max(rank(found[each].author) for each in free)


def test_an_author_that_forgot_its_certificate_is_given_it() -> None:
    net = PoolNet((1,) * 4, seed=7)
    net.add(0, b"one")
    net.run(500)
    assert certified(net, 0) == [1, 1, 1, 1]
    net.pools[0] = net.made(0)
    assert certified(net, 0) == [0, 1, 1, 1]
    net.act(0, net.pools[0].add(net.now, [b"two"]))
    net.run(1_000)
    assert certified(net, 0) == [2, 2, 2, 2]
    assert [pool.signals(pool.cut(), rank) for pool in net.pools] == [[b"one", b"two"]] * 4


def test_a_lane_that_is_full_waits_for_decisions() -> None:
    net = PoolNet([1, 1, 1, 1], seed=3)
    signals = [b"signal %d" % number for number in range(OPEN_MAX + 3)]
    for signal in signals:
        net.add(0, signal)
        net.run(for_ms=50)
    cut = net.pools[0].cut()
    assert cut_number(cut, 0) == OPEN_MAX
    assert net.pools[1].signals(net.pools[1].cut(), rank) == signals[:OPEN_MAX]
    for pool in net.pools:
        pool.release_cut(cut)
    net.run(for_ms=500)
    last = net.pools[1].cut()
    assert net.pools[1].signals(last, rank, above=cut) == signals[OPEN_MAX:]


def test_an_author_that_was_started_again_signs_one_batch_of_a_number() -> None:
    """Its lane may be there without the certificates of what was before; its signature is a vote all the same."""
    net = PoolNet([1, 1, 1, 1], seed=1)
    for number in range(5):
        net.add(0, b"signal %d" % number)
        net.run(for_ms=60)
    for again in range(3):
        net.pools[0] = net.made(0)
        net.run(for_ms=500)
        net.add(0, b"after start %d" % again)
        net.run(for_ms=20 * again)
    net.run(for_ms=2_000)
    assert net.evidence == []
    assert len(set(map(batch_digest, net.disks[0]))) == len(net.disks[0])


def test_an_author_whose_disk_was_lost_makes_no_other_batch_in_place_of_one_that_it_hears_of() -> (
    None
):
    net = PoolNet([1, 1, 1, 1], seed=5)
    for number in range(2):
        net.add(0, b"signal %d" % number)
        net.run(for_ms=60)
    net.down |= {2, 3}
    net.add(0, b"told one alone")
    net.run(for_ms=60)
    lane = net.pools[1]._lanes.lane(key(0).public)
    (digest,) = (found for found, batch in lane.batches.items() if batch.number == 3)
    net.pools[1]._say_batch(digest)
    (heard,) = (
        each.data for each in net.pools[1].tick(net.now).notices if decode(each.data)[0] == "batch"
    )
    net.disks[0].clear()
    forgetful = net.made(0)
    said = forgetful.deliver(net.now, key(1).public, heard)
    more = forgetful.add(net.now, [b"another in its place"])
    notices = [decode(each.data) for each in (*said.notices, *more.notices)]
    made = [SignalBatch.from_bytes(parts[1]) for parts in notices if parts[0] == "batch"]
    assert all(batch.digest(NETWORK, 0) == digest for batch in made)
    assert forgetful.deadline is not None


def test_an_honest_validator_may_come_to_have_held_two_batches_of_a_number() -> None:
    """Why two batches cost no bond: an author that says both could have honest validators punished."""
    validators = validator_set((1,) * 4)
    author = key(1)
    held: list[Vote] = []

    def hear(pool: BatchPool, signal: bytes) -> Tip:
        batch = SignalBatch(author.public, 1, NO_BATCH, (), (signal,))
        ballot = pool._lanes.ballot(batch)
        signature = Vote.sign(ballot, author).signature
        notice = encode(["batch", batch.to_bytes(), signature, b"", b""])
        pool.deliver(0, author.public, notice)
        for each in pool.deliver(0, author.public, notice).notices:
            kind, *_, digest, said = decode(each.data)
            assert (kind, digest) == ("hold", ballot.value)
            held.append(Vote(ballot, key(0).public, said))
        return Tip(author.public, 1, ballot.value)

    pool = BatchPool(NETWORK, validators, key(0), check=holds)
    pool.release_cut([hear(pool, b"one")])
    # Its pledge is let go of with the decision; it begins again where only the block came, and not the cut.
    hear(
        BatchPool(NETWORK, validators, key(0), vote_records=pool.kept_records(), check=holds),
        b"another",
    )
    assert Equivocation(*held).verify(validators) == key(0).public
    with pytest.raises(ProofError, match="another network"):
        Equivocation(*held).verify(validators, NETWORK)
