"""Commits for crash tests, what is to be found after each, and the process that opens what a crash left.

A process of its own: a disk that lost writes can take down whoever maps it.
"""

from __future__ import annotations

import shutil
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Protocol

from focusmesh.errors import FocusmeshError, StoreError
from focusmesh.kernel.state import LmdbStore
from tests.kernel.state.crash.chain import ChainOfBlocks
from tests.kernel.state.crash.changes import ChangesOfRules
from tests.kernel.state.crash.contents import marked, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.state import Store

    Change = tuple[str, list[tuple[bytes, bytes]], list[bytes]]

HEIGHTS = 10
_OPENINGS_MAX = 8
CHECKED = ("rows", "bodies", "nodes", "contents")


class Filled(Protocol):
    """A ledger that is filled block after block, and known at every height."""

    def fill(self, folder: str) -> None:
        """Commits block after block and says so after each."""
        ...

    def height(self, store: Store) -> int:
        """The last block in a store, all of which is there, and of no other; -1 for none. Raises AssertionError."""
        ...

    def contents(self, height: int) -> set[bytes]:
        """Every content that is to be found after a block."""
        ...


class Commits:
    """Records of made-up tables: new ones, old ones again, large ones, and some that go."""

    def fill(self, folder: str) -> None:
        store = LmdbStore(folder)
        for height in range(HEIGHTS):
            commit(store, height)
            say(str(height))

    def height(self, store: Store) -> int:
        with store.read() as reader:
            kept = reader.get("meta", b"height")
            if kept is None:
                return -1
            found = _digest((name, list(reader.scan(name))) for name in CHECKED)
        assert found == _digest(expected(kept[0]).items()), f"a mixture after block {kept[0]}"
        return kept[0]

    def contents(self, height: int) -> set[bytes]:
        return {value for _, value in expected(height).get("contents", [])}


def fill_despite_errors(folder: str) -> None:
    """The same on a disk that may report errors: says them, and opens the store again to go on from what it has.

    A store without a first commit is made anew, as who makes a ledger does.
    """
    commits, height = Commits(), -1
    for _ in range(_OPENINGS_MAX):
        try:
            store = LmdbStore(folder)
            try:
                found = commits.height(store)
                assert height <= found <= height + 1, f"block {found} after {height}"
                height = found
                while height < HEIGHTS - 1:
                    commit(store, height + 1)
                    height += 1
                    say(str(height))
                return
            finally:
                store.close()
        except StoreError as error:
            say(str(error))
            if height < 0:
                shutil.rmtree(folder, ignore_errors=True)
    raise AssertionError(f"{_OPENINGS_MAX} openings were not enough, block {height} is the last")


def commit(store: Store, height: int) -> None:
    """Makes one block."""
    with store.write() as writer:
        for table, pairs, gone in changes(height):
            writer.put_many(table, pairs)
            writer.delete_many(table, gone)
        writer.put("meta", b"height", bytes([height]))


def changes(height: int) -> list[Change]:
    """What a block writes."""
    random = Random(height)
    keys = [bytes([random.randrange(40)]) for _ in range(12)]
    small = [(key, bytes([height]) + random.randbytes(random.randrange(300))) for key in keys]
    large = [(bytes([height % 3]), bytes([height]) + random.randbytes(9_000))]
    texts = [
        (key, marked(height << 8 | at, random.choice((20, 700, 5_000))))
        for at, key in enumerate(keys[:6])
    ]
    return [
        ("rows", small, keys[:2]),
        ("contents", texts, keys[4:8]),
        ("bodies", large, []),
        ("nodes", small[:5], keys[6:]),
    ]


@cache
def expected(height: int) -> dict[str, list[tuple[bytes, bytes]]]:
    """What is in each table after a block."""
    tables = {name: dict(expected(height - 1)[name]) if height > 0 else {} for name in CHECKED}
    for name, pairs, gone in changes(height) if height >= 0 else []:
        tables[name].update(pairs)
        for key in gone:
            tables[name].pop(key, None)
    return {name: sorted(table.items()) for name, table in tables.items()}


def _digest(tables: Iterable[tuple[str, list[tuple[bytes, bytes]]]]) -> str:
    return sha256(repr(list(tables)).encode()).hexdigest()


KINDS: dict[str, Filled] = {
    "store": Commits(),
    "chain": ChainOfBlocks(),
    "changes": ChangesOfRules(),
}


def height_of(folder: Path, filled: Filled) -> int:
    """Opens a ledger, to read and then as a node that starts again does, which writes to it."""
    height = _height(folder, filled, readonly=True)
    assert _height(folder, filled, readonly=False) == height, "another height when opened to write"
    _check_gone(folder, filled, height)
    store = LmdbStore(folder)
    try:
        with store.write() as writer:
            writer.put("proofs", b"after the crash", bytes(9_000))
            writer.put("contents", b"after the crash", bytes(900))
        with store.read() as reader:
            assert reader.get("contents", b"after the crash") == bytes(900)
        with store.write() as writer:
            writer.delete_many("proofs", [b"after the crash"])
            writer.delete_many("contents", [b"after the crash"])
        assert filled.height(store) == height, "another height after a commit"
    finally:
        store.close()
    return height


def _height(folder: Path, filled: Filled, *, readonly: bool) -> int:
    store = LmdbStore(folder, readonly=readonly)
    try:
        return filled.height(store)
    finally:
        store.close()


def _check_gone(folder: Path, filled: Filled, height: int) -> None:
    """What was erased, or had not been committed, is in no file."""
    kept = names_in(b"".join(filled.contents(height)))
    for file in folder.iterdir():
        found = names_in(file.read_bytes()) - kept
        assert not found, f"{len(found)} contents that are gone are in {file.name}"


def say(line: str) -> None:
    """One line, in one system call."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(kind: str) -> None:
    """Answers each folder on standard input with the height that it is at, or with what is wrong."""
    for line in sys.stdin:
        try:
            say(str(height_of(Path(line.strip()), KINDS[kind])))
        except (FocusmeshError, AssertionError) as fault:
            say(" ".join(str(fault).split()) or "a fault")
