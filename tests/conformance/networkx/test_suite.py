"""NetworkX's own tests through our backend: PageRank and HITS without fallback, the rest with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from tests.conformance.networkx.suite import run_suite

if TYPE_CHECKING:
    from tests.conformance.networkx.suite import Run
    from tests.conftest import Measured

PAGE = Path(__file__).parents[3] / "docs/how-to/networkx.md"
PAGERANK = "algorithms/link_analysis/tests/test_pagerank.py"
HITS = "algorithms/link_analysis/tests/test_hits.py"
GRAPHS = (
    *(
        f"algorithms/components/tests/test_{part}.py"
        for part in ("connected", "strongly_connected", "weakly_connected")
    ),
    *(
        f"algorithms/shortest_paths/tests/test_{part}.py"
        for part in ("generic", "unweighted", "weighted")
    ),
    *(f"algorithms/tests/test_{part}.py" for part in ("cluster", "core", "dag")),
    "algorithms/centrality/tests/test_degree_centrality.py",
    "algorithms/traversal/tests/test_bfs.py",
)
"""Tests of components, paths, clustering and cores."""
NEAR = (
    "algorithms/link_analysis",
    "generators/tests/test_stochastic.py",
    "linalg",
    "tests/test_convert_numpy.py",
    "tests/test_convert_scipy.py",
    "utils/tests/test_backends.py",
)
"""Parts of the suite that call what the backend has. Those that test NetworkX's own graphs are left to the whole."""


def verify_told(title: str, run: Run) -> None:
    """The page has these counts, where NetworkX is the release that it names."""
    page = PAGE.read_text(encoding="utf-8")
    if f"in NetworkX {nx.__version__}:" in page:
        assert f"| {title} | {run.ended['passed']} | {len(run.tests)} |" in page


def test_all_of_pagerank_without_fallback(tmp_path: Path, measured: Measured) -> None:
    run = run_suite(tmp_path, PAGERANK, fallback=False)
    assert run.fallback is False
    assert run.ended == {"passed": 50}, run.output
    unreached = {name.split("::")[-1] for name in run.outcomes.keys() - run.tests.keys()}
    # It returns for the empty graph before it asks for a matrix.
    assert unreached == {"test_empty_scipy"}
    verify_told("PageRank", run)
    measured(f"NetworkX's PageRank tests: {len(run.tests)} of 50 call the backend, {run.functions}")


def test_all_of_hits_without_fallback(tmp_path: Path) -> None:
    run = run_suite(tmp_path, HITS, fallback=False)
    assert run.fallback is False
    assert run.ended == {"passed": 6}, run.output
    unreached = {name.split("::")[-1] for name in run.outcomes.keys() - run.tests.keys()}
    # NetworkX's implementation in plain Python asks nothing of a backend.
    assert unreached == {"test_hits[_hits_python]"}
    verify_told("HITS", run)


BROKEN = {
    "pagerank": PAGERANK,
    "hits": HITS,
    "strongly_connected_components": GRAPHS[1],
    "triangles": "algorithms/tests/test_cluster.py",
}


@pytest.mark.parametrize("function", BROKEN)
def test_the_suite_notices_a_broken_backend(tmp_path: Path, function: str) -> None:
    run = run_suite(
        tmp_path, BROKEN[function], fallback=function not in ("pagerank", "hits"), broken=function
    )
    assert run.ended["failed"] > 0


def test_components_paths_clustering_and_cores_with_fallback(
    tmp_path: Path, measured: Measured
) -> None:
    run = run_suite(tmp_path, *GRAPHS, fallback=True)
    assert run.fallback is True
    assert run.bad() == [], run.output
    # Most of the others test what is left to NetworkX: paths by weights, cuts, orders.
    assert len(run.tests) > 100, run.functions
    verify_told("components, paths, clustering, cores", run)
    measured(
        f"NetworkX's tests of components, paths, clustering, cores: {dict(run.ended)}, "
        f"{len(run.tests)} call the backend"
    )


def test_the_neighbourhood_with_fallback(tmp_path: Path, measured: Measured) -> None:
    run = run_suite(tmp_path, *NEAR, fallback=True)
    assert run.fallback is True
    assert run.bad() == [], run.output
    assert run.ended["passed"] > 250
    assert len(run.tests) > 150, run.functions
    verify_told("link analysis, matrices, conversions, backends", run)
    measured(f"NetworkX's neighbouring tests: {dict(run.ended)}, {len(run.tests)} call the backend")


@pytest.mark.soak
def test_the_whole_suite_with_fallback(tmp_path: Path, measured: Measured) -> None:
    run = run_suite(tmp_path, ".", fallback=True)
    assert run.fallback is True
    assert run.bad() == [], run.output
    assert run.ended["passed"] > 6_500
    measured(f"NetworkX's whole suite: {dict(run.ended)}, {len(run.tests)} call the backend")
