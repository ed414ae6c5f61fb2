"""A state goes over page by page, each verified as it comes; the chain goes on as if it had carried all of it out."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.errors import BlockError, InputError, ProofError, StoreError
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    Chain,
    SnapshotRestore,
    Snapshots,
    read_signed_headers,
    verify_chain,
)
from focusmesh.kernel.focus import ChainFocus
from focusmesh.kernel.state import LmdbStore, MemoryStore, verify_membership
from tests.kernel.block.chain.test_random_chains import TEXTS, Crowd
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, Ledger, genesis, particle
from tests.kernel.block.snapshot.snapshots import (
    begun,
    brought,
    linked,
    small_pages,
    told,
    way_back,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.state import Writer


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)


def test_all_kinds_of_pages_are_there() -> None:
    with Snapshots(linked().chain) as snapshots:
        pages = snapshots._pages
        assert 1 < pages.first_value < pages.first_leaves
        assert len(pages.leaves) > 5
        assert len(pages.rows) == 1
        assert len(pages.parts) > 2
        assert len(snapshots) > pages.first_content + 1
        assert all(len(snapshots.page(number)) < 1 << 20 for number in range(len(snapshots)))


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_store_of_pages_is_that_of_who_carried_everything_out(
    on_disk: bool, tmp_path: Path
) -> None:
    ledger = linked()
    store = LmdbStore(tmp_path) if on_disk else MemoryStore()
    chain = brought(ledger.chain, store)
    with ledger.store.read() as right, store.read() as made:
        assert told(made) == told(right)
    for number in range(3):
        block = ledger.block(ledger.links(KEYS[1], (number, "hub"), ("hub", f"new {number}")))
        chain.accept(block)
    assert chain.tip == ledger.chain.tip
    with ledger.store.read() as right, store.read() as made:
        assert told(made) == told(right)
        assert way_back(made, chain.base + 1) == way_back(right, chain.base + 1)
    store.close()


def test_it_proposes_proves_and_looks_back() -> None:
    ledger = linked()
    chain = brought(ledger.chain)
    base = chain.height
    root = chain.state.root
    proposed = chain.propose([ledger.links(KEYS[1], ("a", "b"))], chain.tip.time + 1, PROPOSER)
    assert proposed.block is not None
    ledger.chain.accept(proposed.block)
    with chain.state.at(base) as view:
        assert view.root == root
        key = b"/graph/row/" + particle("hub")
        verify_membership(root, view.tree.prove(key), key, view.get(key) or b"")
        row = view.row(particle("hub"))
        assert row is not None
        assert row.value() == view.get(key)
    assert chain.base == base
    for height in (0, base, base + 1):
        assert chain.block(height) == ledger.chain.block(height)
    for look in (chain.block, chain.vector):
        with pytest.raises(BlockError) as refused:
            look(base - 1)
        assert refused.value.code == "height"
    with pytest.raises(BlockError, match="is not kept"), chain.state.at(base - 1):
        pass
    assert chain.header(base - 1) == ledger.chain.header(base - 1)


def test_pages_follow_from_the_state_alone() -> None:
    """Another node, with other ids, has the same pages byte for byte."""
    ledger = linked()
    other = brought(ledger.chain, seed=5)
    with Snapshots(ledger.chain) as here, Snapshots(other) as there:
        assert here.manifest == there.manifest
        numbers = range(len(here))
        assert [here.page(number) for number in numbers] == [
            there.page(number) for number in numbers
        ]


@settings(max_examples=4)
@given(st.integers(0, 2**32), st.sampled_from([1, 3]), st.integers(2, 7))
def test_whatever_was_signed_comes_over(seed: int, interval: int, at: int) -> None:
    network = genesis(
        focus_interval=interval, link_burn=1, bandwidth_blocks=3, minters=(KEYS[1].public,)
    )
    stores = MemoryStore(), MemoryStore()
    here = Chain.create(stores[0], network, REGISTRY)
    there: Chain | None = None
    crowd = Crowd(seed, here.network)
    contents = {digest(text): text for text in TEXTS}
    for _ in range(10):
        with here.state.at() as view:
            signals = crowd.signals(view)
        proposer = crowd.keys[KEYS.index(PROPOSER)]
        proposed = here.propose(signals, here.tip.time + 1, proposer, contents)
        crowd.learn({name: result.code for name, result in proposed.results.items()})
        if there is not None and proposed.block is not None:
            there.accept(proposed.block, contents)
        certificate = here.tip.focus_certificate
        is_turn = certificate is not None and certificate.height == here.height
        if there is None and here.height >= at and is_turn:
            there = brought(here, stores[1], seed)
    if there is not None:
        with stores[0].read() as right, stores[1].read() as made:
            assert told(made) == told(right)
            assert way_back(made, there.base + 1) == way_back(right, there.base + 1)


def test_blocks_are_made_and_contents_forgotten_meanwhile(tmp_path: Path) -> None:
    store = LmdbStore(tmp_path)
    ledger = Ledger(store)
    texts = [b"one", b"two", b"three"]
    named = {digest(text): text for text in texts}
    puts = [["put_blob/1", name, len(text)] for name, text in named.items()]
    ledger.chain.propose([ledger.signed(KEYS[3], *puts)], 2_000, PROPOSER, named)
    ledger.block(ledger.links(KEYS[1], ("a", "b")))
    made = MemoryStore()
    with Snapshots(ledger.chain) as snapshots:
        body = ledger.chain.block(snapshots.height).body
        restoring = begun(ledger.chain, snapshots, made)
        ledger.block(ledger.signed(KEYS[3], ["forget/1", digest(b"two"), b""]))
        later = [ledger.block(ledger.links(KEYS[2], (number, "b"))) for number in range(3)]
        while missing := restoring.missing():
            restoring.take(missing[0], snapshots.page(missing[0]))
        assert restoring.lacking == [digest(b"two")]
        with pytest.raises(ProofError) as refused:
            restoring.take_contents([b"four"])
        assert refused.value.code == "snapshot-content"
        restoring.take_contents([b"two"])
        assert restoring.lacking == []
        chain = restoring.finish(body)
    for height in range(chain.height + 1, ledger.chain.height + 1):
        chain.accept(ledger.chain.block(height))
    assert chain.tip.id == later[-1].id
    with made.read() as reader:
        assert reader.get("contents", digest(b"two")) is None
    store.close()


class _Killed(BaseException):
    """The process ends here."""


def test_who_is_killed_anywhere_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = linked()
    store = MemoryStore()
    chosen = random.Random(11)
    puts = [0]
    real = MemoryStore.write

    @contextmanager
    def killing(self: MemoryStore) -> Iterator[Writer]:
        with real(self) as writer:
            yield writer
            if chosen.random() < 0.3:
                puts[0] += 1
                raise _Killed
        if chosen.random() < 0.2:
            puts[0] += 1
            raise _Killed

    signed = read_signed_headers(ledger.chain, 1, ledger.chain.height)
    with Snapshots(ledger.chain) as snapshots:
        body = ledger.chain.block(snapshots.height).body
        monkeypatch.setattr(MemoryStore, "write", killing)
        chain = None
        while chain is None:
            try:
                restoring = SnapshotRestore(store, ledger.chain.genesis, REGISTRY)
                restoring.add_headers(signed[restoring.headers.tip.height :])
                if restoring.height is None:
                    restoring.begin(snapshots.manifest)
                while missing := restoring.missing():
                    restoring.take(missing[-1], snapshots.page(missing[-1]))
                chain = restoring.finish(body)
            except _Killed:
                with store.read() as reader:
                    if reader.get("meta", b"genesis"):
                        chain = Chain(store, REGISTRY)
    assert puts[0] > 10
    assert chain.tip == ledger.chain.tip
    with ledger.store.read() as right, store.read() as made:
        assert told(made) == told(right)


def test_until_it_is_whole_it_is_no_chain() -> None:
    ledger = linked()
    store = MemoryStore()
    with Snapshots(ledger.chain) as snapshots:
        begun(ledger.chain, snapshots, store)
    with pytest.raises(StoreError, match="not complete yet"):
        Chain(store, REGISTRY)
    with pytest.raises(BlockError):
        Chain.create(store, ledger.chain.genesis, REGISTRY)
    with pytest.raises(StoreError, match="something else"):
        SnapshotRestore(store, genesis(bandwidth_blocks=7), REGISTRY)
    with pytest.raises(StoreError, match="something else"):
        SnapshotRestore(ledger.store, ledger.chain.genesis, REGISTRY)


def test_another_snapshot_can_be_begun_with() -> None:
    ledger = linked()
    store = MemoryStore()
    with Snapshots(ledger.chain) as snapshots:
        restoring = begun(ledger.chain, snapshots, store)
        for number in restoring.missing():
            restoring.take(number, snapshots.page(number))
        restoring.take(restoring.missing()[0], snapshots.page(restoring.missing()[0]))
        with pytest.raises(InputError, match="abandon it first"):
            restoring.begin(snapshots.manifest)
    restoring.abandon()
    ledger.block(ledger.links(KEYS[2], ("hub", "another")))
    with Snapshots(ledger.chain) as snapshots:
        restoring.add_headers(read_signed_headers(ledger.chain, snapshots.height, snapshots.height))
        restoring.begin(snapshots.manifest)
        while missing := restoring.missing():
            restoring.take(missing[0], snapshots.page(missing[0]))
        with pytest.raises(BlockError) as refused:
            restoring.finish(ledger.chain.block(snapshots.height - 1).body)
        assert refused.value.code == "data-root"
        chain = restoring.finish(ledger.chain.block(snapshots.height).body)
    with ledger.store.read() as right, store.read() as made:
        assert told(made) == told(right)
    assert chain.tip == ledger.chain.tip


def test_between_two_turns_of_the_focus_the_last_turn_is_given() -> None:
    ledger = linked(blocks=3, focus_interval=4)
    while ledger.chain.height < 8:
        ledger.block(ledger.links(KEYS[1], ("hub", ledger.chain.height)))
    with Snapshots(ledger.chain) as snapshots:
        assert snapshots.height == 8
        there = [snapshots.page(number) for number in range(len(snapshots))]
        expected = snapshots.manifest, there
    ledger.block(ledger.links(KEYS[1], ("hub", "spoke 3"), ("new", "newer"), amount=3))
    ledger.block(
        ledger.signed(KEYS[0], ["unlink/1", particle("hub"), particle("spoke 5"), b""]),
        ledger.links(KEYS[2], ("newer", "new")),
    )
    chain = brought(ledger.chain)
    assert chain.height == 8
    with Snapshots(ledger.chain) as snapshots:
        pages = [snapshots.page(number) for number in range(len(snapshots))]
        assert (snapshots.manifest, pages) == expected
    chain.accept(ledger.chain.block(9))
    chain.accept(ledger.chain.block(10))
    assert chain.tip == ledger.chain.tip
    with ledger.store.read() as right:
        again = told(right)
    with chain.reading() as made:
        assert told(made) == again


def test_what_is_before_the_window_is_not_given() -> None:
    ledger = Ledger(focus_interval=4, history_window=2)
    ledger.block(ledger.links(KEYS[1], ("a", "b")))
    with pytest.raises(BlockError, match="no focus of its own") as refused:
        Snapshots(ledger.chain)
    assert refused.value.code == "height"
    while ledger.chain.height < 7:
        ledger.block(ledger.links(KEYS[1], ("a", ledger.chain.height)))
    with pytest.raises(BlockError, match="5 to 7 can be asked for") as refused:
        Snapshots(ledger.chain)
    assert refused.value.code == "height"
    with pytest.raises(BlockError, match="no focus of its own") as refused:
        Snapshots(ledger.chain, 6)
    assert refused.value.code == "height"


def test_a_ledger_without_a_particle_comes_over() -> None:
    ledger, store = Ledger(), MemoryStore()
    chain = brought(ledger.chain, store)
    assert chain.height == 0
    assert verify_chain(store, REGISTRY).height == 0
    block = ledger.block(ledger.links(KEYS[1], ("a", "b")))
    chain.accept(block)
    assert chain.tip == ledger.chain.tip
    assert verify_chain(store, REGISTRY).height == 1


def test_a_vector_that_is_no_focus_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proposer who signs a false certificate fools no one who begins with its state."""
    ledger = linked()
    monkeypatch.setattr(ChainFocus, "measure", lambda self: (self.limit + 1, bytes(32)))
    with pytest.raises(BlockError) as refused:
        brought(ledger.chain)
    assert refused.value.code == "focus-certificate"
