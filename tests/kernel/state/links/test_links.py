"""Links in the store against rows built the slow way: one body over NumPy and machine code."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.errors import InputError
from focusmesh.kernel.state import LinkTable, LmdbStore, MemoryStore, Past
from focusmesh.kernel.state.rows import (
    hashing as rows_hashing,
)
from focusmesh.kernel.state.rows import (
    merge as links_merge,
)
from focusmesh.kernel.state.rows import (
    page_cuts as rows_cut,
)
from tests.conftest import SOAK
from tests.kernel.state.links.links_model import UNIT, Ledger, value, weights

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.state import AxonArrays, Reader, RowChanges, Store

ROW = b"/graph/row/"
STYLES = pytest.mark.parametrize("style", ["random", "close", "few"])


@pytest.fixture(params=["arrays", "compiled"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs both ways, whatever the size."""
    for module in (links_merge, rows_cut, rows_hashing):
        monkeypatch.setattr(module, "is_worth_compiling", lambda _: request.param == "compiled")
    return str(request.param)


def applied(store: Store, table: LinkTable, changes: dict[bytes, int], height: int) -> RowChanges:
    with store.write() as writer:
        return table.apply(writer, list(changes), list(changes.values()), height)


def named(table: LinkTable, reader: Reader, axons: AxonArrays) -> dict[tuple[bytes, bytes], int]:
    digests = table.particles.digests(reader)
    ends = zip(digests[axons.source], digests[axons.target], axons.weight.tolist(), strict=True)
    return {(source.tobytes(), target.tobytes()): weight for source, target, weight in ends}


def all_weights(ledger: Ledger) -> dict[tuple[bytes, bytes], int]:
    return {
        (source, target): weight
        for source, row in ledger.rows.items()
        for target, weight in weights(row).items()
    }


@STYLES
@pytest.mark.parametrize("count", [3, 40, 900 if SOAK else 300])
def test_rows_are_those_of_the_model(style: str, count: int) -> None:
    ledger, store, table = Ledger(style, count), MemoryStore(), LinkTable(UNIT)
    for height in range(1, 7):
        changes, before = ledger.changes(count), all_weights(ledger)
        ledger.apply(changes, height)
        result = applied(store, table, changes, height)
        touched = {key[:32] for key, change in changes.items() if change}
        assert result.entries == {ROW + source: value(ledger.rows[source]) for source in touched}
        after = all_weights(ledger)
        moved = {pair for pair in before | after if before.get(pair) != after.get(pair)}
        with store.read() as reader:
            now = named(table, reader, result.axons)
            assert now == {pair: after.get(pair, 0) for pair in moved}
            assert named(table, reader, table.load_axons(reader)) == after
            keys = [*changes, *(ledger.key() for _ in range(50))]
            amounts = [ledger.rows.get(k[:32], {}).get(k[32:], (0, 0))[0] for k in keys]
            assert table.amounts(reader, keys) == amounts
            assert [table.amounts(reader, [key]) for key in keys] == [[one] for one in amounts]


def test_a_page_that_was_touched_must_be_hashed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without looking at what was touched, hashes of pages that changed would be kept."""
    ledger, store, table = Ledger("random", 10), MemoryStore(), LinkTable(UNIT)
    changes = {ledger.key(): 9 for _ in range(900)}
    ledger.apply(changes, 1)
    applied(store, table, changes, 1)
    again = dict.fromkeys(list(changes)[::9], 8)
    ledger.apply(again, 2)
    expected = {ROW + key[:32]: value(ledger.rows[key[:32]]) for key in again}
    unchanged = rows_hashing._unchanged_pages
    monkeypatch.setattr(
        rows_hashing,
        "_unchanged_pages",
        lambda p, r, touched, k: unchanged(p, r, touched & False, k),
    )
    with suppress(ZeroDivisionError), store.write() as writer:
        made = table.apply(writer, list(again), list(again.values()), 2)
        assert made.entries != expected
        raise ZeroDivisionError
    monkeypatch.setattr(rows_hashing, "_unchanged_pages", unchanged)
    assert applied(store, table, again, 2).entries == expected


@STYLES
def test_rows_do_not_depend_on_history(style: str) -> None:
    ledger, store, table = Ledger(style, 1), MemoryStore(), LinkTable(UNIT)
    values: dict[bytes, bytes | None] = {}
    for height in (1, 1, 1, 1):
        changes = ledger.changes(300)
        ledger.apply(changes, height)
        values |= applied(store, table, changes, height).entries
    at_once = {
        source + key: amount
        for source, row in ledger.rows.items()
        for key, (amount, _) in row.items()
    }
    alone = applied(MemoryStore(), LinkTable(UNIT), at_once, 1)
    assert alone.entries == {key: value for key, value in values.items() if value}


@STYLES
def test_the_past_comes_back(style: str) -> None:
    ledger, store, table = Ledger(style, 2), MemoryStore(), LinkTable(UNIT)
    moments, undos = [], []
    for height in range(1, 6):
        moments.append(ledger.copy())
        changes = ledger.changes(200)
        ledger.apply(changes, height)
        undos.append(applied(store, table, changes, height).undo)
    with store.read() as reader:
        for at, rows in enumerate([*moments, ledger.copy()]):
            past = Past(undos[at:])
            for source in ledger.sources:
                row = table.row(reader, source, past)
                assert (row and row.value()) == value(rows.get(source, {}))


def test_undo_is_small() -> None:
    ledger, store, table = Ledger("random", 3), MemoryStore(), LinkTable(UNIT)
    changes = dict.fromkeys({ledger.key() for _ in range(500)}, 1)
    assert len(applied(store, table, changes, 1).undo) == 28 * len(changes)


def test_a_table_of_its_own_reads_what_another_wrote(tmp_path: Path) -> None:
    ledger, store = Ledger("random", 4), LmdbStore(tmp_path)
    changes = {ledger.key(): 5 for _ in range(600)}
    ledger.apply(changes, 1)
    applied(store, LinkTable(UNIT), changes, 1)
    store.close()
    reopened, table = LmdbStore(tmp_path, readonly=True), LinkTable(UNIT)
    with reopened.read() as reader:
        for source in ledger.sources:
            row = table.row(reader, source)
            assert row is not None
            assert row.value() == value(ledger.rows[source])
        assert table.row(reader, bytes(32)) is None
        assert named(table, reader, table.load_axons(reader)) == all_weights(ledger)
        assert len(table.load_links(reader).links) == len(changes)
    reopened.close()


def test_an_empty_ledger_has_no_axons() -> None:
    with MemoryStore().read() as reader:
        table = LinkTable(UNIT)
        assert len(table.load_axons(reader).weight) == 0
        assert table.amounts(reader, [bytes(128)]) == [0]


def test_new_particles_have_the_ids_in_which_they_came() -> None:
    ledger, store, table = Ledger("random", 5), MemoryStore(), LinkTable(UNIT)
    met: list[bytes] = []
    for height in (1, 2):
        changes = {ledger.key(): 1 for _ in range(100)} | {ledger.key(): 0}
        assert applied(store, table, changes, height).first_particle == len(met)
        for key, change in changes.items():
            met += [end for end in (key[:32], key[32:64]) if change and end not in met]
        with store.read() as reader:
            assert [digest.tobytes() for digest in table.particles.digests(reader)] == met


def test_weights_are_clamped() -> None:
    ledger, store, table = Ledger("random", 6), MemoryStore(), LinkTable(UNIT)
    low, high = ledger.key(), ledger.key()
    result = applied(store, table, {low: 1, high: 2**62}, 1)
    assert sorted(result.axons.weight.tolist()) == [1, 2**32 - 1]
    assert np.array_equal(result.weight_before, [0, 0])


@pytest.mark.parametrize(("first", "then"), [(5, -6), (2**63 - 1, 1), (0, -1)])
def test_an_amount_that_cannot_be_is_refused(first: int, then: int) -> None:
    ledger, store, table = Ledger("random", 7), MemoryStore(), LinkTable(UNIT)
    key, other = ledger.key(), ledger.key()
    applied(store, table, {key: first, other: 3}, 1)
    with pytest.raises(InputError, match=f"link {key.hex()} has {first}"):
        applied(store, table, {other: 1, key: then}, 2)
    with store.read() as reader:
        assert table.amounts(reader, [key, other]) == [first, 3]


def test_a_link_is_changed_once() -> None:
    key = Ledger("random", 8).key()
    store, table = MemoryStore(), LinkTable(UNIT)
    with pytest.raises(InputError, match="once in a block"), store.write() as writer:
        table.apply(writer, [key, key], [1, 1], 1)
    with store.read() as reader:
        assert table.amounts(reader, [key]) == [0]
