"""A chain that begins with a snapshot is verified: each record that is touched is found."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import BlockError, FocusmeshError
from focusmesh.kernel.block import Chain, verify_chain
from focusmesh.kernel.block.audit import audit as auditing
from focusmesh.kernel.state import TABLES, MemoryStore
from tests.kernel.block.chain.test_proposers import NEW, made, rotation
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger
from tests.kernel.block.snapshot.snapshots import brought, linked, small_pages

if TYPE_CHECKING:
    from focusmesh.kernel.state import Store


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)


def gone_on(**parameters: int) -> tuple[Ledger, MemoryStore, Chain]:
    """A chain that began with a snapshot and has made some blocks since, of which one rotates a key."""
    ledger = linked(**parameters)
    store = MemoryStore()
    chain = brought(ledger.chain, store)
    for number in range(3):
        block = ledger.block(
            ledger.links(KEYS[1], ("hub", number), (number, "new")),
            ledger.signed(KEYS[2], ["set_property/1", bytes(32), "name", b"value %d" % number]),
        )
        chain.accept(block)
    chain.accept(made(ledger, KEYS[0], rotation(ledger, KEYS[0], NEW)))
    chain.accept(made(ledger, NEW, ledger.links(KEYS[1], ("hub", "last"))))
    return ledger, store, chain


@pytest.mark.parametrize("window", [64, 2])
def test_it_is_valid(window: int) -> None:
    ledger, store, chain = gone_on(history_window=window)
    found = verify_chain(store, REGISTRY)
    assert (found.height, found.block) == (ledger.chain.height, ledger.chain.tip.id)
    with store.read() as reader:
        assert found.records == sum(reader.count(table) for table in TABLES)
    assert chain.tip == ledger.chain.tip


def copied(store: Store) -> MemoryStore:
    made = MemoryStore()
    with store.read() as reader, made.write() as writer:
        for table in TABLES:
            writer.put_many(table, list(reader.scan(table)))
    return made


def touched(store: Store, chosen: random.Random, table: str) -> MemoryStore:
    """A store with one record of a table changed, gone, or one more."""
    made = copied(store)
    with made.write() as writer:
        key, value = chosen.choice(list(writer.scan(table)))
        how = chosen.randrange(4) if value else 2
        if how < 2:
            at = chosen.randrange(len(value))
            writer.put(
                table,
                key,
                value[:at] + bytes([value[at] ^ 1 << chosen.randrange(8)]) + value[at + 1 :],
            )
        elif how == 2:
            writer.delete_many(table, [key])
        else:
            writer.put(table, key[:-1] + bytes([key[-1] ^ 1 << chosen.randrange(8)]), value)
    return made


@pytest.mark.parametrize("table", [table for table in TABLES if table != "contents"])
def test_a_record_that_was_touched_is_found(table: str) -> None:
    _, store, _ = gone_on()
    chosen = random.Random(table)
    for _ in range(5):
        broken = touched(store, chosen, table)
        if _same(store, broken):
            continue
        with pytest.raises((FocusmeshError, ValueError, IndexError)) as found:
            verify_chain(broken, REGISTRY)
        assert isinstance(found.value, FocusmeshError), repr(found.value)


def _same(one: Store, other: Store) -> bool:
    with one.read() as left, other.read() as right:
        return all(list(left.scan(table)) == list(right.scan(table)) for table in TABLES)


def test_wrong_contents_are_found_and_missing_ones_may_be_forgotten() -> None:
    _, store, _ = gone_on()
    with store.read() as reader:
        name = next(key for key, _ in reader.scan("contents"))
    for key, content in ((name, b"other"), (bytes(32), b"more")):
        broken = copied(store)
        with broken.write() as writer:
            writer.put("contents", key, content)
        with pytest.raises(BlockError) as found:
            verify_chain(broken, REGISTRY)
        assert found.value.code == "difference"
    with store.write() as writer:
        writer.delete_many("contents", [name])
    assert verify_chain(store, REGISTRY).height


@pytest.mark.parametrize("at", [10, 11, 12])
def test_between_two_turns_of_the_focus_it_is_valid_too(at: int) -> None:
    ledger = linked(blocks=3, focus_interval=4, history_window=3)
    while ledger.chain.height < 8:
        ledger.block(ledger.links(KEYS[1], ("hub", ledger.chain.height)))
    store = MemoryStore()
    chain = brought(ledger.chain, store)
    while chain.height < at:
        chain.accept(ledger.block(ledger.links(KEYS[1], ("hub", chain.height), ("new", "b"))))
    assert verify_chain(store, REGISTRY).height == at
    with store.read() as reader:
        key, value = next(reader.scan("undo"))
    with store.write() as writer:
        writer.put("undo", key, value[:-1] + bytes([value[-1] ^ 1]))
    with pytest.raises(FocusmeshError):
        verify_chain(store, REGISTRY)


def test_a_chain_that_began_with_another_ones_snapshot_is_valid() -> None:
    _, _, chain = gone_on()
    store = MemoryStore()
    last = brought(chain, store)
    assert last.base == chain.height
    assert verify_chain(store, REGISTRY).base == chain.height


def test_without_the_comparison_it_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The must-fail twin of what is compared record by record."""
    _, store, _ = gone_on()
    with store.read() as reader:
        key, value = next(reader.scan("digests"))
    with store.write() as writer:
        writer.put("digests", key[:-1] + bytes([key[-1] ^ 1]), value)
    with pytest.raises(FocusmeshError):
        verify_chain(store, REGISTRY)
    monkeypatch.setattr(auditing, "_SAME", ())
    assert verify_chain(store, REGISTRY).height
