"""Memory that runs out and disks that refuse, at every call of the book of votes: no pledge that was kept is lost.

A validator that lost one might vote twice; one that has one more than it knows votes once less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.consensus import VoteRecord
from focusmesh.kernel.node.voting.vote_records import BookName, Promised, VoteLog
from focusmesh.kernel.state import LmdbStore
from tests.conftest import SOAK
from tests.kernel.state.injection import FAULTS, Fault, copied, in_memory, injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WHERE = ("kernel/state/store/", "kernel/node/voting/vote_records")
EPOCH = 4
NAME = BookName(bytes(16), 1)
KEPT = [VoteRecord(number, b"pledge %d" % number) for number in range(1, 6)]
NEXT = [VoteRecord(number, b"pledge %d" % number) for number in range(6, 9)]
MOVED = [b"moved %d" % number for number in range(10)]


@pytest.fixture(scope="module")
def filled() -> Iterator[Path]:
    """A book with what was kept in it."""
    with in_memory() as folder:
        store = LmdbStore(folder / "filled")
        book = VoteLog(store)
        book.begin(EPOCH, NAME)
        book.keep([Promised(EPOCH, vote_record) for vote_record in KEPT])
        for data in MOVED[:9]:
            book.keep_moved(data)
        store.close()
        yield folder / "filled"


def opened(folder: Path) -> tuple[LmdbStore, VoteLog]:
    store = LmdbStore(folder)
    return store, VoteLog(store)


WORKS: dict[str, Callable[[VoteLog], Any]] = {
    "keep": lambda book: book.keep([Promised(EPOCH, vote_record) for vote_record in NEXT]),
    "begin": lambda book: book.begin(EPOCH, NAME),
    "keep_moved": lambda book: book.keep_moved(MOVED[9]),
    "let_go": lambda book: book.let_go(EPOCH, 2, ()),
    "look": lambda book: (book.vote_records(EPOCH), book.proposal_data(), book.since()),
}


def check(book: VoteLog, work: str, was_told: bool) -> None:
    """All that was kept is there; what was being kept is there as a whole or not at all."""
    vote_records = book.vote_records(EPOCH)
    moved = book.proposal_data()
    assert book.since() == EPOCH
    done = {
        "keep": vote_records == KEPT + NEXT,
        "let_go": vote_records == KEPT[2:],
        "keep_moved": moved == MOVED[9:1:-1],
    }
    undone = {"keep": KEPT, "let_go": KEPT}
    if work in ("keep", "let_go"):
        assert done[work] or (was_told and vote_records == undone[work])
    else:
        assert vote_records == KEPT
    if work == "keep_moved":
        assert done[work] or (was_told and moved == MOVED[8:0:-1])
    else:
        assert moved == MOVED[8:0:-1]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("work", WORKS)
def test_no_pledge_is_lost(work: str, fault: Fault, filled: Path) -> None:
    def before() -> tuple[LmdbStore, VoteLog]:
        return opened(copied(filled))

    def under(parts: tuple[LmdbStore, VoteLog]) -> None:
        WORKS[work](parts[1])

    step = 1 if SOAK else (4 if fault.at_doors else 41)
    for struck, (store, book), raised in injected(fault, WHERE, under, before, step=step):
        if raised is not None:
            assert isinstance(raised, StoreError | MemoryError), struck
            assert isinstance(raised, MemoryError) or str(store.path) in str(raised), struck
        check(book, work, raised is not None)
        WORKS[work](book)
        store.close()
        again = LmdbStore(store.path)
        if work != "keep_moved":  # A second one takes another's place.
            check(VoteLog(again), work, was_told=False)
        again.close()
