"""The graph file: written, opened, verified and ranked from at 16 million links, the file in the page cache."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.data.graphs import Inputs
from benchmarks.harness import Result, Row, Target, interleaved, summary
from benchmarks.peers.own import Focusmesh
from benchmarks.worker import Worker
from focusmesh import FocusParams, Graph

_OPEN, _VERIFY = 0.05, 0.3


class FileSteps(Focusmesh):
    """Steps on one path."""

    def write(self, path: str) -> None:
        """Saves the graph, replacing the file."""
        self._built().save(path)

    def open(self, path: str) -> int:
        """Opens the file and looks at it."""
        return Graph.open(path).particle_count

    def verify(self, path: str) -> int:
        """Opens the file with the digest of every section checked."""
        return Graph.open(path, verify=True).particle_count

    def rank_from(self, path: str) -> int:
        """Opens the file and ranks."""
        return Graph.open(path).focus(FocusParams.pagerank()).iterations


def measure(quick: bool) -> Result:
    """R-MAT at scale 20."""
    graph = "rmat16" if quick else "rmat20"
    links = len(Inputs.named(graph))
    result = Result("file")
    with (
        TemporaryDirectory() as folder,
        Worker("benchmarks.claims.focus.bench_file:FileSteps", graph) as worker,
    ):
        path = str(Path(folder) / f"{graph}.focusmesh")
        worker.ask("build")
        steps = ("write", "open", "verify", "rank_from")
        turns = {step: worker.turn(step, path) for step in steps}
        times = interleaved(turns, rounds=7, seconds_each=8.0)
        size = Path(path).stat().st_size
        if worker.missing:
            result.not_run["the graph file"] = worker.missing
    rows: list[Row] = [
        {
            "step": step,
            "best_s": summary(taken)[0],
            "median_s": summary(taken)[1],
            "runs": len(taken),
        }
        for step, taken in times.items()
    ]
    title = f"Graph file of {graph}: {links:,} links, {size / 1e6:,.0f} MB, {size / links:.1f} bytes a link"
    result.add(title, rows)
    if not quick:
        result.targets = [
            Target("graph file of 16 M links opened", _OPEN, summary(times["open"])[1], "s"),
            Target("opened and verified", _VERIFY, summary(times["verify"])[1], "s"),
        ]
    return result
