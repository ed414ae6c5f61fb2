"""The book of votes and its ledger name each other: a lost, strange or older book has no vote, a first one has."""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

import pytest

from focusmesh.kernel.consensus import VoteRecord, vote_number
from focusmesh.kernel.node import AtOnce, VoteLog, begin_book, mark_new, mark_unknown
from focusmesh.kernel.node.voting.engine_run import VoteLogSlot
from focusmesh.kernel.node.voting.vote_records import Promised
from focusmesh.kernel.node.voting.votes import VotePermission, permission, why_incomplete
from focusmesh.kernel.state import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from focusmesh.kernel.state import Store

EPOCH = 3


class Ledger:
    """A ledger's store and its votes, each to be copied, lost and put back; blocks are a number here."""

    def __init__(self, height: int = 0) -> None:
        self.store, self.votes = MemoryStore(), MemoryStore()
        self.height, self.epoch = height, EPOCH
        self._chance = Random(7)

    def begins(self) -> str:
        """A node begins on it: why its validator has no vote in this epoch; "" where it votes, which it does once."""
        book, caught_up = VoteLogSlot(VoteLog(self.votes), AtOnce()), asyncio.Event()
        caught_up.set()
        chain: Any = self
        given = chain, self.store, book, AtOnce(), caught_up, self._chance.randbytes
        refusal = asyncio.run(VotePermission(*given, forgets=False).refusal(self.epoch))
        if not refusal:
            book.book.keep([Promised(self.epoch, VoteRecord(1, b"a vote"))])
        return refusal


def copied(store: Store) -> MemoryStore:
    made = MemoryStore()
    with store.read() as reader, made.write() as writer:
        writer.put_many("meta", list(reader.scan("meta")))
    return made


def new() -> Ledger:
    ledger = Ledger()
    mark_new(ledger.store)
    begin_book(ledger.store, VoteLog(ledger.votes), Random(1).randbytes)
    return ledger


def test_who_starts_late_votes_at_once() -> None:
    ledger = new()
    ledger.height = 40
    assert ledger.begins() == ""
    assert ledger.begins() == ""


def test_a_ledger_that_never_had_a_book_votes_at_once() -> None:
    """The process was killed between the ledger and the book."""
    ledger = Ledger(height=40)
    mark_new(ledger.store)
    assert ledger.begins() == ""


def test_a_lost_book_waits_for_the_next_epoch() -> None:
    ledger = new()
    assert ledger.begins() == ""
    ledger.votes = MemoryStore()
    assert "its book of votes is gone" in ledger.begins()
    assert "from epoch 4 on" in ledger.begins()
    ledger.epoch += 1
    assert ledger.begins() == ""


def test_a_book_that_is_lost_before_the_first_block_is_lost() -> None:
    """Rounds without a block have votes too."""
    ledger = new()
    assert ledger.begins() == ""
    assert ledger.height == 0
    ledger.votes = MemoryStore()
    assert "is gone" in ledger.begins()


def test_the_book_of_another_ledger_is_none() -> None:
    ledger, other = new(), Ledger()
    begin_book(other.store, VoteLog(other.votes), Random(2).randbytes)
    ledger.votes = other.votes
    assert "belongs to another ledger" in ledger.begins()


def test_an_older_copy_of_the_book_is_none() -> None:
    ledger = new()
    assert ledger.begins() == ""
    older = copied(ledger.votes)
    assert ledger.begins() == ""
    ledger.votes = older
    assert "is an older copy" in ledger.begins()


def test_a_restored_ledger_has_no_votes_though_its_book_is_there() -> None:
    ledger = new()
    assert ledger.begins() == ""
    mark_unknown(ledger.store)
    assert "restored from a backup" in ledger.begins()


def test_a_ledger_of_before_its_book_is_none_beside_it() -> None:
    ledger = Ledger()
    mark_new(ledger.store)
    before = copied(ledger.store)
    assert ledger.begins() == ""
    ledger.store = before
    assert "older than its book" in ledger.begins()


def test_an_older_ledger_beside_its_whole_book_votes() -> None:
    """The book is what matters: it has all votes, also those for blocks that the ledger has yet to fetch again."""
    ledger = new()
    assert ledger.begins() == ""
    older = copied(ledger.store)
    assert ledger.begins() == ""
    ledger.store = older
    assert ledger.begins() == ""


@pytest.mark.parametrize(("height", "votes"), [(0, True), (1, False)])
def test_ledgers_of_earlier_versions_count_as_before(height: int, votes: bool) -> None:
    ledger = Ledger(height)
    assert (ledger.begins() == "") is votes


def test_a_book_of_an_earlier_version_is_taken_over() -> None:
    ledger = Ledger(height=9)
    with ledger.votes.write() as writer:
        writer.put("meta", b"since", (1).to_bytes(8, "big"))
        writer.put("meta", b"pledge" + (3).to_bytes(8, "big") + bytes(40), b"kept")
    assert ledger.begins() == ""
    ledger.votes = MemoryStore()
    assert "is gone" in ledger.begins()


def test_who_lost_votes_is_spared_for_one_recovery_alone() -> None:
    """It waits in all other epochs as before, though its ledger was behind when it promised; an old copy is none."""
    ledger = new()
    assert ledger.begins() == ""
    ledger.votes = MemoryStore()
    turn = vote_number(EPOCH, 1)
    VoteLog(ledger.votes).promise_lost(turn, bytes(16), b"report")
    mark_unknown(ledger.store, bytes(16))
    promised = copied(ledger.store), copied(ledger.votes)
    ledger.epoch = EPOCH + 1
    assert "votes were lost" in ledger.begins(), "its peers were further"
    ledger.store, ledger.votes = promised
    older = copied(ledger.votes)
    ledger.epoch = turn
    assert ledger.begins() == ""
    assert VoteLog(ledger.votes).spared_number() is None
    ledger.votes = older
    assert ledger.begins() != ""


# Must-fail twins: with a rule switched off, a validator votes twice in one epoch.


def never_lost(*given: Any, **more: Any) -> str:
    return ""


def unnamed(ledger: Store, book: VoteLog) -> None:
    """The ledger hears nothing of its book."""


@pytest.mark.parametrize(("rule", "off"), [("why_incomplete", never_lost), ("bind", unnamed)])
def test_twin_a_lost_book_votes_again(
    rule: str, off: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(permission, rule, off)
    ledger = Ledger()
    mark_new(ledger.store)
    assert ledger.begins() == ""
    ledger.votes = MemoryStore()
    assert ledger.begins() == ""


def test_twin_a_restored_ledger_without_its_mark_votes_again() -> None:
    """A backup from before the first book, restored with nothing else."""
    ledger = Ledger(height=0)
    mark_new(ledger.store)
    backup = copied(ledger.store)
    assert ledger.begins() == ""
    ledger.store, ledger.votes = backup, MemoryStore()
    assert why_incomplete(ledger.store, VoteLog(ledger.votes), is_first=True) == ""
    mark_unknown(ledger.store)
    assert why_incomplete(ledger.store, VoteLog(ledger.votes), is_first=True) != ""
