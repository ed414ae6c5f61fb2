"""Layers over a store: what is settled is what a plain store would have, and what is dropped was never there."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError, StoreError
from focusmesh.kernel.state import LayeredStore, LmdbStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.state import Reader, Store, Writer

TABLES = ("keys", "contents")
KEYS = st.integers(0, 9).map(lambda i: b"%02d" % i)
CHANGES = st.dictionaries(
    st.tuples(st.sampled_from(TABLES), KEYS), st.none() | st.binary(max_size=3), max_size=8
)
SCRIPT = st.lists(
    st.tuples(st.just("write"), CHANGES)
    | st.tuples(st.sampled_from(["settle", "drop"]), st.integers(0, 3)),
    max_size=14,
)


def write(writer: Writer, changes: dict[tuple[str, bytes], bytes | None]) -> None:
    for (table, key), value in changes.items():
        if value is None:
            writer.delete_many(table, [key])
        else:
            writer.put(table, key, value)


def told(reader: Reader) -> dict[str, list[tuple[bytes, bytes]]]:
    return {table: list(reader.scan(table)) for table in TABLES}


def seen(store: Store) -> dict[str, list[tuple[bytes, bytes]]]:
    with store.read() as reader:
        pairs = told(reader)
        for table, listed in pairs.items():
            assert reader.count(table) == len(listed)
            assert reader.get_many(table, [key for key, _ in listed]) == [v for _, v in listed]
    return pairs


def plain(changes: list[Any]) -> dict[str, list[tuple[bytes, bytes]]]:
    """What a store in memory has after transactions of these."""
    store = MemoryStore()
    for each in changes:
        with store.write() as writer:
            write(writer, each)
    return seen(store)


@given(script=SCRIPT)
def test_any_script_is_that_of_a_plain_store(script: list[tuple[str, Any]]) -> None:
    base = MemoryStore()
    store = LayeredStore(base)
    settled: list[Any] = []
    layers: list[Any] = []
    for verb, what in script:
        if verb == "write":
            with store.write() as writer:
                write(writer, what)
            layers.append(what)
        elif verb == "settle":
            count = min(what, len(layers))
            store.settle(count)
            settled, layers = settled + layers[:count], layers[count:]
        else:
            count = min(what, len(layers))
            store.drop(count)
            layers = layers[: len(layers) - count]
        assert store.depth == len(layers)
        assert seen(base) == plain(settled)
        assert seen(store) == plain(settled + layers)


def test_more_is_written_in_the_same_transaction() -> None:
    base = MemoryStore()
    store = LayeredStore(base)
    with store.write() as writer:
        writer.put("keys", b"a", b"1")

    def fail(writer: Writer) -> None:
        writer.put("keys", b"b", b"2")
        raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        store.settle(1, fail)
    assert (store.depth, seen(base)["keys"]) == (1, [])
    store.settle(1, lambda writer: writer.put("keys", b"b", b"2"))
    assert (store.depth, seen(base)["keys"]) == (0, [(b"a", b"1"), (b"b", b"2")])


class Uncertain(MemoryStore):
    """A store that commits, and says that it has failed."""

    @contextmanager
    def write(self) -> Iterator[Writer]:
        with super().write() as writer:
            yield writer
        raise StoreError("nobody knows")


def test_what_came_through_can_be_settled_again() -> None:
    base = Uncertain()
    store = LayeredStore(base)
    with store.write() as writer:
        writer.put("keys", b"a", b"1")
    with store.write() as writer:
        writer.delete_many("keys", [b"a"])
        writer.put("keys", b"c", b"3")
    for _ in range(2):
        with suppress(StoreError):
            store.settle(1)
        assert (store.depth, seen(store)["keys"]) == (2, [(b"c", b"3")])
    assert seen(base)["keys"] == [(b"a", b"1")]


def test_a_reader_stays_at_its_moment_while_layers_settle() -> None:
    store = LayeredStore(MemoryStore())
    for key in (b"a", b"b"):
        with store.write() as writer:
            writer.put("keys", key, key)
    with store.read() as before:
        store.settle(1)
        with store.read() as after:
            assert told(before) == told(after)
        store.drop(1)
        assert before.get("keys", b"b") == b"b"
    with store.read() as reader:
        assert reader.get("keys", b"b") is None


def test_content_that_a_layer_forgets_is_erased_for_good_when_it_is_settled(tmp_path: Path) -> None:
    secret = b"a secret that nobody should find" * 40
    with closing(LmdbStore(tmp_path / "ledger")) as base:
        store = LayeredStore(base)
        with store.write() as writer:
            writer.put("contents", b"name", secret)
        assert not found(tmp_path, secret)
        store.settle(1)
        with store.write() as writer:
            writer.delete_many("contents", [b"name"])
        assert found(tmp_path, secret)
        store.settle(1)
        assert not found(tmp_path, secret)
        with store.write() as writer:
            writer.put("contents", b"name", secret)
        with store.write() as writer:
            writer.delete_many("contents", [b"name"])
        store.settle(2)
        assert not found(tmp_path, secret)


def found(folder: Path, content: bytes) -> bool:
    """Whether any file below has a part of some content."""
    return any(content[:64] in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_there_are_only_so_many_layers() -> None:
    store = LayeredStore(MemoryStore())
    for act in (store.settle, store.drop):
        with pytest.raises(InputError, match="1 layers are asked for, there are 0"):
            act(1)
