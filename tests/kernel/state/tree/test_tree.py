"""The state tree against a naive model: any changes in any order, past states, ways down, ground-out keys."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError, StoreError
from focusmesh.kernel.state import LmdbStore, MemoryStore, Tree, hashing, spans
from focusmesh.kernel.state.store import Overlay
from focusmesh.kernel.state.tree import paths as tree_paths
from tests.kernel.state.tree.smt_model import NOTHING, Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from focusmesh.engine.support.arrays import ByteArray
    from focusmesh.kernel.state import Writer

    Changes = Mapping[bytes, bytes | None]

KEYS = st.one_of(
    st.integers(0, 80).map(lambda i: b"/kv/%d" % i),
    st.integers(0, 40).map(lambda i: b"/graph/row/%d" % i),
)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(min_size=1, max_size=40), max_size=60)


@pytest.fixture(params=["memory", "lmdb"])
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Writer]:
    store = MemoryStore() if request.param == "memory" else LmdbStore(tmp_path / "store")
    with store.write() as writing:
        yield writing
    store.close()


@pytest.fixture(params=["small", "compiled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every batch through hashlib and slices, or every one through compiled loops."""
    for module in (hashing, spans):
        limit = 0 if request.param == "compiled" else 1 << 60
        monkeypatch.setattr(module, "_LOADED_FROM", limit)
        monkeypatch.setattr(module, "_WORTHWHILE_FROM", limit)
    return str(request.param)


def empty() -> Tree:
    with MemoryStore().read() as reader:
        return Tree.open(Overlay(reader))


def updated(changes: Changes, tree: Tree | None = None) -> Tree:
    return (tree or empty()).view(changes)


def applied(batches: Sequence[Changes]) -> dict[bytes, bytes]:
    entries: dict[bytes, bytes] = {}
    for changes in batches:
        for key, value in changes.items():
            entries.pop(key, None)
            if value is not None:
                entries[key] = value
    return entries


def check(tree: Tree, entries: Mapping[bytes, bytes]) -> None:
    """The tree has these entries, and proves it by the model's rules."""
    model = Model(entries)
    assert tree.root == model.root
    assert len(tree) == len(entries)
    assert list(tree.scan()) == sorted(entries.items())
    assert list(tree.scan(b"/kv/")) == sorted(p for p in entries.items() if p[0][:4] == b"/kv/")
    for key in [*list(entries)[:5], b"/kv/absent", b"/graph/row/absent"]:
        assert tree.get(key) == entries.get(key)
        siblings, leaf = tree.path(key)
        assert siblings == model.siblings(key)
        if key in entries:
            assert leaf is not None
            assert (leaf.key, leaf.value) == (key, entries[key])
        else:
            foreign = None if leaf is None else leaf.hash
            assert leaf is None or leaf.key != key
            assert model.is_absent(key, siblings, foreign)


def test_an_empty_tree() -> None:
    tree = empty()
    check(tree, {})
    assert tree.root == NOTHING
    assert tree.path(b"any") == ([], None)


@given(batches=st.lists(CHANGES, max_size=5))
def test_batches_of_changes(batches: list[dict[bytes, bytes | None]]) -> None:
    tree = empty()
    for changes in batches:
        tree = updated(changes, tree)
    check(tree, applied(batches))


@given(changes=CHANGES, seed=st.integers(0, 99))
def test_the_order_of_changes_does_not_matter(
    changes: dict[bytes, bytes | None], seed: int
) -> None:
    keys = list(changes)
    random.Random(seed).shuffle(keys)
    one_by_one = empty()
    for key in keys:
        one_by_one = updated({key: b"first"}, one_by_one)
    for key in keys:
        one_by_one = updated({key: changes[key]}, one_by_one)
    assert one_by_one.root == updated(changes).root


@given(first=CHANGES, second=CHANGES)
def test_a_view_goes_back(
    first: dict[bytes, bytes | None], second: dict[bytes, bytes | None]
) -> None:
    with MemoryStore().write() as writer:
        tree = Tree.open(writer)
        tree.update(writer, first)
        before = tree.root
        undo = tree.update(writer, second)
        after = tree.root
        assert len(undo) == sum(applied([first]).get(k) != v for k, v in second.items())
        past = tree.view(dict(undo))
        assert past.root == before
        check(past, applied([first]))
        assert Tree.open(writer).root == tree.root == after


@pytest.mark.usefixtures("way")
def test_thousands_at_once_and_again(writer: Writer) -> None:
    random_bytes = np.random.default_rng(3).bytes
    entries: dict[bytes, bytes] = {
        b"/graph/row/" + random_bytes(32): b"%d" % i for i in range(3_000)
    }
    tree = Tree.open(writer)
    tree.update(writer, entries)
    check(tree, entries)
    chosen = list(entries)[::3]
    changes: dict[bytes, bytes | None] = {
        k: None if i % 2 else b"new" for i, k in enumerate(chosen)
    }
    undo = dict(tree.update(writer, changes))
    assert undo == {key: entries[key] for key in chosen}
    check(tree, applied([entries, changes]))
    tree.update(writer, dict.fromkeys(entries))
    check(tree, {})
    assert [writer.count(table) for table in ("buckets", "nodes", "keys")] == [0, 0, 0]


def test_what_changes_nothing_is_not_told(writer: Writer) -> None:
    tree = Tree.open(writer)
    tree.update(writer, {b"a": b"1", b"b": b"2"})
    root = tree.root
    assert tree.update(writer, {b"a": b"1", b"none": None, b"b": b"3"}) == [(b"b", b"2")]
    assert tree.root != root


@pytest.mark.parametrize("changes", [{b"a": b""}, {b"": b"a"}, {b"a" * 512: b"a"}])
def test_what_cannot_be_kept_is_refused(writer: Writer, changes: Changes) -> None:
    tree = Tree.open(writer)
    (key,) = changes
    with pytest.raises(InputError, match=f"{key!r}( is|$)"):
        tree.update(writer, {b"fine": b"1", **changes})
    assert Tree.open(writer).root == NOTHING


@pytest.mark.parametrize("table", ["buckets", "nodes"])
def test_a_lost_record_is_named(writer: Writer, table: str) -> None:
    entries = {b"%d" % i: b"value" for i in range(2_000)}
    tree = Tree.open(writer)
    tree.update(writer, entries)
    writer.delete_many(table, [key for key, _ in writer.scan(table)])
    with pytest.raises(StoreError, match=f"table '{table}' lacks record"):
        Tree.open(writer).get(b"7")
    with pytest.raises(StoreError, match="lacks record"):
        Tree.open(writer).update(writer, {b"7": b"other"})


def shallow(key: bytes) -> bytes:
    """Paths that share their first 60, 64, 200 or 254 bits, as if keys had been ground out for it."""
    path, kind = sha256(key).digest(), key[-1] % 5
    shared = (0, 60, 64, 200, 254)[kind]
    number = int.from_bytes(path, "big") & (1 << (256 - shared)) - 1
    return (number | (0xABCDEF << 232) & ~((1 << (256 - shared)) - 1)).to_bytes(32, "big")


@pytest.fixture
def ground_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], bytes]:
    def paths_of(keys: Sequence[bytes]) -> ByteArray:
        joined = b"".join(shallow(key) for key in keys)
        return np.frombuffer(joined, dtype=np.uint8).reshape(-1, 32)

    monkeypatch.setattr(tree_paths, "paths_of", paths_of)
    monkeypatch.setattr(tree_paths, "path_of", shallow)
    return shallow


def test_paths_that_share_long_prefixes(ground_keys: Callable[[bytes], bytes]) -> None:
    """Buckets of one prefix of 64 bits grow as they must; the root stays what the model says."""
    numbers = random.Random(1).sample(range(10_000), 400)
    entries: dict[bytes, bytes] = {}
    # Two bits of difference leave room for four keys of the deepest kind.
    for number in numbers:
        key = b"%d" % number
        if ground_keys(key) not in {ground_keys(known) for known in entries}:
            entries[key] = b"v%d" % number
    tree = empty()
    for at in range(0, len(entries), 60):
        tree = updated(dict(list(entries.items())[at : at + 60]), tree)
    model = Model(entries, ground_keys)
    assert tree.root == model.root
    for key in list(entries)[::17]:
        siblings, leaf = tree.path(key)
        assert (siblings, leaf is not None and leaf.value) == (model.siblings(key), entries[key])
    gone = dict.fromkeys(list(entries)[::2])
    kept = {key: value for key, value in entries.items() if key not in gone}
    assert updated(gone, tree).root == Model(kept, ground_keys).root
