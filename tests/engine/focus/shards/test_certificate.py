"""A certificate by shards: the same bits for any number of them, verified as any other, with what each shard saw."""

from __future__ import annotations

import gc
import tracemalloc
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import FocusParams, Graph, certify, verify
from focusmesh.engine.focus import IntegerAxons, certify_by_shards
from focusmesh.engine.focus.certificate import fixed_point as certificate_settling
from focusmesh.errors import CertificateError, ConvergenceError, MemoryLimitError, ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.progress import Step


def graph(seed: int = 0, count: int = 60, links: int = 300) -> Graph:
    random = np.random.default_rng(seed)
    ends = random.integers(0, count, links), random.integers(0, count, links) // 2
    return Graph.from_edges(*ends, random.integers(1, 9, links), particles=count)


def test_any_number_of_shards_gives_one_certificate() -> None:
    one = certify_by_shards(graph(), 1)
    for count in (2, 3, 16):
        many = certify_by_shards(graph(), count)
        assert many.certificate.vector.tobytes() == one.certificate.vector.tobytes()
        assert many.certificate.particles == one.certificate.particles
        assert (many.sweeps, many.residual) == (one.sweeps, one.residual)
    assert verify(graph(), one.certificate).residual == one.residual <= 1e-8
    assert one.bytes_per_sweep == 0 < many.bytes_per_sweep


def test_many_links_on_any_number_of_threads() -> None:
    large = graph(1, 4000, 120_000)
    assert large.structure.is_compiled
    found = [
        certify_by_shards(large, count, threads=threads).certificate.vector.tobytes()
        for count, threads in ((1, 2), (3, 1), (4, 2))
    ]
    assert len(set(found)) == 1


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 50), st.integers(0, 150), st.integers(1, 9))
def test_it_is_within_the_bounds_of_the_float_solve(
    seed: int, particles: int, links: int, count: int
) -> None:
    whole = graph(seed, particles, links)
    found = certify_by_shards(whole, count)
    verified, focus = verify(whole, found.certificate), whole.focus()
    apart = np.abs(found.certificate.scores(whole) - focus.scores).sum()
    assert apart <= verified.bound + focus.bound


def test_names_and_not_their_order_say_who_lives_where() -> None:
    names = [f"p{i}" for i in range(30)]
    ends = names[:-1] + names[3:], names[1:] + names[:-3]
    here = Graph.from_edges(*ends)
    there = Graph.from_edges(*[list(reversed(column)) for column in ends])
    ours, theirs = certify_by_shards(here, 4), certify_by_shards(there, 4)
    assert ours.certificate.vector.tobytes() == theirs.certificate.vector.tobytes()
    assert ours.shards == theirs.shards


def test_what_each_shard_reports_adds_up() -> None:
    found = certify_by_shards(graph(), 4)
    whole = graph()
    assert sum(shard.particles for shard in found.shards) == whole.particle_count
    assert sum(shard.links for shard in found.shards) == whole.structure.axon_count
    assert sum(shard.mass for shard in found.shards) == pytest.approx(1, abs=1e-12)
    assert 2 * sum(shard.residual for shard in found.shards) == pytest.approx(found.residual)
    assert all(0 <= shard.crossing <= shard.links for shard in found.shards)
    # κ holds for every sweep of the whole: what was seen is at least the gap that is proved.
    assert found.spectral_gap >= FocusParams().gap
    assert all(-1 < shard.spectral_gap <= 1 for shard in found.shards)


def test_a_shard_that_mixes_slowly_is_seen() -> None:
    """A long path both ways mixes slowly; a clique beside it does not."""
    path, clique = [f"a{i}" for i in range(80)], [f"b{i}" for i in range(12)]
    pairs = [*pairwise(path), *pairwise(path[::-1])]
    pairs += [(a, b) for a in clique for b in clique if a != b]
    found = certify_by_shards(Graph.from_edges(*zip(*pairs, strict=True)), 2, epsilon=1e-6)
    assert all(shard.particles for shard in found.shards)
    assert found.spectral_gap == pytest.approx(
        min(shard.spectral_gap for shard in found.shards), abs=0.2
    )


def test_a_focus_is_where_it_may_start() -> None:
    cold, focus = certify_by_shards(graph(), 3), graph().focus()
    warm = certify_by_shards(graph(), 3, focus)
    assert warm.sweeps < cold.sweeps
    assert (
        warm.certificate.vector.tobytes()
        == certify_by_shards(graph(), 1, focus).certificate.vector.tobytes()
    )


def test_own_parameters_units_and_teleport() -> None:
    uneven = Graph.from_edges(["a", "b", "c"], ["b", "c", "a"], [0.5, 2, 3])
    chosen, u = FocusParams.pagerank(), {"a": 2.0, "b": 1.0, "c": 1.0}
    found = [
        certify_by_shards(uneven, count, params=chosen, weight_unit=0.01, u=u).certificate
        for count in (1, 3)
    ]
    assert found[0].vector.tolist() == found[1].vector.tolist()
    assert verify(uneven, found[1], params=chosen).residual <= 1e-8
    assert verify(uneven, certify(uneven, params=chosen, weight_unit=0.01, u=u)).residual <= 1e-8
    with pytest.raises(CertificateError, match="weight_unit"):
        certify_by_shards(uneven)
    with pytest.raises(ParameterError, match="1 ≤ count"):
        certify_by_shards(uneven, 0, weight_unit=1.0)


def test_the_cap_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate_settling, "SWEEPS_MOST", 5)
    with pytest.raises(
        ConvergenceError, match=r"after 5 sweeps the residual is .* are the most"
    ) as caught:
        certify_by_shards(graph(), 2)
    assert caught.value.sweeps == 5
    assert 1e-8 < (caught.value.residual or 0) < 1
    assert 0 < (caught.value.rate or 0) < 1


def test_rounding_that_keeps_the_residual_up_is_told() -> None:
    with pytest.raises(ConvergenceError, match="rounding keeps it there"):
        certify_by_shards(graph(), 2, epsilon=1e-18)


def test_progress_may_stop_it() -> None:
    class StopError(Exception):
        pass

    def stop(step: Step) -> None:
        raise StopError(step.what)

    with pytest.raises(StopError, match="checking"):
        certify_by_shards(graph(), 2, progress=stop)


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize("weight", [1, 9])
def test_memory_is_counted(count: int, weight: int) -> None:
    random = np.random.default_rng(4)
    source, target = random.integers(0, 8000, (2, 150_000))
    axons = IntegerAxons.of(
        Graph.from_edges(source, target, random.integers(1, weight + 1, 150_000), particles=8000)
    )
    certify_by_shards(axons, count, epsilon=1e-2)
    gc.collect()
    tracemalloc.start()
    found = certify_by_shards(axons, count, epsilon=1e-2)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    expected = found.report.estimate
    assert taken <= expected.memory_bytes <= 2 * taken
    assert (expected.backend, found.report.sweeps) == ("shards", found.sweeps)


def test_what_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "focusmesh.engine.focus.shards.certificate.free_memory_bytes", lambda: 10**6
    )
    with pytest.raises(MemoryLimitError, match=r"certificate by shards needs .* MiB are free"):
        certify_by_shards(graph(1, 4000, 120_000), 2)


def test_sweeps_are_of_the_order_that_is_expected() -> None:
    for params in (FocusParams(), FocusParams.pagerank()):
        found = certify_by_shards(graph(), 2, params=params)
        assert found.sweeps / 4 <= found.report.estimate.sweeps <= 4 * found.sweeps
