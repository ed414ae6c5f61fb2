"""Blocks for crash tests, what is to be found after each, and the process that opens what a crash left.

A process of its own: a disk that lost writes can take down whoever maps it.
"""

from __future__ import annotations

import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import FocusmeshError
from focusmesh.kernel.block import Chain, verify_chain
from focusmesh.kernel.state import LmdbStore
from tests.kernel.block.ledger import KEYS, REGISTRY, Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.state import Reader

HEIGHTS, BLOCKS = 10, 4
Change = tuple[str, list[tuple[bytes, bytes]], list[bytes]]


def changes(height: int) -> list[Change]:
    """What a block writes: new records, old ones again, large ones, and some that go."""
    random = Random(height)
    keys = [bytes([random.randrange(40)]) for _ in range(12)]
    small = [(key, bytes([height]) + random.randbytes(random.randrange(300))) for key in keys]
    large = [(bytes([height % 3]), bytes([height]) + random.randbytes(9_000))]
    return [("rows", small, keys[:2]), ("bodies", large, []), ("nodes", small[:5], keys[6:])]


@cache
def expected() -> list[str]:
    """What a reader finds after each block."""
    tables: dict[str, dict[bytes, bytes]] = {"rows": {}, "bodies": {}, "nodes": {}}
    found = []
    for height in range(HEIGHTS):
        for name, pairs, gone in changes(height):
            tables[name].update(pairs)
            for key in gone:
                tables[name].pop(key, None)
        found.append(_digest((name, sorted(table.items())) for name, table in tables.items()))
    return found


def _digest(tables: Iterator[tuple[str, list[tuple[bytes, bytes]]]]) -> str:
    return sha256(repr(list(tables)).encode()).hexdigest()


def committed(reader: Reader) -> int:
    """The last block in a store; every record of it and of no other is there."""
    height = reader.get("meta", b"height")
    if height is None:
        return -1
    tables = ("rows", "bodies", "nodes")
    found = _digest((name, list(reader.scan(name))) for name in tables)
    assert found == expected()[height[0]], f"a mixture after block {height[0]}"
    return height[0]


def height_of_store(folder: Path) -> int:
    """Opens a store, to read and then as a node that starts again does, which writes to it."""
    for readonly in (True, False):
        store = LmdbStore(folder, readonly=readonly)
        try:
            with store.read() as reader:
                height = committed(reader)
            if not readonly:
                with store.write() as writer:
                    writer.put("proofs", b"after the crash", bytes(9_000))
                with store.read() as reader:
                    assert committed(reader) == height
        finally:
            store.close()
    return height


def height_of_chain(folder: Path) -> int:
    """Opens a chain and does all of it again, the certificates of its focus included."""
    store = LmdbStore(folder)
    try:
        with store.read() as reader:
            if not reader.count("meta"):
                return -1
        chain = Chain(store, REGISTRY)
        verified = verify_chain(store, REGISTRY)
        assert (verified.height, verified.block) == (chain.height, chain.tip.id)
        assert chain.state.root == chain.tip.state_root
        return chain.height
    finally:
        store.close()


def fill_store(folder: str) -> None:
    """Commits block after block, and says so after each."""
    store = LmdbStore(folder)
    for height in range(HEIGHTS):
        with store.write() as writer:
            for table, pairs, gone in changes(height):
                writer.put_many(table, pairs)
                writer.delete_many(table, gone)
            writer.put("meta", b"height", bytes([height]))
        say(str(height))


def fill_chain(folder: str) -> None:
    """The same with the blocks of a chain."""
    ledger = Ledger(LmdbStore(folder))
    say("0")
    for height in range(1, BLOCKS):
        pairs = [(f"a{height * k % 5}", f"b{k}") for k in range(1, 9)]
        others = ledger.links(KEYS[2], ("a1", "c"), ("d", "a1"))
        ledger.block(ledger.links(KEYS[1], *pairs), others)
        say(str(height))


def say(line: str) -> None:
    """One line, in one system call."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def serve(kind: str) -> None:
    """Answers each folder on standard input with the height that it is at, or with what is wrong."""
    height_of = {"store": height_of_store, "chain": height_of_chain}[kind]
    for line in sys.stdin:
        try:
            say(str(height_of(Path(line.strip()))))
        except (FocusmeshError, AssertionError) as fault:
            say(" ".join(str(fault).split()) or "a fault")
