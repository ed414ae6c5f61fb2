"""SciPy's full operator is the same operator: ours judges its answer."""

from __future__ import annotations

import numpy as np

from benchmarks.data.graphs import Inputs
from benchmarks.peers.scipy_full import SciPyFull
from focusmesh import Graph


def test_scipy_iterates_the_same_operator() -> None:
    random = np.random.default_rng(3)
    pairs = np.unique(random.integers(0, 300, size=(900, 2)), axis=0)
    pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & (pairs[:, 0] % 3 > 0)]
    weight = random.uniform(0.1, 1.0, len(pairs)).astype(np.float32)
    # The last particles link to nothing and nothing to them.
    given = Inputs(310, pairs[:, 0], pairs[:, 1], weight)
    peer = object.__new__(SciPyFull)
    peer.inputs = given
    peer.build()
    peer.prepare()
    assert peer.rank_fully(1e-9) > 10
    focus = Graph.from_edges(given.source, given.target, weight, particles=310).focus(
        tolerance=1e-9
    )
    assert float(np.abs(peer.scores - focus.scores).sum()) <= 2e-9
