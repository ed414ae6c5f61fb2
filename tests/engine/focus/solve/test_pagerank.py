"""λ = (1, 0, 0) is PageRank: equal to NetworkX and igraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings

from focusmesh import FocusParams
from tests.engine.strategies import Rows, columns, graph_of, heavy_tailed, link_rows

if TYPE_CHECKING:
    from tests.conftest import Needs

LARGE: tuple[int, Rows] = (
    120,
    [(int(s), int(t), float(w)) for s, t, w in zip(*heavy_tailed(120, 900, 2), strict=True)],
)
CASES: dict[str, tuple[int, Rows]] = {
    "dangling": (4, [(0, 1, 1.0), (1, 2, 1.0), (0, 3, 2.0)]),
    "self-loops": (4, [(0, 0, 5.0), (0, 1, 1.0), (1, 2, 1.0), (2, 2, 1.0), (3, 0, 1.0)]),
    "disconnected": (7, [(0, 1, 1.0), (1, 0, 1.0), (2, 3, 1.0), (4, 5, 3.0)]),
    "weighted, duplicates": (4, [(0, 1, 1.5), (0, 1, 0.5), (0, 2, 1.0), (2, 0, 7.0), (3, 0, 1.0)]),
    "heavy-tailed": LARGE,
}


def ours(count: int, rows: Rows, damping: float = 0.85) -> Any:
    return graph_of(count, rows).focus(FocusParams.pagerank(damping), 1e-12).scores


def by_networkx(count: int, rows: Rows) -> Any:
    """Self-loops stripped first; its stop is n·tol."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(count))
    for source, target, weight in rows:
        if source != target and weight > 0:
            known = graph.get_edge_data(source, target, {"weight": 0.0})["weight"]
            graph.add_edge(source, target, weight=known + weight)
    ranks = nx.pagerank(graph, alpha=0.85, tol=1e-15, max_iter=5_000)
    return np.array([ranks[i] for i in range(count)])


def by_igraph(igraph: Any, count: int, rows: Rows) -> Any:
    kept = [row for row in rows if row[0] != row[1] and row[2] > 0]
    source, target, weight = columns(kept)
    pairs = list(zip(source.tolist(), target.tolist(), strict=True))
    graph = igraph.Graph(n=count, edges=pairs, directed=True)
    return np.array(graph.pagerank(damping=0.85, weights=weight.tolist() or None))


@pytest.mark.parametrize("case", CASES)
def test_equals_networkx(case: str, needs: Needs) -> None:
    needs("networkx")
    np.testing.assert_allclose(ours(*CASES[case]), by_networkx(*CASES[case]), rtol=0, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_equals_igraph(case: str, needs: Needs) -> None:
    expected = by_igraph(needs("igraph"), *CASES[case])
    np.testing.assert_allclose(ours(*CASES[case]), expected, rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(made=link_rows())
def test_any_graph_equals_networkx(made: tuple[int, Rows]) -> None:
    pytest.importorskip("networkx")
    np.testing.assert_allclose(ours(*made), by_networkx(*made), rtol=0, atol=1e-9)


def test_personal_pagerank_keeps_its_dangling_vector(needs: Needs) -> None:
    nx = needs("networkx")
    count, rows = CASES["dangling"]
    seeds = {0: 0.25, 2: 0.75}
    graph = nx.DiGraph([(s, t, {"weight": w}) for s, t, w in rows])
    expected = nx.pagerank(
        graph, personalization=seeds, dangling=dict.fromkeys(range(count), 1.0), tol=1e-15
    )
    focus = graph_of(count, rows).focus(FocusParams.pagerank(), 1e-12, seeds=seeds, beta=1.0)
    np.testing.assert_allclose(focus.scores, [expected[i] for i in range(count)], atol=1e-9)


def test_other_damping(needs: Needs) -> None:
    nx = needs("networkx")
    count, rows = LARGE
    assert not np.allclose(ours(count, rows, 0.5), by_networkx(count, rows), atol=1e-6)
    graph = nx.DiGraph([(0, 1), (1, 2), (2, 0), (0, 2)])
    ranks = nx.pagerank(graph, alpha=0.5, tol=1e-15)
    got = ours(3, [(0, 1, 1.0), (1, 2, 1.0), (2, 0, 1.0), (0, 2, 1.0)], 0.5)
    np.testing.assert_allclose(got, [ranks[i] for i in range(3)], atol=1e-9)
