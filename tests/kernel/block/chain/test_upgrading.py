"""What an upgrade of a chain looks at besides its records: the root of the state, made anew from its entries."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import lmdb
import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.block import undo_chain_upgrade, upgrade_chain
from focusmesh.kernel.state import LmdbStore
from tests.formats import making
from tests.formats.test_formats import HERE as FORMATS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The store of a ledger of format 1."""
    return making.unpack(FORMATS / "1", tmp_path / "memory") / "store"


@pytest.mark.parametrize(
    ("table", "found"),
    [(b"buckets", True), (b"headers", True), (b"keys", False)],
)
def test_a_state_that_was_damaged_before_is_found(old: Path, table: bytes, found: bool) -> None:
    """What no root covers is compared with the old store alone: there it was damaged as well."""
    with closing(lmdb.open(str(old), max_dbs=13)) as opened:
        handle = opened.open_db(table)
        with opened.begin(write=True) as transaction:
            cursor = transaction.cursor(handle)
            cursor.last()
            key, value = cursor.item()
            flipped = value[:-1] + bytes([value[-1] ^ 1]) if value else b"x"
            transaction.put(key, flipped, db=handle)
    if not found:
        upgrade_chain(old)
        return
    with pytest.raises(StoreError, match=f"damaged before its upgrade; {old} stays as it was"):
        upgrade_chain(old)
    assert [path.name for path in old.parent.iterdir() if path.name != "spool"] == ["store"]


def test_it_goes_back_to_the_block_that_it_came_from(old: Path) -> None:
    upgrade_chain(old)
    with closing(LmdbStore(old)) as store, store.write() as writer:
        pairs = list(writer.scan("headers"))
        writer.delete_many("headers", [pairs[-1][0]])
    with pytest.raises(StoreError, match="undoing would lose them"):
        undo_chain_upgrade(old)


@pytest.mark.parametrize("cut", [0, 1_000, 5_000, 100_000, 200_000])
def test_an_old_store_that_was_cut_short_ends_nobody(old: Path, cut: int) -> None:
    whole = (old / "data.mdb").read_bytes()
    (old / "data.mdb").write_bytes(whole[:cut])
    with pytest.raises(StoreError):
        upgrade_chain(old)
    assert (old / "data.mdb").read_bytes() == whole[:cut]


def test_an_old_store_with_a_wild_page_ends_nobody(old: Path) -> None:
    whole = (old / "data.mdb").read_bytes()
    for at in range(2 * 4096, len(whole), 4096):
        # Number, flags and bounds of a page: LMDB would follow them wherever they point.
        wild = whole[: at + 8] + b"\xff" * 8 + whole[at + 16 :]
        (old / "data.mdb").write_bytes(wild)
        try:
            upgrade_chain(old)
        except StoreError:
            assert (old / "data.mdb").read_bytes() == wild
        else:
            # A free page: nobody reads it.
            undo_chain_upgrade(old)
