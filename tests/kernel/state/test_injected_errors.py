"""Memory that runs out and disks that refuse, at every call of a store: the error names the store, and harms nothing.

After each the process goes on with what it has open, and whoever opens the store anew finds the last commit whole.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.state import LmdbStore
from focusmesh.kernel.state.store.lmdb.access import Writing
from tests.conftest import SOAK
from tests.kernel.state.crash.ledgers import KINDS, commit
from tests.kernel.state.injection import FAULTS, Fault, copied, in_memory, injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WHERE = ("kernel/state/store/",)
LAST = 3
"""The last block of the store that every try begins with."""
ENTRIES = ("__init__", "read", "write", "acquire", "allocate_lock", "_faults")
"""Memory that runs out before anything was begun is told in the words of Python."""
COMMITS = KINDS["store"]


@pytest.fixture(scope="module")
def filled() -> Iterator[Path]:
    """A store with some blocks."""
    with in_memory() as folder:
        store = LmdbStore(folder / "filled")
        for height in range(LAST + 1):
            commit(store, height)
        store.close()
        yield folder / "filled"


def tried(
    fault: Fault, filled: Path, work: Callable[[LmdbStore], Any]
) -> Iterator[tuple[str, LmdbStore, BaseException | None]]:
    """``work`` with a store that is open; see ``injected``."""
    step = 1 if SOAK or fault.at_doors else 23
    yield from injected(fault, WHERE, work, lambda: LmdbStore(copied(filled)), step=step)


def check_told(raised: BaseException, place: Path, struck: str) -> None:
    """It is an error of the store that names it; or memory ran out where nothing had begun."""
    if isinstance(raised, MemoryError):
        assert struck.rpartition(" ")[2] in ENTRIES, struck
        return
    assert isinstance(raised, StoreError), (struck, raised)
    assert str(place) in str(raised), (struck, raised)


def check_whole(place: Path, least: int) -> None:
    """Opened anew, the store has ``least`` or the block behind it, and takes another one."""
    store = LmdbStore(place)
    try:
        height = COMMITS.height(store)
        assert height in (least, LAST + 1)
        commit(store, height + 1)
        assert COMMITS.height(store) == height + 1
    finally:
        store.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_commit_that_fails_is_told_and_harms_nothing(fault: Fault, filled: Path) -> None:
    count = 0
    for struck, store, raised in tried(fault, filled, partial(commit, height=LAST + 1)):
        count += 1
        if raised is not None:
            check_told(raised, store.path, struck)
        # The process goes on with the store as it is.
        least = LAST if raised is not None else LAST + 1
        height = COMMITS.height(store)
        assert height in (least, LAST + 1), struck
        commit(store, height + 1)
        assert COMMITS.height(store) == height + 1, struck
        store.close()
        check_reopened(store.path, height + 1)
    assert count > 5


def check_reopened(place: Path, height: int) -> None:
    store = LmdbStore(place, readonly=True)
    assert COMMITS.height(store) == height
    store.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_look_that_fails_is_told_and_the_next_one_sees_all(fault: Fault, filled: Path) -> None:
    count = 0
    for struck, store, raised in tried(fault, filled, lambda store: COMMITS.height(store)):
        count += 1
        assert raised is not None, struck
        check_told(raised, store.path, struck)
        assert COMMITS.height(store) == LAST
        commit(store, LAST + 1)
        store.close()
    assert count > 5


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_who_cannot_open_a_store_can_when_there_is_room(fault: Fault, filled: Path) -> None:
    """Nor does the lock stay with a process that did not come to have the store."""
    opened: list[LmdbStore] = []

    def work(place: Path) -> None:
        opened.append(LmdbStore(place))

    step = 1 if SOAK or fault.at_doors else 23
    count = 0
    for struck, place, raised in injected(fault, WHERE, work, lambda: copied(filled), step=step):
        count += 1
        while opened:
            opened.pop().close()
        if raised is not None:
            check_told(raised, place, struck)
        check_whole(place, LAST)
    assert count > 5
    opened.pop().close()


def test_a_commit_that_kept_its_transaction_would_be_the_last(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it was where memory ran out between the end of a block and LMDB's commit."""
    monkeypatch.setattr(Writing, "give_up", lambda writing: None)
    monkeypatch.setattr(sys.modules[__name__], "SOAK", True)
    with pytest.raises(StoreError, match="another write transaction"):
        test_a_commit_that_fails_is_told_and_harms_nothing(FAULTS[0], filled)
