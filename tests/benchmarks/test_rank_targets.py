"""What is promised of ranking becomes targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.claims.focus.bench_rank import promises
from benchmarks.data.graphs import Inputs

if TYPE_CHECKING:
    from benchmarks.harness import Row


def _row(engine: str, ratio: float, reaches: str = "yes", far: float | None = None) -> Row:
    return {"engine": engine, "ratio": ratio, "reaches_1e-6": reaches, "ratio_at_1e-12": far}


def test_each_peer_has_its_factor_and_the_next_one() -> None:
    targets = promises("rmat20", [_row("GraphBLAS 10, raw", 2.0), _row("igraph", 20.0, far=0.9)])
    met = {target.what: target.met for target in targets}
    assert met["rmat20: GraphBLAS 10, raw / ours"] is True
    assert met["rmat20: GraphBLAS 10, raw / ours, next"] is False
    assert met["rmat20: igraph / ours at 1e-12"] is False
    assert met["rmat20: NetworKit / ours"] is None


def test_elsewhere_we_are_measured_by_the_fastest_peer_that_is_accurate() -> None:
    rows = [_row("SciPy float32", 0.5, reaches="no"), _row("SciPy float64", 1.2), _row("x", 0.1)]
    (target,) = promises("rmat16", rows)
    assert target.met is True
    assert "SciPy float64" in target.what
    assert promises("rmat16", rows[:1]) == []


def test_unweighted_inputs_keep_the_links() -> None:
    weighted, plain = Inputs.named("rmat14"), Inputs.named("rmat14-unweighted")
    assert (weighted.source == plain.source).all()
    assert set(plain.weight.tolist()) == {1.0}
