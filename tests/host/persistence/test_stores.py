"""Every store of arrays does the same: in memory, in a folder, on a server. One body over all of them."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from focusmesh.apps.grid import History, KeptCommit, KeptTile, Run, verify_history
from focusmesh.errors import GridError, StoreBusyError
from focusmesh.host.persistence import open_store
from focusmesh.ids import digest
from tests.host.persistence.servers import PASSWORD, Postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from focusmesh.apps.grid import ArrayStore

    Opens = Callable[[], ArrayStore]

KINDS = ("memory", "folder", "postgres")


@pytest.fixture(params=KINDS)
def opens(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Opens]:
    """Opens the same store again and again, which is empty at first."""
    address: str | Path = "memory:"
    if request.param == "folder":
        address = tmp_path / "grid"
    elif request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        server.query("DROP SCHEMA IF EXISTS focusmesh_grid CASCADE", "grid")
        monkeypatch.setenv("FOCUSMESH_GRID_PASSWORD", PASSWORD)
        address = server.address
    stores: list[ArrayStore] = []

    def opened() -> ArrayStore:
        if request.param == "memory" and stores:
            return stores[0]
        stores.append(open_store(address, create=True))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()
        store.close()


@pytest.fixture
def store(opens: Opens) -> ArrayStore:
    return opens()


def tile(key: int, content: bytes) -> KeptTile:
    return KeptTile(key, digest(content), content)


def put(store: ArrayStore, height: int, *tiles: KeptTile, array: str = "a") -> None:
    with store.write() as writer:
        writer.put_commit(array, KeptCommit(height, b"commit %d" % height, b"by"), tiles)


def test_an_empty_store_has_nothing(store: ArrayStore) -> None:
    with store.read() as reader:
        assert (reader.arrays(), reader.height("a"), reader.floor("a")) == ([], None, 0)
        assert (reader.commits("a"), list(reader.tiles("a", 9)), reader.digests("a", 9)) == (
            [],
            [],
            [],
        )
        assert (reader.record("model", "m"), reader.records("model"), reader.runs()) == (
            None,
            {},
            [],
        )


def test_tiles_are_read_as_of_every_height(store: ArrayStore) -> None:
    big = 2**51 - 1
    put(store, 0)
    put(store, 1, tile(3, b"three"), tile(big, b"\0\xff far"))
    put(store, 2, tile(3, b""), tile(7, b"seven"))
    put(store, 3, tile(3, b"again"))
    put(store, 0, tile(3, b"of another array"), array="b")
    far, seven, again = tile(big, b"\0\xff far"), tile(7, b"seven"), tile(3, b"again")
    with store.read() as reader:
        assert (reader.arrays(), reader.height("a")) == (["a", "b"], 3)
        states = [list(reader.tiles("a", height)) for height in range(4)]
        assert states == [[], [tile(3, b"three"), far], [seven, far], [again, seven, far]]
        for height, state in enumerate(states):
            assert reader.digests("a", height) == [(one.key, one.digest) for one in state]
        assert list(reader.tiles_written("a", 2)) == [tile(3, b""), seven]
        assert [reader.tile("a", 3, height) for height in range(4)] == [
            None,
            tile(3, b"three"),
            None,
            again,
        ]
        assert reader.commits("a", 1, 2) == [
            KeptCommit(height, b"commit %d" % height, b"by") for height in (1, 2)
        ]
        assert [kept.height for kept in reader.commits("a", 2)] == [2, 3]


def test_more_tiles_than_are_read_at_once(store: ArrayStore) -> None:
    tiles = [tile(key * 5, b"%d" % key) for key in range(1_200)]
    put(store, 0, *tiles)
    with store.read() as reader:
        assert list(reader.tiles("a", 0)) == tiles


@pytest.mark.parametrize("height", [0, 2, 5])
def test_a_commit_has_the_next_height(store: ArrayStore, height: int) -> None:
    put(store, 0)
    if height == 0:
        put(store, 1)
    with pytest.raises(GridError) as raised:
        put(store, height, tile(1, b"x"))
    assert raised.value.code == "conflict"
    with store.read() as reader:
        assert list(reader.tiles("a", 9)) == []


def test_what_fails_leaves_nothing(opens: Opens) -> None:
    store = opens()
    put(store, 0, tile(1, b"kept"))
    with store.write() as writer:
        writer.put_record("model", "m", b"kept")

    def write() -> None:
        with store.write() as writer:
            writer.put_commit("a", KeptCommit(1, b"x"), [tile(1, b"lost"), tile(2, b"lost")])
            writer.put_record("model", "m", b"lost")
            writer.put_record("model", "n", b"lost")
            writer.delete_record("model", "m")
            writer.put_run(Run("r", "i", "o", 1))
            assert list(writer.tiles("a", 1)) == [tile(1, b"lost"), tile(2, b"lost")]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    for reading in (store, opens()):
        with reading.read() as reader:
            assert list(reader.tiles("a", 9)) == [tile(1, b"kept")]
            assert reader.records("model") == {"m": b"kept"}
            assert reader.runs() == []


def test_records_are_kept_by_kind_and_name(opens: Opens) -> None:
    store = opens()
    with store.write() as writer:
        for name in ("b", "a", "ä"):
            writer.put_record("model", name, name.encode() * 3)
        writer.put_record("template", "a", b"")
        writer.put_record("model", "b", b"\0other")
        writer.delete_record("model", "nothing")
    with opens().read() as reader:
        assert reader.records("model") == {"a": b"aaa", "b": b"\0other", "ä": "äää".encode()}
        assert (reader.record("template", "a"), reader.record("template", "b")) == (b"", None)
        assert reader.kinds() == ["model", "template"]


def test_runs_are_listed_newest_first(store: ArrayStore) -> None:
    runs = [
        Run(f"r{n}", "i" if n % 2 else "j", "process", 1_000 + n, request=b"\0") for n in range(6)
    ]
    with store.write() as writer:
        for run in runs:
            writer.put_run(run)
        done = Run("r3", "i", "process", 1_003, 1_009, "done", b"\0", b"result")
        writer.put_run(done)
    with store.read() as reader:
        assert [run.name for run in reader.runs()] == ["r5", "r4", "r3", "r2", "r1", "r0"]
        assert [run.name for run in reader.runs("i", 2)] == ["r5", "r3"]
        assert reader.runs("i")[1] == done


def test_pruning_leaves_what_is_there_since(store: ArrayStore) -> None:
    put(store, 0, tile(1, b"a"), tile(2, b"a"), tile(3, b"a"))
    put(store, 1, tile(1, b"b"), tile(2, b""))
    put(store, 2, tile(1, b"c"), tile(2, b"d"))
    with store.read() as reader:
        states = [list(reader.tiles("a", height)) for height in (1, 2)]
    with store.write() as writer:
        # Those of height 0 that 1 overwrote, and the mark that tile 2 was empty.
        assert writer.prune("a", 1) == 3
        assert writer.prune("a", 1) == 0
    with store.read() as reader:
        assert [list(reader.tiles("a", height)) for height in (1, 2)] == states
        assert (reader.floor("a"), reader.height("a"), len(reader.commits("a"))) == (1, 2, 3)
    with store.write() as writer:
        assert writer.prune("a", 2) == 1
        assert list(writer.tiles("a", 2)) == states[1]


def test_a_history_is_the_same_wherever_it_is_kept(opens: Opens) -> None:
    history = History.create(opens(), "sensors", (100, 100, 100), 1_000)
    array = history.array()
    array.activate_box(*array.face_box("up"))
    array.set(3, 4, 5, 0.25)
    run = Run("r", "i", "process", 1_500)
    history.commit(array, "activate up", 2_000, records={("model", "m"): b"bytes"}, runs=[run])
    array.clear(3, 4, 5)
    history.commit(array, "clear", 3_000)
    # A history of today has the same ids in a year.
    assert history.tip.id.hex().startswith("7c3f46bd35f46429")
    proof = history.prove(3, 4, 5, 1)
    block = proof.verify(history.commits()[1].id)
    assert block is not None
    assert block.value == 0.25
    history._store.close()
    store = opens()
    again = History.open(store, "sensors")
    assert again.tip == history.tip
    assert again.array().count == 10_000
    assert verify_history(store, "sensors").is_valid


def test_one_store_at_a_time_commits(opens: Opens) -> None:
    store, other = opens(), opens()
    if other is store:
        # In memory there is no other.
        History.create(store, "a", (8, 8, 8), 0)
        assert History.open(other, "a").height == 0
        return
    History.create(store, "a", (8, 8, 8), 0)
    with pytest.raises(StoreBusyError):
        History.open(other, "a")
    with other.read() as reader:
        assert reader.height("a") == 0
    store.close()
    assert History.open(other, "a").height == 0


def test_threads_take_turns(store: ArrayStore) -> None:
    put(store, 0)
    with store.write() as writer:
        writer.put_record("count", "n", b"0")

    def count() -> None:
        for _ in range(10):
            with store.write() as writer:
                number = int(writer.record("count", "n") or b"")
                writer.put_record("count", "n", b"%d" % (number + 1))

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as reader:
        assert reader.record("count", "n") == b"40"
