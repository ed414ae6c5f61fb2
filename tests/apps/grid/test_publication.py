"""Histories in a ledger: every commit in its turn, tiles with proofs of the ledger, arrays that come out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.apps.bank import BANK_OPERATIONS
from focusmesh.apps.grid import (
    ARRAY_PREFIX,
    TILE_PREFIX,
    Commit,
    CommitTiles,
    History,
    MemoryArrayStore,
    last_publication,
    published_array,
    publishing_steps,
    tile_leaf,
)
from focusmesh.errors import GridError, SignalError
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest
from focusmesh.kernel.block import Chain
from focusmesh.kernel.runtime import DONE, KERNEL_OPERATIONS, Registry
from focusmesh.kernel.state import MemoryStore, Parameters, verify_membership, verify_non_membership
from tests.kernel.block.ledger import KEYS, Ledger, genesis

if TYPE_CHECKING:
    from focusmesh.kernel.session import Step

ALICE, BOB = KEYS[1], KEYS[2]


@pytest.fixture
def history() -> History:
    """Three commits after the first: tiles come, change and go."""
    made = History.create(MemoryArrayStore(), "sensors", (64, 64, 64), 1_000)
    array = made.array()
    for number in range(3):
        array.set(number, 0, 0, 0.5)
        array.set(20 * number, 20, 20, 0.25)
        made.commit(array, f"step {number}", 2_000)
    array.clear(40, 20, 20)
    made.commit(array, "clear", 3_000)
    return made


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger.__new__(Ledger)
    made.store, made.nonces = MemoryStore(), dict.fromkeys(KEYS, 0)
    begun = msgspec.structs.replace(genesis(), operations=operations().digest)
    made.chain = Chain.create(made.store, begun, operations())
    return made


def publish(ledger: Ledger, *steps: Step, key: object = ALICE) -> list[str]:
    """The codes that the steps end with, one signal and one block each."""
    codes = []
    for step in steps:
        contents = dict(step.contents)
        blobs = [["put_blob/1", name, len(content)] for name, content in contents.items()]
        signed = ledger.signed(key, *blobs, list(step.fields))  # type: ignore[arg-type]
        made = ledger.chain.propose([signed], 0, KEYS[0], contents)
        assert not made.refused, made.refused
        codes.append(made.results[signed.id].code)
    return codes


def test_a_history_goes_in_and_an_array_comes_out(ledger: Ledger, history: History) -> None:
    steps = list(publishing_steps(history, None, contents=True))
    assert publish(ledger, *steps) == [DONE]
    with ledger.chain.state.at() as view:
        known = last_publication(view, ALICE.public, "sensors")
        assert known == (history.height, history.tip.id)
        assert last_publication(view, BOB.public, "sensors") is None
        found = published_array(view, ALICE.public, "sensors")
        assert list(found.tiles()) == list(history.array().tiles())
        assert found.shape == history.shape
        with pytest.raises(GridError, match="has no array"):
            published_array(view, BOB.public, "sensors")
    assert list(publishing_steps(history, known)) == []


def test_every_commit_follows_the_last(ledger: Ledger, history: History) -> None:
    first = Commit.decode(history.commits()[0].encode())
    begin = CommitTiles(first.encode(), b"")
    made = ledger.signed(ALICE, list(begin.as_fields()))
    assert ledger.propose(made).results[made.id].code == DONE
    following = list(publishing_steps(history, (0, first.id)))
    assert publish(ledger, following[1]) == ["history"]
    assert publish(ledger, *following) == [DONE] * 4
    assert publish(ledger, following[-1]) == ["history"]
    with ledger.chain.state.at() as view:
        assert last_publication(view, ALICE.public, "sensors") == (4, history.tip.id)
        prefix = TILE_PREFIX + ALICE.public + digest(b"sensors")
        leaves = {int.from_bytes(key[-8:], "big"): value for key, value in view.scan(prefix)}
        assert leaves == {tile.key: tile.digest for tile in history.tiles()}
        with pytest.raises(GridError, match="not its bytes"):
            published_array(view, ALICE.public, "sensors")


def test_a_tile_has_proofs_of_the_ledger(ledger: Ledger, history: History) -> None:
    publish(ledger, *publishing_steps(history, None))
    prefix = TILE_PREFIX + ALICE.public + digest(b"sensors")
    (tile, *_) = history.tiles()
    with ledger.chain.state.at() as view:
        root = view.root
        present, absent = prefix + tile.key.to_bytes(8, "big"), prefix + bytes([255] * 8)
        proofs = [view.tree.prove(key) for key in (present, absent)]
    verify_membership(root, proofs[0], present, tile.digest)
    verify_non_membership(root, proofs[1], absent)


def test_everybody_has_arrays_of_their_own(ledger: Ledger, history: History) -> None:
    (step,) = publishing_steps(history, None)
    assert publish(ledger, step) == [DONE]
    assert publish(ledger, step, key=BOB) == [DONE]
    with ledger.chain.state.at() as view:
        keys = [key for key, _ in view.scan(ARRAY_PREFIX)]
    assert sorted(keys) == sorted(
        ARRAY_PREFIX + key.public + digest(b"sensors") for key in (ALICE, BOB)
    )


def test_another_history_of_that_name_is_a_conflict(history: History) -> None:
    for known in ((0, bytes(32)), (9, history.tip.id)):
        with pytest.raises(GridError) as raised:
            list(publishing_steps(history, known))
        assert raised.value.code == "conflict"


def test_what_was_pruned_cannot_be_sent(history: History) -> None:
    first = history.commits()[0].id
    history.prune(3)
    with pytest.raises(GridError, match="pruned"):
        list(publishing_steps(history, (0, first)))
    (step,) = publishing_steps(history, None)
    assert step.fields[0] == "commit_tiles/1"


def test_what_is_no_commit_or_lacks_tiles_is_in_no_block(history: History) -> None:
    commit = history.commits()[2]
    tiles = [tile_leaf(tile.key, tile.digest) for tile in history.tiles_written(2)]
    assert len(tiles) == 2
    good = CommitTiles(commit.encode(), b"".join(tiles))
    good.validate(Parameters())
    assert good.bandwidth() == 6
    for wrong in (
        CommitTiles(b"", b""),
        CommitTiles(commit.encode()[:-1], good.tiles),
        CommitTiles(commit.encode(), good.tiles[:-1]),
        CommitTiles(commit.encode(), tiles[0]),
        CommitTiles(commit.encode(), tiles[1] + tiles[0]),
        CommitTiles(commit.encode(), tiles[0] * 2),
        CommitTiles(commit.encode(), good.tiles[:-1] + b"x"),
    ):
        with pytest.raises(SignalError) as raised:
            wrong.validate(Parameters())
        assert raised.value.code == "malformed"


def test_a_network_from_before_goes_on_without_them(history: History) -> None:
    first = Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS))
    assert first.digest != operations().digest
    old = Ledger.__new__(Ledger)
    old.store, old.nonces = MemoryStore(), dict.fromkeys(KEYS, 0)
    begun = msgspec.structs.replace(genesis(), operations=first.digest)
    old.chain = Chain.create(old.store, begun, first)
    opened = Chain(old.store, operations())
    (step,) = publishing_steps(history, None)
    signed = old.signed(ALICE, list(step.fields))
    made = opened.propose([signed], 0, KEYS[0])
    assert made.refused[signed.id].code == "operation"
    assert made.block is None
    linked = old.links(BOB, ("a", "b"))
    assert opened.propose([linked], 0, KEYS[0]).results[linked.id].code == DONE
