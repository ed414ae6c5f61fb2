"""The engines that are compared, one file each: load a library, build its graph, rank with its fastest exact call.

An engine that is not installed is reported as missing, not skipped. Start reading at base.py.
"""

from __future__ import annotations

from benchmarks.engines.base import DAMPING, Engine

__all__ = ["DAMPING", "NAMES", "UNWEIGHTED", "Engine"]

NAMES = {
    "focusmesh": "benchmarks.engines.own:Focusmesh",
    "GraphBLAS 10, raw": "benchmarks.engines.graphblas10_engine:GraphBlas10",
    "python-graphblas": "benchmarks.engines.graphblas_engine:GraphBlas",
    "SciPy float64": "benchmarks.engines.scipy_engine:SciPy",
    "SciPy float32": "benchmarks.engines.scipy_engine:SciPySingle",
    "NetworKit": "benchmarks.engines.networkit_engine:NetworKit",
    "igraph": "benchmarks.engines.igraph_engine:IGraph",
    "NetworkX": "benchmarks.engines.networkx_engine:NetworkX",
}
"""Engine by the name that tables show."""

UNWEIGHTED = {
    "focusmesh": NAMES["focusmesh"],
    "VeloGraphX": "benchmarks.engines.velographx_engine:VeloGraphX",
}
"""Engines for links without weights: ours, and the peer that knows no others."""
