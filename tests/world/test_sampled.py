"""Blocks that hide their data, in seeded worlds: light nodes notice, repairers repair, bad coding is proved to all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from focusmesh.kernel.availability import (
    SIGNALS,
    BadEncoding,
    Roots,
    Square,
    miss_probability,
    parts_of,
    places_of,
    shares_of,
)
from tests.world.naive_square import line_roots
from tests.world.sampled import SampledBlock
from tests.world.sim import SimWorld

if TYPE_CHECKING:
    from tests.conftest import Measured

BODY = {SIGNALS: np.random.default_rng(3).bytes(7_000)}
K = 4
FATAL = [(row, column) for row in range(K + 1) for column in range(K + 1)]
"""(k + 1)² shares without which no row and no column can be filled."""


@cache
def square() -> Square:
    return Square.of(shares_of(BODY))


def looked_at(seed: int, **what: object) -> SampledBlock:
    block = SampledBlock(SimWorld(seed), square(), square().roots, **what)  # type: ignore[arg-type]
    block.run()
    return block


@pytest.mark.parametrize("seed", range(6))
def test_a_block_that_is_there_is_found_to_be_there_by_everybody(seed: int) -> None:
    block = looked_at(seed)
    for node in block.light:
        assert node.outcome is not None
        assert node.outcome.is_available
        assert node.outcome.confidence == 1 - miss_probability(K, 8)
        assert not node.rejects
    for repairer in block.repairers:
        assert isinstance(repairer.found, Square)
        assert parts_of(repairer.found.shares[:K, :K]) == BODY
    assert {"dropped", "duplicated", "delayed", "reordered", "lied"} <= set(block.sim.faults)


@pytest.mark.parametrize("seed", range(6))
def test_what_can_be_repaired_is(seed: int) -> None:
    """One share less than is needed to hide the block: repairers rebuild it from what light nodes pass on."""
    block = looked_at(seed, withheld=FATAL[1:])
    assert all(isinstance(repairer.found, Square) for repairer in block.repairers)
    hidden = set(FATAL[1:])
    for node in block.light:
        assert node.outcome is not None
        assert node.outcome.is_available == (not hidden & set(node.sampler.places))


@pytest.mark.parametrize("seed", range(6))
def test_what_cannot_be_repaired_is_noticed(seed: int) -> None:
    block = looked_at(seed, withheld=FATAL)
    assert all(repairer.found is None for repairer in block.repairers)
    for node in block.light:
        assert node.outcome is not None
        assert node.outcome.is_available == (not set(FATAL) & set(node.sampler.places))
    assert sum(node.outcome is not None and node.outcome.is_available for node in block.light) < 10


@pytest.mark.parametrize("seed", range(4))
def test_bad_coding_is_shown_to_every_light_node(seed: int) -> None:
    shares = square().shares.copy()
    place = np.random.default_rng(seed).integers(0, 2 * K, 2)
    shares[place[0], place[1], 77] ^= 1
    rows = [[share.tobytes() for share in row] for row in shares]
    columns = [list(column) for column in zip(*rows, strict=True)]
    roots = Roots(tuple(line_roots(rows)), tuple(line_roots(columns)))
    block = SampledBlock(SimWorld(seed), Square(shares), roots)
    block.run()
    assert any(isinstance(repairer.found, BadEncoding) for repairer in block.repairers)
    assert all(node.rejects for node in block.light)
    assert block.sim.faults["refused proof"] >= len(block.light)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = (looked_at(seed, withheld=FATAL).sim.trace for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_the_rate_of_fooled_light_nodes_is_the_hypergeometric_one(measured: Measured) -> None:
    """Light nodes of two samples in worlds of many; the interval has the level 1 − 10⁻⁶, and the seeds are fixed."""
    fooled = nodes = 0
    for seed in range(100, 104):
        block = looked_at(seed, withheld=FATAL, light_nodes=400, samples=2, repairers=0)
        nodes += len(block.light)
        fooled += sum(
            node.outcome is not None and node.outcome.is_available for node in block.light
        )
    low, high = stats.binom(nodes, miss_probability(K, 2)).interval(1 - 1e-6)
    assert low <= fooled <= high
    measured(
        f"light nodes fooled: {fooled} of {nodes}, {nodes * miss_probability(K, 2):.0f} expected"
    )


def test_a_light_node_that_everybody_foresees_is_always_fooled() -> None:
    """Must fail: samples that the producer knows beforehand prove nothing."""
    block = SampledBlock(SimWorld(1), square(), square().roots, light_nodes=20)
    for node in block.light:
        node.sampler.places = places_of(K, lambda n: (63).to_bytes(n, "big"), 1)
    block.producer.withheld = {*FATAL}
    block.run()
    assert all(node.outcome is not None and node.outcome.is_available for node in block.light)
