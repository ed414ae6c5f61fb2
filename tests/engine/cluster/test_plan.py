"""Plans count the cut of parts that are there; guesses stay below what links allow; more memory needs fewer parts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.cluster import (
    WorkerRates,
    make_parts,
    open_part,
    operator_of_part,
    plan_links,
    plan_parts,
    solve_part,
    write_parts,
)
from focusmesh.engine.focus import FocusParams
from focusmesh.engine.focus.ranks import run_ranks
from focusmesh.engine.graph import Graph
from focusmesh.errors import InputError
from tests.engine.strategies import heavy_tailed

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.focus.ranks import ThreadRanks

RATES = WorkerRates(links=1e9, network=1e9, memory=2.0**36)


@given(st.integers(1, 10**12), st.integers(1, 4_096), st.sampled_from([0, 4, 8]))
def test_guesses_stay_below_what_links_allow(links: int, parts: int, weight_bytes: int) -> None:
    particles = max(links // 30, 1)
    plan = plan_links(links, RATES, particles=min(particles, 2**32 - 2), parts=parts)
    assert plan.foreign <= min(plan.particles * (parts - 1), 2 * links) + 1
    assert plan.own >= plan.particles / parts
    assert plan.sent_bytes == 0 if parts == 1 else plan.sent_bytes >= 0
    assert plan.seconds == plan.reading_seconds + plan.exchange_seconds
    heavier = plan_links(
        links, RATES, particles=plan.particles, parts=parts, weight_bytes=weight_bytes
    )
    assert heavier.memory_bytes >= plan.memory_bytes


@given(st.integers(10**6, 10**11))
def test_more_memory_needs_no_more_parts(links: int) -> None:
    small = plan_links(links, WorkerRates(1e9, 1e9, 2.0**35))
    large = plan_links(links, WorkerRates(1e9, 1e9, 2.0**38))
    assert large.parts <= small.parts
    assert small.fits(WorkerRates(1e9, 1e9, 2.0**35))


def test_a_plan_of_parts_counts_them(tmp_path: Path) -> None:
    graph = Graph.from_edges(*heavy_tailed(500, 4_000, seed=6))
    manifest = write_parts(graph, 3, tmp_path, align=False)
    parts = make_parts(graph, 3, align=False)
    plan = plan_parts(manifest, RATES)
    assert plan.foreign == sum(part.foreign_count for part in parts)
    assert plan.own == max(part.own for part in parts)
    assert plan.measured_cut
    sizes = [file.size for file in manifest.files]
    assert max(sizes) == pytest.approx(plan.file_bytes, rel=0.35)


def test_pagerank_reads_links_once_a_sweep() -> None:
    plan = plan_links(10**6, RATES, params=FocusParams.pagerank())
    assert plan.passes == plan.sweeps == 2 * plan.exchanges
    full = plan_links(10**6, RATES)
    assert full.passes > full.sweeps
    assert np.isfinite(full.seconds)


@pytest.mark.parametrize(
    "params", [FocusParams(), FocusParams.pagerank()], ids=["full", "pagerank"]
)
def test_bytes_are_those_that_a_solve_sends(
    params: FocusParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many sweeps as the solve took: the formula is about what crosses in one."""
    source, target, _ = heavy_tailed(20_000, 150_000, seed=3)
    graph = Graph.from_edges(source, target)
    manifest = write_parts(graph, 3, tmp_path, align=False)

    def solved(ranks: ThreadRanks) -> tuple[int, int]:
        operator = operator_of_part(open_part(tmp_path, ranks.rank), ranks, params)
        before = ranks.bytes
        solution, _ = solve_part(operator, 1e-6)
        return solution.iterations, ranks.bytes - before

    found = run_ranks(3, solved)
    sweeps, sent = found[0][0], sum(count for _, count in found)
    power = math.log(1e-6 * params.gap) / (sweeps - 0.5) / math.log1p(-params.gap)
    monkeypatch.setattr("focusmesh.engine.cluster.plan._KAPPAS", power)
    plan = plan_parts(manifest, RATES, params=params)
    assert plan.sweeps == sweeps
    assert plan.sent_bytes * sweeps == pytest.approx(sent, rel=0.1)


def test_particles_of_more_than_32_bits() -> None:
    with pytest.raises(InputError, match="a graph holds at most"):
        plan_links(10**12, RATES, particles=2**32)
