"""Ledgers of validators are made with their book of votes; a restored one says that its votes are unknown."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from focusmesh.host.node import join
from focusmesh.host.storage import backups
from focusmesh.host.storage.backups import make_backup, restore_backup
from focusmesh.host.storage.ledger_folder import Folder, create, operations
from focusmesh.host.storage.network_params import agreed_fields
from focusmesh.kernel.block import Chain, Grant, read_book_name
from focusmesh.kernel.node import VoteLog
from focusmesh.kernel.node.voting.votes import UNKNOWN, why_incomplete
from focusmesh.kernel.state import LmdbStore, Parameters
from focusmesh.protocol.identity import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

KEY = SigningKey(bytes(32))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "ledger")
    parameters = Parameters(**agreed_fields("quorum", {KEY.public: 100}, 50))
    create(made, "voted", parameters, [Grant(KEY.public, 1_000, 1_000)], 1_700_000_000_000)
    return made


def why(folder: Folder, votes: Path) -> str:
    votes.mkdir(exist_ok=True)
    with closing(LmdbStore(folder.store)) as ledger, closing(LmdbStore(votes)) as book:
        return why_incomplete(ledger, VoteLog(book), is_first=False)


def test_a_new_ledger_has_its_book(folder: Folder) -> None:
    assert folder.votes.is_dir()
    assert why(folder, folder.votes) == ""
    with closing(LmdbStore(folder.votes)) as store:
        assert VoteLog(store).since() == 0


def test_a_book_that_is_gone_is_missed(folder: Folder, tmp_path: Path) -> None:
    assert "is gone" in why(folder, tmp_path / "another")


def test_where_one_key_makes_blocks_there_is_no_book(tmp_path: Path) -> None:
    solo = Folder(tmp_path / "solo")
    create(solo, "solo", Parameters(proposers=(KEY.public,)), [Grant(KEY.public, 1, 1)], 1)
    assert not solo.votes.exists()


def test_a_restored_ledger_does_not_know_its_votes(folder: Folder, tmp_path: Path) -> None:
    make_backup(folder, tmp_path / "backup")
    restored = Folder(tmp_path / "restored")
    restore_backup(tmp_path / "backup", restored)
    with closing(LmdbStore(restored.store)) as store, store.read() as reader:
        assert read_book_name(reader) == UNKNOWN
    # Its own book, copied beside it by hand, may be older than the last votes.
    assert "restored" in why(restored, folder.votes)


def test_twin_without_the_mark_an_old_book_would_do(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "doubt_votes", lambda path: None)
    make_backup(folder, tmp_path / "backup")
    restored = Folder(tmp_path / "restored")
    restore_backup(tmp_path / "backup", restored)
    assert why(restored, folder.votes) == ""


@pytest.mark.parametrize(("never_voted", "begins"), [(None, True), (True, True), (False, False)])
def test_before_block_1_the_operator_says_that_a_key_may_have_voted(
    folder: Folder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    never_voted: bool | None,
    begins: bool,
) -> None:
    with closing(LmdbStore(folder.store, readonly=True)) as store:
        genesis = Chain(store, operations()).genesis

    async def at_block_0(joined: join._Joined) -> int:
        with closing(LmdbStore(joined._place)) as store:
            return Chain.create(store, genesis, operations()).height

    monkeypatch.setattr(join._Joined, "run", at_block_0)
    made = Folder(tmp_path / "joined")
    assert join.join_network(made, [], genesis.network, None, never_voted=never_voted) == 0
    assert made.votes.is_dir() == begins
    assert (why(made, made.votes) == "") == begins
