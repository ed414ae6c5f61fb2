"""Cold ranking in PageRank mode where nothing is cheap: no isolated particles, or few links a particle.

On ``rmat20`` four of ten particles are isolated, and cost a peer's vectors what linked ones do. ``rmat20-linked`` has
the others alone. In ``tokens`` vectors weigh as much as links. The method is that of bench_rank.
"""

from __future__ import annotations

from benchmarks.claims.focus.bench_rank import OWN, promises, rank_on
from benchmarks.harness import Result
from benchmarks.peers import NAMES

_PEERS = (OWN, "GraphBLAS 10, raw", "SciPy float64")


def measure(quick: bool) -> Result:
    """Beside raw GraphBLAS and SciPy."""
    result = Result("linked")
    for graph in ("rmat16-linked",) if quick else ("rmat20-linked", "tokens"):
        rows = rank_on(graph, {name: NAMES[name] for name in _PEERS}, result)
        result.targets += promises(graph, rows)
    return result
