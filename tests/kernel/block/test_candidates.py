"""Candidates: blocks that are made, judged and dropped on branches leave the store that a plain chain has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from focusmesh.kernel.block import Chain
from focusmesh.kernel.state import TABLES, LmdbStore, MemoryStore
from tests.kernel.block.ledger import REGISTRY, genesis
from tests.kernel.block.scripts import Script

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.state import Store

MOVES = st.lists(
    st.tuples(st.sampled_from(["make", "judge", "decide", "abandon", "take"]), st.integers(0, 99)),
    min_size=4,
    max_size=12,
)


def records(store: Store) -> dict[str, list[tuple[bytes, bytes]]]:
    """Everything that a store has."""
    with store.read() as reader:
        return {table: list(reader.scan(table)) for table in TABLES}


@pytest.fixture(params=["memory", "lmdb"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A new store of each kind at every call."""
    numbers = iter(range(10_000))
    kind = str(request.param)

    def made() -> Store:
        return MemoryStore() if kind == "memory" else LmdbStore(tmp_path / str(next(numbers)))

    return made


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES, interval=st.sampled_from([1, 2]))
def test_any_script_leaves_what_a_plain_chain_has(
    make_store: Any, moves: list[tuple[str, int]], interval: int
) -> None:
    began = genesis(version=2, focus_interval=interval, history_window=3)
    with Script(make_store, began) as script:
        for move, choice in moves:
            script.play(move, choice)
        script.play("make", 1)
        script.play("decide", 0)
        plain = MemoryStore()
        chain = Chain.create(plain, began, REGISTRY)
        for block, contents in script.decided:
            chain.accept(block, contents)
        assert records(script.store) == records(plain)
        assert script.candidates.final == chain.tip
