"""Under a third votes for a wrong focus: no such block is decided, and each of them pays without anybody's doing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import StoreError
from focusmesh.kernel.node.voting.accusations import Accusations
from focusmesh.kernel.state import TABLES, HeldStore, LayeredStore, LmdbStore, MemoryStore
from tests.kernel.node.voting.lied_network import (
    BOND,
    COUNT,
    FALSE,
    KEYS,
    LIARS,
    LiedNetwork,
    stand_by_lies,
)

if TYPE_CHECKING:
    from pathlib import Path

HONEST = range(LIARS, COUNT)


def lied(network: LiedNetwork, seconds: int = 60) -> None:
    """Users of an honest machine leave links until all liars paid, or so long."""
    network.begin()
    for _ in range(seconds):
        if all(network.bond(number).is_jailed for number in range(LIARS)):
            return
        network.leave(COUNT - 1, network.signed(KEYS[-1]))
        network.run(1.0)


def lies_seen(network: LiedNetwork) -> list[int]:
    """How many false blocks each honest validator was asked to judge."""
    return [network.refusals(number)["block state-root"] for number in HONEST]


@pytest.mark.parametrize("kind", ["quorum", "snowman"])
def test_each_who_votes_for_a_false_focus_pays(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_by_lies(monkeypatch)
    with LiedNetwork(kind) as network:
        lied(network)
        network.run(5.0)
        assert all(lies_seen(network))
        for seen_by in HONEST:
            for number in range(COUNT):
                bond = network.bond(number, seen_by)
                assert bond.is_jailed == (number < LIARS)
                assert (bond.amount < BOND) == (number < LIARS)
        assert not network.makers() & FALSE
        # Each signs at most once for each liar, and most find it done.
        assert LIARS <= len(network.codes("accuse/2")) <= LIARS * len(HONEST)
        assert network.codes("accuse/2").count("ok") == LIARS


def test_nobody_pays_without_the_accusation(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_by_lies(monkeypatch)
    monkeypatch.setattr(Accusations, "add_wrong", lambda *given: None)
    with LiedNetwork() as network:
        lied(network, 10)
        assert all(lies_seen(network))
        assert {network.bond(number).amount for number in range(COUNT)} == {BOND}
        assert not network.makers() & FALSE


def test_pages_that_are_not_those_of_the_block_accuse_nobody() -> None:
    """Liars who give the pages of a true focus are not found out, and no such block is decided either."""
    with LiedNetwork() as network:
        lied(network, 10)
        assert all(lies_seen(network))
        assert {network.bond(number).amount for number in range(COUNT)} == {BOND}
        assert not network.makers() & FALSE


@pytest.mark.parametrize("is_on_disk", [True, False])
def test_a_moment_that_is_held_stays(is_on_disk: bool, tmp_path: Path) -> None:
    """Also for another thread, while the store is written to."""
    below = LmdbStore(tmp_path / "store") if is_on_disk else MemoryStore()
    store = LayeredStore(below)
    for table, value in ((TABLES[0], b"before"), (TABLES[0], b"layer")):
        with store.write() as writer:
            writer.put(table, b"key", value)
    store.settle(1)
    held = HeldStore(store)
    over = LayeredStore(held)
    store.settle(1)
    for value in (b"after", bytes(1 << 16)):
        with store.write() as writer:
            writer.put(TABLES[0], b"key", value)
        store.settle(1)

    def read() -> list[bytes | None]:
        with over.write() as writer:
            writer.put(TABLES[0], b"other", b"above")
        with over.read() as reader:
            return [reader.get(TABLES[0], key) for key in (b"key", b"other")]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() == [b"layer", b"above"]
    with pytest.raises(StoreError), held.write():
        pass
    held.close()
    with store.read() as reader:
        assert reader.get(TABLES[0], b"key") == bytes(1 << 16)
        assert reader.get(TABLES[0], b"other") is None
    store.close()
