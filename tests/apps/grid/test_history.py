"""Histories against a list of dictionaries; proofs against everything that is not so; faults with their places."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.apps.grid import (
    BlockProof,
    Commit,
    History,
    KeptCommit,
    MemoryArrayStore,
    SignedCommits,
    certifier,
    grid_key,
    verify_commit,
    verify_history,
)
from focusmesh.engine.grid.array import BlockArray
from focusmesh.errors import GridError, ProofError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.apps.grid import ArrayWriter

SHAPE = (40, 40, 40)
Place = tuple[int, int, int]
Values = dict[Place, float]


def made(shape: tuple[int, int, int] = SHAPE) -> History:
    return History.create(MemoryArrayStore(), "a", shape, 1_000)


def values_of(array: BlockArray) -> Values:
    blocks = array.blocks()
    places = map(tuple, blocks.coordinates.tolist())
    return dict(zip(places, blocks.value.tolist(), strict=True))


coordinates = st.tuples(*[st.sampled_from([0, 1, 15, 16, 17, 39])] * 3)
steps = st.lists(
    st.dictionaries(coordinates, st.sampled_from([None, 0.25, 1.0, 2.0]), max_size=6),
    min_size=1,
    max_size=6,
)


@given(steps, coordinates)
@settings(max_examples=40)
def test_every_state_comes_back_and_every_block_is_proved(
    changes: list[dict[Place, float | None]], asked: Place
) -> None:
    history, model = made(), [Values()]
    array = history.array()
    for number, step in enumerate(changes):
        state = dict(model[-1])
        for place, value in step.items():
            if value is None:
                array.clear(*place)
                state.pop(place, None)
            else:
                array.set(*place, value)
                state[place] = value
        history.commit(array, f"step {number}", 1_000 + number)
        model.append(state)
    for height, state in enumerate(model):
        assert values_of(history.array(height)) == state
        (commit,) = history.commits(height, height)
        for place in {asked, *sorted(state)[:2]}:
            proof = history.prove(*place, height)
            assert BlockProof.decode(proof.encode()) == proof
            block = proof.verify(commit.id)
            assert (block.value if block else None) == state.get(place)
    found = verify_history(history._store, "a")
    assert (found.is_valid, found.height) == (True, len(changes))


def test_a_commit_names_all_that_went_before() -> None:
    history = made()
    array = history.array()
    array.set(3, 4, 5, 0.25)
    first, second = (history.commit(array, "set", 2_000) for _ in range(2))
    assert (first.changed_count, second.changed_count) == (1, 0)
    assert (first.state, first.tile_count) == (second.state, second.tile_count)
    assert second.previous == first.id == history.commits()[1].id
    assert Commit.decode(first.encode()) == first
    assert [commit.operation for commit in history.commits()] == ["create", "set", "set"]


def test_what_is_set_and_taken_back_is_no_change() -> None:
    history = made()
    array = history.array()
    array.set(3, 4, 5, 0.25)
    array.clear(3, 4, 5)
    commit = history.commit(array, "nothing", 2_000)
    assert (commit.changed_count, commit.tile_count) == (0, 0)
    assert commit.state == history.commits()[0].state


def test_records_and_runs_go_with_their_commit() -> None:
    history = made()
    array = history.array()
    array.set(1, 1, 1)
    history.commit(array, "set", 2_000, records={("template", "t"): b"one"})
    history.commit(array, "again", 2_000, records={("template", "t"): None})
    with pytest.raises(GridError, match="operation has"):
        history.commit(array, "", 2_000, records={("template", "u"): b"never"})
    with history._store.read() as reader:
        assert reader.records("template") == {}
    assert history.height == 2


def test_a_commit_of_somebody_else_is_a_conflict_and_loses_nothing() -> None:
    store = MemoryArrayStore()
    ours = History.create(store, "a", SHAPE, 0)
    theirs = History.open(store, "a")
    array = ours.array()
    array.set(1, 2, 3, 0.5)
    theirs.commit(theirs.array(), "theirs", 0)
    with pytest.raises(GridError, match="somebody else has committed") as raised:
        ours.commit(array, "ours", 0)
    assert raised.value.code == "conflict"
    assert values_of(History.open(store, "a").array()) == {}


class Unsure(MemoryArrayStore):
    """A store whose server goes away while a transaction ends: before or after it was kept."""

    def __init__(self) -> None:
        super().__init__()
        self.goes: str | None = None

    @contextmanager
    def write(self) -> Iterator[ArrayWriter]:
        goes, self.goes = self.goes, None
        with super().write() as writer:
            yield writer
            if goes == "before":
                raise GridError("server", "it went away")
        if goes == "after":
            raise GridError("server", "it went away")


@pytest.mark.parametrize("goes", ["before", "after"])
def test_a_commit_at_which_the_server_goes_is_kept_once(goes: str) -> None:
    store = Unsure()
    history = History.create(store, "a", SHAPE, 0)
    array = history.array()
    array.set(1, 1, 1, 0.5)
    store.goes = goes
    with pytest.raises(GridError, match="went away"):
        history.commit(array, "first", 0)
    array.set(20, 20, 20, 0.75)
    history.commit(array, "second", 0)
    operations = [commit.operation for commit in history.commits()]
    assert operations == ["create", *(["first"] if goes == "after" else []), "second"]
    assert values_of(History.open(store, "a").array()) == {(1, 1, 1): 0.5, (20, 20, 20): 0.75}
    assert verify_history(store, "a").is_valid


def test_pruned_states_are_refused_and_the_rest_is_as_it_was() -> None:
    history = made()
    array = history.array()
    for number in range(4):
        array.set(number, 0, 0, float(number + 1))
        array.set(20, 20, 20, float(number + 1))
        history.commit(array, f"{number}", 0)
    array.clear(20, 20, 20)
    history.commit(array, "cleared", 0)
    states = [values_of(history.array(height)) for height in range(6)]
    assert history.prune(3) == 4
    assert [values_of(history.array(height)) for height in range(3, 6)] == states[3:]
    with pytest.raises(GridError, match="its states begin at 3"):
        history.array(2)
    found = verify_history(history._store, "a")
    assert (found.is_valid, found.states_from) == (True, 3)
    assert history.prune(5) == 4
    assert values_of(history.array()) == states[5]
    assert verify_history(history._store, "a").is_valid
    assert history.prove(20, 20, 20).verify(history.tip.id) is None


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda history: History.open(history._store, "b"), "unknown-array"),
        (lambda history: History.create(history._store, "a", SHAPE, 0), "exists"),
        (lambda history: History.create(history._store, "", SHAPE, 0), "commit"),
        (lambda history: history.array(7), "height"),
        (lambda history: history.certificate(-1), "height"),
        (lambda history: history.prune(3), "height"),
        (lambda history: history.prove(40, 0, 0), "coordinates"),
        (lambda history: history.commit(BlockArray((8, 8, 8)), "x", 0), "shape"),
        (lambda history: verify_history(history._store, "b"), "unknown-array"),
    ],
)
def test_what_there_is_not_is_refused(act: object, code: str) -> None:
    history = made()
    with pytest.raises(GridError) as raised:
        act(history)  # type: ignore[operator]
    assert raised.value.code == code
    assert history.height == 0


def test_whoever_keeps_a_grid_signs_its_commits() -> None:
    history = made()
    key, other = grid_key(b"s" * 32), grid_key(b"t" * 32)
    first = history.commit(history.array(), "signed", 5, certifier(key))
    second = history.commit(history.array(), "signed", 6, certifier(key))
    verify_commit(first.id, history.certificate(1), key.public)
    signed = SignedCommits(key.public)
    assert verify_history(history._store, "a", signed).is_valid
    assert signed.count == 2
    kept = history._store._tables._commits["a"]  # type: ignore[attr-defined]
    right = kept[2]
    for certificate in (
        b"",
        b"forged",
        history.certificate(1),
        certifier(other)(second.id),
        key.public + certifier(other)(second.id)[32:],
    ):
        kept[2] = KeptCommit(2, right.content, certificate)
        (fault,) = verify_history(history._store, "a", SignedCommits(key.public)).faults
        assert (fault.height, "is not signed by the grid's key" in fault.message) == (2, True)
    kept[2] = right
    faults = verify_history(history._store, "a", SignedCommits(other.public)).faults
    assert [fault.height for fault in faults] == [1, 2]


class TestProofs:
    """What is not so has no proof."""

    @pytest.fixture
    def history(self) -> History:
        history = made()
        array = history.array()
        array.activate_box((0, 0, 0), (10, 10, 10))
        array.set(3, 4, 5, 0.25)
        array.set(39, 39, 39, 1.0)
        history.commit(array, "set", 0)
        return history

    def test_another_commit_proves_nothing(self, history: History) -> None:
        proof = history.prove(3, 4, 5)
        with pytest.raises(ProofError, match="another commit"):
            proof.verify(history.commits()[0].id)

    def test_another_place_is_not_proved_by_it(self, history: History) -> None:
        proof = history.prove(3, 4, 5)
        for place in ((3, 4, 6), (20, 20, 20), (10, 10, 10), (40, 0, 0), (-1, 0, 0)):
            with pytest.raises(ProofError):
                msgspec.structs.replace(proof, coordinates=place).verify(history.tip.id)

    def test_an_active_block_cannot_be_said_to_be_none(self, history: History) -> None:
        """Neither by tiles that are no neighbours nor by records that are none."""
        there, absent = history.prove(3, 4, 5), history.prove(20, 20, 20)
        assert absent.verify(history.tip.id) is None
        for fields in (
            {"tiles": absent.tiles, "chunks": None},
            {"tiles": (), "chunks": None},
            {"tiles": there.tiles[:1] * 2, "chunks": None},
            {"record": there.record + 1},
            {"record": there.record - 1},
            {"record": 10**6},
            {"record": -1},
        ):
            lied = msgspec.structs.replace(there, **fields)
            with pytest.raises(ProofError):
                lied.verify(history.tip.id)

    def test_any_other_byte_is_refused(self, history: History) -> None:
        data = history.prove(3, 4, 5).encode()
        for place in range(0, len(data), 7):
            changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            with pytest.raises(ProofError):
                BlockProof.decode(changed).verify(history.tip.id)


class TestFaults:
    """Every byte that is not as it was written is found, with its place."""

    def test_a_flipped_byte_of_a_tile_names_its_blocks(self) -> None:
        history = made()
        array = history.array()
        array.set(3, 4, 5, 0.25)
        array.set(20, 4, 5, 0.5)
        history.commit(array, "set", 0)
        tiles = history._store._tables._tiles["a"]  # type: ignore[attr-defined]
        assert len(tiles) == 2
        for key in tiles:
            ((height, tile),) = tiles[key]
            for place in range(len(tile.content)):
                content = bytes(byte ^ (n == place) for n, byte in enumerate(tile.content))
                tiles[key] = [(height, tile._replace(content=content))]
                (fault,) = verify_history(history._store, "a").faults
                assert (fault.height, fault.tile) == (1, key)
                with pytest.raises(GridError, match="is not as it was written"):
                    history.array()
            tiles[key] = [(height, tile)]
        assert "(16, 0, 0) to (31, 15, 15)" in fault.message
        assert verify_history(history._store, "a").is_valid

    def test_a_tile_that_is_gone_or_exchanged_is_found(self) -> None:
        history = made()
        array = history.array()
        array.set(3, 4, 5, 0.25)
        array.set(20, 4, 5, 0.5)
        history.commit(array, "set", 0)
        tiles = history._store._tables._tiles["a"]  # type: ignore[attr-defined]
        (first, one), (second, other) = sorted(tiles.items())
        for changed in ({first: one}, {first: one, second: [(1, one[0][1]._replace(key=second))]}):
            tiles.clear()
            tiles.update(changed)
            found = verify_history(history._store, "a").faults
            assert [fault.height for fault in found] == [1, 1]
            assert "its tiles are not those that it wrote" in found[0].message
            with pytest.raises(GridError, match="not those of its last commit"):
                History.open(history._store, "a")
        assert other

    def test_a_commit_that_was_changed_is_found(self) -> None:
        history = made()
        array = history.array()
        for number in range(3):
            array.set(number, 0, 0)
            history.commit(array, f"{number}", number)
        kept = history._store._tables._commits["a"]  # type: ignore[attr-defined]
        other = msgspec.structs.replace(history.commits()[2], operation="other", time=1_001)
        kept[2] = KeptCommit(2, other.encode())
        (fault,) = verify_history(history._store, "a").faults
        assert (fault.height, "does not name the one before it" in fault.message) == (3, True)
        kept[2] = KeptCommit(2, b"nothing")
        (fault,) = verify_history(history._store, "a").faults
        assert (fault.height, fault.tile) == (2, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"array": "b"},
        {"shape": (1, 1, 1)},
        {"height": 5},
        {"previous": bytes(32)},
        {"time": 0},
    ],
)
def test_a_commit_that_does_not_follow_is_refused(changes: dict[str, object]) -> None:
    history = made()
    following = history.commit(history.array(), "next", 2_000)
    following.verify_after(history.commits()[0])
    with pytest.raises(GridError):
        msgspec.structs.replace(following, **changes).verify_after(history.commits()[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "x" * 1_025},
        {"root": b"short"},
        {"tile_count": -1},
        {"shape": (0, 1, 1)},
        {"version": 2},
    ],
)
def test_what_is_no_commit_is_refused(changes: dict[str, object]) -> None:
    commit = msgspec.structs.replace(made().tip, **changes)
    with pytest.raises(GridError) as raised:
        Commit.decode(commit.encode())
    assert raised.value.code == "commit"
