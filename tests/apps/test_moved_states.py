"""A network in which everything moves at once, verified, in headers alone, and joined by its blocks and by snapshot."""

from __future__ import annotations

import pytest

from focusmesh.kernel.block import (
    BlockImport,
    Chain,
    HeaderChain,
    SnapshotRestore,
    Snapshots,
    read_signed_headers,
    verify_chain,
)
from focusmesh.kernel.state import MemoryStore
from tests.apps.test_supply import REGISTRY, Economy

BLOCKS = 45


@pytest.fixture(scope="module")
def economy() -> Economy:
    made = Economy(5)
    for _ in range(BLOCKS):
        made.pass_block()
    return made


def test_every_block_can_be_verified(economy: Economy) -> None:
    assert verify_chain(economy.store, REGISTRY).height == BLOCKS


def test_headers_alone_lead_to_its_end(economy: Economy) -> None:
    headers = HeaderChain(economy.genesis, REGISTRY)
    for each in read_signed_headers(economy.chain, 1, BLOCKS):
        headers.add(each)
    assert headers.tip == economy.chain.tip


def test_who_takes_its_blocks_has_its_state(economy: Economy) -> None:
    store = MemoryStore()
    Chain.create(store, economy.genesis, REGISTRY)
    arriving = BlockImport(store, REGISTRY)
    for at in range(1, BLOCKS + 1):
        arriving.add(economy.chain.block(at), None, economy.chain.decision_of(at))
    arriving.finish()
    assert arriving.chain.tip == economy.chain.tip
    assert arriving.chain.state.root == economy.chain.state.root


def test_who_joins_by_snapshot_goes_on_as_the_others(economy: Economy) -> None:
    chain = economy.chain
    for wanted in (BLOCKS // 2, BLOCKS - 3):
        store = MemoryStore()
        restoring = SnapshotRestore(store, chain.genesis, REGISTRY)
        restoring.add_headers(list(read_signed_headers(chain, 1, BLOCKS)))
        with Snapshots(chain, wanted) as snapshot:
            height = snapshot.height
            restoring.begin(snapshot.manifest)
            while missing := restoring.missing():
                for number in missing:
                    restoring.take(number, snapshot.page(number))
            made = restoring.finish(chain.block(height).body)
        assert made.parameters == chain.parameters_of(height + 1)
        arriving = BlockImport(store, REGISTRY)
        for at in range(height + 1, BLOCKS + 1):
            arriving.add(chain.block(at), None, chain.decision_of(at))
        arriving.finish()
        assert arriving.chain.tip == chain.tip
        assert arriving.chain.state.root == chain.state.root
