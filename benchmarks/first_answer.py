"""``python -m benchmarks.first_answer ENGINE FOLDER``: one ranking in a process that has done nothing before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.data.graphs import Inputs

if TYPE_CHECKING:
    from collections.abc import Callable

DAMPING, RULE = 0.85, 1e-6


def _own(given: Inputs) -> Any:
    from focusmesh import FocusParams, Graph

    graph = Graph.from_edges(
        given.source, given.target, given.weight, particles=given.particle_count
    )
    return graph.focus(FocusParams.pagerank(DAMPING)).scores


def _scipy(given: Inputs) -> Any:
    from benchmarks.peers.scipy_engine import SciPy

    return _ranked(SciPy, given)


def _igraph(given: Inputs) -> Any:
    from benchmarks.peers.igraph_engine import IGraph

    return _ranked(IGraph, given)


def _networkx(given: Inputs) -> Any:
    from benchmarks.peers.networkx_engine import NetworkX

    return _ranked(NetworkX, given)


def _ranked(kind: Any, given: Inputs) -> Any:
    """Without the small graph that engines work through elsewhere."""
    engine = kind.__new__(kind)
    engine.inputs = given
    engine.build()
    engine.prepare()
    return engine.solve(RULE)[0]


_ENGINES: dict[str, Callable[[Inputs], Any]] = {
    "focusmesh": _own,
    "SciPy float64": _scipy,
    "igraph": _igraph,
    "NetworkX": _networkx,
}


def main() -> None:
    """Ranks; exit code 1 where the scores are no distribution."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    parts = [np.load(folder / f"{part}.npy") for part in ("source", "target", "weight")]
    count = int(np.load(folder / "particle_count.npy")[0])
    scores = np.asarray(_ENGINES[name](Inputs(count, *parts)))
    sys.exit(0 if abs(scores.sum() - 1) < 1e-5 else 1)


if __name__ == "__main__":
    main()
