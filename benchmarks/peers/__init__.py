"""The engines that are compared, one file each: load a library, build its graph, rank with its fastest exact call.

An engine that is not installed is reported as missing, not skipped. Start reading at base.py.
"""

from __future__ import annotations

from benchmarks.peers.base import DAMPING, Engine

__all__ = ["DAMPING", "NAMES", "UNWEIGHTED", "Engine"]

NAMES = {
    "focusmesh": "benchmarks.peers.own:Focusmesh",
    "GraphBLAS 10, raw": "benchmarks.peers.graphblas10_engine:GraphBlas10",
    "python-graphblas": "benchmarks.peers.graphblas_engine:GraphBlas",
    "SciPy float64": "benchmarks.peers.scipy_engine:SciPy",
    "SciPy float32": "benchmarks.peers.scipy_engine:SciPySingle",
    "NetworKit": "benchmarks.peers.networkit_engine:NetworKit",
    "igraph": "benchmarks.peers.igraph_engine:IGraph",
    "NetworkX": "benchmarks.peers.networkx_engine:NetworkX",
}
"""Engine by the name that tables show."""

UNWEIGHTED = {
    "focusmesh": NAMES["focusmesh"],
    "VeloGraphX": "benchmarks.peers.velographx_engine:VeloGraphX",
}
"""Engines for links without weights: ours, and the peer that knows no others."""
