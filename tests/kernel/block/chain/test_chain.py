"""A chain that one node makes and another checks: the same at every height, in memory and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import Graph
from focusmesh.engine.focus import IntegerAxons, IntegerOperator
from focusmesh.errors import BlockError, StoreError
from focusmesh.kernel.block import Chain, Header, verify_chain
from focusmesh.kernel.state import LmdbStore, MemoryStore
from tests.kernel.block.ledger import KEYS, PROPOSER, REGISTRY, Ledger, body_of, particle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.state import Store


@pytest.fixture(params=["memory", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else LmdbStore(tmp_path / "store")
    yield made
    made.close()


def grown(store: Store, blocks: int, **parameters: int) -> Ledger:
    """Blocks in which two neurons link, one of them takes links back again."""
    ledger = Ledger(store, **parameters)
    names = [f"p{number}" for number in range(12)]
    for number in range(blocks):
        pairs = [(names[number % 12], names[(number * k + 1) % 12]) for k in (1, 2, 5)]
        fresh = [(a, b) for a, b in pairs if a != b] or [("u", "v")]
        signals = [ledger.links(KEYS[1], *fresh), ledger.links(KEYS[2], fresh[0], amount=7)]
        if number % 3 == 2:
            taken = particle(fresh[0][0]), particle(fresh[0][1])
            signals.append(ledger.signed(KEYS[2], ["unlink/1", *taken, b""]))
        ledger.block(*signals)
    return ledger


def test_another_node_comes_to_the_same_state(store: Store) -> None:
    ledger = grown(store, 9)
    node = ledger.twin().chain
    for height in range(1, 10):
        node.accept(ledger.chain.block(height))
        assert node.tip == ledger.chain.header(height)
    assert node.state.root == ledger.chain.state.root
    assert np.array_equal(node.focus.vector, ledger.chain.focus.vector)
    verified = verify_chain(store, REGISTRY)
    assert (verified.height, verified.block) == (9, node.tip.id)


def test_it_is_opened_again_where_it_was(store: Store) -> None:
    ledger = grown(store, 5)
    again = Chain(store, REGISTRY)
    assert (again.tip, again.state.root) == (ledger.chain.tip, ledger.chain.state.root)
    assert np.array_equal(again.focus.vector, ledger.chain.focus.vector)
    ledger.chain = again
    ledger.block(ledger.links(KEYS[3], ("late", "p1")))
    assert verify_chain(store, REGISTRY).height == 6


def test_past_states_are_those_that_were_committed(store: Store) -> None:
    ledger = grown(store, 24, history_window=18)
    vectors = {}
    node = ledger.twin().chain
    for height in range(1, 25):
        node.accept(ledger.chain.block(height))
        vectors[height] = node.focus.vector.copy()
    for height in range(6, 25):
        with ledger.chain.state.at(height) as view:
            assert view.root == ledger.chain.header(height).state_root
            row = view.row(particle("p1"))
            value = view.get(b"/graph/row/" + particle("p1"))
            assert value == (None if row is None else row.value())
        assert np.array_equal(ledger.chain.vector(height), vectors[height])
    with pytest.raises(BlockError) as refused, ledger.chain.state.at(5):
        pytest.fail("block 5 is outside of the window")
    assert refused.value.code == "height"


def test_the_committed_vector_is_a_focus_of_the_links() -> None:
    ledger = grown(MemoryStore(), 7)
    chain = ledger.chain
    source, target, weight = chain.state.axons()
    digests = chain.state.digests
    order = np.argsort([row.tobytes() for row in digests])
    place = np.argsort(order)
    axons = IntegerAxons.from_links(
        len(digests), place[source], place[target], weight.astype(np.int64)
    )
    applied = IntegerOperator.on(axons, chain.parameters.operator).apply(chain.focus.vector)
    certificate = chain.tip.focus_certificate
    assert certificate is not None
    assert applied.rise == certificate.rise <= chain.parameters.residual_limit


def test_blocks_between_carry_edits_only(store: Store) -> None:
    ledger = grown(store, 10, focus_interval=4)
    carried = [bool(body_of(ledger.chain.block(height)).focus) for height in range(1, 11)]
    assert carried == [height % 4 == 0 for height in range(1, 11)]
    certificate = ledger.chain.tip.focus_certificate
    assert certificate is not None
    assert certificate.height == 8
    node = ledger.twin().chain
    for height in range(1, 11):
        node.accept(ledger.chain.block(height))
    again = Chain(store, REGISTRY)
    assert np.array_equal(again.focus.vector, node.focus.vector)
    ledger.chain = again
    for _ in range(2):
        node.accept(ledger.block(ledger.links(KEYS[3], ("new", "p1"))))
    assert node.state.root == ledger.chain.state.root


def test_the_ranking_is_that_of_the_graph() -> None:
    ledger = grown(MemoryStore(), 6)
    chain = ledger.chain
    source, target, weight = chain.state.axons()
    graph = Graph.from_edges(
        source, target, weight.astype(float), particles=len(chain.state.digests)
    )
    focus = graph.focus(tolerance=1e-12)
    order = np.argsort([row.tobytes() for row in chain.state.digests])
    committed = chain.focus.vector.astype(float) / 2**63
    assert np.abs(committed - focus.scores[order]).sum() <= 13.4 * 1e-8


def test_a_block_of_nothing_is_not_made() -> None:
    ledger = Ledger()
    assert ledger.propose().block is None
    assert ledger.chain.height == 0


def test_signals_that_cannot_be_in_a_block_are_told_apart() -> None:
    ledger = Ledger()
    good = ledger.links(KEYS[1], ("a", "b"))
    early = ledger.signed(KEYS[2], ["transfer/1", KEYS[3].public, 1], nonce=4)
    late = ledger.signed(KEYS[3], ["transfer/1", KEYS[1].public, 1], expires_height=0)
    proposed = ledger.propose(early, good, late)
    assert proposed.block is not None
    assert list(proposed.results) == [good.id]
    assert {error.code for error in proposed.refused.values()} == {"nonce", "expired"}


@pytest.mark.parametrize(
    "field",
    [{"height": -1}, {"particles": 2**63}, {"rise": -1}, {"limit": -1}, {"graph_root": bytes(31)}]
    + [{name: bytes(9_000)} for name in ("params_hash", "leaders_root", "trace_root")],
)
def test_what_a_header_says_of_the_focus_has_its_form(field: dict[str, Any]) -> None:
    """Found by fuzzing: JSON of any length was a header, and its bytes were none."""
    header = grown(MemoryStore(), 2).chain.tip
    fields = header.as_json()
    shown = {name: each.hex() if isinstance(each, bytes) else each for name, each in field.items()}
    with pytest.raises(BlockError, match="of its focus") as refused:
        Header.from_json(fields | {"focus_certificate": fields["focus_certificate"] | shown})
    assert refused.value.code == "header"


def test_headers_are_read_as_they_were_written() -> None:
    ledger = grown(MemoryStore(), 2)
    header = ledger.chain.tip
    assert Header.decode(header.encode()) == header
    assert Header.from_json(header.as_json()) == header
    for size in range(0, len(header.encode()), 17):
        with pytest.raises(BlockError) as refused:
            Header.decode(header.encode()[:size])
        assert refused.value.code == "header"


def test_a_store_holds_one_chain() -> None:
    ledger = Ledger()
    with pytest.raises(BlockError) as refused:
        Chain.create(ledger.store, ledger.chain.genesis, REGISTRY)
    assert refused.value.code == "genesis"
    with pytest.raises(StoreError, match="no ledger"):
        Chain(MemoryStore(), REGISTRY)


def test_a_flipped_record_is_found_and_named() -> None:
    ledger = grown(MemoryStore(), 4)
    assert PROPOSER.public == ledger.chain.tip.proposer
    with ledger.store.read() as reader:
        tables = ("buckets", "rows", "undo", "digests", "vectors", "keys")
        first = {table: next(iter(reader.scan(table))) for table in tables}
    for table, (key, value) in first.items():
        with ledger.store.write() as writer:
            writer.put(table, key, value + b"x")
        with pytest.raises(BlockError) as refused:
            verify_chain(ledger.store, REGISTRY)
        assert refused.value.code == "difference"
        assert table in str(refused.value)
        with ledger.store.write() as writer:
            writer.put(table, key, value)
    assert verify_chain(ledger.store, REGISTRY).height == 4
